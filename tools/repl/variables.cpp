#include "tools/repl/variables.hpp"

#include <filesystem>

#include "tools/counted.hpp"

namespace fuseval::tools {
namespace {

std::string numbers_text(const int64_t* numbers, int32_t count) {
  std::string text = "(";
  for (int32_t k = 0; k < count; ++k) text += (k > 0 ? ", " : "") + std::to_string(numbers[k]);
  return text + (count == 1 ? ",)" : ")");
}

/// Whether elements lie one after the other when the axes are walked from `first`, `step` (1 or -1) at a time.
bool is_packed(const fv_view& view, int32_t first, int32_t step) {
  int64_t stride = fv_dtype_size(view.dtype);
  for (int32_t k = first; k >= 0 && k < view.rank; k += step) {
    if (view.shape[k] != 1 && view.byte_strides[k] != stride) return false;
    stride *= view.shape[k];
  }
  return true;
}

std::string layout_text(const fv_view& view) {
  if (!view.byte_strides || is_packed(view, view.rank - 1, -1)) return "C order";
  if (is_packed(view, 0, 1)) return "Fortran order";
  return "byte strides " + numbers_text(view.byte_strides, view.rank);
}

}  // namespace

Variable::Variable(Array array) {
  auto keeper = std::make_shared<const Array>(std::move(array));
  view_ = keeper->view();
  keeper_ = std::move(keeper);
}

bool is_small(const std::string& path) {
  std::error_code unknown;
  const std::uintmax_t bytes = std::filesystem::file_size(path, unknown);
  return !unknown && bytes <= most_copied_bytes;
}

Variable load_variable(const DataReference& reference, const std::string& file) {
  return {load_array(reference, is_small(reference.path)), file};
}

std::string describe(const Variable& variable) {
  const fv_view view = variable.view().raw();
  const std::string dtype = fv_dtype_name(view.dtype);
  if ((view.flags & FV_VIEW_WEAK) != 0) return "plain " + dtype + " number";
  std::string text = dtype;
  if (view.rank == 0)
    text += " scalar";
  else
    text += " array of shape " + numbers_text(view.shape, view.rank) + ", " + layout_text(view) + ", " +
            counted(byte_count(variable.view()), "byte");
  if (!variable.file().empty()) text += ", from " + variable.file();
  return text;
}

int64_t element_count(const View& view) {
  const fv_view raw = view.raw();
  int64_t count = 1;
  for (int32_t k = 0; k < raw.rank; ++k) count *= raw.shape[k];
  return count;
}
int64_t byte_count(const View& view) { return element_count(view) * fv_dtype_size(view.raw().dtype); }

}  // namespace fuseval::tools
