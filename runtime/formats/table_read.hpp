// Text tables with one array a column.
#pragma once

#include "runtime/formats/byte_source.hpp"
#include "runtime/formats/data_arrays.hpp"

namespace fuseval::runtime {

/// Comma-separated values (.csv; also with semicolons or tabs, as the first line has it), tab-separated ones (.tsv) and
/// columns between blanks (.txt). The first row is a header if one of its cells is no value; else columns are named
/// "0", "1" and so on. All rows have as many cells as the first one.
DataArrays read_csv(ByteSource& source, const ReadOptions& options);
DataArrays read_tsv(ByteSource& source, const ReadOptions& options);
DataArrays read_txt(ByteSource& source, const ReadOptions& options);

}  // namespace fuseval::runtime
