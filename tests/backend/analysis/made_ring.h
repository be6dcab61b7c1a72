// A ring of ranks whose every moment is planned: attention blocks of known length, messages that
// take a known time once both ends are there, one rank slower than the others.
#pragma once

#include "backend/trace/trace.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace ringscope::test {

struct RingPlan {
    int ranks = 4;
    int steps = 3;  // training steps
    int layers = 2;
    std::int64_t block = 1'000'000;   // ns a rank attends in a ring step
    std::int64_t transfer = 200'000;  // ns a message moves
    int slow = -1;                    // this rank attends longer
    std::int64_t slowBy = 0;          // ns
    std::int64_t between = 500'000;   // ns of other computation between layers
    std::int64_t stepBegin = 1'000'000'000;
};

// On one true clock. Every ring step posts send and receive, attends, and waits for both.
inline std::vector<RankTrace> madeRing(const RingPlan& plan) {
    const auto n = static_cast<std::size_t>(plan.ranks);
    std::vector<RankTrace> ranks(n);
    std::vector<std::int64_t> now(n, plan.stepBegin);
    for (std::size_t r = 0; r < n; ++r) {
        ranks[r].origin.rank = static_cast<int>(r);
        ranks[r].origin.world = plan.ranks;
        ranks[r].origin.mode = "ring";
        ranks[r].complete = true;
    }
    const auto attends = [&](std::size_t r) {
        return plan.block + (static_cast<int>(r) == plan.slow ? plan.slowBy : 0);
    };
    for (int step = 0; step < plan.steps; ++step) {
        const std::vector<std::int64_t> begins = now;
        for (int layer = 0; layer < plan.layers; ++layer) {
            for (int ringStep = 0; ringStep < plan.ranks; ++ringStep) {
                SpanTag tag{
                    .pass = SpanPass::Forward, .step = step, .layer = layer, .ringStep = ringStep};
                const std::vector<std::int64_t> posted = now;
                const bool sends = ringStep + 1 < plan.ranks;
                std::vector<std::int64_t> ready(n);
                for (std::size_t r = 0; r < n; ++r) {
                    tag.kind = SpanKind::Attention;
                    tag.operation = Operation::Block;
                    tag.peer = -1;
                    tag.bytes = 0;
                    ranks[r].spans.emplace_back(now[r], now[r] + attends(r), tag);
                    ready[r] = now[r] + attends(r);
                    if (!sends) continue;
                    const std::size_t next = (r + 1) % n;
                    const std::size_t previous = (r + n - 1) % n;
                    const auto message = [&](Operation operation, std::size_t peer) {
                        tag.kind = SpanKind::Transfer;
                        tag.operation = operation;
                        tag.peer = static_cast<int>(peer);
                        tag.bytes = 1 << 20;
                        tag.message = static_cast<std::uint32_t>(ringStep);
                        const std::int64_t end = std::max(posted[r], posted[peer]) + plan.transfer;
                        ranks[r].spans.emplace_back(posted[r], end, tag);
                        return end;
                    };
                    const std::int64_t done = std::max(message(Operation::Send, next),
                                                       message(Operation::Receive, previous));
                    if (done > ready[r]) {
                        tag.kind = SpanKind::Wait;
                        ranks[r].spans.emplace_back(ready[r], done, tag);
                        ready[r] = done;
                    }
                }
                now = ready;
            }
            for (std::size_t r = 0; r < n; ++r) {
                ranks[r].spans.emplace_back(
                    now[r], now[r] + plan.between,
                    SpanTag{
                        .kind = SpanKind::Compute, .operation = Operation::Project, .step = step});
                now[r] += plan.between;
            }
        }
        for (std::size_t r = 0; r < n; ++r)
            ranks[r].spans.emplace_back(begins[r], now[r],
                                        SpanTag{.kind = SpanKind::Step, .step = step});
    }
    for (RankTrace& rank : ranks) std::ranges::stable_sort(rank.spans, {}, &Span::begin);
    return ranks;
}

}  // namespace ringscope::test
