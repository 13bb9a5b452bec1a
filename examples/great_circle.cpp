// Great-circle distances between all pairs of airports, in one fused expression over n x n elements that are never
// stored.
//
//   great_circle FOLDER [--write FOLDER] [--threads N]
//
// The text below broadcasts n latitudes and longitudes against themselves (haversine formula, mean Earth radius), and
// reduces each row to the nearest other airport, the farthest one and the mean: five results of one pass.
#include <fmt/core.h>
#include <fuseval/fuseval.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

const std::string half_chord =
    "(sin(radians(lat[:, newaxis] - lat)/2)**2"
    " + cos(radians(lat))[:, newaxis]*cos(radians(lat))*sin(radians(lon[:, newaxis] - lon)/2)**2)";
const std::string distance = "2*6371.0088*arcsin(sqrt(" + half_chord + "))";
const std::string to_others = "where(airport[:, newaxis] == airport, inf, " + distance + ")";
const std::string text = "min(" + to_others + ", axis=1), argmin(" + to_others + ", axis=1), max(" + distance +
                         ", axis=1), argmax(" + distance + ", axis=1), mean(" + distance + ", axis=1)";
const char* const result_names[] = {"nearest_km", "nearest", "farthest_km", "farthest", "mean_km"};

[[noreturn]] void fail(fv_error* error) {
  const std::string message = fmt::format("{}\n{}", fv_error_message(error), fv_error_caret(error));
  fv_error_release(error);
  throw std::runtime_error(message);
}

void check(fv_status status, fv_error* error) {
  if (status != FV_OK) fail(error);
}

template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* object) const {
    Release(object);
  }
};
using Npy = std::unique_ptr<fv_npy, Releaser<fv_npy_release>>;
using Results = std::unique_ptr<fv_results, Releaser<fv_results_release>>;
using Text = std::unique_ptr<char, Releaser<fv_string_release>>;

Npy open_npy(const std::string& path) {
  fv_npy* file = nullptr;
  fv_error* error = nullptr;
  check(fv_npy_open(path.c_str(), 0, &file, &error), error);
  return Npy(file);
}

fv_view view_of(const fv_npy* file) {
  fv_view view;
  fv_error* error = nullptr;
  check(fv_npy_view(file, &view, &error), error);
  return view;
}

/// The three inputs of the text: coordinates from files, and the number of each airport.
struct Inputs {
  explicit Inputs(const std::string& folder) : lat(open_npy(folder + "/lat.npy")), lon(open_npy(folder + "/lon.npy")) {
    views[0] = view_of(lat.get());
    views[1] = view_of(lon.get());
    count = views[0].shape[0];
    numbers.resize(count);
    std::iota(numbers.begin(), numbers.end(), 0);
    views[2] = {numbers.data(), FV_INT64, 1, &count, nullptr, FV_DEVICE_CPU, 0, FV_VIEW_READONLY};
  }
  Npy lat, lon;
  int64_t count = 0;
  std::vector<int64_t> numbers;
  fv_view views[3];
  const char* names[3] = {"lat", "lon", "airport"};
};

Results evaluate(const Inputs& inputs, int threads) {
  fv_run_options options{};
  options.struct_size = sizeof options;
  options.threads = threads;
  fv_results* results = nullptr;
  fv_error* error = nullptr;
  check(fv_evaluate(nullptr, text.data(), text.size(), inputs.names, inputs.views, 3, nullptr, 0, &options, &results,
                    &error),
        error);
  return Results(results);
}

fv_view result_view(const Results& results, int index) {
  fv_view view;
  fv_error* error = nullptr;
  check(fv_results_view(results.get(), index, &view, &error), error);
  return view;
}

template <class T>
const T* data_of(const Results& results, int index) {
  return static_cast<const T*>(result_view(results, index).data);
}

std::string plan(const Inputs& inputs) {
  char* result = nullptr;
  fv_error* error = nullptr;
  check(fv_explain(nullptr, text.data(), text.size(), inputs.names, inputs.views, 3, "plan", &result, &error), error);
  return Text(result).get();
}

double compile_seconds() {
  fv_counters counters{};
  counters.struct_size = sizeof counters;
  fv_error* error = nullptr;
  check(fv_session_counters(nullptr, &counters, &error), error);
  return counters.compile_seconds + counters.front_seconds;
}

