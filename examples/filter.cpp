// Keeps the rows of a table for which a formula is true.
//
//   filter FORMULA table.csv              columns by the names in the first line; the rows go to standard output
//   filter FORMULA array.npy out.npy      the array is x; rows are along its first axis
//
// A column of numbers is float64, with nan for what is no number. Only columns that the formula uses are read as
// numbers.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <fuseval/fuseval.hpp>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Row = std::vector<std::string>;

/// One line of fields; "…" may hold commas, and "" stands for a quote.
Row fields_of(std::string_view line) {
  Row fields(1);
  bool quoted = false;
  for (std::size_t k = 0; k < line.size(); ++k) {
    if (line[k] == '"' && quoted && k + 1 < line.size() && line[k + 1] == '"')
      fields.back() += line[++k];
    else if (line[k] == '"')
      quoted = !quoted;
    else if (line[k] == ',' && !quoted)
      fields.emplace_back();
    else if (line[k] != '\r')
      fields.back() += line[k];
  }
  return fields;
}

double number_of(const std::string& field) {
  double value = 0;
  const char* const end = field.data() + field.size();
  const auto parsed = std::from_chars(field.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end ? value : std::numeric_limits<double>::quiet_NaN();
}

struct Table {
  std::vector<std::string> lines;  ///< as they stand in the file, the first with the names
  Row names;

  bool has(const std::string& name) const { return std::find(names.begin(), names.end(), name) != names.end(); }

  std::vector<double> column(const std::string& name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw std::runtime_error("the table has no column '" + name + "'");
    const auto index = static_cast<std::size_t>(found - names.begin());
    std::vector<double> values;
    for (std::size_t k = 1; k < lines.size(); ++k) {
      const Row row = fields_of(lines[k]);
      values.push_back(index < row.size() ? number_of(row[index]) : std::numeric_limits<double>::quiet_NaN());
    }
    return values;
  }
};

Table read_table(const std::string& path) {
  std::ifstream file(path);
  Table table;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) table.lines.push_back(line);
  if (table.lines.empty()) throw std::runtime_error(path + " cannot be read, or is empty");
  if (table.lines[0].rfind("\xef\xbb\xbf", 0) == 0) table.lines[0].erase(0, 3);  // a byte order mark, of a spreadsheet
  table.names = fields_of(table.lines[0]);
  return table;
}

/// The formula's value as one bool a row.
fuseval::Values<bool> mask_of(const fuseval::Result& result, std::size_t rows) {
  if (result.dtype() != fuseval::DType::bool_ || result.rank() != 1 || result.size() != rows)
    throw std::runtime_error("the formula must give true or false for each of the " + std::to_string(rows) + " rows");
  return result.values<bool>();
}

void filter_csv(const std::string& formula, const std::string& path) {
  const Table table = read_table(path);
  Row used;  // a column comes before a constant of its name: the table's e is no 2.718
  for (const auto& [name, meaning] : fuseval::free_names(formula))
    if (table.has(name) || !meaning) used.push_back(name);
  std::vector<std::vector<double>> columns;
  fuseval::Bindings bindings;
  for (const std::string& name : used) columns.push_back(table.column(name));
  for (std::size_t k = 0; k < used.size(); ++k) bindings.add(used[k], columns[k]);
  const auto result = fuseval::evaluate(formula, bindings);
  const auto mask = mask_of(result, table.lines.size() - 1);
  std::cout << table.lines[0] << '\n';
  for (std::size_t k = 0; k < mask.size(); ++k)
    if (mask[k]) std::cout << table.lines[k + 1] << '\n';
}

/// The rows of the file are copied as bytes, so any dtype will do.
void filter_npy(const std::string& formula, const std::string& path, const std::string& target) {
  if (fuseval::format_to_write(target) != "npy") throw std::runtime_error(target + " is no .npy file's name");
  fuseval::check_kind(target);  // no file of another kind is lost
  const fuseval::NpyFile file(path);
  const auto plain = fuseval::evaluate("x.copy()", {{"x", file}});  // in C order
  std::vector<std::int64_t> shape = plain.shape();
  if (shape.empty()) throw std::runtime_error(path + " has no rows: it holds a single value");
  const auto rows = static_cast<std::size_t>(shape[0]);
  const auto result = fuseval::evaluate(formula, {{"x", file}});
  const auto mask = mask_of(result, rows);
  const std::size_t row_bytes =
      rows == 0 ? 0 : plain.size() / rows * static_cast<std::size_t>(fv_dtype_size(static_cast<int>(plain.dtype())));
  const char* const data = static_cast<const char*>(plain.view().raw().data);
  std::vector<char> kept;
  for (std::size_t k = 0; k < rows; ++k)
    if (mask[k]) kept.insert(kept.end(), data + k * row_bytes, data + (k + 1) * row_bytes);
  shape[0] = std::count(mask.begin(), mask.end(), true);
  fuseval::save(target, fuseval::View(kept.data(), plain.dtype(), shape, {}));
  std::printf("%lld of %zu rows\n", static_cast<long long>(shape[0]), rows);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

int main(int count, char** words) try {
  const bool is_npy = count == 4 && ends_with(words[2], ".npy");
  if (count != 3 && !is_npy) {
    std::cerr << "usage: filter FORMULA table.csv | filter FORMULA array.npy out.npy\n";
    return 2;
  }
  if (is_npy)
    filter_npy(words[1], words[2], words[3]);
  else
    filter_csv(words[1], words[2]);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
