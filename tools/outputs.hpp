// Where values are written to: files of any format, and standard output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// The name that stands for standard output.
constexpr std::string_view standard_output = "-";

/// Whether the file is one of a format that takes several arrays: as columns of a table, or under their names.
bool takes_several(const std::string& path);
/// The same of a format, by its name.
bool format_takes_several(std::string_view format);

/// Before anything is evaluated: that the file's ending is known (Error FV_ERROR_ARGUMENT), and unless `forced` that
/// there is no file of another kind in its place (FV_ERROR_FILE, which says that `force` is how to replace it).
void check_output(const std::string& path, bool forced, const char* force);
/// The second half, for files whose ending has been checked.
void check_replaced(const std::string& path, bool forced, const char* force);

/// One array, or several under their names; those that have none are arr_0, arr_1 and so on.
void write_output(const std::string& path, const std::vector<View>& views, const std::vector<std::string>& names);
/// The same to standard output.
void write_to_standard_output(const std::string& format, const std::vector<View>& views,
                              const std::vector<std::string>& names);

}  // namespace fuseval::tools
