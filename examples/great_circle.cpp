// Great-circle distances between all pairs of airports, in one fused expression over n x n elements that are never
// stored.
//
//   great_circle FOLDER [--write FOLDER] [--threads N]
//
// The text below broadcasts n latitudes and longitudes against themselves (haversine formula, mean Earth radius), and
// reduces each row to the nearest other airport, the farthest one and the mean: five results of one pass.
#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <fuseval/fuseval.hpp>
#include <iostream>
#include <numeric>
#include <regex>
#include <string>
#include <vector>

namespace {

// d, the distances in kilometres, and e, the same with each airport infinitely far from itself.
const std::string d =
    "2*6371.0088*arcsin(sqrt(sin(radians(lat[:, newaxis] - lat)/2)**2"
    " + cos(radians(lat))[:, newaxis]*cos(radians(lat))*sin(radians(lon[:, newaxis] - lon)/2)**2))";
const std::string e = "where(airport[:, newaxis] == airport, inf, d)";
const std::string results = "min(e, axis=1), argmin(e, axis=1), max(d, axis=1), argmax(d, axis=1), mean(d, axis=1)";

/// `text` with the one-letter name written out.
std::string written_out(const std::string& text, char name, const std::string& meaning) {
  return std::regex_replace(text, std::regex(fmt::format("\\b{}\\b", name)), "(" + meaning + ")");
}

const std::string text = written_out(written_out(results, 'e', e), 'd', d);
const char* const result_names[] = {"nearest_km", "nearest", "farthest_km", "farthest", "mean_km"};

struct Arguments {
  std::string folder;        ///< with lat.npy, lon.npy and airports.txt
  std::string write_folder;  ///< for the results as .npy files; empty: none
  int threads = 0;           ///< 0: all
};

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

/// "Name (code), city, country" from lines "code, name, city, country" that tabs separate.
std::vector<std::string> read_airports(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> airports;
  for (std::string line; std::getline(file, line);) {
    const size_t name = line.find('\t') + 1, city = line.find('\t', name) + 1, country = line.find('\t', city) + 1;
    const std::string town = line.substr(city, country - city - 1);
    airports.push_back(fmt::format("{} ({}){}{}, {}", line.substr(name, city - name - 1), line.substr(0, name - 1),
                                   town.empty() ? "" : ", ", town, line.substr(country)));
  }
  return airports;
}

void print_facts(const fuseval::Result& result, const std::vector<std::string>& airports) {
  const auto [nearest_km, nearest, farthest_km, farthest, mean_km] = result.unpack<5>();
  const auto near = nearest_km.values<double>(), far = farthest_km.values<double>(), means = mean_km.values<double>();
  const auto remote = std::max_element(near.begin(), near.end()) - near.begin();
  const auto apart = std::max_element(far.begin(), far.end()) - far.begin();
  // Each row's mean counts the airport itself, at distance 0.
  const double mean = std::accumulate(means.begin(), means.end(), 0.0) / static_cast<double>(means.size() - 1);
  fmt::print("most remote     {}\n", airports[remote]);
  fmt::print("                {:.0f} km from its nearest neighbour, {}\n", near[remote],
             airports[nearest.at<int64_t>(remote)]);
  fmt::print("farthest apart  {}\n", airports[apart]);
  fmt::print("                {:.0f} km from {}\n", far[apart], airports[farthest.at<int64_t>(apart)]);
  fmt::print("mean distance   {:.1f} km\n", mean);
}

void run(const Arguments& arguments) {
  const std::vector<std::string> airports = read_airports(arguments.folder + "/airports.txt");
  const fuseval::NpyFile lat(arguments.folder + "/lat.npy"), lon(arguments.folder + "/lon.npy");
  std::vector<int64_t> airport(airports.size());
  std::iota(airport.begin(), airport.end(), 0);

  const auto session = fuseval::Session::shared();
  const fuseval::Bindings bindings = {{"lat", lat}, {"lon", lon}, {"airport", airport}};
  const fuseval::RunOptions options{.threads = arguments.threads};
  fuseval::Result result;
  const long before = peak_bytes();
  const double first = seconds_of([&] { result = session.evaluate(text, bindings, options); });
  const fv_counters counters = session.counters();
  const double again = seconds_of([&] { result = session.evaluate(text, bindings, options); });

  const double pairs = static_cast<double>(airports.size()) * static_cast<double>(airports.size());
  fmt::print("{} airports, {:.1f} million pairs\n\n{}\n  e = {}\n  d = {}\n\n", airports.size(), pairs / 1e6, results,
             e, d);
  fmt::print("{}\n", session.explain(text, bindings));
  print_facts(result, airports);
  fmt::print("\nelapsed         {:.3f} s, of which {:.1f} ms from text to machine code\n", first,
             (counters.front_seconds + counters.compile_seconds) * 1e3);
  fmt::print("again           {:.3f} s, {:.2f} ns a pair, {} threads\n", again, again / pairs * 1e9,
             counters.threads_used);
  fmt::print("peak memory     {:.1f} MB, {:.1f} MB of it since before the evaluation; one {} x {} array is {:.1f} MB\n",
             static_cast<double>(peak_bytes()) / 1e6, static_cast<double>(peak_bytes() - before) / 1e6, airports.size(),
             airports.size(), pairs * 8 / 1e6);
  if (arguments.write_folder.empty()) return;
  for (size_t k = 0; k < result.count(); ++k) {
    const std::string path = arguments.write_folder + "/" + result_names[k] + ".npy";
    fuseval::check_kind(path);  // no other file of that name is lost
    fuseval::save(path, result[k]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  for (int k = 1; k < argc; ++k) {
    const std::string argument = argv[k];
    if (argument == "--write" && k + 1 < argc) {
      arguments.write_folder = argv[++k];
    } else if (argument == "--threads" && k + 1 < argc) {
      arguments.threads = std::atoi(argv[++k]);
    } else {
      arguments.folder = argument;
    }
  }
  if (arguments.folder.empty()) {
    std::cerr << "usage: great_circle FOLDER [--write FOLDER] [--threads N]\n";
    return 2;
  }
  try {
    run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "great_circle: " << error.what() << "\n";
    return 1;
  }
}
