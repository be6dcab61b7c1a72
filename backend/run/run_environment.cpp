#include "backend/run/run_environment.h"

#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {

std::string networkWords(const std::vector<HostFacts>& hosts) {
    constexpr const char* loopback = "lo";
    std::vector<std::string> words;
    bool known = false;
    bool alike = true;
    for (const HostFacts& facts : hosts) {
        known = known || !facts.interface.empty();
        alike = alike && facts.interface == hosts.front().interface;
        words.push_back(facts.host + " " +
                        (facts.interface.empty() ? "not known" : facts.interface));
    }
    if (!known) return "";
    if (!alike) return join(words, ", ");
    return hosts.front().interface == loopback ? "loopback" : hosts.front().interface;
}

std::string commitWords(const RunOrigin& origin) {
    if (origin.commit.empty()) return "";
    constexpr std::size_t shown = 12;
    const std::string commit = origin.commit.substr(0, shown);
    if (!origin.dirty) return commit + ", changes not known";
    return *origin.dirty ? commit + " with changes" : commit;
}

std::string gpuWords(const std::vector<std::string>& gpus) {
    std::vector<std::string> names;
    for (const std::string& gpu : gpus)
        if (std::ranges::find(names, gpu) == names.end()) names.push_back(gpu);
    for (std::string& name : names) {
        const auto count = std::ranges::count(gpus, name);
        if (count > 1) name = std::to_string(count) + " × " + name;
    }
    return join(names, ", ");
}

}  // namespace ringscope