long peak_bytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

double seconds_of(auto&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// "Name, city (code)" from a line "code, name, city, country" that tabs separate.
std::vector<std::string> read_airports(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> airports;
  for (std::string line; std::getline(file, line);) {
    const size_t name = line.find('\t') + 1, city = line.find('\t', name) + 1, country = line.find('\t', city) + 1;
    airports.push_back(fmt::format("{} ({}), {}, {}", line.substr(name, city - name - 1), line.substr(0, name - 1),
                                   line.substr(city, country - city - 1), line.substr(country)));
  }
  return airports;
}

void print_facts(const Results& results, const std::vector<std::string>& airports) {
  const int64_t n = static_cast<int64_t>(airports.size());
  const double *nearest_km = data_of<double>(results, 0), *farthest_km = data_of<double>(results, 2),
               *mean_km = data_of<double>(results, 4);
  const int64_t *nearest = data_of<int64_t>(results, 1), *farthest = data_of<int64_t>(results, 3);
  const int64_t remote = std::max_element(nearest_km, nearest_km + n) - nearest_km;
  const int64_t apart = std::max_element(farthest_km, farthest_km + n) - farthest_km;
  // Each row's mean counts the airport itself, at distance 0.
  const double mean = std::accumulate(mean_km, mean_km + n, 0.0) / static_cast<double>(n - 1);
  fmt::print("most remote     {}\n", airports[remote]);
  fmt::print("                {:.0f} km from its nearest neighbour, {}\n", nearest_km[remote],
             airports[nearest[remote]]);
  fmt::print("farthest apart  {}\n", airports[apart]);
  fmt::print("                {:.0f} km from {}\n", farthest_km[apart], airports[farthest[apart]]);
  fmt::print("mean distance   {:.1f} km\n", mean);
}

void write_results(const Results& results, const std::string& folder) {
  for (int k = 0; k < 5; ++k) {
    const fv_view view = result_view(results, k);
    fv_error* error = nullptr;
    check(fv_npy_write(fmt::format("{}/{}.npy", folder, result_names[k]).c_str(), &view, &error), error);
  }
}

void run(const std::string& folder, const std::string& write_folder, int threads) {
  const std::vector<std::string> airports = read_airports(folder + "/airports.txt");
  const Inputs inputs(folder);
  if (static_cast<int64_t>(airports.size()) != inputs.count) throw std::runtime_error("airports.txt does not match");
  const double pairs = static_cast<double>(inputs.count) * static_cast<double>(inputs.count);

  Results results;
  const long before = peak_bytes();
  const double first = seconds_of([&] { results = evaluate(inputs, threads); });
  const double compile = compile_seconds();
  const double again = seconds_of([&] { results = evaluate(inputs, threads); });

  fmt::print("{} airports, {:.1f} million pairs\n\n{}\n\n", inputs.count, pairs / 1e6, text);
  fmt::print("{}\n\n", plan(inputs));
  print_facts(results, airports);
  fmt::print("\nelapsed         {:.3f} s, of which {:.1f} ms from text to machine code\n", first, compile * 1e3);
  fmt::print("again           {:.3f} s, {:.2f} ns a pair\n", again, again / pairs * 1e9);
  fmt::print("peak memory     {:.1f} MB, {:.1f} MB of it since before the evaluation; one {} x {} array is {:.1f} MB\n",
             static_cast<double>(peak_bytes()) / 1e6, static_cast<double>(peak_bytes() - before) / 1e6, inputs.count,
             inputs.count, pairs * 8 / 1e6);
  if (!write_folder.empty()) write_results(results, write_folder);
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder, write_folder;
  int threads = 0;
  for (int k = 1; k < argc; ++k) {
    if (!std::strcmp(argv[k], "--write") && k + 1 < argc) {
      write_folder = argv[++k];
    } else if (!std::strcmp(argv[k], "--threads") && k + 1 < argc) {
      threads = std::atoi(argv[++k]);
    } else {
      folder = argv[k];
    }
  }
  if (folder.empty()) {
    std::cerr << "usage: great_circle FOLDER [--write FOLDER] [--threads N]\n";
    return 2;
  }
  try {
    run(folder, write_folder, threads);
  } catch (const std::exception& error) {
    std::cerr << "great_circle: " << error.what() << "\n";
    return 1;
  }
}
