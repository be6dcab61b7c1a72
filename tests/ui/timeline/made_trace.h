// Traces made by hand for tests of the timeline: a small one whose figures are known, and one of
// any size that looks like training.
#pragma once

#include "backend/trace/file/trace_writer.h"
#include "backend/trace/trace.h"
#include "backend/trace/trace_files.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <vector>

namespace ringscope::test {

inline constexpr std::int64_t ms = 1'000'000;

inline RankTrace rankTrace(int rank, int world, std::vector<Span> spans) {
    RankTrace trace;
    trace.origin.rank = rank;
    trace.origin.world = world;
    trace.origin.mode = "ring";
    trace.origin.host = "localhost";
    trace.spans = std::move(spans);
    trace.complete = true;
    return trace;
}

inline SpanTag place(SpanKind kind, Operation operation, int ringStep) {
    return {.kind = kind,
            .operation = operation,
            .pass = SpanPass::Forward,
            .step = 2,
            .layer = 0,
            .ringStep = ringStep};
}

inline Span message(Operation operation, int peer, std::int64_t begin, std::int64_t end) {
    SpanTag tag = place(SpanKind::Transfer, operation, 0);
    tag.peer = peer;
    tag.bytes = 1 << 20;
    return {begin, end, tag};
}

// Two ranks, 100 ms. Rank 1 attends for 20 ms, then waits from 20 to 80 for rank 0, which attends
// until 60 and sends then; the bytes move from 60 to 80.
inline std::vector<RankTrace> lateSender() {
    const Span step(0, 100 * ms, {.kind = SpanKind::Step, .step = 2});
    const SpanTag attention = place(SpanKind::Attention, Operation::Block, 0);
    const SpanTag wait = place(SpanKind::Wait, Operation::Receive, 0);
    return {
        rankTrace(
            0, 2,
            {step, Span(0, 60 * ms, attention), message(Operation::Send, 1, 60 * ms, 80 * ms)}),
        rankTrace(1, 2,
                  {step, Span(0, 20 * ms, attention), message(Operation::Receive, 0, 0, 80 * ms),
                   Span(20 * ms, 80 * ms, wait), Span(80 * ms, 95 * ms, attention)})};
}

inline constexpr std::int64_t mib = 1 << 20;

// The same two ranks, and what they held: parameters of 100 MiB each; on rank 0 besides activations
// of 200 MiB from 20 to 80 ms and workspace of 100 MiB from 50 to 60, where the peak is.
inline std::vector<RankTrace> lateSenderWithMemory() {
    std::vector<RankTrace> ranks = lateSender();
    const Allocation parameters{
        .begin = -5 * ms, .bytes = 100 * mib, .category = MemoryCategory::Parameters};
    ranks[0].allocations = {parameters,
                            {.begin = 20 * ms,
                             .end = 80 * ms,
                             .bytes = 200 * mib,
                             .step = 2,
                             .layer = 1,
                             .category = MemoryCategory::Activations},
                            {.begin = 50 * ms,
                             .end = 60 * ms,
                             .bytes = 100 * mib,
                             .step = 2,
                             .layer = 0,
                             .category = MemoryCategory::Workspace}};
    ranks[1].allocations = {parameters};
    return ranks;
}

// `spans` spans on `ranks` ranks: blocks of attention, messages beside them, computation between.
inline std::vector<RankTrace> busyRanks(int ranks, std::int64_t spans) {
    std::mt19937 random(7);
    std::vector<RankTrace> traces;
    for (int r = 0; r < ranks; ++r) {
        std::vector<Span> made;
        made.reserve(static_cast<std::size_t>(spans / ranks));
        std::int64_t now = 0;
        for (std::uint32_t i = 0; static_cast<std::int64_t>(made.size()) < spans / ranks; ++i) {
            const int ringStep = static_cast<int>(i % 4);
            const auto length = static_cast<std::int64_t>(20'000 + random() % 30'000);
            made.emplace_back(now, now + length,
                              place(SpanKind::Attention, Operation::Block, ringStep));
            SpanTag tag = place(SpanKind::Transfer, Operation::Send, ringStep);
            tag.peer = (r + 1) % ranks;
            tag.bytes = 1 << 16;
            tag.message = i;
            made.emplace_back(now + 500, now + length + 4'000, tag);
            tag.operation = Operation::Receive;
            tag.peer = (r + ranks - 1) % ranks;
            made.emplace_back(now + 700, now + length + 5'000, tag);
            made.emplace_back(now + length, now + length + 5'000,
                              place(SpanKind::Wait, Operation::Receive, ringStep));
            made.emplace_back(now + length + 5'000, now + length + 9'000,
                              place(SpanKind::Compute, Operation::Project, -1));
            now += length + 9'000;
        }
        traces.push_back(rankTrace(r, ranks, std::move(made)));
    }
    return traces;
}

// The same spans so many nanoseconds later: a recording that does not begin at 0 of its clock.
inline std::vector<RankTrace> movedBy(std::int64_t ns, std::vector<RankTrace> ranks) {
    for (RankTrace& rank : ranks)
        for (Span& span : rank.spans) span = span.at(span.begin() + ns, span.end() + ns);
    return ranks;
}

// Allocations as training has them: parameters to the end, activations of a step, and between them
// workspace that comes and goes.
inline void addAllocations(RankTrace& rank, std::int64_t count) {
    std::mt19937 random(9);
    const std::int64_t end = rank.spans.back().end();
    rank.spans.emplace_back(0, end, SpanTag{.kind = SpanKind::Step});
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t begin = i * (end / count);
        const auto size = static_cast<std::int64_t>(1'024 + random() % 1'000'000);
        Allocation one{.begin = begin,
                       .end = begin + 20 * (end / count),
                       .bytes = size,
                       .category = MemoryCategory::Workspace};
        if (i % 10 == 0) {
            one.end = std::max(begin + 1, end - begin);
            one.category = MemoryCategory::Activations;
        }
        if (i % 5'000 == 0) {
            one.begin = -1;
            one.end = Allocation::heldToTheEnd;
            one.category = MemoryCategory::Parameters;
        }
        rank.allocations.push_back(one);
    }
}

// As the ranks write them: a file each in this folder.
inline void writeTraces(const std::filesystem::path& folder, const std::vector<RankTrace>& ranks) {
    std::filesystem::create_directories(folder);
    for (const RankTrace& rank : ranks) {
        const auto writer =
            TraceWriter::create(folder / traceFileName(rank.origin.rank), rank.origin).value();
        bool written = writer->append(rank.spans).ok();
        if (!rank.allocations.empty())
            written = writer->append(std::span(rank.allocations)).ok() && written;
        if (rank.dropped > 0) written = writer->dropped(rank.dropped).ok() && written;
        for (const ClockSample& sample : rank.clock)
            written = writer->clock(sample).ok() && written;
        if (rank.complete) written = writer->close().ok() && written;
        if (!written) throw std::runtime_error("cannot write " + folder.string());
    }
}

}  // namespace ringscope::test
