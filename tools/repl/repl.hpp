// `fuseval repl`: reads, evaluates, prints, and asks again.
#pragma once

namespace fuseval::tools {

/// Until the input ends or :quit. Errors are reported and never end it. On a terminal with prompt, editing and history;
/// otherwise line by line. The exit status: 0, or 1 if input that is no terminal had a line that failed.
int run_repl(int threads);

}  // namespace fuseval::tools
