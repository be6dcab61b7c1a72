#include "backend/trace/chrome/collective_note.h"

#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ringscope {
namespace {

constexpr std::array<std::pair<std::string_view, Operation>, 9> words = {{
    {"allreduce", Operation::AllReduce},
    {"allgather", Operation::AllGather},
    {"reducescatter", Operation::ReduceScatter},
    {"alltoall", Operation::AllToAll},
    {"barrier", Operation::Barrier},
    {"irecv", Operation::Receive},
    {"isend", Operation::Send},
    {"recv", Operation::Receive},
    {"send", Operation::Send},
}};

constexpr std::array<std::pair<std::string_view, int>, 12> widths = {{
    {"double", 8},
    {"long", 8},
    {"int64", 8},
    {"float8", 1},
    {"bfloat16", 2},
    {"half", 2},
    {"float16", 2},
    {"short", 2},
    {"byte", 1},
    {"char", 1},
    {"bool", 1},
    {"float", 4},
}};

int bytesOf(std::string_view dtype) {
    const std::string name = toLower(dtype);
    for (const auto& [word, bytes] : widths)
        if (name.find(word) != std::string::npos) return bytes;
    return name.empty() ? 0 : 4;
}

// "[2, 6]" and "\"[2, 6]\"": 2.
int firstOf(std::string_view ranks) {
    const auto digit = ranks.find_first_of("0123456789");
    if (digit == std::string_view::npos) return -1;
    const auto end = std::min(ranks.find_first_not_of("0123456789", digit), ranks.size());
    const std::optional<std::int64_t> first = integerFrom(ranks.substr(digit, end - digit));
    return first && *first < mostRanks ? static_cast<int>(*first) : -1;
}

int rankOrNone(std::optional<std::int64_t> rank) {
    return rank && *rank >= 0 && *rank < mostRanks ? static_cast<int>(*rank) : -1;
}

// What is called, without the library's name; empty where this is no call of one.
std::string_view libraryCall(std::string_view name) {
    if (name == "record_param_comms") return name;
    for (const std::string_view library :
         {"nccl:", "c10d::", "_c10d_functional::", "gloo:", "ucc:", "mpi:"})
        if (name.starts_with(library)) return name.substr(library.size());
    return {};
}

}  // namespace

Operation collectiveNamed(std::string_view name) {
    std::string letters;
    for (const char c : toLower(name))
        if (c != '_' && c != '-' && c != ' ') letters += c;
    for (const auto& [word, operation] : words)
        if (letters.find(word) != std::string::npos) return operation;
    return Operation::None;
}

std::optional<CollectiveNote> noteFrom(const ChromeCollective& collective) {
    if (collective.name.empty()) return std::nullopt;
    CollectiveNote note;
    note.operation = collectiveNamed(withoutQuotes(collective.name));
    // nccl-tests counts the larger of what goes in and comes out.
    note.bytes = std::max<std::int64_t>(
                     {collective.inElements.value_or(0), collective.outElements.value_or(0), 0}) %
                 (std::int64_t{1} << 40) * bytesOf(withoutQuotes(collective.dtype));
    const std::int64_t size = collective.groupSize.value_or(0);
    note.groupSize = size > 0 && size <= mostRanks ? static_cast<int>(size) : 0;
    if (note.operation == Operation::Send) {
        note.peer = rankOrNone(collective.destination);
    } else if (note.operation == Operation::Receive) {
        note.peer = rankOrNone(collective.source);
    } else {
        const int first = firstOf(collective.ranks);
        note.peer = first <= 0 && size == 0 ? -1 : first;
    }
    if (!collective.group.empty() || !collective.ranks.empty())
        note.group = textFrom(collective.group) + " " + textFrom(collective.ranks);
    if (collective.sequence && *collective.sequence >= 0) note.sequence = collective.sequence;
    return note;
}

std::optional<CollectiveNote> noteOfCall(std::string_view name) {
    const std::string_view call = libraryCall(name);
    if (call.empty()) return std::nullopt;
    CollectiveNote note;
    note.operation = collectiveNamed(call);
    // "send 0->1", "recv 1<-0": the other one stands behind the arrow.
    if (note.operation == Operation::Send || note.operation == Operation::Receive)
        if (const auto arrow = call.find_first_of("<-"); arrow != std::string_view::npos)
            note.peer = firstOf(call.substr(arrow));
    return note;
}

void CollectiveNote::complete(const CollectiveNote& other) {
    if (operation == Operation::None) operation = other.operation;
    if (operation == other.operation && peer < 0) peer = other.peer;
    if (bytes == 0) bytes = other.bytes;
    if (group.empty()) {
        group = other.group;
        groupSize = other.groupSize;
    }
    if (!sequence) sequence = other.sequence;
}

void CollectiveNote::applyTo(SpanTag& tag) const {
    tag.kind = SpanKind::Transfer;
    if (operation != Operation::None) tag.operation = operation;
    if (peer >= 0) tag.peer = peer;
    if (bytes > 0) tag.bytes = bytes;
}

}  // namespace ringscope
