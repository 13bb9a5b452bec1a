#include "runtime/formats/data_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/error.hpp"
#include "runtime/formats/table_write.hpp"
#include "runtime/whole_file.hpp"

namespace fuseval::runtime {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::argument, message); }

/// A pipe has any name at all: that of a shell's <( ) is /dev/fd/63.
bool is_pipe(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

const Format& format_of_bytes(ByteSource& source, const ReadOptions& options) {
  if (options.dtype) return *format_named("raw");
  const std::string_view start = source.peek(recognised_bytes);
  if (start.empty()) source.fail("it is empty");
  const Format* format = format_of_start(start);
  if (format == nullptr)
    source.fail("its first bytes are of no format that is known; raw elements are read if their dtype is given");
  return *format;
}

const Format& checked(const Format& format, const ReadOptions& options, const std::string& name) {
  if (format.read == nullptr)
    refuse(fmt::format("{} is {}; what is read is {}", quoted(name), format.kind, names_to_read()));
  const bool is_raw = format.name == "raw";
  if (is_raw && !options.dtype) refuse(fmt::format("{} has raw elements: their dtype must be given", quoted(name)));
  if (!is_raw && (options.dtype || options.shape))
    refuse(fmt::format("{} is {}, which says itself what dtype and shape it has", quoted(name), format.kind));
  if (!options.names.empty() && format.arrays == Arrays::one)
    refuse(fmt::format("{} has one array, without a name", quoted(name)));
  return format;
}

}  // namespace

const Format& format_to_write(const std::string& path) {
  const Format* format = format_of_path(path);
  if (format == nullptr || format->write == nullptr)
    refuse(fmt::format("{}: {} cannot be written; a file's name ends in one of {}", quoted(path),
                       format ? format->kind : "a file of this ending", endings_to_write()));
  return *format;
}

const Format& format_to_read(const std::string& path) {
  const Format* format = format_of_path(path);
  if (format == nullptr || format->read == nullptr)
    refuse(fmt::format("{}: {} cannot be read; a file's name ends in one of {}", quoted(path),
                       format ? format->kind : "a file of this ending", endings_to_read()));
  return *format;
}

DataArrays open_data(const DataPlace& place, const Format* format, const ReadOptions& options) {
  const bool is_stream = place.path.empty() || is_pipe(place.path);
  if (format == nullptr && !is_stream) format = &format_to_read(place.path);
  if (format != nullptr) checked(*format, options, place.path);  // before anything is opened
  ByteSource source = place.path.empty() ? ByteSource::of_descriptor(
                                               place.descriptor, place.descriptor == STDIN_FILENO
                                                                     ? "standard input"
                                                                     : fmt::format("descriptor {}", place.descriptor))
                                         : ByteSource::open(place.path);
  if (format == nullptr) format = &checked(format_of_bytes(source, options), options, source.name());
  return format->read(source, options);
}

void write_data(const DataPlace& place, const Format* format, std::span<const NamedView> arrays) {
  if (format == nullptr) format = &format_to_write(place.path);
  if (format->write == nullptr) refuse(fmt::format("{} cannot be written; {} can", format->kind, names_to_write()));
  if (arrays.empty()) refuse("there is no array to write");
  if (arrays.size() > 1 && format->arrays == Arrays::one)
    refuse(fmt::format("{} holds one array, and there are {}", format->kind, arrays.size()));
  if (format->arrays == Arrays::columns) require_table(arrays);
  std::vector<ArrayView> views;
  for (const NamedView& array : arrays) views.push_back(array.view);
  const auto produce = [&](const ByteSink& sink) { format->write(arrays, sink); };
  if (place.path.empty())
    write_stream(place.descriptor, views, produce);
  else
    write_whole(place.path, views, produce);
}

}  // namespace fuseval::runtime
