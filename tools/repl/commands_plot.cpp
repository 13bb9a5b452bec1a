// :plot, :plot!
#include <cstdio>

#include "tools/outputs.hpp"
#include "tools/picture/picture.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

/// "" if the last word is no picture's name.
std::string picture_path(const Passage& arguments) {
  const std::vector<std::string> words = split_words(arguments.last_word().text());
  return words.size() == 1 && is_picture_name(words[0]) ? from_home(words[0]) : "";
}

void plot(Workspace& workspace, const Passage& arguments, bool forced) {
  const std::string path = picture_path(arguments);
  const Passage expression = path.empty() ? arguments : arguments.before_last_word();
  if (expression.is_empty()) throw ReplError(":plot takes what to draw, and may take a file: :plot sin(a) waves.png");
  PictureOptions options;
  options.title = expression.text();
  if (!path.empty()) {
    check_picture_file(path, options);
    check_replaced(path, forced, ":plot!");
  }
  const Value value = workspace.evaluate(expression);
  options.labels = result_labels(options.title, value.items.size());
  std::vector<View> views;
  for (const Variable& item : value.items) views.push_back(item.view());
  if (path.empty())
    print_picture(stdout, views, options);
  else
    write_picture(path, views, options);
}

}  // namespace

void run_plot(Workspace& workspace, const Passage& arguments) { plot(workspace, arguments, false); }
void run_plot_over(Workspace& workspace, const Passage& arguments) { plot(workspace, arguments, true); }

}  // namespace fuseval::tools
