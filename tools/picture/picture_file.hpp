// Files that are whole or not there.
#pragma once

#include <string>
#include <string_view>

namespace fuseval::tools {

/// Could replace_file write there, as far as one can know before? Error(FV_ERROR_FILE) if not.
void check_replaceable(const std::string& path);

/// Writes a temporary file beside the target (through symbolic links), syncs it and renames it. On failure the target
/// is as it was and nothing is left behind. Errors: FV_ERROR_FILE.
void replace_file(const std::string& path, std::string_view bytes);

}  // namespace fuseval::tools
