// What a call that can fail returns: a value, or an Error with one sentence for the user.
//
//     Result<std::int64_t> chunkSize(...);
//     RINGSCOPE_TRY(const std::int64_t size, chunkSize(...));  // the value, or returns the Error
//     RINGSCOPE_CHECK(store.save(run));                        // the same for Result<void>
//
// A call that depends on the outside world (files, users' input, processes) returns a Result. What
// only a defect of this program can break is an assertion. Exceptions of a foreign library become
// Errors in the folder that owns the library. An Error must not be ignored: both types are
// [[nodiscard]].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace ringscope {

enum class ErrorCode : std::uint8_t {
    InvalidConfig,  // what the user wrote cannot be run
    NotFound,
    Unavailable,  // a host, program or port: temporarily
    Locked,       // a file that another program holds for the moment
    Corrupt,      // a file that is not what it says it is
    Cancelled,    // the user asked to stop
    Failed,
};

struct [[nodiscard]] Error {
    ErrorCode code = ErrorCode::Failed;
    std::string message;  // one sentence a user can act on, with the offending value in it

    // Puts where it happened in front: "preset 'a.yaml': tokens must be positive; got 0".
    Error in(std::string_view where) && { return {code, std::string(where) + ": " + message}; }
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
    using Base = tl::expected<T, Error>;

public:
    Result(Error error) : Base(tl::unexpect, std::move(error)) {}  // NOLINT(google-explicit-*)

    template <typename U = T>
    requires(!std::is_void_v<T> && std::is_constructible_v<T, U&&> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
        Result(U&& value)  // NOLINT(google-explicit-*,bugprone-forwarding-reference-overload)
        : Base(tl::in_place, std::forward<U>(value)) {}

    Result() requires(std::is_void_v<T>) = default;

    bool ok() const { return this->has_value(); }
};

}  // namespace ringscope

#define RINGSCOPE_JOIN_2(a, b) a##b
#define RINGSCOPE_JOIN(a, b) RINGSCOPE_JOIN_2(a, b)
#define RINGSCOPE_TRY_2(result, declaration, call)      \
    auto result = (call);                               \
    if (!result.ok()) return std::move(result).error(); \
    declaration = std::move(result).value()
#define RINGSCOPE_TRY(declaration, ...) \
    RINGSCOPE_TRY_2(RINGSCOPE_JOIN(ringscope_result_, __LINE__), declaration, (__VA_ARGS__))
#define RINGSCOPE_CHECK(...)                                                      \
    do {                                                                          \
        auto ringscope_checked = (__VA_ARGS__);                                   \
        if (!ringscope_checked.ok()) return std::move(ringscope_checked).error(); \
    } while (false)
