#include "backend/compare/dense_twin.h"

#include "backend/config/experiment.h"

#include <string>

namespace ringscope {
namespace {

// A run without a pattern may still have the fields of one.
std::string identityWithoutPattern(RunConfig config) {
    config.attention.pattern = {};
    return computationIdentity(config);
}

}  // namespace

std::optional<std::size_t> denseTwin(const std::vector<const RunConfig*>& configs,
                                     std::size_t sparse) {
    const std::string wanted = identityWithoutPattern(*configs[sparse]);
    std::optional<std::size_t> twin;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        const RunConfig& config = *configs[i];
        if (config.attention.pattern.kind != PatternKind::None ||
            identityWithoutPattern(config) != wanted)
            continue;
        if (!twin || config.parallel.mode == configs[sparse]->parallel.mode) twin = i;
    }
    return twin;
}

}  // namespace ringscope
