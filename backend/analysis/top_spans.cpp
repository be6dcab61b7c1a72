#include "backend/analysis/top_spans.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <tuple>

namespace ringscope {
namespace {

std::string wordsFor(const Span& span) {
    std::string words(span.operation() == Operation::None ? spanKindName(span.kind())
                                                          : operationName(span.operation()));
    if (span.kind() == SpanKind::Wait) words = "wait " + words;
    if (span.pass() != SpanPass::None) words += fmt::format(" {}", spanPassName(span.pass()));
    return words;
}

class Sums {
public:
    void add(const RankTrace& rank, const std::vector<Span>& spans,
             const std::vector<std::uint32_t>& names, bool gpu) {
        // Names are compared as numbers first: a rank has millions of spans and a few names.
        std::map<std::uint32_t, TopSpan*> numbered;
        for (std::size_t i = 0; i < spans.size(); ++i) {
            const Span& span = spans[i];
            if (span.kind() == SpanKind::Step) continue;
            const bool named = i < names.size() && names[i] < rank.names.size();
            const std::uint32_t number =
                named ? names[i]
                      : 0x8000'0000U | static_cast<std::uint32_t>(span.kind()) << 16 |
                            static_cast<std::uint32_t>(span.operation()) << 8 |
                            static_cast<std::uint32_t>(span.pass());
            TopSpan*& sum = numbered[number];
            if (sum == nullptr) {
                const std::string name = named ? rank.names[names[i]] : wordsFor(span);
                sum = &sums_[{gpu, span.kind(), name}];
                sum->name = name;
                sum->kind = span.kind();
                sum->gpu = gpu;
            }
            ++sum->count;
            sum->total += span.duration();
            sum->longest = std::max(sum->longest, span.duration());
        }
    }
    std::vector<TopSpan> sorted() {
        std::vector<TopSpan> all;
        for (auto& [key, sum] : sums_) all.push_back(std::move(sum));
        std::ranges::stable_sort(all, [](const TopSpan& a, const TopSpan& b) {
            return std::tuple(b.gpu, b.total) < std::tuple(a.gpu, a.total);
        });
        return all;
    }

private:
    std::map<std::tuple<bool, SpanKind, std::string>, TopSpan> sums_;
};

}  // namespace

std::vector<TopSpan> topSpans(const Trace& trace) {
    Sums sums;
    for (const RankTrace& rank : trace.ranks) {
        sums.add(rank, rank.spans, rank.spanNames, false);
        for (const GpuStream& stream : rank.gpu) sums.add(rank, stream.spans, stream.names, true);
    }
    return sums.sorted();
}

}  // namespace ringscope
