// A particle simulation whose force law is typed by the user.
//
//   particles LAW [STEPS [TIME]]     for example   particles '-1/r**2'   or   particles '-4*r + 0.1*r**3' 2000 3.5
//
// A hundred thousand particles of mass 1 move in a plane around the centre under the force LAW, along the radius r,
// which may depend on r and on the time t. Leapfrog: a kick by half a step, a drift by a whole one, a kick by half.
// Every formula is compiled once; the steps write into the arrays at hand and allocate nothing. Ctrl-C ends the run.
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
#include <string>
#include <vector>

namespace {

using Numbers = std::vector<double>;

// Signal handlers reach globals alone.
const fuseval::CancelToken interrupted;

struct State {
  Numbers x, y, vx, vy;
};

/// On rings of radius 0.5 to 1.5, moving along them at speed 1.
State rings(std::size_t count) {
  State s{Numbers(count), Numbers(count), Numbers(count), Numbers(count)};
  fuseval::evaluate("r*cos(a), r*sin(a), -sin(a), cos(a)",
                    {{"r", fuseval::evaluate("linspace(0.5, 1.5, n)", {{"n", count}})},
                     {"a", fuseval::evaluate("arange(n)*2.399963229728653", {{"n", count}})}},
                    fuseval::into(s.x, s.y, s.vx, s.vy));
  return s;
}

class Simulation {
 public:
  Simulation(const std::string& law, State start, double step)
      : state_(std::move(start)),
        radius_(state_.x.size()),
        force_(state_.x.size()),
        step_(step),
        law_(fuseval::compile(law, {{"r", radius_}, {"t", 0.0}})) {
    options_.cancel = &interrupted;
  }

  void kick(double time) {
    radius_of_.with(fuseval::into(radius_), options_)(state_.x, state_.y);
    law_.with(fuseval::into(force_), options_)(radius_, time);
    kick_.with(fuseval::into(state_.vx, state_.vy), options_)(state_.vx, state_.vy, state_.x, state_.y, force_, radius_,
                                                              step_ / 2);
  }
  void drift() {
    drift_.with(fuseval::into(state_.x, state_.y), options_)(state_.x, state_.y, state_.vx, state_.vy, step_);
  }
  const State& state() const { return state_; }

 private:
  static fuseval::Program compiled(const char* text, std::initializer_list<const char*> arrays, const char* number) {
    static const Numbers example(1);
    fuseval::Bindings bindings;
    for (const char* name : arrays) bindings.add(name, example);
    if (number) bindings.add(number, 0.0);
    return fuseval::compile(text, bindings);
  }

  State state_;
  Numbers radius_, force_;
  double step_;
  fuseval::RunOptions options_;
  fuseval::Program law_;
  fuseval::Program radius_of_ = compiled("hypot(x, y)", {"x", "y"}, nullptr);
  fuseval::Program kick_ = compiled("vx + h*f*x/r, vy + h*f*y/r", {"vx", "vy", "x", "y", "f", "r"}, "h");
  fuseval::Program drift_ = compiled("x + h*vx, y + h*vy", {"x", "y", "vx", "vy"}, "h");
};

void print(const char* when, const State& s) {
  const auto [radius, momentum, speed] = fuseval::evaluate("mean(hypot(x, y)), sum(x*vy - y*vx), max(hypot(vx, vy))",
                                                           {{"x", s.x}, {"y", s.y}, {"vx", s.vx}, {"vy", s.vy}})
                                             .unpack<3>();
  std::printf("%s: mean radius %.12g, angular momentum %.12g, top speed %.12g\n", when, radius.item<double>(),
              momentum.item<double>(), speed.item<double>());
}

void simulate(const std::string& law, int steps, double time) {
  const double step = time / steps;
  Simulation simulation(law, rings(100'000), step);
  const State start = simulation.state();
  print("start", start);
  for (int k = 0; k < steps; ++k) {
    simulation.kick(k * step);
    simulation.drift();
    simulation.kick((k + 1) * step);
  }
  print("end  ", simulation.state());
  const auto moved =
      fuseval::evaluate("max(hypot(x - x0, y - y0))",
                        {{"x", simulation.state().x}, {"y", simulation.state().y}, {"x0", start.x}, {"y0", start.y}});
  std::printf("farthest from where it started: %.6g\n", moved.item<double>());
}

}  // namespace

int main(int count, char** words) try {
  const int steps = count > 2 ? std::atoi(words[2]) : 1000;
  if (count < 2 || count > 4 || steps < 1) {
    std::fputs("usage: particles LAW [STEPS [TIME]]   (a force along the radius, in terms of r and t)\n", stderr);
    return 2;
  }
  std::signal(SIGINT, [](int) { interrupted.set(); });
  simulate(words[1], steps, count > 3 ? std::atof(words[3]) : 6.283185307179586);
} catch (const fuseval::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.code() == FV_ERROR_CANCELLED ? 130 : 1;
}
