// Everything of the headers that a host may instantiate: test_header.py compiles it under many warnings and never runs
// it.
#include "fuseval/fuseval.hpp"

struct Matrix {
  double* data;
  std::int64_t rows, columns;
};
template <>
struct fuseval::ViewTraits<Matrix> {
  static View view(const Matrix& matrix) { return fuseval::view(matrix.data, {matrix.rows, matrix.columns}); }
};

namespace {

template <class T>
void use_elements(const fuseval::Program& program, const fuseval::Session& session, const fuseval::World& world) {
  std::vector<T> some(3);
  const std::array<T, 2> few{};
  std::array<T, 0> none{};
  T plain[2][3] = {};
  const T value{};
  fuseval::Bindings bindings{{"v", value}, {"some", some}, {"few", few}, {"none", none}, {"plain", plain}};
  bindings.add("strong", fuseval::scalar(value)).add("back", fuseval::view(some.data() + 2, {3}, {-8}).within(some));
  const auto result = session.evaluate("v", bindings);
  (void)result.template item<T>(), (void)result.template to_vector<T>();
  (void)result.template at<T>(), (void)result.template at<T>(0, 1L, -1), (void)result.template at<T>(0u, 1ul);
  for (const T& element : result.template values<T>()) (void)element;
  (void)program(value, some, few, plain, none);
  program.into(some, plain)(value, some);
  program.into(none)(none);
  session.evaluate("v", bindings, fuseval::into(some, plain));
  (void)session.to_host(session.to_device(some, "cuda")).template to_vector<T>();
  (void)fuseval::scatter(world, some), (void)fuseval::distribute(world, some).template data<T>();
}

template <class... T>
void use_all_elements(const fuseval::Program& program, const fuseval::Session& session, const fuseval::World& world) {
  (use_elements<T>(program, session, world), ...);
}

void use_the_rest(const fuseval::Program& program, const fuseval::Session& session) {
  (void)program();
  std::vector<double> out;
  program.into(out)();
  program.with(fuseval::into(out), {})(1);
  (void)session.evaluate("1").unpack<1>(), (void)session.evaluate("1").unpack<0>();
  const Matrix matrix{out.data(), 1, 1};
  const bool flags[2] = {true, false};
  (void)program(matrix, 1.0f, flags, fuseval::NpyFile("a.npy"));
  (void)program.run(std::vector<fuseval::View>{fuseval::scalar(1)});
  (void)fuseval::words(fuseval::WordKind::function), (void)fuseval::help("sum"), (void)fuseval::info();
  (void)fuseval::lint("a == nan", {{"a", 1.0}}), (void)session.lint("1");
  (void)fuseval::explain("1"), (void)session.counters();
  session.copy(fuseval::view(out.data(), {1}), fuseval::view(out.data(), {1}));
  session.synchronize("cpu"), session.wait_for_stream("cpu", session.stream("cpu"));
}

void use_the_common(const std::vector<double>& a, std::vector<float>& out, const int (&matrix)[2][3]) {
  auto c = fuseval::evaluate("a*k + m", {{"a", a}, {"k", 2.0}, {"i", 3}, {"u", 4u}, {"b", true}, {"m", matrix}});
  for (double x : c.values<double>()) (void)x;
  auto [low, high] = fuseval::evaluate("min(a), max(a)", {{"a", a}, {"c", c}}).unpack<2>();
  (void)low.item<float>(), (void)low.item<bool>(), (void)low.item<unsigned char>(), (void)high.at<double>(0, -1);
  auto program = fuseval::compile("a*k", {{"a", a}, {"k", fuseval::scalar(1.5f)}});
  program.into(out)(a, 1.5f);
  program.into(fuseval::view(out.data(), {2}, {-4}))(a, 2);
  (void)program(a, 2).to_vector<double>();
  fuseval::evaluate("a", {{"a", a}}, fuseval::into(out));
  fuseval::save("a.npy", a);
  fuseval::DataOptions wanted;
  wanted.names = {"price"};
  const fuseval::DataFile table("t.csv", wanted), piped = fuseval::DataFile::of_descriptor(0);
  (void)table.names(), (void)table.view("price"), (void)piped.view(), (void)piped.at(0);
  fuseval::write_data("t.csv", {{"a", a}, {"b", out}}), fuseval::write_data(1, {{"a", a}}, "csv");
  (void)fuseval::format_to_read("t.csv"), (void)fuseval::format_to_write("t.csv"), fuseval::check_kind("t.csv");
  fuseval::SessionOptions settings;
  settings.hooks.allocate = [](std::size_t bytes, std::size_t) { return ::operator new(bytes); };
  settings.hooks.log = [](fuseval::LogLevel, std::string_view) {};
  settings.memory_limit = 1 << 20;
  const fuseval::Session session(settings);
  const fuseval::CancelToken token;
  fuseval::RunOptions options;
  options.cancel = &token;
  options.progress = [](double done) { return done < 1; };
  session.evaluate("a", {{"a", fuseval::view(a.data(), {2}, {8}).within(a)}}, options);
  program.run({{"k", 2}, {"a", a}}, fuseval::into(out), options);
  (void)program.inputs(), (void)fuseval::free_names("a + b");
  const fuseval::World world;
  auto parts = fuseval::load(world, "a.npy"), moved = fuseval::redistribute(parts, 1);
  auto empty = fuseval::empty(fuseval::Distribution(world, {3, 4}, 0), fuseval::DType::float64);
  program.into(empty.slice({{1, -1}, {0, 2}}))(fuseval::scatter(world, a), 1.5f);
  program.run({{"k", 2}, {"a", fuseval::distribute(world, out)}}, fuseval::into(empty));
  fuseval::save("b.npy", fuseval::DistributedArray(program(parts, 2)));
  (void)fuseval::gather(moved).to_vector<float>(), (void)world.agree();
  options.world = &world;
  fuseval::run_ranks(2, [](const fuseval::World& rank) { rank.barrier(); });
}

}  // namespace

void use(const fuseval::Program& program, const fuseval::Session& session, const fuseval::World& world);
void use(const fuseval::Program& program, const fuseval::Session& session, const fuseval::World& world) {
  use_all_elements<signed char, unsigned char, short, unsigned short, int, unsigned, long, unsigned long, long long,
                   unsigned long long, float, double>(program, session, world);
  use_the_rest(program, session);
  std::vector<float> out(2);
  const int numbers[2][3] = {};
  use_the_common({}, out, numbers);
}
