// Files that are whole or not there.
#pragma once

#include <string>
#include <string_view>

namespace fuseval::tools {

/// Error(FV_ERROR_FILE) if replace_file could not write there: makes its temporary file and removes it.
void check_replaceable(const std::string& path);

/// Writes a temporary file beside the target (through symbolic links), syncs it and renames it. On failure the target
/// is as it was and nothing is left behind. Errors: FV_ERROR_FILE.
void replace_file(const std::string& path, std::string_view bytes);

}  // namespace fuseval::tools
