#include "support.hpp"

bool have_compiler() {
  static const std::string missing = message_of([] { cudasim::host_compiler(); });
  if (!missing.empty()) MESSAGE("skipped: ", missing);
  return missing.empty();
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const fuseval::Error& error) {
    return error.message();
  }
  return "";
}

std::vector<size_t> places_of(const std::string& text, const std::string& part) {
  std::vector<size_t> places;
  for (size_t place = 0; (place = text.find(part, place)) != std::string::npos; place += part.size())
    places.push_back(place);
  return places;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::vector<size_t> places = places_of(text, from);
  REQUIRE(!places.empty());
  for (auto place = places.rbegin(); place != places.rend(); ++place) text.replace(*place, from.size(), to);
  return text;
}

cudasim::Function compile(const std::string& text, const std::string& name) {
  const std::vector<cudasim::Source> sources{{text, {name}}};
  return cudasim::Module::compile(sources).function(0, name);
}
