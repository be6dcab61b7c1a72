// A trace made ready to be looked at: its findings, its windows, its lanes. Made once, off the
// window's thread, and never changed, so that everything that shows it shares it. Free of Qt.
//
//   work        attention, other computation, copies, host work: what the rank does now, the
//               innermost where spans are nested; nothing while it waits inside one
//   messages    transfer while any message's bytes move, wait while messages are posted and none
//               moves, unpaired where only messages are posted whose other end is not in the trace,
//               so that it may be either: together the rank's communication
//   exposed     the part of it during which the rank computed nothing
//   memory      what its tensors held, by category; empty where that was not recorded
#pragma once

#include "backend/analysis/findings.h"
#include "backend/analysis/memory_track.h"
#include "backend/analysis/rendezvous.h"
#include "backend/analysis/window.h"
#include "backend/trace/trace.h"
#include "ui/timeline/lane.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ringscope::ui {

struct StepMark {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    int step = 0;
};

struct RankRow {
    int rank = 0;
    Lane work;
    Lane messages;
    Lane exposed;
    MemoryTrack memory;
    MemoryTrack segments;  // of its GPU
    std::vector<StepMark> steps;
    std::vector<std::uint32_t> transfers;  // spans of messages, by begin
    std::vector<std::int64_t> latestEnd;   // of the transfers up to each
};

struct OpenedTrace {
    Trace trace;
    std::vector<std::vector<MessageMeeting>> meetings;
    RunFindings findings;
    WindowIndex windows;
    std::vector<RankRow> rows;    // as trace.ranks
    std::int64_t mostMemory = 0;  // bytes, of any rank's curve; 0: none recorded
    std::array<bool, memoryCategoryCount + 1> memoryUses{};  // what any rank's memory was for

    Interval range() const { return {trace.begin, trace.end}; }
    ViewTime inView(TraceTime time) const { return {static_cast<double>(time.ns - trace.begin)}; }
    // The nearest nanosecond; a time outside of the trace becomes the end of it that is near.
    TraceTime inTrace(ViewTime time) const;
    TraceStretch inTrace(ViewTime from, ViewTime to) const;
    const Span& span(std::size_t row, std::uint32_t index) const {
        return trace.ranks[row].spans[index];
    }
    // The messages under way at a time, the newest first.
    std::vector<std::uint32_t> transfersAt(std::size_t row, TraceTime time) const;
    // When the spans of a ring step were, the longest occurrence: one layer of one recorded step.
    // Empty where there is none.
    Interval longestOccurrence(int rank, SpanPass pass, int ringStep) const;
};

std::shared_ptr<const OpenedTrace> openTrace(Trace trace);

}  // namespace ringscope::ui
