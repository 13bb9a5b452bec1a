#include "ir/shape.hpp"
#include "runtime/formats/npy_stream.hpp"
#include "runtime/npy.hpp"
#include "runtime/whole_file.hpp"

namespace fuseval::runtime {

void write_npy(const std::string& path, const ArrayView& view) {
  element_count(view.shape);  // too many are found before there is a file
  const NamedView array{"", view};
  write_whole(path, {&view, 1}, [&](const ByteSink& sink) { write_npy_stream({&array, 1}, sink); });
}

}  // namespace fuseval::runtime
