#include "backend/plan/recording.h"

#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {

std::vector<int> recordedRanks(const RunPlan& plan) {
    std::vector<int> recorded;
    if (!plan.config.profile.steps) return recorded;
    for (int rank = 0; rank < plan.ranks; ++rank)
        if (plan.config.profile.records(rank)) recorded.push_back(rank);
    return recorded;
}

std::string recordingNote(const RunPlan& plan) {
    std::vector<std::string> recorded;
    for (const int rank : recordedRanks(plan)) recorded.push_back(std::to_string(rank));
    if (recorded.empty())
        return plan.ranks == 1
                   ? "this run's only rank is not in profile.ranks; nothing is recorded"
                   : "none of this run's ranks is in profile.ranks; nothing is recorded";
    if (std::ssize(recorded) == plan.ranks) return {};
    return fmt::format("of this run's {} ranks, {} {} recorded (profile.ranks)", plan.ranks,
                       join(recorded, ", "), recorded.size() == 1 ? "is" : "are");
}

std::vector<RankSet> collectiveGroups(const RunPlan& plan, int rank) {
    const RankSet replica = replicaOf(plan, rank);
    std::vector<RankSet> groups;
    const auto add = [&](const RankSet& group) {
        if (group.count < plan.ranks && std::ranges::find(groups, group) == groups.end())
            groups.push_back(group);
    };
    add(replica);
    if (plan.expertRanks > 1) {
        add(expertRanksOf(plan, rank));
        if (const RankSet same = sameExpertsOf(plan, rank); same.count > 1) add(same);
    }
    const RankSchedule steps = stepsOf(plan.schedule(), rank - replica.first);
    for (const auto* pass : {&steps.forward, &steps.backward})
        for (const Step& step : *pass)
            for (const Transfer& transfer : step.transfers) {
                if (transfer.among.count == 0) continue;
                RankSet group = transfer.among;
                group.first += replica.first;
                add(group);
            }
    return groups;
}

}  // namespace ringscope
