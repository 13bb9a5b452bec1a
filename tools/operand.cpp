#include "tools/operand.hpp"

#include <algorithm>
#include <string_view>

#include "tools/arguments.hpp"
#include "tools/data_inputs.hpp"
#include "tools/described_array.hpp"
#include "tools/encoding.hpp"
#include "tools/progress.hpp"

namespace fuseval::tools {
namespace {

[[noreturn]] void refuse_operand(const std::string& argument, const std::string& reason) {
  throw UsageError("argument '" + argument + "': " + reason);
}

/// An argument, and the file that it names if it names one.
struct Argument {
  std::string text;
  Operand operand;
  std::optional<DataReference> reference;
};

/// Numbers and lists of numbers; the reference stays to be loaded.
void read_value(std::string_view value, Argument& argument) {
  const size_t colon = std::min(value.find(':'), value.size());
  const int dtype = fv_dtype_from_name(std::string(value.substr(0, colon)).c_str());
  Operand& operand = argument.operand;
  if (const auto described = described_array(value)) {
    operand.view = *described;
    operand.is_described = true;
  } else if (colon < value.size() && dtype >= 0) {
    operand.values = parse_typed(value.substr(colon + 1), static_cast<DType>(dtype));
    operand.view = operand.values.view();
  } else if (is_list(value)) {
    operand.values = parse_list(value, std::nullopt);
    operand.view = operand.values.view();
  } else if (const auto number = parse_python_number(value)) {
    operand.view = *number;
  } else {
    argument.reference = data_reference(value);
    if (!argument.reference)
      throw BadValue("'" + std::string(value) +
                     "' is no number, no list like 1,2,3, no dtype:values, and no file that is read: "
                     "FILE.npy, FILE.npz:NAME, FILE.csv:COLUMN (or .tsv, .txt), FILE.bin:DTYPE (or .raw), "
                     "FILE.h5:/DATASET, or - for standard input");
  }
}

Argument parsed(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos)
    refuse_operand(text, "a binding is name=value (an expression with blanks needs quotes)");
  Argument argument{text, {}, std::nullopt};
  const std::string written = text.substr(0, equals);
  const std::optional<std::string> name = name_in_texts(written);
  if (!name) refuse_operand(text, "'" + written + "' is no name");
  argument.operand.name = *name;
  try {
    read_value(std::string_view(text).substr(equals + 1), argument);
  } catch (const BadValue& bad) {
    refuse_operand(text, bad.what());
  } catch (const BadDescription& bad) {
    refuse_operand(text, bad.what());
  } catch (const Error& error) {
    if (error.code() == FV_ERROR_ARGUMENT) refuse_operand(text, error.message());
    throw;
  }
  return argument;
}

/// Whether the ranks of a world read parts of it.
bool is_cut(const DataReference& reference) {
  return reference.is_hdf5 || (reference.path.ends_with(".npy") && reference.member.empty());
}

class Loader {
 public:
  explicit Loader(const World* world) : world_(world) {}

  void want(const DataReference& reference) {
    require_file(reference);
    if (!is_read_in_parts(reference) && !reference.is_hdf5) inputs_.want(reference);
  }

  void load(const DataReference& reference, Operand& operand) {
    if (is_read_in_parts(reference)) {
      const BusyNotice notice("reading " + reference.text());
      operand.parts = fuseval::load(*world_, reference.path);
      return;
    }
    LoadedView loaded = inputs_.load(reference);
    operand.view = loaded.view;
    operand.file = std::move(loaded.keeper);
    operand.is_cut = is_cut(reference);
  }

  void want_columns(const std::string& path, const std::vector<std::string>& names) {
    const DataReference reference = require_data_reference(path);
    if (reference.is_hdf5 || !reference.member.empty() || reference.dtype)
      throw Error(FV_ERROR_ARGUMENT, "its arrays have no names");
    require_file(reference);
    if (names.empty()) return;
    inputs_.want_any(reference, names);
    tables_.push_back(reference);
  }

  /// The columns that there are of those wanted.
  void load_columns(std::vector<Operand>& operands) {
    for (const DataReference& table : tables_) {
      const auto file = inputs_.file(table);
      for (const std::string& name : file->names()) {
        const auto known = name_in_texts(name);
        if (!known) continue;
        Operand operand;
        operand.name = *known;
        const auto has_name = [&](const Operand& other) { return other.name == operand.name; };
        if (std::any_of(operands.begin(), operands.end(), has_name)) continue;
        operand.view = file->view(name);
        operand.file = file;
        operands.push_back(std::move(operand));
      }
    }
  }

 private:
  void require_file(const DataReference& reference) const {
    if (world_ != nullptr && reference.is_stream())
      throw Error(FV_ERROR_ARGUMENT, "with --distributed each rank reads files, which " + reference.text() + " is not");
  }

  bool is_read_in_parts(const DataReference& reference) const { return world_ != nullptr && is_cut(reference); }

  const World* world_;
  DataInputs inputs_;
  std::vector<DataReference> tables_;
};

/// What is wrong with the argument itself says which argument that is.
template <class F>
void about(const std::string& argument, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    if (error.code() == FV_ERROR_ARGUMENT) refuse_operand(argument, error.message());
    throw;
  }
}

}  // namespace

std::vector<Operand> load_operands(const std::vector<std::string>& texts, const std::vector<std::string>& columns,
                                   const std::vector<std::string>& wanted, const World* world) {
  std::vector<Argument> arguments;
  std::vector<std::string> unbound = wanted;
  for (const std::string& text : texts) {
    arguments.push_back(parsed(text));
    const std::string& name = arguments.back().operand.name;
    for (size_t k = 0; k + 1 < arguments.size(); ++k)
      if (arguments[k].operand.name == name) refuse_operand(text, "'" + name + "' is bound twice");
    std::erase(unbound, name);
  }
  Loader loader(world);
  for (const Argument& argument : arguments)
    if (argument.reference) about(argument.text, [&] { loader.want(*argument.reference); });
  for (const std::string& path : columns) about("--columns " + path, [&] { loader.want_columns(path, unbound); });
  std::vector<Operand> operands;
  for (Argument& argument : arguments) {
    if (argument.reference) about(argument.text, [&] { loader.load(*argument.reference, argument.operand); });
    operands.push_back(std::move(argument.operand));
  }
  loader.load_columns(operands);
  return operands;
}

void distribute_as_planned(Operand& operand, const World& world) {
  const fv_view whole = operand.view.raw();
  if ((!operand.is_cut && !operand.is_described) || whole.rank == 0) return;
  Distribution distribution(world, {whole.shape, whole.shape + whole.rank});
  std::vector<std::int64_t> strides;  // none: C order
  if (whole.byte_strides != nullptr) strides.assign(whole.byte_strides, whole.byte_strides + whole.rank);
  View part(whole.data, operand.view.dtype(), distribution.local_shape(), strides, whole.flags);
  operand.parts = DistributedArray(std::move(part), std::move(distribution));
}

Bindings bindings_of(const std::vector<Operand>& operands) {
  Bindings bindings;
  for (const Operand& operand : operands)
    operand.parts ? bindings.add(operand.name, *operand.parts) : bindings.add(operand.name, operand.view);
  return bindings;
}

}  // namespace fuseval::tools
