// Quantities with their unit in the type, and how a user reads and writes them.
#pragma once

#include "backend/core/result.h"

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

using Nanos = std::chrono::nanoseconds;

struct Bytes {
    std::int64_t count = 0;

    auto operator<=>(const Bytes&) const = default;
    Bytes& operator+=(Bytes other) {
        count += other.count;
        return *this;
    }
    friend Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
    friend Bytes operator*(Bytes a, std::int64_t times) { return {a.count * times}; }
};

// "1.9 GiB", "512 B": three significant digits and a binary unit.
std::string formatBytes(Bytes bytes);

// Accepts "1GiB", "512 MiB", "64k", "1048576": binary units, with or without a space.
Result<Bytes> parseBytes(std::string_view text);

// A count of things as a user writes it: "128k" or "128Ki" (131072), "1.5M", "2G". Units are
// binary, as those of sizes are. Nothing where it has no unit, is no whole number or larger than
// 2^53.
std::optional<std::int64_t> parseCount(std::string_view text);

// "8,192": groups of three, for people. Output for programs has plain digits.
std::string formatCount(std::int64_t count);

// "2,410" or "24.1" or "0.0312": three significant digits for people.
std::string formatSignificant(double value);

// "12.4 GFLOP", "1.06 PFLOP": in thousands.
std::string formatFlops(double flops);

// "41.2 ms", "3.05 s", "1 min 12 s".
std::string formatDuration(Nanos duration);

double milliseconds(Nanos duration);

// The system clock: microseconds of UTC.
std::int64_t utcMicroseconds();

}  // namespace ringscope
