// Where values are written to: files of any format, and standard output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// The name that stands for standard output.
constexpr std::string_view standard_output = "-";

/// Whether the file is one of a format that takes several arrays as its columns.
bool takes_columns(const std::string& path);

/// Before anything is evaluated: that the file's ending is known (Error FV_ERROR_ARGUMENT), and unless `forced` that
/// there is no file of another kind in its place (FV_ERROR_FILE, which says that `force` is how to replace it).
void check_output(const std::string& path, bool forced, const char* force);
/// The second half, for files whose ending has been checked.
void check_replaced(const std::string& path, bool forced, const char* force);

/// One array, or the columns of a text table under their names.
void write_output(const std::string& path, const std::vector<View>& views, const std::vector<std::string>& names);
/// The same to standard output.
void write_to_standard_output(const std::string& format, const std::vector<View>& views,
                              const std::vector<std::string>& names);

}  // namespace fuseval::tools
