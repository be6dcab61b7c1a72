// The host's calls into a communication library, as a trace shows them: which of them asked for a
// kernel, and what they say of it.
//
// Calls of one thread nest (collective_note.h); an outermost one with all inside it is a unit. A
// kernel belongs to the unit it was launched in. Where a trace has no launches, the units and the
// kernels of a stream are both in the order in which they were asked for.
#pragma once

#include "backend/trace/chrome/collective_note.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ringscope {

struct CommunicationCall {
    std::uint32_t thread = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t externalId = 0;  // 0: none
    CollectiveNote note{};
};

class CommunicationCalls {
public:
    void add(CommunicationCall call) { calls_.push_back(std::move(call)); }
    bool empty() const { return calls_.empty(); }
    // Before anything is asked.
    void sort();

    // What the calls around a moment of a thread say; the innermost one decides what they are.
    std::optional<CollectiveNote> around(std::uint32_t thread, std::int64_t moment);
    // What the unit of the operation says.
    std::optional<CollectiveNote> ofOperation(std::int64_t externalId);

    // The units that neither found, by their begin. A unit that holds calls of different kinds
    // says no operation.
    std::vector<CollectiveNote> unclaimed() const;

private:
    struct Unit {
        std::size_t first = 0;  // of calls_
        std::size_t end = 0;
        bool claimed = false;
    };
    CollectiveNote noteOf(const Unit& unit) const;

    std::vector<CommunicationCall> calls_;  // by thread, then by begin, the outer one first
    std::vector<Unit> units_;
    std::vector<std::size_t> unitOf_;  // of each call
    std::unordered_map<std::int64_t, std::size_t> byExternalId_;
};

// Operations of kernels in the order of a stream, and units of calls: the units' notes for the
// kernels, where both are as many and no kernel's own name contradicts. Streams are told apart by
// the process groups of the units; nothing is returned for a stream that two groups fit.
std::vector<std::vector<CollectiveNote>> notesByOrder(
    const std::vector<std::vector<Operation>>& streams, const std::vector<CollectiveNote>& units);

}  // namespace ringscope
