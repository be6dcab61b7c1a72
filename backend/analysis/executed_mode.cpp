#include "backend/analysis/executed_mode.h"

#include "backend/core/rounded.h"
#include "backend/core/text.h"
#include "backend/plan/mode_table.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace ringscope {
namespace {

// Over the ranks that were recorded, where the schedule is for as many as there were.
std::map<Operation, double> meanOf(const Schedule& schedule, const std::set<int>& recorded,
                                   std::vector<Step> RankSchedule::*pass) {
    std::map<Operation, double> mean;
    int ranks = 0;
    for (int rank = 0; rank < schedule.ranks; ++rank) {
        if (schedule.ranks > 1 && !recorded.contains(rank)) continue;
        ++ranks;
        const RankSchedule steps = stepsOf(schedule, rank);
        for (const Step& step : steps.*pass)
            for (const Transfer& transfer : step.transfers) mean[operationOf(transfer.kind)] += 1;
    }
    for (auto& [operation, count] : mean) count /= std::max(1, ranks);
    return mean;
}

// What a mode's schedule posts; of no interest is how large it is.
LayerTraffic trafficOf(const Mode& mode, int ranks, const std::set<int>& recorded, bool causal) {
    const AttentionShape shape{.ranks = mode.sharded ? ranks : 1,
                               .tokens = std::int64_t{ranks} * ranks * 64,
                               .heads = 4 * ranks,
                               .kvHeads = 4 * ranks,
                               .headDim = 8,
                               .causal = causal};
    const Result<Schedule> schedule = mode.schedule(shape);
    if (!schedule.ok()) return {};
    return {meanOf(*schedule, recorded, &RankSchedule::forward),
            meanOf(*schedule, recorded, &RankSchedule::backward)};
}

bool alike(const std::map<Operation, double>& a, const std::map<Operation, double>& b) {
    return a.size() == b.size() && std::ranges::all_of(a, [&](const auto& each) {
               const auto other = b.find(each.first);
               return other != b.end() && std::abs(other->second - each.second) < 0.01;
           });
}

bool alike(const LayerTraffic& a, const LayerTraffic& b) {
    return alike(a.forward, b.forward) && alike(a.backward, b.backward);
}

std::set<Operation> kindsOf(const LayerTraffic& traffic) {
    std::set<Operation> kinds;
    for (const auto& [operation, count] : traffic.forward) kinds.insert(operation);
    for (const auto& [operation, count] : traffic.backward) kinds.insert(operation);
    return kinds;
}

std::string inWords(const std::map<Operation, double>& traffic) {
    std::vector<std::string> words;
    for (const auto& [operation, count] : traffic)
        words.push_back(formatRounded(count, 3) + " " + std::string(operationName(operation)));
    return words.empty() ? "nothing" : join(words, ", ");
}

}  // namespace

Operation operationOf(TransferKind kind) {
    switch (kind) {
        case TransferKind::Send:
            return Operation::Send;
        case TransferKind::Receive:
            return Operation::Receive;
        case TransferKind::AllToAll:
            return Operation::AllToAll;
        case TransferKind::AllGather:
            return Operation::AllGather;
        case TransferKind::ReduceScatter:
            return Operation::ReduceScatter;
    }
    return Operation::None;
}

std::string ExecutedMode::name() const {
    if (!known) return configured;
    if (agrees && !configured.empty()) return configured;
    return fits.empty() ? "unknown" : join(fits, " or ");
}

std::string ExecutedMode::sentence() const {
    if (!known) return "the trace has no attention of a layer to tell the mode by";
    const std::string did = fmt::format("a layer posts {} forward and {} backward",
                                        inWords(traffic.forward), inWords(traffic.backward));
    const std::string fit = fits.empty() ? "no mode does" : "as " + join(fits, ", ") + " would";
    if (configured.empty()) return did + ", " + fit;
    return agrees ? fmt::format("{}, as {} should", did, configured)
                  : fmt::format("{}, {}; {} was configured", did, fit, configured);
}

ExecutedMode executedMode(const Trace& trace) {
    ExecutedMode mode;
    std::set<std::tuple<int, int, int>> forward;
    std::set<std::tuple<int, int, int>> backward;
    int world = 1;
    std::set<int> recorded;
    for (const RankTrace& rank : trace.ranks) {
        recorded.insert(rank.origin.rank);
        if (mode.configured.empty()) mode.configured = rank.origin.mode;
        world = std::max(world, rank.origin.world);
        for (const Span& span : rank.spans) {
            if (span.ringStep() < 0 || span.layer() < 0) continue;
            const bool back = span.pass() == SpanPass::Backward;
            if (!back && span.pass() != SpanPass::Forward) continue;
            (back ? backward : forward).emplace(rank.origin.rank, span.step(), span.layer());
            if (span.kind() == SpanKind::Transfer)
                (back ? mode.traffic.backward : mode.traffic.forward)[span.operation()] += 1;
        }
    }
    mode.known = !forward.empty() && !backward.empty();
    if (!mode.known) return mode;
    for (auto& [operation, count] : mode.traffic.forward)
        count /= static_cast<double>(forward.size());
    for (auto& [operation, count] : mode.traffic.backward)
        count /= static_cast<double>(backward.size());
    std::vector<std::string> alikeInKind;
    for (const Mode& each : modeTable()) {
        const LayerTraffic causal = trafficOf(each, world, recorded, true);
        const LayerTraffic bothWays = trafficOf(each, world, recorded, false);
        if (alike(causal, mode.traffic) || alike(bothWays, mode.traffic))
            mode.fits.emplace_back(each.name);
        if (kindsOf(causal) == kindsOf(mode.traffic)) alikeInKind.emplace_back(each.name);
    }
    // Groups of other sizes (parallel.dp, parallel.ulysses) and other numbers of heads post the
    // same kinds, other numbers.
    if (mode.fits.empty()) mode.fits = alikeInKind;
    const auto among = [&](const std::vector<std::string>& modes) {
        return std::ranges::find(modes, mode.configured) != modes.end();
    };
    if (among(alikeInKind) && !among(mode.fits)) mode.fits.push_back(mode.configured);
    mode.agrees = mode.configured.empty() || among(mode.fits);
    return mode;
}

}  // namespace ringscope
