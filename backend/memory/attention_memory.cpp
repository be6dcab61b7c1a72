#include "backend/memory/attention_memory.h"

#include "backend/memory/executors.h"
#include "backend/plan/native_sparse.h"

#include <iterator>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

struct ExecutorMemory {
    AttentionOutputMemory (*forward)(const AttentionPartMemory& part, const AttentionInput& input);
    AttentionGradientMemory (*backward)(const AttentionPartMemory& part,
                                        const SavedAttentionMemory& saved);
};

ExecutorMemory executorOf(Executor executor) {
    switch (executor) {
        case Executor::Full:
            return {fullForwardMemory, fullBackwardMemory};
        case Executor::Ring:
            return {ringForwardMemory, ringBackwardMemory};
        case Executor::AllToAll:
            return {allToAllForwardMemory, allToAllBackwardMemory};
        case Executor::AllGather:
            return {allGatherForwardMemory, allGatherBackwardMemory};
        case Executor::KeyGather:
            return {keyGatherForwardMemory, keyGatherBackwardMemory};
        case Executor::PackedRing:
            return {packedRingForwardMemory, packedRingBackwardMemory};
    }
    return {};
}

}  // namespace

AttentionMemory::AttentionMemory(RankWriter& writer, const RunPlan& plan, const AttentionPart& part,
                                 int rank)
    : writer_(writer),
      part_(part),
      rank_(rank),
      steps_(stepsOf(part.schedule, rank)),
      pool_(writer.program(), part.schedule.ranks == 1
                                  ? std::numeric_limits<std::int64_t>::max()
                                  : plan.config.parallel.commBufferLimit.count /
                                        static_cast<std::int64_t>(plan.parts.size())),
      latentColumns_(part.schedule.latent ? plan.attention.latentColumns : 0) {
    const std::int64_t rows = tokenCount(heldTokens(part.schedule, rank));
    sizes_ = {.batch = plan.attention.batch,
              .queries = rows,
              .keys = rows,
              .heads = plan.attention.heads / part.headTurns,
              .kvHeads = plan.attention.kvHeads / part.headTurns,
              .columns = plan.attention.headDim};
}

AttentionPartMemory AttentionMemory::partOf(const LatentExpansion* expansion) {
    return {.writer = writer_,
            .schedule = part_.schedule,
            .steps = steps_,
            .rank = rank_,
            .pool = pool_,
            .sizes = sizes_,
            .latentColumns = latentColumns_,
            .expansion = expansion};
}

AttentionOutputMemory AttentionMemory::forward(const Held& q, const Held& k, const Held& v,
                                               const LatentExpansion* expansion,
                                               const Held& gates) {
    if (part_.headTurns > 1) return inTurns(q, gates.defined());
    return executorOf(part_.schedule.executor).forward(partOf(expansion), {q, k, v, gates});
}

AttentionOutputMemory AttentionMemory::inTurns(const Held& q, bool gated) {
    const ExecutorMemory executor = executorOf(part_.schedule.executor);
    std::vector<Held> outs;
    AttentionOutputMemory output;
    for (std::int64_t turn = 0; turn < part_.headTurns; ++turn) {
        const AttentionInput input{
            writer_.elements(sizes_.queryNumbers()), writer_.elements(sizes_.keyNumbers()),
            writer_.elements(sizes_.keyNumbers()),
            gated ? writer_.elements(sparseBranches * sizes_.lseNumbers()) : Held{}};
        AttentionOutputMemory part = executor.forward(partOf(nullptr), input);
        outs.push_back(std::move(part.out));
        std::move(part.saved.tensors.begin(), part.saved.tensors.end(),
                  std::back_inserter(output.saved.tensors));
    }
    output.out = writer_.program().hold(q.bytes());
    return output;
}

AttentionGradientMemory AttentionMemory::backward(const SavedAttentionMemory& saved,
                                                  const Held& /*dOut*/,
                                                  const LatentExpansion* expansion) {
    if (part_.headTurns > 1) return backInTurns(saved);
    return executorOf(part_.schedule.executor).backward(partOf(expansion), saved);
}

AttentionGradientMemory AttentionMemory::backInTurns(const SavedAttentionMemory& saved) {
    const ExecutorMemory executor = executorOf(part_.schedule.executor);
    const std::int64_t turns = part_.headTurns;
    const std::ptrdiff_t each = std::ssize(saved.tensors) / turns;
    std::vector<AttentionGradientMemory> gradients;
    for (std::int64_t turn = 0; turn < turns; ++turn) {
        SavedAttentionMemory part;
        const auto first = saved.tensors.begin() + turn * each;
        part.tensors.assign(first, first + each);
        const Held dOut = writer_.elements(sizes_.queryNumbers());
        gradients.push_back(executor.backward(partOf(nullptr), part));
    }
    AttentionGradientMemory all{writer_.elements(turns * sizes_.queryNumbers()),
                                writer_.elements(turns * sizes_.keyNumbers()),
                                writer_.elements(turns * sizes_.keyNumbers())};
    if (gradients.front().gates.defined())
        all.gates = writer_.elements(turns * sparseBranches * sizes_.lseNumbers());
    return all;
}

}  // namespace ringscope
