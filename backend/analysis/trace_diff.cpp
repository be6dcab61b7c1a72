#include "backend/analysis/trace_diff.h"

#include "backend/analysis/findings.h"
#include "backend/analysis/gpu_spans.h"
#include "backend/analysis/rank_sets.h"
#include "backend/analysis/step_parts.h"
#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

using Place = std::tuple<int, SpanPass, int>;

struct PlaceTimes {
    double attention = 0;
    double exposed = 0;
};

// One side, as means over its ranks.
struct Side {
    double step = 0;
    std::map<std::string, double> parts;  // of one step
    std::map<Place, PlaceTimes> places;   // of one step
    std::vector<double> steps;            // wall time of each recorded one
    std::int64_t recorded = 0;
    std::size_t ranks = 0;
    bool splits = true;
};

std::int64_t stepsOf(const RankTrace& rank) {
    return std::max<std::int64_t>(1, std::ranges::count(rank.spans, SpanKind::Step, &Span::kind));
}

void addParts(Side& side, const StepParts& parts, double share) {
    const auto add = [&](const std::string& what, std::int64_t time) {
        side.parts[what] += static_cast<double>(time) * share;
    };
    side.step += static_cast<double>(parts.steps) * share;
    add("attention", parts.attention);
    add("other computation", parts.compute);
    for (const auto& [rank, time] : parts.waiting) add(fmt::format("wait for rank {}", rank), time);
    add(side.splits ? "exposed transfer" : "exposed communication", parts.transfer);
    add("exposed copies", parts.copies);
    add("launch gap", parts.launchGap);
    add("tail", parts.tail);
    add("idle", parts.idle);
}

void addPlaces(Side& side, const RankTrace& rank, const std::vector<MessageMeeting>& meetings,
               const IntervalSet& compute, double share) {
    struct Times {
        std::vector<Interval> attention;
        TransferTimes transfers;
    };
    std::map<Place, Times> places;
    for (std::size_t i = 0; i < rank.spans.size(); ++i) {
        const Span& span = rank.spans[i];
        if (span.ringStep() < 0) continue;
        Times& times = places[{span.layer(), span.pass(), span.ringStep()}];
        if (span.kind() == SpanKind::Attention)
            times.attention.push_back({span.begin(), span.end()});
        if (span.kind() == SpanKind::Transfer) times.transfers.add(span, meetings[i]);
    }
    for (auto& [place, times] : places) {
        PlaceTimes& sum = side.places[place];
        sum.attention += static_cast<double>(lengthOf(unionOf(std::move(times.attention)))) * share;
        sum.exposed += static_cast<double>(lengthOf(
                           communicationSets(std::move(times.transfers), compute).exposed)) *
                       share;
    }
}

Side sideOf(const Trace& recorded) {
    const Trace trace = withGpuSpans(recorded);
    const TrustedMeetings trusted = trustedMeetings(trace);
    Side side;
    side.ranks = trace.ranks.size();
    side.splits = analyze(trace, trusted).splitsAll();
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        const RankTrace& rank = trace.ranks[r];
        const std::int64_t steps = stepsOf(rank);
        side.recorded = std::max(side.recorded, steps);
        const double ranks = static_cast<double>(side.ranks);
        const double share = 1 / ranks / static_cast<double>(steps);
        const RankSets sets = rankSets(rank, trusted.meetings[r]);
        addParts(side, stepParts(rank, trusted.meetings[r], sets), share);
        addPlaces(side, rank, trusted.meetings[r], sets.compute, share);
        std::size_t index = 0;
        for (const Span& span : rank.spans) {
            if (span.kind() != SpanKind::Step) continue;
            if (side.steps.size() <= index) side.steps.resize(index + 1);
            side.steps[index++] += static_cast<double>(span.duration()) / ranks;
        }
    }
    return side;
}

template <typename Key, typename Value>
Value at(const std::map<Key, Value>& values, const Key& key) {
    const auto found = values.find(key);
    return found == values.end() ? Value{} : found->second;
}

std::string ms(double ns) { return fmt::format("{} ms", formatSignificant(std::abs(ns) / 1e6)); }

}  // namespace

std::string TraceDiff::sentence() const {
    constexpr double nothing = 1000;  // a microsecond
    if (std::abs(change()) < nothing)
        return fmt::format("{} and {} take the same time per step, {}", before, after,
                           ms(stepAfter));
    std::string text = fmt::format("{} {} {} per step against {} ({} -> {})", after,
                                   change() < 0 ? "saves" : "costs", ms(change()), before,
                                   ms(stepBefore), ms(stepAfter));
    int told = 0;
    for (const DiffEffect& effect : effects) {
        const bool matters = std::abs(effect.change()) >= 0.05 * std::abs(change()) &&
                             std::abs(effect.change()) >= nothing;
        if (!matters || told == 5) break;
        text += fmt::format("{} {} {} {}", told++ == 0 ? ":" : ",", ms(effect.change()),
                            effect.change() < 0 ? "less" : "more", effect.what);
    }
    return text;
}

TraceDiff diffTraces(const Trace& before, const std::string& beforeName, const Trace& after,
                     const std::string& afterName) {
    const Side a = sideOf(before);
    const Side b = sideOf(after);
    TraceDiff diff{.before = beforeName,
                   .after = afterName,
                   .stepBefore = a.step,
                   .stepAfter = b.step,
                   .effects = {},
                   .places = {},
                   .steps = {},
                   .notes = {}};
    std::map<std::string, double> whats = a.parts;
    whats.insert(b.parts.begin(), b.parts.end());
    for (const auto& [what, unused] : whats)
        diff.effects.push_back({what, at(a.parts, what), at(b.parts, what)});
    std::ranges::stable_sort(diff.effects, std::greater{},
                             [](const DiffEffect& e) { return std::abs(e.change()); });

    std::map<Place, PlaceTimes> places = a.places;
    places.insert(b.places.begin(), b.places.end());
    for (const auto& [place, unused] : places) {
        const PlaceTimes was = at(a.places, place);
        const PlaceTimes is = at(b.places, place);
        diff.places.push_back({.layer = std::get<0>(place),
                               .pass = std::get<1>(place),
                               .ringStep = std::get<2>(place),
                               .attentionBefore = was.attention,
                               .attentionAfter = is.attention,
                               .exposedBefore = was.exposed,
                               .exposedAfter = is.exposed});
    }
    std::ranges::stable_sort(diff.places, std::greater{},
                             [](const DiffPlace& p) { return std::abs(p.change()); });
    for (std::size_t i = 0; i < std::min(a.steps.size(), b.steps.size()); ++i)
        diff.steps.push_back({static_cast<int>(i), a.steps[i], b.steps[i]});

    if (a.ranks != b.ranks)
        diff.notes.push_back(
            fmt::format("{} has {} ranks and {} has {}", beforeName, a.ranks, afterName, b.ranks));
    if (a.recorded != b.recorded)
        diff.notes.push_back(
            fmt::format("{} has {} recorded steps and {} has {}; means of each "
                        "are compared",
                        beforeName, a.recorded, afterName, b.recorded));
    for (const auto& [name, trace] :
         {std::pair(&beforeName, &before), std::pair(&afterName, &after)})
        for (const std::string& note : trace->notes) diff.notes.push_back(*name + ": " + note);
    if (a.splits != b.splits)
        diff.notes.push_back("wait and transfer are told apart on one side only");
    return diff;
}

}  // namespace ringscope
