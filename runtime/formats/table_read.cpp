#include "runtime/formats/table_read.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/checked.hpp"
#include "ir/error.hpp"
#include "runtime/formats/table_column.hpp"
#include "runtime/formats/table_rows.hpp"

namespace fuseval::runtime {
namespace {

constexpr size_t sniffed_bytes = size_t{1} << 14;

std::string stripped_name(std::string_view name) {
  const size_t begin = name.find_first_not_of(" \t"), end = name.find_last_not_of(" \t");
  return begin == std::string_view::npos ? "" : std::string(name.substr(begin, end + 1 - begin));
}

class Table {
 public:
  Table(ByteSource& source, TableStyle style, const ReadOptions& options)
      : source_(source), rows_(source, style), options_(options) {}

  DataArrays read() {
    if (!rows_.next()) source_.fail("it has no rows");
    const auto& first = rows_.cells();
    const bool has_header = !std::all_of(first.begin(), first.end(), is_value);
    name_columns(has_header);
    choose_columns();
    rows_.set_header_rows(has_header ? 1 : 0);
    if (!has_header) add_row();
    while (rows_.next()) add_row();
    source_.require_unchanged();
    return options_.together ? matrix() : columns();
  }

 private:
  void name_columns(bool has_header) {
    const auto& first = rows_.cells();
    for (size_t k = 0; k < first.size(); ++k)
      names_.push_back(has_header ? stripped_name(first[k]) : std::to_string(k));
    // numpy.savetxt writes its header as a comment.
    if (has_header && names_[0].starts_with("# ")) names_[0] = stripped_name(names_[0].substr(2));
  }

  std::string known_names() const {
    std::string list;
    for (size_t k = 0; k < names_.size() && k < 20; ++k) list += (k > 0 ? ", " : "") + names_[k];
    return list + (names_.size() > 20 ? ", ..." : "");
  }

  void choose_column(const std::string& name) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end() && options_.passes_over_missing) return;
    if (found == names_.end()) source_.fail(fmt::format("it has no column {}; it has {}", quoted(name), known_names()));
    if (std::find(found + 1, names_.end(), name) != names_.end())
      source_.fail(fmt::format("two of its columns are named {}", quoted(name)));
    chosen_.push_back(static_cast<size_t>(found - names_.begin()));
  }

  void choose_columns() {
    for (const std::string& name : options_.names) choose_column(name);
    if (options_.names.empty())
      for (size_t k = 0; k < names_.size(); ++k) chosen_.push_back(k);
    values_.resize(chosen_.size());
  }

  void add_row() {
    const auto& cells = rows_.cells();
    if (cells.size() != names_.size())
      source_.fail(fmt::format("{}: the row has {} cells, and the first one {}",
                               rows_.place(std::min(cells.size(), names_.size()), ""), cells.size(), names_.size()));
    for (size_t k = 0; k < chosen_.size(); ++k)
      values_[k].add(cells[chosen_[k]], [&] { return rows_.place(chosen_[k], names_[chosen_[k]]); });
  }

  int64_t row_count() const { return rows_.row() - (names_are_header() ? 1 : 0); }
  bool names_are_header() const { return rows_.header_rows() > 0; }

  DataArrays columns() {
    DataArrays result;
    for (size_t k = 0; k < chosen_.size(); ++k) {
      DataArray& array = result.arrays.emplace_back();
      array.name = names_[chosen_[k]];
      if (!values_[k].fault().empty()) array.fault = source_.message(values_[k].fault());
      if (!array.fault.empty()) continue;
      array.view = stored(result, {row_count()}, values_[k].dtype(), k, 1);
      values_[k] = {};
    }
    return result;
  }

  /// One column has one axis.
  DataArrays matrix() {
    DataArrays result;
    if (values_.empty()) return result;
    DType dtype = values_[0].dtype();
    for (const TableColumn& column : values_) {
      if (!column.fault().empty()) source_.fail(column.fault());
      dtype = promote_types(dtype, column.dtype());
    }
    const auto width = static_cast<int64_t>(values_.size());
    const Shape shape = width == 1 ? Shape{row_count()} : Shape{row_count(), width};
    result.arrays.push_back({"", stored(result, shape, dtype, 0, values_.size()), ""});
    return result;
  }

  /// `count` columns from `first` on, row by row.
  ArrayView stored(DataArrays& result, const Shape& shape, DType dtype, size_t first, size_t count) const {
    const auto width = static_cast<size_t>(size_of(dtype));
    Buffer memory(checked_multiply(static_cast<size_t>(element_count(shape)), width));
    for (size_t k = 0; k < count; ++k) values_[first + k].store(memory.data() + k * width, dtype, count * width);
    return {result.keep(std::move(memory)), dtype, shape, c_strides(shape, size_of(dtype)), true};
  }

  ByteSource& source_;
  TableRows rows_;
  const ReadOptions& options_;
  std::vector<std::string> names_;
  std::vector<size_t> chosen_;       ///< columns that are wanted
  std::vector<TableColumn> values_;  ///< theirs
};

}  // namespace

DataArrays read_csv(ByteSource& source, const ReadOptions& options) {
  return Table(source, TableStyle::of_first_line(source.peek(sniffed_bytes), false), options).read();
}

DataArrays read_tsv(ByteSource& source, const ReadOptions& options) { return Table(source, {'\t'}, options).read(); }

DataArrays read_txt(ByteSource& source, const ReadOptions& options) {
  return Table(source, TableStyle::of_first_line(source.peek(sniffed_bytes), true), options).read();
}

}  // namespace fuseval::runtime
