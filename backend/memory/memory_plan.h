// What a run's ranks will hold at most, what each lever of `memory` brings, and what it costs.
//
// A waterfall begins with the naive run, in which every rank holds all of the optimizer's state,
// keeps all activations and has as many logits as come by default, and takes one lever after the
// other as the run asks for them. Each row is told by the program of allocations of that run.
#pragma once

#include "backend/core/result.h"
#include "backend/core/units.h"
#include "backend/memory/rank_writer.h"
#include "backend/trace/memory_curve.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct PredictedPeak {
    int rank = 0;  // that holds the most
    BytesByCategory held{};
    int layer = -1;  // that is at work then; -1: none
    SpanPass pass = SpanPass::None;

    std::int64_t bytes() const { return totalOf(held); }
};

// What a rank pays in a step, of messages that it sends and of what it writes and reads; and the
// work of all ranks.
struct LeverPrice {
    std::int64_t messageBytes = 0;
    std::int64_t diskBytes = 0;
    double flops = 0;
};

struct WaterfallRow {
    std::string lever;  // "memory.zero 1"; of the first row: what it begins with
    std::int64_t peakBytes = 0;
    LeverPrice price{};  // more than the row before; below 0: less
};

// What a GPU's memory holds beside tensors, as others have measured it: no figure of ours.
struct BesideTensors {
    std::string_view name;
    std::int64_t bytes = 0;
    std::string_view source;
};
std::span<const BesideTensors> gpuEstimates();

struct MemoryPlan {
    PredictedPeak peak{};
    std::int64_t hostBytes = 0;                  // of a rank, beside its device's
    std::int64_t diskBytes = 0;                  // of a rank
    std::int64_t hostDiskBytes = 0;              // of all ranks of one host
    std::optional<bool> fits{};                  // memory.budget; nothing: there is none
    std::vector<BesideTensors> besideTensors{};  // of a GPU
    std::vector<WaterfallRow> waterfall{};
};

PredictedPeak predictedPeakOf(const RunPlan& plan, int rank, const MachineTraits& machine = {});

// Of the rank that holds the most.
PredictedPeak predictedPeak(const RunPlan& plan, const MachineTraits& machine = {});

// Fails where planning the run without one of its levers does.
Result<MemoryPlan> planMemory(const RunPlan& plan, const MachineTraits& machine = {});

}  // namespace ringscope
