#include "backend/trace/flight/flight_report.h"

#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace ringscope {
namespace {

// "rank 1", "ranks 0, 1 and 5", "ranks 0 to 6".
std::string rankWords(const std::vector<int>& ranks) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < ranks.size();) {
        std::size_t end = i + 1;
        while (end < ranks.size() && ranks[end] == ranks[end - 1] + 1) ++end;
        if (end - i > 2) {
            words.push_back(fmt::format("{} to {}", ranks[i], ranks[end - 1]));
        } else {
            for (std::size_t each = i; each < end; ++each)
                words.push_back(std::to_string(ranks[each]));
        }
        i = end;
    }
    if (ranks.size() == 1) return "rank " + words.front();
    std::string text = "ranks " + words.front();
    for (std::size_t i = 1; i < words.size(); ++i)
        text += (i + 1 == words.size() ? " and " : ", ") + words[i];
    return text;
}

std::string atPlace(const std::string& place) { return place.empty() ? "" : " (" + place + ")"; }

FlightStand standOf(int rank, const FlightEntry& entry) {
    return {.rank = rank,
            .group = entry.group,
            .operation = entry.operation,
            .sequence = entry.sequence,
            .inputs = entry.inputWords(),
            .state = entry.completed() ? "completed" : entry.state,
            .place = entry.place()};
}

FlightStand lastStand(const FlightDump& dump) {
    return dump.entries.empty() ? FlightStand{.rank = dump.rank}
                                : standOf(dump.rank, dump.entries.back());
}

// What all ranks of an operation must give alike. Those of the others may differ by design.
bool hasEqualSizes(const std::string& operation) {
    std::string letters;
    for (const char c : operation)
        if (c != '_') letters += c;
    return std::ranges::any_of(
        std::array<std::string_view, 5>{"allreduce", "broadcast", "allgather", "reducescatter",
                                        "reduce"},
        [&](std::string_view word) { return letters.starts_with(word); });
}

// Ranks with the same words, in the order of their first rank: "[8] Float on rank 0 (a.py:1 in f)".
template <typename Words>
std::string byWords(const std::vector<FlightStand>& stands, const Words& words) {
    std::vector<std::pair<std::string, std::vector<const FlightStand*>>> groups;
    for (const FlightStand& stand : stands) {
        const std::string word = words(stand);
        auto group = std::ranges::find(groups, word, &decltype(groups)::value_type::first);
        if (group == groups.end()) group = groups.insert(groups.end(), {word, {}});
        group->second.push_back(&stand);
    }
    std::vector<std::string> parts;
    for (const auto& [word, of] : groups) {
        std::vector<int> ranks;
        for (const FlightStand* stand : of) ranks.push_back(stand->rank);
        parts.push_back(
            fmt::format("{} on {}{}", word, rankWords(ranks), atPlace(of.front()->place)));
    }
    return join(parts, ", ");
}

std::vector<int> ranksOf(const std::vector<FlightStand>& stands) {
    std::vector<int> ranks;
    for (const FlightStand& stand : stands) ranks.push_back(stand.rank);
    return ranks;
}

std::string lastCall(const FlightStand& stand) {
    if (stand.operation.empty()) return fmt::format("rank {} called nothing", stand.rank);
    return fmt::format("the last call of rank {} was {} {} of group {}, {}{}", stand.rank,
                       stand.operation, stand.sequence, stand.group, stand.state,
                       atPlace(stand.place));
}

class GroupComparison {
public:
    GroupComparison(std::string name, FlightGroup group, const FlightDumps& dumps)
        : name_(std::move(name)), group_(std::move(group)) {
        for (const FlightDump& dump : dumps.dumps) {
            if (!std::ranges::binary_search(group_.ranks, dump.rank)) continue;
            Rank& rank = ranks_.emplace_back(Rank{.dump = &dump});
            for (const FlightEntry& entry : dump.entries)
                if (entry.group == name_ && !entry.message)
                    rank.calls.try_emplace(entry.sequence, &entry);
        }
    }

