#include "backend/trace/chrome/collective_tag.h"

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

}  // namespace

Operation collectiveNamed(std::string_view name) {
    std::string letters;
    for (const char c : toLower(name))
        if (c != '_' && c != '-' && c != ' ') letters += c;
    for (const auto& [word, operation] : words)
        if (letters.find(word) != std::string::npos) return operation;
    return Operation::None;
}

bool describeCollective(const ChromeCollective& collective, int rank, SpanTag& tag) {
    if (collective.name.empty()) return false;
    tag.kind = SpanKind::Transfer;
    tag.operation = collectiveNamed(withoutQuotes(collective.name));
    // nccl-tests counts the larger of what goes in and comes out.
    tag.bytes = std::max<std::int64_t>(
                    {collective.inElements.value_or(0), collective.outElements.value_or(0), 0}) %
                (std::int64_t{1} << 40) * bytesOf(withoutQuotes(collective.dtype));
    const auto rankOr = [](std::optional<std::int64_t> other) {
        return other && *other >= 0 && *other < mostRanks ? static_cast<int>(*other) : -1;
    };
    if (tag.operation == Operation::Send) {
        tag.peer = rankOr(collective.destination);
    } else if (tag.operation == Operation::Receive) {
        tag.peer = rankOr(collective.source);
    } else {
        const int first = firstOf(collective.ranks);
        const bool all = first <= 0 && collective.groupSize.value_or(0) == 0;
        tag.peer = all ? -1 : first;
    }
    if (tag.peer == rank &&
        (tag.operation == Operation::Send || tag.operation == Operation::Receive))
        tag.peer = -1;
    if (!collective.sequence || *collective.sequence < 0) return false;
    tag.message = static_cast<std::uint32_t>(*collective.sequence % mostMessages);
    return true;
}

}  // namespace ringscope
