// The C ABI: distributed arrays in and out, and what a distributed call does.
#include "engine/abi/c_api_options.hpp"
#include "engine/arrays/movement.hpp"
#include "engine/arrays/slabs.hpp"
#include "engine/base/views.hpp"

using namespace fuseval::engine;

namespace {

/// Where a function puts what it makes.
struct Made {
  fv_array** array;
  fv_distribution** distribution;

  void require_places() const {
    require(array != nullptr, "the array's place is NULL");
    require(distribution != nullptr, "distribution is NULL");
    *array = nullptr;
    *distribution = nullptr;
  }
  /// Both or neither.
  void put(Session& session, Result result) const {
    std::unique_ptr<fv_distribution, void (*)(fv_distribution*)> made(make_distribution(result.distribution),
                                                                      fv_distribution_release);
    *array = make_array(session, std::move(result));
    *distribution = made.release();
  }
};

}  // namespace

fv_status fv_results_distribution(const fv_results* results, int32_t index, fv_distribution** distribution,
                                  fv_error** error) {
  const Use used(results);
  return guard(error, {}, [&] {
    require(distribution != nullptr, "distribution is NULL");
    *distribution = nullptr;
    const std::vector<Result>& items = used.get("results").results->items;
    require(index >= 0 && static_cast<size_t>(index) < items.size(), "there is no result of that index");
    const auto& known = items[static_cast<size_t>(index)].distribution;
    if (known && !known->layout.is_replicated()) *distribution = make_distribution(known);
  });
}

fv_status fv_explain_distributed(fv_session* session, const char* text, size_t length, const char* const* names,
                                 const fv_view* inputs, int32_t input_count, fv_world* world,
                                 const fv_distribution* const* distributions, char** result, fv_error** error) {
  const UsedSession used(session);
  const std::string_view view = text == nullptr ? std::string_view{} : std::string_view(text, length);
  return guard(error, view, [&] {
    require(result != nullptr, "result is NULL");
    *result = nullptr;
    require(text != nullptr, "text is NULL");
    require(input_count >= 0 && (inputs != nullptr || input_count == 0), "input_count is negative, or inputs is NULL");
    fv_run_options options{};
    options.world = world;
    options.input_distributions = distributions;
    const CallRanks ranks(options, input_count, 0);
    require(ranks.call().world != nullptr, "world is NULL, and there is no distribution");
    const auto program = used.get().compile(view, names, inputs, input_count);
    *result = copy_string(explain_distributed(*program, inputs, input_count, ranks.call()));
  });
}

fv_status fv_scatter(fv_session* session, fv_world* world, const fv_view* view, int32_t root, int32_t axis,
                     const int64_t* offsets, fv_array** local, fv_distribution** distribution, fv_error** error) {
  const UsedSession used(session);
  const Use ranks(world);
  return guard(error, {}, [&] {
    const std::shared_ptr<World>& known = ranks.get("world").world;
    call_together(*known, "scatter", [&] {
      const Made made{local, distribution};
      made.require_places();
      made.put(used.get(), scatter(used.get(), known, view, root, layout_asked(axis, offsets, known->size())));
    });
  });
}

fv_status fv_gather(fv_session* session, const fv_view* local, const fv_distribution* distribution, int32_t root,
                    fv_array** whole, fv_error** error) {
  const UsedSession used(session);
  const Use layout(distribution);
  return guard(error, {}, [&] {
    const Distribution& known = *layout.get("distribution").distribution;
    call_together(*known.world, "gather", [&] {
      require(whole != nullptr, "whole is NULL");
      *whole = nullptr;
      std::optional<Result> gathered = gather(used.get(), local, known, root);
      if (gathered) *whole = make_array(used.get(), std::move(*gathered));
    });
  });
}

fv_status fv_redistribute(fv_session* session, const fv_view* local, const fv_distribution* from, int32_t axis,
                          const int64_t* offsets, fv_array** moved, fv_distribution** distribution, fv_error** error) {
  const UsedSession used(session);
  const Use layout(from);
  return guard(error, {}, [&] {
    const Distribution& known = *layout.get("from").distribution;
    call_together(*known.world, "redistribute", [&] {
      const Made made{moved, distribution};
      made.require_places();
      made.put(used.get(), redistribute(used.get(), local, known, layout_asked(axis, offsets, known.world->size())));
    });
  });
}

fv_status fv_distribute(fv_world* world, const fv_view* local, int32_t axis, fv_distribution** distribution,
                        fv_error** error) {
  const Use used(world);
  return guard(error, {}, [&] {
    const std::shared_ptr<World>& known = used.get("world").world;
    call_together(*known, "distribute", [&] {
      require(distribution != nullptr, "distribution is NULL");
      *distribution = nullptr;
      if (axis < 0)
        throw fuseval::Error(fuseval::ErrorCode::argument, fmt::format("axis is {}; it is one of the array's", axis));
      *distribution = make_distribution(distribution_of_parts(known, local, axis));
    });
  });
}

fv_status fv_load_slab(fv_session* session, fv_world* world, const char* path, int32_t copy, int32_t axis,
                       const int64_t* offsets, fv_array** local, fv_distribution** distribution, fv_error** error) {
  const UsedSession used(session);
  const Use ranks(world);
  return guard(error, {}, [&] {
    const std::shared_ptr<World>& known = ranks.get("world").world;
    call_together(*known, "load", [&] {
      const Made made{local, distribution};
      made.require_places();
      require(path != nullptr, "path is NULL");
      made.put(used.get(), load_slab(used.get(), known, path, layout_asked(axis, offsets, known->size()), copy != 0));
    });
  });
}

fv_status fv_save_slab(const char* path, const fv_view* local, const fv_distribution* distribution, fv_error** error) {
  const Use used(distribution);
  return guard(error, {}, [&] {
    const Distribution& known = *used.get("distribution").distribution;
    call_together(*known.world, "save", [&] {
      require(path != nullptr, "path is NULL");
      save_slab(path, local, known);
    });
  });
}
