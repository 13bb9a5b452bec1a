#include "runtime/file_target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "runtime/file_descriptor.hpp"

namespace fuseval::runtime {
namespace {

constexpr int most_links = 40;  // as the kernel's

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

bool is_of_procfs(const std::string& path) {
  struct statfs status {};
  return statfs(path.c_str(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

std::string without_links(const std::string& given) {
  std::string path = given;
  for (int links = 0; links <= most_links; ++links) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
    const std::string folder = folder_of(path);
    // What such a link says may be no name at all, and who has the file open goes on writing into it.
    if (is_of_procfs(folder)) fail_on_file("write", given, "it is an open file, not a name of one");
    std::error_code error;
    const std::filesystem::path to = std::filesystem::read_symlink(path, error);
    if (error) fail_on_file("write", given, error.message());
    path = (folder / to).string();
  }
  errno = ELOOP;
  fail_on_file("write", given);
}

void require_replaceable(const std::string& given, const std::string& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) fail_on_file("write", given, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail_on_file("write", given, "it is not a regular file");
  // Nobody's permission to write is a protection that a superuser has not taken away either.
  if ((status.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0) fail_on_file("write", given, "it is read-only");
  if (faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) fail_on_file("write", given);
}

/// Names of a file's extended attributes, none where its file system has none.
std::vector<std::string> attributes_of(const std::string& path) {
  std::string list(size_t{1} << 16, '\0');  // the most that there can be
  const ssize_t bytes = listxattr(path.c_str(), list.data(), list.size());
  std::vector<std::string> names;
  for (size_t at = 0; bytes > 0 && at < static_cast<size_t>(bytes); at += names.back().size() + 1)
    names.emplace_back(list.c_str() + at);
  return names;
}

}  // namespace

FileTarget::FileTarget(const std::string& path) : given_(path) {
  struct stat status {};
  const bool is_there = stat(path.c_str(), &status) == 0;
  if (is_there) require_replaceable(path, path, status);
  path_ = without_links(path);
  if (is_there) replaced_ = status;
}

std::string FileTarget::folder() const { return folder_of(path_); }

bool FileTarget::is_same_file(const FileTarget& other) const {
  const auto is_same = [](const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  };
  if (path_ == other.path_) return true;
  if (replaced_ && other.replaced_) return is_same(*replaced_, *other.replaced_);
  const std::filesystem::path mine(path_), theirs(other.path_);
  struct stat here {
  }, there{};
  return mine.filename() == theirs.filename() && stat(folder().c_str(), &here) == 0 &&
         stat(other.folder().c_str(), &there) == 0 && is_same(here, there);
}

void FileTarget::pass_on_attributes(int fd) const {
  if (!replaced_) return;
  struct stat made {};
  if (fstat(fd, &made) != 0) fail_on_file("write", given_);
  if (made.st_uid != replaced_->st_uid && fchown(fd, replaced_->st_uid, static_cast<gid_t>(-1)) != 0)
    fail_on_file("write", given_, fmt::format("it belongs to user {}, who would lose it", replaced_->st_uid));
  if (made.st_gid != replaced_->st_gid && fchown(fd, static_cast<uid_t>(-1), replaced_->st_gid) != 0)
    fail_on_file("write", given_, fmt::format("it belongs to group {}, which would lose it", replaced_->st_gid));
  pass_on_extended_attributes(fd);
  if (fchmod(fd, replaced_->st_mode & 07777) != 0)
    fail_on_file("write", given_);  // last: a change of owner clears bits
}

void FileTarget::pass_on_extended_attributes(int fd) const {
  for (const std::string& name : attributes_of(path_)) {
    if (!name.starts_with("user.") && name != "system.posix_acl_access") continue;  // the system's own
    std::string value(size_t{1} << 16, '\0');
    const ssize_t bytes = getxattr(path_.c_str(), name.c_str(), value.data(), value.size());
    if (bytes < 0 || fsetxattr(fd, name.c_str(), value.data(), static_cast<size_t>(bytes), 0) != 0)
      fail_on_file("write", given_, fmt::format("its attribute {} would be lost", quoted(name)));
  }
}

}  // namespace fuseval::runtime
