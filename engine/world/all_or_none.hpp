// Steps that all ranks take or none: what goes wrong on one of them is the same error on every rank, and nobody is left
// waiting for a message of a rank that has given up.
#pragma once

#include <new>
#include <optional>
#include <string>

#include "engine/world/world.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {

/// What the call throws, as an Error; nothing if it returns.
template <class F>
std::optional<Error> failure_of(F&& f) {
  try {
    f();
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::memory, "out of memory");
  } catch (const std::exception& error) {
    return Error(ErrorCode::internal, error.what());
  }
}

/// The error of one rank, as all of them report it: with the rank's number, if there are several.
Error error_of_rank(const World& world, int rank, const Error& error);

/// Collective: throws the error of the first rank that has one, on all of them; without its number where all ranks have
/// the same.
void throw_first(World& world, const std::optional<Error>& mine);

/// Collective: f on every rank, which must not send or receive. If it throws on any rank, all throw the error of the
/// first of these.
template <class F>
void all_or_none(World& world, F&& f) {
  throw_first(world, failure_of(f));
}

}  // namespace fuseval::engine
