// Names for the things a run is made of.
#pragma once

#include <compare>
#include <string>

namespace ringscope {

// A run's identity everywhere: store, events, processes' environment, reports. A random UUID.
struct RunId {
    std::string text;

    auto operator<=>(const RunId&) const = default;  // NOLINT(modernize-use-nullptr)
    bool empty() const { return text.empty(); }
    static RunId random();
};

}  // namespace ringscope
