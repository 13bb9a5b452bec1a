#include "engine/plan/direct_call.hpp"

#include <algorithm>

#include "runtime/float_environment.hpp"

namespace fuseval::engine {

bool DirectCall::is_possible(const Specialisation& made, std::span<const fv_view> literals) {
  if (made.kernels().size() != 1 || made.has_check() || made.temporary_bytes() > 0) return false;
  const PreparedKernel& kernel = made.kernels()[0];
  const auto given = [](const Specialisation::Result& result) { return result.given; };
  return made.signature().rule == ResultRule{} && is_serial(kernel) && kernel.parallel_count > 0 &&
         kernel.bases.size() <= limit && made.number_count() <= limit && literals.size() <= limit &&
         made.expected_inputs().size() + made.expected_outputs().size() <= limit &&
         std::all_of(made.results().begin(), made.results().end(), given);
}

std::unique_ptr<const DirectCall> DirectCall::make(const Specialisation& made, std::span<const fv_view> literals,
                                                   bool has_deadline) {
  if (!is_possible(made, literals)) return nullptr;
  const PreparedKernel& kernel = made.kernels()[0];
  const double longest = static_cast<double>(kernel.parallel_count) * kernel.dearest_nanoseconds;
  if (has_deadline && longest > RunControl::longest_nanoseconds) return nullptr;
  return std::unique_ptr<const DirectCall>(new DirectCall(made, literals));
}

DirectCall::DirectCall(const Specialisation& made, std::span<const fv_view> literals)
    : made_(made),
      kernel_(made.kernels()[0]),
      literals_(literals),
      depends_on_values_(made.depends_on_values()),
      output_count_(static_cast<int32_t>(made.expected_outputs().size())) {
  add_arrays();
  add_operands();
}

size_t DirectCall::given_count() const {
  return made_.signature().inputs.size() - made_.number_count() - literals_.size();
}

// No output can overlap a literal, which is memory of the program.
void DirectCall::add_arrays() {
  for (const ExpectedView& expected : made_.expected_inputs())
    if (expected.slot() < given_count()) arrays_.push_back({expected, made_.input_extent(expected.slot())});
  used_inputs_ = arrays_.size();
  for (const ExpectedView& expected : made_.expected_outputs()) {
    Array array{expected, made_.output_extent(expected.slot())};
    for (size_t j = 0; j < used_inputs_; ++j)
      if (made_.is_harmless_over(expected.slot(), arrays_[j].expected.slot())) array.in_place |= uint64_t{1} << j;
    arrays_.push_back(array);
  }
}

void DirectCall::add_operands() {
  for (const PreparedKernel::Base& base : kernel_.bases)
    operands_.push_back({array_of(base), base.memory ? base.offset : 0});
}

// The position of its address in `run`; an index has the null pointer.
uint32_t DirectCall::array_of(const PreparedKernel::Base& base) const {
  const size_t count = arrays_.size(), own = given_count();
  if (!base.memory) return static_cast<uint32_t>(count);
  const BufferSource& source = made_.buffer_sources()[base.buffer];
  const auto slot = static_cast<size_t>(source.position);
  const bool is_input = source.role == BufferRole::input;
  if (is_input && slot >= own) return static_cast<uint32_t>(count + 1 + slot - own);
  const size_t first = is_input ? 0 : used_inputs_;
  const auto found = std::find_if(arrays_.begin() + static_cast<std::ptrdiff_t>(first), arrays_.end(),
                                  [&](const Array& array) { return array.expected.slot() == slot; });
  return static_cast<uint32_t>(found - arrays_.begin());
}

// Whether an output shares memory with an array before it in a way that its stores would show.
bool DirectCall::clashes(const Array& written, char* const* data, size_t before) const {
  char* const target = data[before];
  for (size_t j = 0; j < before; ++j)
    if (overlap(target, written.extent, data[j], arrays_[j].extent) &&
        (target != data[j] || (written.in_place >> j & 1) == 0))
      return true;
  return false;
}

bool DirectCall::run(const fv_view* inputs, const fv_view* outputs, int32_t output_count, Counters& counters) const {
  if (output_count != output_count_) return false;
  char* data[3 * limit + 1];
  uint64_t numbers[limit];
  size_t count = 0;
  for (const Array* array = arrays_.data(); count < used_inputs_; ++array, ++count) {
    const fv_view& view = inputs[array->expected.slot()];
    if (!array->expected.accepts_input(view) || (view.flags & FV_VIEW_MAPPED) != 0) return false;
    data[count] = static_cast<char*>(view.data);
  }
  for (const Array* array = arrays_.data() + count; output_count > 0; ++array, ++count, ++outputs, --output_count) {
    data[count] = static_cast<char*>(outputs->data);
    if (!array->expected.accepts_output(*outputs) || clashes(*array, data, count)) return false;
  }
  data[count++] = nullptr;
  for (const fv_view& literal : literals_) data[count++] = static_cast<char*>(literal.data);
  if (depends_on_values_) {
    if (!made_.serves_values(inputs, numbers)) return false;
    for (size_t k = 0; k < made_.number_count(); ++k) data[count + k] = reinterpret_cast<char*>(numbers + k);
  }

  char* pointers[limit];
  char** pointer = pointers;
  for (const Operand& operand : operands_) *pointer++ = data[operand.array] + operand.offset;
  const runtime::FloatEnvironment environment;
  execute_serially(kernel_, pointers, counters);
  return true;
}

}  // namespace fuseval::engine
