// What each mode can compute. A feature is a small change of a configuration on four ranks, and is
// supported where planRun() accepts it. So the table of `ringscope modes` and the refusals of the
// planner cannot contradict each other.
#pragma once

#include "backend/config/run_config.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct Feature {
    std::string_view name;  // "few_kv_heads"
    std::string_view help;  // "fewer key/value heads than ranks"
    void (*want)(RunConfig& config);
};

std::span<const Feature> featureTable();

struct Capability {
    std::string_view feature;
    std::string reason;  // why not; empty: it is supported

    bool supported() const { return reason.empty(); }
};

// One for each row of featureTable(), in its order.
std::vector<Capability> capabilitiesOf(std::string_view mode);

}  // namespace ringscope
