// What will happen when a configuration runs: ranks, schedule, bytes, FLOPs, or why it cannot.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/model/layer_kinds.h"
#include "backend/model/parameter_share.h"
#include "backend/plan/adapter_site.h"
#include "backend/plan/schedule.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

// Columns of a head that attention on a GPU takes (kernels/device/attention_task.h).
constexpr std::int64_t mostGpuHeadColumns = 256;

// The attention layers that compute alike.
struct AttentionPart {
    AttentionMask mask{};
    Schedule schedule{};         // of one of them
    std::int64_t layers = 0;     // how many there are
    std::int64_t headTurns = 1;  // the schedule is for a part of the heads, in turns
};

struct RunPlan {
    RunConfig config{};
    int ranks = 1;                // processes to start
    int replicas = 1;             // groups of ranks with sequences of their own: parallel.dp
    std::int64_t microSteps = 1;  // batches that a replica trains on in a step
    AttentionShape attention{};   // on the ranks of one replica
    // Tokens behind the sequence's own, so that the mode can cut it into equal parts; counted in
    // `attention`. They have no label, and no other token sees them.
    std::int64_t padding = 0;
    // One for each kind of attention layer, that of the first layer first; replicas are alike.
    std::vector<AttentionPart> parts{};
    std::vector<LayerKind> layers{};  // of every layer
    std::vector<int> partOfLayer{};   // of every layer, its place in `parts`

    std::vector<AdapterSite> adapterSites{};   // none where adapter.kind is none
    std::vector<LinearLayer> fourBitLayers{};  // whose weights are kept in 4 bits

    int expertRanks = 1;  // neighbouring ranks that share the experts: parallel.ep
    // What ranks send each other of tokens that use another rank's experts depends on the routers.
    std::int64_t expertBytesPerStep = 0;      // of a rank, where all experts are used alike
    std::int64_t mostExpertBytesPerStep = 0;  // where all tokens use one rank's experts, of that
                                              // rank; never more

    std::int64_t parameters = 0;             // scalars of the model
    std::int64_t attentionBytesPerStep = 0;  // sent by the busiest rank, all layers, both passes
    // The same if latents were expanded to heads before they travel; 0: no latents travel.
    std::int64_t expandedBytesPerStep = 0;
    std::int64_t gradientBytesPerStep = 0;  // sent by one rank to sum the gradients
    std::int64_t commBufferBytes = 0;       // of messages' buffers, on the rank that needs most
    std::string smallerMessages{};          // how messages were made to fit
                                            // parallel.comm_buffer_limit; empty: they fit
    double flopsPerStep = 0;  // the model needs, fwd + bwd; what a mode repeats is not counted
    std::vector<std::string> notes{};  // sentences worth showing: what a setting will not do here

    // Of the first layer. Which tokens a rank holds is the same for all layers.
    const Schedule& schedule() const { return parts.front().schedule; }
};

// Fails with all reasons that are found, joined into one Error: InvalidConfig, or Unavailable where
// only the hosts are to blame.
Result<RunPlan> planRun(const RunConfig& config);

// The ranks that rank `rank` shares the experts with, and those that hold the same experts as it.
RankSet expertRanksOf(const RunPlan& plan, int rank);
RankSet sameExpertsOf(const RunPlan& plan, int rank);
ExpertSplit expertSplitOf(const RunPlan& plan);

// The ranks that rank `rank` shares sequences with. Replicas follow each other: of two with four
// ranks, the first has ranks 0–3, the second 4–7.
RankSet replicaOf(const RunPlan& plan, int rank);

// How the flat gradient of `parameters` scalars is cut for its reduction over all ranks: `ranks`
// equal slices, padded at the end.
std::int64_t gradientSliceElements(std::int64_t parameters, int ranks);

}  // namespace ringscope
