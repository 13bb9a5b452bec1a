// Signals that end the command: what it was writing goes with it.
#pragma once

namespace fuseval::tools {

/// From now on SIGINT, SIGTERM and SIGHUP remove unfinished files before they end the process, unless it was started
/// with them ignored (nohup). A file that grows beyond the shell's limit is an error and no signal.
void clean_up_on_signals();

}  // namespace fuseval::tools
