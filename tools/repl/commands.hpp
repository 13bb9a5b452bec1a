// The REPL's commands, given what follows their names. See command_table.hpp.
#pragma once

#include "tools/repl/passage.hpp"
#include "tools/repl/workspace.hpp"

namespace fuseval::tools {

// Values and files (commands_values.cpp)
void run_load(Workspace& workspace, const Passage& arguments);
void run_columns(Workspace& workspace, const Passage& arguments);
void run_save(Workspace& workspace, const Passage& arguments);
void run_save_over(Workspace& workspace, const Passage& arguments);
void run_type(Workspace& workspace, const Passage& arguments);
void run_vars(Workspace& workspace, const Passage& arguments);
void run_del(Workspace& workspace, const Passage& arguments);

// The world outside (commands_shell.cpp)
void run_run(Workspace& workspace, const Passage& arguments);
void run_cd(Workspace& workspace, const Passage& arguments);
void run_shell(Workspace& workspace, const Passage& arguments);

// Pictures (commands_plot.cpp)
void run_plot(Workspace& workspace, const Passage& arguments);
void run_plot_over(Workspace& workspace, const Passage& arguments);

// Measuring (commands_measure.cpp)
void run_time(Workspace& workspace, const Passage& arguments);
void run_bench(Workspace& workspace, const Passage& arguments);

// Help (commands_help.cpp)
void run_functions(Workspace& workspace, const Passage& arguments);
void run_help(Workspace& workspace, const Passage& arguments);

// About fuseval and the REPL (commands_about.cpp)
void run_explain(Workspace& workspace, const Passage& arguments);
void run_set(Workspace& workspace, const Passage& arguments);
void run_info_command(Workspace& workspace, const Passage& arguments);
void run_history(Workspace& workspace, const Passage& arguments);
void run_quit(Workspace& workspace, const Passage& arguments);

}  // namespace fuseval::tools
