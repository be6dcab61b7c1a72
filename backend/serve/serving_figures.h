// What a server did since it started, as OpenMetrics text.
//
//     ringscope_serve_requests_total{endpoint="/v1/completions",status="200"} 12
//     ringscope_serve_time_to_first_token_seconds_bucket{le="0.5"} 11
#pragma once

#include "backend/core/units.h"
#include "backend/generate/serving.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ringscope {

// Durations, counted by how long they were.
class DurationCounts {
public:
    void add(Nanos duration);
    // Samples of a histogram named `name`, in seconds.
    std::string text(std::string_view name, std::string_view help) const;

    std::int64_t count() const { return count_; }

private:
    static constexpr std::array bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                          0.25,  0.5,    1.0,   2.5,  5.0,   10.0, 60.0};
    std::array<std::int64_t, bounds.size()> below_{};  // of those up to the bound
    std::int64_t count_ = 0;
    double sum_ = 0;
};

// Of one thread.
struct ServingFigures {
    std::map<std::pair<std::string, int>, std::int64_t> answers{};  // by endpoint and status
    std::int64_t left = 0;          // requests whose client left before their end
    std::int64_t promptTokens = 0;  // that were read
    std::int64_t foundTokens = 0;   // of prompts, that were in the cache
    std::int64_t madeTokens = 0;
    std::int64_t connections = 0;
    DurationCounts firstToken{};  // from the request's last byte to its first token
    DurationCounts request{};     // to its last one
    DurationCounts step{};        // of the model
    ServingReady room{};
    ServingStep last{};  // the newest, for what it says of running and waiting texts

    // Ends with "# EOF\n".
    std::string text() const;

    static constexpr std::string_view contentType =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";
};

}  // namespace ringscope
