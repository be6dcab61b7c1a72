#include "backend/trace/chrome/message_pairs.h"

#include "backend/trace/message_key.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace ringscope {
namespace {

// Transfers of which the n-th of one rank belongs to the n-th of another.
struct Alike {
    int step = 0;
    Operation operation = Operation::None;  // None: a message, or not known
    int from = -1;                          // of a message; else the group's first rank
    int to = -1;                            // of a message
    int group = 0;                          // Groups::numberOf()
    auto operator<=>(const Alike&) const = default;
};

struct Transfer {
    Span* span = nullptr;
    const CollectiveNote* note = nullptr;  // none: the tool says nothing
    int rank = 0;
    int stream = 0;
    bool pairs = false;
    bool sends = false;
    Alike alike{};
    std::uint32_t ordinal = 0;
};

std::vector<Transfer> transfersOf(ImportedRank& rank) {
    std::vector<Transfer> transfers;
    for (GpuStream& stream : rank.trace.gpu)
        for (Span& span : stream.spans) {
            if (span.kind() != SpanKind::Transfer) continue;
            const std::size_t at = span.message();
            transfers.push_back(
                {.span = &span,
                 .note = at > 0 && at <= rank.notes.size() ? &rank.notes[at - 1] : nullptr,
                 .rank = rank.trace.origin.rank,
                 .stream = static_cast<int>(stream.stream)});
        }
    std::ranges::stable_sort(transfers, {}, [](const Transfer& t) { return t.span->begin(); });
    return transfers;
}

// Process groups as numbers, alike on all ranks.
class Groups {
public:
    // Where a trace does not name groups, a stream stands for one: communicators have streams of
    // their own. That holds where all ranks use the same streams alike.
    explicit Groups(const std::vector<std::vector<Transfer>>& ranks) {
        using Counts = std::map<int, int>;  // by stream
        std::map<std::pair<int, Operation>, std::vector<Counts>> counts;
        for (const auto& rank : ranks) {
            std::map<std::pair<int, Operation>, Counts> mine;
            for (const Transfer& t : rank)
                if (unnamed(t)) ++mine[{t.span->step(), t.span->operation()}][t.stream];
            for (auto& [kind, of] : mine) counts[kind].push_back(std::move(of));
        }
        for (const auto& [kind, ofRanks] : counts) {
            const std::vector<Counts>& each = ofRanks;
            if (each.front().size() > 1 &&
                std::ranges::all_of(each, [&](const Counts& c) { return c == each.front(); }))
                byStream_.insert(kind);
        }
    }

    int numberOf(const Transfer& t) {
        const std::string name = unnamed(t)
                                     ? byStream_.contains({t.span->step(), t.span->operation()})
                                           ? "stream " + std::to_string(t.stream)
                                           : ""
                                     : "group " + t.note->group;
        return numbers_.try_emplace(name, static_cast<int>(numbers_.size())).first->second;
    }

private:
    static bool unnamed(const Transfer& t) { return t.note == nullptr || t.note->group.empty(); }

    std::set<std::pair<int, Operation>> byStream_;
    std::map<std::string, int> numbers_;
};

void describe(Transfer& t, Groups& groups) {
    const Operation operation = t.span->operation();
    if (operation == Operation::None) return;
    if (!isMessage(operation)) {
        t.pairs = true;
        t.alike = {.step = t.span->step(),
                   .operation = operation,
                   .from = t.span->peer(),
                   .group = groups.numberOf(t)};
        return;
    }
    t.sends = operation == Operation::Send;
    t.pairs = t.span->peer() >= 0;
    t.alike = {.step = t.span->step(),
               .from = t.sends ? t.rank : t.span->peer(),
               .to = t.sends ? t.span->peer() : t.rank};
}

// Of all transfers that are alike.
struct Count {
    std::set<std::uint32_t> collectives;  // how many a rank has
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
    bool numbered = true;  // all have sequence numbers

    bool agrees() const { return collectives.size() <= 1 && sent == received; }
};

void number(Span& span, std::uint32_t message) {
    SpanTag tag = span.tag();
    tag.message = std::min(message, mostMessages - 1);
    span = Span(span.begin(), span.end(), tag);
}

void sayGroups(ImportedRank& rank, const std::vector<Transfer>& transfers) {
    std::map<int, int> groups;
    for (const Transfer& t : transfers)
        if (t.note != nullptr && !isMessage(t.span->operation()) && t.span->peer() >= 0)
            groups[t.span->peer()] = std::max(groups[t.span->peer()], t.note->groupSize);
    for (const auto& [first, count] : groups)
        if (count > 0) rank.trace.origin.groups.push_back({first, count});
}

}  // namespace

std::size_t pairMessages(std::vector<ImportedRank>& ranks) {
    std::vector<std::vector<Transfer>> transfers;
    for (ImportedRank& rank : ranks) transfers.push_back(transfersOf(rank));
    Groups groups(transfers);
    std::map<Alike, Count> counts;
    for (auto& rank : transfers) {
        std::map<std::pair<Alike, bool>, std::uint32_t> mine;
        for (Transfer& t : rank) {
            describe(t, groups);
            if (!t.pairs) continue;
            t.ordinal = mine[{t.alike, t.sends}]++;
            Count& count = counts[t.alike];
            count.numbered = count.numbered && t.note != nullptr && t.note->sequence.has_value();
        }
        for (const auto& [key, count] : mine) {
            Count& of = counts[key.first];
            if (key.first.to < 0)
                of.collectives.insert(count);
            else
                (key.second ? of.sent : of.received) += count;
        }
    }

    std::size_t byOrder = 0;
    std::map<std::tuple<Alike, std::int64_t, std::uint32_t>, std::uint32_t> numbers;
    std::uint32_t next = 0;
    for (auto& rank : transfers) {
        std::map<std::pair<Alike, std::int64_t>, std::uint32_t> repeats;
        for (Transfer& t : rank) {
            const Count* count = t.pairs ? &counts.at(t.alike) : nullptr;
            const bool sequenced = count != nullptr && t.alike.to < 0 && count->numbered;
            if (count == nullptr || (!sequenced && !count->agrees())) {
                number(*t.span, next++);
                continue;
            }
            const std::int64_t sequence = sequenced ? *t.note->sequence : -1;
            const std::uint32_t place = sequenced ? repeats[{t.alike, sequence}]++ : t.ordinal;
            const auto [known, added] = numbers.try_emplace({t.alike, sequence, place}, next);
            if (added) ++next;
            if (!sequenced) ++byOrder;
            number(*t.span, known->second);
        }
    }
    for (std::size_t r = 0; r < ranks.size(); ++r) sayGroups(ranks[r], transfers[r]);
    return byOrder;
}

}  // namespace ringscope
