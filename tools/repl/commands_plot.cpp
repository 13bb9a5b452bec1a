// :plot, :plot!
#include <cstdio>
#include <optional>

#include "tools/outputs.hpp"
#include "tools/plot_settings.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/plot_words.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

[[noreturn]] void refuse_unknown_setting(const std::string& name) {
  std::vector<std::string> known;
  std::string list;
  for (const PlotSetting& setting : plot_settings()) {
    known.emplace_back(setting.name);
    list.append(list.empty() ? "" : ", ").append(setting.name);
  }
  const std::string near = nearest(name, known);
  throw ReplError(":plot has no setting `" + name + "`; " +
                  (near.empty() ? "it has " + list : "did you mean `" + near + "`?"));
}

/// x and y are texts to evaluate; they stay where they are, so that errors point at them.
struct Axes {
  Passage x, y;
};

PictureOptions options_of(const PlotWords& words, Axes& axes) {
  PlotSettings settings;
  for (const auto& [name, value] : words.settings) {
    const PlotSetting* setting = find_plot_setting(name);
    if (!setting) refuse_unknown_setting(name);
    if (value.is_empty()) throw ReplError("`" + name + "=` has no value: " + setting->help);
    if (name == "x") axes.x = value;
    if (name == "y") axes.y = value;
    try {
      setting->set(settings, plain_value(value));
    } catch (const PlotSettingError& error) {
      throw ReplError("`" + name + "`: " + error.what());
    }
  }
  return with_axis_labels(settings.picture, settings.x, settings.y);
}

std::optional<Variable> evaluated(Workspace& workspace, const Passage& passage) {
  return passage.is_empty() ? std::nullopt : std::optional<Variable>(workspace.evaluate_one(passage));
}

void plot(Workspace& workspace, const Passage& arguments, bool forced) {
  const PlotWords words = plot_words(arguments);
  if (words.expression.is_empty())
    throw ReplError(":plot takes what to draw, and may take settings and a file: :plot sin(a), x=a waves.png");
  Axes axes;
  PictureOptions options = options_of(words, axes);
  const std::string text(words.expression.text());
  if (options.title.empty()) options.title = text;
  if (!words.path.empty()) {
    check_picture_file(words.path, options);
    check_replaced(words.path, forced, ":plot!");
  }
  const std::optional<Variable> x = evaluated(workspace, axes.x), y = evaluated(workspace, axes.y);
  const Value value = workspace.evaluate(words.expression);
  options.labels = result_labels(text, value.items.size());
  Plotted views;
  for (const Variable& item : value.items) views.arrays.push_back(item.view());
  if (x) views.x = x->view();
  if (y) views.y = y->view();
  if (words.path.empty())
    print_picture(stdout, views, options);
  else
    write_picture(words.path, views, options);
}

}  // namespace

void run_plot(Workspace& workspace, const Passage& arguments) { plot(workspace, arguments, false); }
void run_plot_over(Workspace& workspace, const Passage& arguments) { plot(workspace, arguments, true); }

}  // namespace fuseval::tools
