#include "engine/dispatch/calibration.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <vector>

#include "fuseval/fuseval.h"
#include "runtime/disk_cache.hpp"
#include "runtime/lasting.hpp"

namespace fuseval::engine {
namespace {

struct Field {
  std::string name;
  double* value;
};
using Fields = std::vector<Field>;

void add_speed(Fields& fields, Speed& speed, const std::string& suffix) {
  fields.push_back({"memory" + suffix, &speed.memory});
  fields.push_back({"float64_units" + suffix, &speed.float64_units});
  fields.push_back({"other_units" + suffix, &speed.other_units});
}

Fields fields_of(CpuRates& rates) {
  Fields fields;
  add_speed(fields, rates.one, "_one");
  add_speed(fields, rates.all, "_all");
  fields.push_back({"cache_one", &rates.cache_one});
  fields.push_back({"opening_seconds", &rates.opening_seconds});
  return fields;
}

Fields fields_of(DeviceRates& rates) {
  Fields fields;
  add_speed(fields, rates.speed, "");
  fields.push_back({"up", &rates.up});
  fields.push_back({"up_pinned", &rates.up_pinned});
  fields.push_back({"down", &rates.down});
  fields.push_back({"down_pinned", &rates.down_pinned});
  fields.push_back({"launch_seconds", &rates.launch_seconds});
  fields.push_back({"wait_seconds", &rates.wait_seconds});
  fields.push_back({"compile_seconds", &rates.compile_seconds});
  return fields;
}

template <class Rates>
std::string text_of_rates(Rates rates) {
  std::string text;
  for (const Field& field : fields_of(rates)) text += fmt::format("{} {:.6g}\n", field.name, *field.value);
  return text;
}

/// Takes "name number\n" off the front of `text`.
bool read(std::string_view& text, const Field& field) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(field.name + " ")) return false;
  const std::string_view number = text.substr(field.name.size() + 1, end - field.name.size() - 1);
  const auto [stop, code] = std::from_chars(number.data(), number.data() + number.size(), *field.value);
  text.remove_prefix(end + 1);
  return code == std::errc() && stop == number.data() + number.size() && std::isfinite(*field.value) &&
         *field.value > 0;
}

template <class Rates>
std::optional<Rates> rates_in(std::string_view text) {
  Rates rates;
  for (const Field& field : fields_of(rates))
    if (!read(text, field)) return std::nullopt;
  return text.empty() ? std::optional(rates) : std::nullopt;
}

/// For processes that keep nothing on disk.
struct OfProcess {
  std::optional<std::string> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto it = texts_.find(key);
    return it == texts_.end() ? std::nullopt : std::optional(it->second);
  }
  /// The first thread's stays.
  std::string keep(const std::string& key, std::string text) {
    const std::lock_guard lock(mutex_);
    return texts_.emplace(key, std::move(text)).first->second;
  }
  runtime::LongLock measuring;

  static OfProcess& instance() {
    static constinit runtime::Lasting<OfProcess> one;
    return one.get([] { return OfProcess(); });
  }

 private:
  runtime::Mutex mutex_;
  std::map<std::string, std::string> texts_;
};

/// A few hundred bytes a machine and device; measuring takes well below a second, so nobody waits long for another.
runtime::DiskCache disk() {
  const auto folder = runtime::cache_folder();
  return runtime::DiskCache(folder ? *folder + "/calibration" : "", {.most_bytes = 1 << 20, .wait_milliseconds = 3000});
}

}  // namespace

std::string text_of(const CpuRates& rates) { return text_of_rates(rates); }
std::string text_of(const DeviceRates& rates) { return text_of_rates(rates); }
std::optional<CpuRates> cpu_rates(std::string_view text) { return rates_in<CpuRates>(text); }
std::optional<DeviceRates> device_rates(std::string_view text) { return rates_in<DeviceRates>(text); }

std::string cpu_key(const std::string& processor, int threads) {
  return fmt::format("calibration 1\nfuseval {}.{}.{}\n{}\nthreads {}\n", FV_VERSION_MAJOR, FV_VERSION_MINOR,
                     FV_VERSION_PATCH, processor, threads);
}
std::string device_key(const std::string& cpu_key, const std::string& device) { return cpu_key + device + "\n"; }

std::optional<std::string> Calibrations::find(const std::string& key) {
  const runtime::DiskCache cache = disk();
  if (cache.is_usable()) return cache.find(key);
  return OfProcess::instance().find(key);
}

std::string Calibrations::find_or_make(const std::string& key,
                                       const std::function<bool(const std::string&)>& is_readable,
                                       const std::function<std::string()>& make) {
  const auto known = find(key);
  if (known && is_readable(*known)) return *known;
  const runtime::DiskCache cache = disk();
  if (cache.is_usable()) {
    if (known) cache.erase(key);  // of another format
    return cache.find_or_make(key, make);
  }
  OfProcess& kept = OfProcess::instance();
  const std::lock_guard one_at_a_time(kept.measuring);
  const auto met = kept.find(key);
  return met ? *met : kept.keep(key, make());
}

}  // namespace fuseval::engine
