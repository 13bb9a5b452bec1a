#include "runtime/formats/format.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/file_descriptor.hpp"
#include "runtime/formats/npy_stream.hpp"
#include "runtime/formats/npz_read.hpp"
#include "runtime/formats/npz_write.hpp"
#include "runtime/formats/raw.hpp"
#include "runtime/formats/table_read.hpp"
#include "runtime/formats/table_write.hpp"

namespace fuseval::runtime {
namespace {

bool is_npy(std::string_view start) { return start.starts_with("\x93NUMPY"); }
bool is_zip(std::string_view start) { return start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06"); }
bool is_hdf5(std::string_view start) { return start.starts_with("\x89HDF\r\n\x1a\n"); }
bool is_png(std::string_view start) { return start.starts_with("\x89PNG\r\n\x1a\n"); }
bool is_svg(std::string_view start) { return start.starts_with("<?xml") || start.starts_with("<svg"); }

/// UTF-8 or a text in one of the old encodings, not a page or picture: without control characters but those of texts.
bool is_table(std::string_view start) {
  const auto is_of_text = [](char c) { return static_cast<unsigned char>(c) >= ' ' || (c >= '\t' && c <= '\r'); };
  return !start.empty() && start[0] != '<' && std::all_of(start.begin(), start.end(), is_of_text);
}

/// Anything is; but a file that is known to be something else should not have such a name.
bool is_raw(std::string_view start) {
  return !is_npy(start) && !is_zip(start) && !is_hdf5(start) && !is_png(start) && !is_svg(start);
}

constexpr std::string_view npy_endings[] = {".npy"};
constexpr std::string_view npz_endings[] = {".npz"};
constexpr std::string_view hdf5_endings[] = {".h5", ".hdf5", ".he5"};
constexpr std::string_view png_endings[] = {".png"};
constexpr std::string_view svg_endings[] = {".svg"};
constexpr std::string_view csv_endings[] = {".csv"};
constexpr std::string_view tsv_endings[] = {".tsv"};
constexpr std::string_view txt_endings[] = {".txt"};
constexpr std::string_view raw_endings[] = {".bin", ".raw"};

// Files of HDF5 are read and written by a plugin, pictures by the command.
constexpr Format table[] = {
    {"npy", npy_endings, "a .npy file", is_npy, read_npy, write_npy_stream, Arrays::one},
    {"npz", npz_endings, "a .npz file", is_zip, read_npz, write_npz, Arrays::named},
    {"hdf5", hdf5_endings, "a file of HDF5", is_hdf5, nullptr, nullptr, Arrays::one},
    {"png", png_endings, "a PNG picture", is_png, nullptr, nullptr, Arrays::one},
    {"svg", svg_endings, "an SVG picture", is_svg, nullptr, nullptr, Arrays::one},
    {"csv", csv_endings, "a text", is_table, read_csv, write_csv, Arrays::columns},
    {"tsv", tsv_endings, "a text", is_table, read_tsv, write_tsv, Arrays::columns},
    {"txt", txt_endings, "a text", is_table, read_txt, write_txt, Arrays::columns},
    {"raw", raw_endings, "a file of raw elements", is_raw, read_raw, write_raw, Arrays::one},
};

template <class Has>
std::string list_of(const Has& has, bool of_endings) {
  std::string list;
  const auto add = [&](std::string_view word) { list.append(list.empty() ? "" : ", ").append(word); };
  for (const Format& format : table) {
    if (!has(format)) continue;
    if (!of_endings) add(format.name);
    for (const std::string_view ending : format.endings)
      if (of_endings) add(ending);
  }
  return list;
}

/// Its first bytes; "" where there is no file, or none that can be read.
std::string start_of(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::string start(recognised_bytes, '\0');
  const ssize_t got = pread(file.get(), start.data(), start.size(), 0);
  start.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return start;
}

bool can_read(const Format& format) { return format.read != nullptr; }
bool can_write(const Format& format) { return format.write != nullptr; }

}  // namespace

const Format* format_of_path(const std::string& path) {
  for (const Format& format : table)
    for (const std::string_view ending : format.endings)
      if (path.size() > ending.size() && path.ends_with(ending)) return &format;
  return nullptr;
}

const Format* format_named(std::string_view name) {
  for (const Format& format : table)
    if (format.name == name) return &format;
  return nullptr;
}

const Format* format_of_start(std::string_view start) {
  for (const Format& format : table)
    if (format.recognises(start) && format.recognises != is_raw) return &format;
  return nullptr;
}

std::string names_to_read() { return list_of(can_read, false); }
std::string names_to_write() { return list_of(can_write, false); }
std::string endings_to_read() { return list_of(can_read, true); }
std::string endings_to_write() { return list_of(can_write, true); }

void require_kind_of_ending(const std::string& path) {
  const Format* expected = format_of_path(path);
  if (expected == nullptr) return;
  const std::string start = start_of(path);
  if (start.empty() || expected->recognises(start)) return;
  const Format* found = format_of_start(start);
  fail_on_file("write", path,
               fmt::format("what is there is {}, not {}", found ? found->kind : "no known data", expected->kind));
}

}  // namespace fuseval::runtime
