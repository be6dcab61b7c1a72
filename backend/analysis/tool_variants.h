// What other tools call overlap, idle, compute and non-compute, computed as they define it, so that
// their figures can be compared with ours.
//
// Of a rank's work (a GPU's, where it was recorded), without the host: C communication, K
// computation, M copies between memories, A all three, each a union over all streams.
//
//   HTA                  kernel time = last end - first begin; idle = kernel time - |A|
//                        compute = |K|; non-compute = |A without K|; overlap = |C and K| / |C|
//                        kernel types = the parts of A by which of the three are under way
//   TraceLens            computation |K|, exposed communication |C without K|, exposed copies
//                        |M without K and C|, busy |A|, idle, total. The first three and idle
//                        add up to the total
//   TensorBoard plugin   computation |K without C|, overlapping |K and C|, communication
//                        |C without K|, other = the rest of the steps
#pragma once

#include "backend/analysis/rank_sets.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct HtaFigures {
    std::int64_t kernelTime = 0;
    std::int64_t idle = 0;
    std::int64_t compute = 0;
    std::int64_t nonCompute = 0;
    std::optional<double> overlapPercent;  // nothing where nothing was communicated
    // COMPUTATION, COMMUNICATION, MEMORY and what of them is at once
    std::int64_t computeOnly = 0;
    std::int64_t commOnly = 0;
    std::int64_t memoryOnly = 0;
    std::int64_t computeAndComm = 0;
    std::int64_t computeAndMemory = 0;
    std::int64_t commAndMemory = 0;
    std::int64_t allThree = 0;
    // Gaps within a stream: the host launched late; short ones between kernels; all others. Zero
    // where the moments of launches are not known.
    std::int64_t hostWait = 0;
    std::int64_t kernelWait = 0;
    std::int64_t otherWait = 0;
};

struct TraceLensFigures {
    std::int64_t computation = 0;
    std::int64_t exposedComm = 0;
    std::int64_t exposedMemcpy = 0;
    std::int64_t busy = 0;
    std::int64_t idle = 0;
    std::int64_t total = 0;
};

struct TensorBoardFigures {
    std::int64_t computation = 0;
    std::int64_t overlapping = 0;
    std::int64_t communication = 0;
    std::int64_t other = 0;
};

struct ToolVariants {
    int rank = 0;
    HtaFigures hta;
    TraceLensFigures traceLens;
    TensorBoardFigures tensorBoard;
    std::vector<std::string> violations;  // sums that do not hold: a defect of this program
};

// `streams`: the rank's GPU, for the gaps within them.
ToolVariants toolVariants(const RankSets& sets, const std::vector<GpuStream>& streams);
// By rank.
std::vector<ToolVariants> toolVariants(const Trace& trace);

}  // namespace ringscope
