// Arrays as text tables.
#pragma once

#include "runtime/formats/data_arrays.hpp"

namespace fuseval::runtime {

/// One array of up to two axes: its rows, without a header; an array of rank 0 is one cell. Several arrays of one
/// length, or of rank 0: a column each, under their names as header. Numbers have the fewest digits that read back,
/// floats always a point or an exponent; bools are True and False. Errors: shape.
void write_csv(std::span<const NamedView> arrays, const ByteSink& sink);
void write_tsv(std::span<const NamedView> arrays, const ByteSink& sink);
void write_txt(std::span<const NamedView> arrays, const ByteSink& sink);
/// What the writers would refuse.
void require_table(std::span<const NamedView> arrays);

}  // namespace fuseval::runtime