    void compare(FlightReport& report) {
        if (ranks_.empty()) return;
        std::int64_t first = 1;
        std::int64_t last = 0;
        for (const Rank& rank : ranks_) {
            if (rank.calls.empty()) continue;
            // A recorder keeps the newest calls only.
            first = std::max(first, rank.calls.begin()->first);
            last = std::max(last, rank.calls.rbegin()->first);
        }
        for (std::int64_t sequence = first; sequence <= last; ++sequence) {
            if (!calledByAny(sequence)) continue;
            if (compareCall(sequence, report)) return;
            ++report.collectives;
        }
        if (!compareMessages(report)) findUnfinished(first, last, report);
    }

private:
    struct Rank {
        const FlightDump* dump = nullptr;
        std::map<std::int64_t, const FlightEntry*> calls{};
    };

    bool calledByAny(std::int64_t sequence) const {
        return std::ranges::any_of(ranks_,
                                   [=](const Rank& rank) { return rank.calls.contains(sequence); });
    }

    FlightFinding finding(FlightFault fault, const FlightEntry& entry) const {
        return {.fault = fault,
                .group = name_,
                .description = group_.description,
                .operation = entry.operation,
                .sequence = entry.sequence};
    }

    // Whether there is a fault.
    bool compareCall(std::int64_t sequence, FlightReport& report) const {
        std::vector<FlightStand> joined;
        std::vector<FlightStand> absent;
        const FlightEntry* one = nullptr;
        std::set<std::string> operations;
        std::set<std::string> inputs;
        for (const Rank& rank : ranks_) {
            const auto call = rank.calls.find(sequence);
            if (call == rank.calls.end()) {
                absent.push_back(lastStand(*rank.dump));
                continue;
            }
            one = call->second;
            joined.push_back(standOf(rank.dump->rank, *one));
            operations.insert(one->operation);
            inputs.insert(one->inputWords());
        }
        const auto add = [&](FlightFault fault) {
            FlightFinding& found = report.findings.emplace_back(finding(fault, *one));
            found.joined = std::move(joined);
            found.absent = std::move(absent);
            return true;
        };
        if (!absent.empty()) return add(FlightFault::Missing);
        if (operations.size() > 1) return add(FlightFault::Operation);
        if (inputs.size() > 1 && hasEqualSizes(one->operation)) return add(FlightFault::Sizes);
        return false;
    }

    void findUnfinished(std::int64_t first, std::int64_t last, FlightReport& report) const {
        for (std::int64_t sequence = first; sequence <= last; ++sequence) {
            FlightFinding found;
            for (const Rank& rank : ranks_) {
                const auto call = rank.calls.find(sequence);
                if (call == rank.calls.end() || call->second->completed()) continue;
                if (found.joined.empty()) found = finding(FlightFault::Unfinished, *call->second);
                found.joined.push_back(standOf(rank.dump->rank, *call->second));
            }
            if (found.joined.empty()) continue;
            report.findings.push_back(std::move(found));
            return;
        }
    }

    int called(int inGroup) const {
        return inGroup >= 0 && inGroup < std::ssize(group_.ranks)
                   ? group_.ranks[static_cast<std::size_t>(inGroup)]
                   : -1;
    }
    const FlightDump* dumpOf(int rank) const {
        for (const Rank& each : ranks_)
            if (each.dump->rank == rank) return each.dump;
        return nullptr;
    }

    // The n-th message from one rank to another is the other's n-th from it, counted from the
    // newest, of which a recorder forgets none. Whether there is a fault.
    bool compareMessages(FlightReport& report) const {
        struct Ends {
            std::vector<const FlightEntry*> sends;
            std::vector<const FlightEntry*> receives;
        };
        std::map<std::pair<int, int>, Ends> pairs;
        for (const Rank& rank : ranks_)
            for (const FlightEntry& entry : rank.dump->entries) {
                if (entry.group != name_ || !entry.message || entry.from < 0) continue;
                Ends& ends = pairs[{called(entry.from), called(entry.to)}];
                (entry.operation == "send" ? ends.sends : ends.receives).push_back(&entry);
            }
        for (const auto& [pair, ends] : pairs) {
            const bool sendsMore = ends.sends.size() > ends.receives.size();
            const auto& more = sendsMore ? ends.sends : ends.receives;
            const FlightDump* other = dumpOf(sendsMore ? pair.second : pair.first);
            if (ends.sends.size() == ends.receives.size() || other == nullptr ||
                more.back()->completed())
                continue;
            const FlightEntry& lone = *more[std::min(ends.sends.size(), ends.receives.size())];
            if (lone.completed()) continue;
            FlightFinding& found =
                report.findings.emplace_back(finding(FlightFault::Message, lone));
            found.joined = {standOf(sendsMore ? pair.first : pair.second, lone)};
            found.absent = {lastStand(*other)};
            return true;
        }
        return false;
    }

