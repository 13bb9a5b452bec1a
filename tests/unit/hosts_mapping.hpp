// A file that a host has mapped by itself.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

class HostsMapping {
 public:
  explicit HostsMapping(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (fd < 0 || fstat(fd, &status) != 0) throw std::runtime_error("cannot open " + path);
    bytes_ = static_cast<size_t>(status.st_size);
    pages_ = mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (pages_ == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  }
  ~HostsMapping() { munmap(pages_, bytes_); }
  HostsMapping(const HostsMapping&) = delete;
  HostsMapping& operator=(const HostsMapping&) = delete;

  char* data() const { return static_cast<char*>(pages_); }

 private:
  void* pages_ = nullptr;
  size_t bytes_ = 0;
};
