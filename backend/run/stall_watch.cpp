#include "backend/run/stall_watch.h"

#include "backend/core/text.h"
#include "backend/trace/span.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// A run is listened to at least this often.
constexpr std::chrono::milliseconds longestGap{500};
constexpr std::size_t mostNamed = 4;

std::string operationWords(const RankPlace& place) {
    const auto is = [&](Operation operation) {
        return place.operation == operationName(operation);
    };
    const std::string peer = place.peer < 0 ? "a rank" : fmt::format("rank {}", place.peer);
    if (is(Operation::Send)) return "sending to " + peer;
    if (is(Operation::Receive)) return "receiving from " + peer;
    if (is(Operation::Barrier)) return "at a barrier";
    if (is(Operation::Block)) return "computing attention";
    if (is(Operation::AllToAll) || is(Operation::AllGather) || is(Operation::AllReduce))
        return "in an " + place.operation;
    if (is(Operation::Dispatch)) return "sending tokens to their experts";
    if (is(Operation::Combine)) return "getting tokens back from their experts";
    if (is(Operation::ReduceScatter)) return "in a reduce-scatter";
    return {};
}

std::string placeWords(const RankPlace& place) {
    std::vector<std::string> words = {fmt::format("step {}", place.step)};
    if (place.layer >= 0) words.push_back(fmt::format("layer {}", place.layer));
    if (!place.pass.empty()) words.push_back(place.pass);
    if (place.ringStep >= 0) words.push_back(fmt::format("ring step {}", place.ringStep));
    if (std::string operation = operationWords(place); !operation.empty())
        words.push_back(std::move(operation));
    return join(words, ", ");
}

std::string since(StallWatch::Time then, StallWatch::Time now) {
    return formatDuration(std::chrono::duration_cast<Nanos>(now - then));
}

}  // namespace

StallWatch::StallWatch(int ranks, std::chrono::milliseconds limit)
    : limit_(limit), ranks_(static_cast<std::size_t>(ranks)) {}

void StallWatch::heard(const RankPlace& place, Time now) {
    Standing& standing = ranks_.at(static_cast<std::size_t>(place.rank));
    if (!standing.place || standing.place->changes != place.changes) {
        standing.changed = now;
        standing.processor = place.processorTime;
    }
    standing.place = place;
    standing.heard = now;
}

void StallWatch::ended(int rank) { ranks_.at(static_cast<std::size_t>(rank)).over = true; }

StallWatch::State StallWatch::stateOf(const Standing& standing, Time now) const {
    if (!standing.place || standing.over) return State::Moves;
    if (now - standing.heard > limit_) return State::Silent;
    const auto unchanged = now - standing.changed;
    if (unchanged <= limit_) return State::Moves;
    if (standing.place->waits) return State::Waits;
    // A fifth of one processor is more than the thread that says the place needs.
    const Nanos used = standing.place->processorTime - standing.processor;
    return used * 5 > unchanged ? State::Slow : State::Still;
}

std::optional<std::string> StallWatch::check(Time now) {
    if (limit_ == std::chrono::milliseconds(0)) return std::nullopt;
    const auto unheard = now - std::exchange(lastCheck_, now).value_or(now);
    if (unheard > longestGap)
        for (Standing& standing : ranks_) {
            standing.heard += unheard;
            standing.changed += unheard;
        }
    std::vector<State> states;
    states.reserve(ranks_.size());
    for (const Standing& standing : ranks_) states.push_back(stateOf(standing, now));
    const auto is = [&](State wanted) {
        return std::ranges::any_of(states, [=](State state) { return state == wanted; });
    };
    bool stall = is(State::Silent) || is(State::Still);
    if (!stall && is(State::Waits)) {
        stall = true;
        for (std::size_t i = 0; i < states.size(); ++i)
            stall = stall && (ranks_[i].over || states[i] == State::Waits);
    }
    if (!stall || reported_) return std::nullopt;
    reported_ = now;
    return sentence(states, now);
}

std::optional<std::string> StallWatch::goesOn(Time now) {
    if (!reported_) return std::nullopt;
    for (const Standing& standing : ranks_) {
        const State state = stateOf(standing, now);
        if (state == State::Silent || state == State::Still || state == State::Waits)
            return std::nullopt;
    }
    return fmt::format("the ranks go on, {} after this was said",
                       since(*std::exchange(reported_, std::nullopt), now));
}

std::string StallWatch::sentence(const std::vector<State>& states, Time now) const {
    std::vector<std::string> parts;
    std::vector<std::size_t> still;
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (states[i] == State::Silent || states[i] == State::Still) still.push_back(i);
        // One whose place has not changed for a while waits for them, though not yet for the limit.
        if (ranks_[i].place && !ranks_[i].over && ranks_[i].place->waits &&
            states[i] != State::Silent)
            waiting.push_back(i);
    }
    const auto listed = [&](const std::vector<std::size_t>& ranks, const auto& words) {
        for (std::size_t i = 0; i < std::min(ranks.size(), mostNamed); ++i)
            parts.push_back(words(ranks[i], ranks_[ranks[i]]));
        if (ranks.size() > mostNamed)
            parts.push_back(fmt::format("and so do {} more", ranks.size() - mostNamed));
    };
    listed(still, [&](std::size_t rank, const Standing& standing) {
        return states[rank] == State::Silent
                   ? fmt::format("rank {} stands still: nothing was heard of it for {}, last in {}",
                                 rank, since(standing.heard, now), placeWords(*standing.place))
                   : fmt::format("rank {} stands still: it has done nothing for {} in {}", rank,
                                 since(standing.changed, now), placeWords(*standing.place));
    });
    listed(waiting, [&](std::size_t rank, const Standing& standing) {
        const RankPlace& place = *standing.place;
        const bool names =
            place.peer >= 0 && (place.operation == operationName(Operation::Send) ||
                                place.operation == operationName(Operation::Receive));
        const std::string whom =
            names ? fmt::format("rank {}", place.peer) : std::string("the others");
        return fmt::format("rank {} waits for {} since {} in {}", rank, whom,
                           since(standing.changed, now), placeWords(place));
    });
    const std::string everybody = still.empty() ? "all ranks wait for each other: " : std::string();
    return fmt::format("{}{} (launch.stall is {})", everybody, join(parts, "; "),
                       formatDuration(std::chrono::duration_cast<Nanos>(limit_)));
}

std::string StallWatch::placeOf(int rank) const {
    const std::optional<RankPlace>& place = ranks_.at(static_cast<std::size_t>(rank)).place;
    return place ? placeWords(*place) : std::string();
}

}  // namespace ringscope
