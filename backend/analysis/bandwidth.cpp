#include "backend/analysis/bandwidth.h"

#include <algorithm>
#include <map>

namespace ringscope {
namespace {

// nccl-tests' factor for arrays of all ranks; n is how many there are.
double factorOf(Operation operation, int n) {
    const double part = n > 1 ? static_cast<double>(n - 1) / n : 1;
    switch (operation) {
        case Operation::AllReduce:
            return 2 * part;
        case Operation::AllGather:
        case Operation::ReduceScatter:
        case Operation::AllToAll:
        case Operation::Dispatch:
        case Operation::Combine:
            return part;
        default:
            return 1;
    }
}

void addRates(Bandwidth& of, bool splits) {
    if (of.duration > 0)
        of.algbw = static_cast<double>(of.bytes) / static_cast<double>(of.duration);
    if (of.transfer > 0 && splits) of.busbw = of.carried / static_cast<double>(of.transfer);
}

}  // namespace

std::vector<Bandwidth> bandwidths(const Trace& trace, const TrustedMeetings& trusted) {
    std::map<Operation, Bandwidth> found;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        const RankTrace& rank = trace.ranks[r];
        for (std::size_t i = 0; i < rank.spans.size(); ++i) {
            const Span& span = rank.spans[i];
            if (span.kind() != SpanKind::Transfer || span.bytes() == 0 ||
                span.operation() == Operation::Receive)
                continue;
            Bandwidth& of = found[span.operation()];
            of.operation = span.operation();
            ++of.count;
            of.bytes += span.bytes();
            of.duration += span.duration();
            if (!trusted.meetings[r][i].known()) continue;
            of.transfer += span.end() - trusted.meetings[r][i].moving;
            of.carried +=
                static_cast<double>(span.bytes()) *
                (rank.origin.source.empty() ? 1 : factorOf(span.operation(), rank.origin.world));
        }
    }
    std::vector<Bandwidth> all;
    for (auto& [operation, of] : found) {
        addRates(of, trusted.clock.splits);
        all.push_back(of);
    }
    std::ranges::stable_sort(all, std::greater{}, &Bandwidth::bytes);
    return all;
}

std::optional<Bandwidth> together(const std::vector<Bandwidth>& all) {
    if (all.empty()) return std::nullopt;
    Bandwidth sum;
    bool splits = false;
    for (const Bandwidth& of : all) {
        sum.count += of.count;
        sum.bytes += of.bytes;
        sum.duration += of.duration;
        sum.transfer += of.transfer;
        sum.carried += of.carried;
        splits = splits || of.busbw;
    }
    addRates(sum, splits);
    return sum;
}

}  // namespace ringscope
