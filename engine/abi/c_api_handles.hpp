// What the C ABI's handles hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/c_api_error.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/run_control.hpp"
#include "engine/call/result_types.hpp"
#include "engine/plan/results.hpp"
#include "engine/plan/session.hpp"
#include "engine/world/layout.hpp"
#include "engine/world/world.hpp"
#include "fuseval/fuseval.h"

struct fv_session {
  explicit fv_session(const fuseval::engine::SessionOptions& options) : session(options) {}
  fuseval::engine::Session session;
};

struct fv_program {
  std::shared_ptr<fuseval::engine::Program> program;
};

struct fv_results {
  std::shared_ptr<const fuseval::engine::Results> results;
};

struct fv_types {
  fuseval::engine::ResultTypes types;
};

struct fv_array {
  fuseval::engine::SharedArray shared;
};

struct fv_world {
  std::shared_ptr<fuseval::engine::World> world;
};

struct fv_distribution {
  std::shared_ptr<const fuseval::engine::Distribution> distribution;
  fuseval::Shape local_shape;
};

struct fv_names {
  struct Name {
    std::string text;
    int32_t kind;  ///< fv_word_kind, or -1
  };
  std::vector<Name> names;
};

struct fv_hints {
  struct Item {
    fuseval::frontend::Hint hint;
    fuseval::frontend::Place place;
    std::string caret;
  };
  std::vector<Item> items;
};

struct fv_tokens {
  std::vector<fv_token> tokens;
};

struct fv_cancel {
  fuseval::engine::CancelToken token;
};

namespace fuseval::engine {

/// What spans of errors refer to.
inline std::string_view text_view(const char* text, size_t length) {
  return text == nullptr ? std::string_view{} : std::string_view(text, length);
}

/// For the caller. nullptr: none, which stands for replicated.
inline fv_distribution* make_distribution(std::shared_ptr<const Distribution> distribution) {
  if (!distribution) return nullptr;
  Shape local_shape = distribution->box().shape();
  return make_handle<fv_distribution>("distribution", std::move(distribution), std::move(local_shape));
}

/// For the caller, whose the array is from now on.
inline fv_array* make_array(Session& session, Result array) {
  return make_handle<fv_array>("array",
                               std::make_shared<const OwnedArray>(OwnedArray{session.runtime(), std::move(array)}));
}

/// The session that a parameter stands for, while it is in use: NULL is the default one.
template <class Handle>
class UsedSession {
 public:
  explicit UsedSession(Handle* handle) : use_(handle), is_default_(handle == nullptr) {}
  auto& get() const { return is_default_ ? Session::instance() : use_.get("session").session; }

 private:
  const Use<Handle> use_;
  const bool is_default_;
};

}  // namespace fuseval::engine
