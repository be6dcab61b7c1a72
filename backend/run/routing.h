// How the tokens of a step were spread over the experts of a layer, and figures of it.
//
//     experts of a layer      0    1    2    3        12 tokens, 2 experts each
//     used by                 9   12    3    0        busiest 2.00, unused 1, evenness 0.70
#pragma once

#include <cstdint>
#include <vector>

namespace ringscope {

struct RoutingRecord {
    std::int64_t step = 0;
    std::int64_t layer = 0;           // among all layers of the model
    std::vector<std::int64_t> use{};  // of each expert: how many tokens of the step it got
    bool operator==(const RoutingRecord&) const = default;
};

struct RoutingFigures {
    double busiest = 1;       // the most used expert's tokens / the mean; 1: all are used alike
    std::int64_t unused = 0;  // experts without a token
    double evenness = 1;      // entropy of the use / its largest value; 1: all are used alike
};
RoutingFigures routingFigures(const RoutingRecord& record);

// Whether a run of so many steps keeps the routing of this one: of about 64 steps, evenly spread,
// and of the last, so that a long run's figures stay small.
bool keepsRouting(std::int64_t step, std::int64_t steps);

// Those of the last step that has any, in ascending order of layers. `records`: in the order of
// steps.
std::vector<RoutingRecord> lastRouting(const std::vector<RoutingRecord>& records);

}  // namespace ringscope