    std::string name_;
    FlightGroup group_;
    std::vector<Rank> ranks_;
};

}  // namespace

std::string_view flightFaultName(FlightFault fault) {
    constexpr std::array<std::string_view, 5> names = {"missing", "operation", "sizes",
                                                       "unfinished", "message"};
    return names[static_cast<std::size_t>(fault)];
}

std::string FlightFinding::sentence() const {
    const std::string where = fmt::format(
        "process group {}{}", group, description.empty() ? "" : fmt::format(" ({})", description));
    const std::string call = fmt::format("{} {} of {}", operation, sequence, where);
    std::vector<std::string> last;
    for (std::size_t i = 0; i < std::min<std::size_t>(absent.size(), 4); ++i)
        last.push_back(lastCall(absent[i]));
    if (absent.size() > 4) last.push_back(fmt::format("and {} ranks more", absent.size() - 4));
    switch (fault) {
        case FlightFault::Missing:
            return fmt::format("{} did not join {}: {}; {}", rankWords(ranksOf(absent)), call,
                               byWords(joined,
                                       [](const FlightStand& stand) {
                                           return fmt::format("it is {}{}{}", stand.state,
                                                              stand.inputs.empty() ? "" : " with ",
                                                              stand.inputs);
                                       }),
                               join(last, "; "));
        case FlightFault::Operation:
            return fmt::format("ranks call different operations as number {} of {}: {}", sequence,
                               where, byWords(joined, [](const FlightStand& stand) {
                                   return stand.operation +
                                          (stand.inputs.empty() ? "" : " of " + stand.inputs);
                               }));
        case FlightFault::Sizes:
            return fmt::format(
                "ranks give {} different sizes: {}", call,
                byWords(joined, [](const FlightStand& stand) { return stand.inputs; }));
        case FlightFault::Unfinished:
            return fmt::format(
                "all ranks that left a dump joined {}, and it is not complete: {}", call,
                byWords(joined, [](const FlightStand& stand) { return "it is " + stand.state; }));
        case FlightFault::Message:
            return fmt::format(
                "{} {} of {} has no other end: {}; {}", operation, sequence, where,
                byWords(joined, [](const FlightStand& stand) { return stand.state; }),
                join(last, "; "));
    }
    return {};
}

std::vector<std::string> FlightReport::sentences() const {
    std::vector<std::string> all;
    for (const FlightFinding& finding : findings) all.push_back(finding.sentence());
    if (all.empty())
        all.push_back(fmt::format(
            "every rank that left a dump joined each of {} {} alike, and all "
            "are complete",
            collectives, collectives == 1 ? "collective operation" : "collective operations"));
    return all;
}

FlightReport compareFlights(const FlightDumps& dumps) {
    FlightReport report;
    report.notes = dumps.notes;
    std::map<std::string, FlightGroup> groups;
    std::map<std::string, std::set<int>> callers;
    for (const FlightDump& dump : dumps.dumps) {
        report.ranks.push_back(dump.rank);
        for (const auto& [name, group] : dump.groups) {
            FlightGroup& known = groups[name];
            if (known.ranks.size() < group.ranks.size()) known.ranks = group.ranks;
            if (known.description.empty()) known.description = group.description;
        }
        for (const FlightEntry& entry : dump.entries) callers[entry.group].insert(dump.rank);
    }
    std::set<int> missing;
    for (const auto& [name, ranks] : callers) {
        FlightGroup& group = groups[name];
        // Where the dumps do not say who is in a group, it is those who call it.
        if (group.ranks.empty()) group.ranks.assign(ranks.begin(), ranks.end());
    }
    for (const auto& [name, group] : groups) {
        for (const int rank : group.ranks)
            if (!std::ranges::binary_search(report.ranks, rank)) missing.insert(rank);
        GroupComparison(name, group, dumps).compare(report);
    }
    report.noDump.assign(missing.begin(), missing.end());
    if (!report.noDump.empty())
        report.notes.push_back(fmt::format("{} left no dump: what {} joined is not known",
                                           rankWords(report.noDump),
                                           report.noDump.size() == 1 ? "it" : "they"));
    return report;
}

}  // namespace ringscope
