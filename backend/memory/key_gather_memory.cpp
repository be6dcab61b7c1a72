// As kernels/attention/{key_gather,key_gather_executor}.
#include "backend/memory/executors.h"
#include "backend/plan/native_sparse.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

class KeyGatherMemory {
public:
    KeyGatherMemory(const AttentionPartMemory& part, const std::vector<Step>& pass)
        : part_(part), pass_(pass) {}

    Held begin(const Step& step);
    void end(const Step& step, const Held& stepGradients);
    void finish() { takeSums(); }
    Held gradients() { return sums_; }

private:
    struct Moving {
        int neededBy = 0;
        Pooled sent{};
        Pooled received{};
        Held copy{};  // while it is under way
    };
    std::int64_t shardNumbers(const Step& step) const {
        return part_.travelling(part_.sizes.keys, step.heads.size());
    }
    void takeSums();

    const AttentionPartMemory& part_;
    const std::vector<Step>& pass_;
    Held latents_{};
    Held latentGradients_{};
    std::vector<Moving> gathered_{};
    std::optional<Moving> reduced_{};
    Held slices_{};  // that a reduce-scatter receives
    Held sums_{};
};

Held KeyGatherMemory::begin(const Step& step) {
    for (const Transfer& transfer : step.transfers) {
        if (transfer.kind != TransferKind::AllGather) continue;
        const std::int64_t numbers = shardNumbers(
            pass_.at(static_cast<std::size_t>(transfer.neededBy - pass_.front().index)));
        Moving& moving = gathered_.emplace_back(Moving{.neededBy = transfer.neededBy});
        moving.sent = part_.pool.take(numbers, part_.writer.elementBytes());
        moving.received = part_.pool.take(part_.ranks() * numbers, part_.writer.elementBytes());
        moving.copy =
            part_.writer.gathersCopy(part_.ranks() * numbers * part_.writer.elementBytes());
    }
    for (Moving& moving : gathered_)
        if (moving.neededBy <= step.index) moving.copy = {};
    const auto held = std::ranges::find(gathered_, step.index, &Moving::neededBy);
    if (held == gathered_.end()) return latents_;
    const Held keys = part_.writer.elements(part_.ranks() * shardNumbers(step));
    gathered_.erase(held);
    if (part_.latent()) latents_ = keys;
    return keys;
}

void KeyGatherMemory::end(const Step& step, const Held& stepGradients) {
    if (part_.latent() && !latentGradients_.defined()) latentGradients_ = stepGradients;
    const std::int64_t numbers = shardNumbers(step);
    takeSums();
    for (const Transfer& transfer : step.transfers) {
        if (transfer.kind != TransferKind::ReduceScatter) continue;
        Moving& moving = reduced_.emplace(Moving{.neededBy = transfer.neededBy});
        moving.sent = part_.pool.take(part_.ranks() * numbers, part_.writer.sumBytes());
        moving.received = part_.pool.take(numbers, part_.writer.sumBytes());
        slices_ = part_.writer.sums(part_.ranks() * numbers);
    }
    if (reduced_ && reduced_->neededBy == step.index) takeSums();
}

void KeyGatherMemory::takeSums() {
    if (!reduced_) return;
    slices_ = {};
    if (!sums_.defined()) sums_ = part_.writer.sums(part_.ownNumbers());
    reduced_.reset();
}

BlockSizes ofStep(const AttentionPartMemory& part, const Step& step) {
    BlockSizes sizes = part.sizes;
    sizes.keys *= part.ranks();
    sizes.heads = step.heads.size() * part.sizes.heads / part.sizes.kvHeads;
    sizes.kvHeads = step.heads.size();
    return sizes;
}

}  // namespace

GatheredOutputMemory attendGathered(const AttentionPartMemory& part, const Held& gates) {
    KeyGatherMemory gather(part, part.steps.forward);
    GatheredOutputMemory output{{part.writer.elements(part.sizes.queryNumbers()),
                                 part.writer.sums(part.sizes.lseNumbers())}};
    const std::vector<std::int64_t> apart = branchSteps(part.steps);
    std::vector<OutputMemory> groups;
    for (const Step& step : part.steps.forward) {
        const BlockSizes sizes = ofStep(part, step);
        const Held rows = gather.begin(step);
        const KeyMemory keys = part.keysOf(sizes.keys, step.heads.size());
        LocalOutputMemory local = attendLocally(part, step, sizes, gates);
        output.kept.insert(output.kept.end(), local.kept.begin(), local.kept.end());
        groups.push_back({.branches = std::move(local.whole.branches)});
    }
    // Of several groups, joined.
    for (std::size_t i = 0; i < apart.size(); ++i)
        output.whole.branches.push_back(
            groups.size() == 1 ? groups.front().branches[i]
                               : part.writer.sums(part.sizes.batch *
                                                  ((part.sizes.queries + apart[i] - 1) / apart[i]) *
                                                  part.sizes.heads * part.sizes.columns));
    return output;
}

AttentionOutputMemory keyGatherForwardMemory(const AttentionPartMemory& part,
                                             const AttentionInput& input) {
    const Held own = part.latent() ? input.k : part.writer.elements(part.ownNumbers());
    const auto [whole, kept] = attendGathered(part, input.gates);
    AttentionOutputMemory all{whole.out, {{input.q, own}}};
    appendOutput(whole, all.saved.tensors);
    all.saved.tensors.insert(all.saved.tensors.end(), kept.begin(), kept.end());
    return all;
}

TravelGradientMemory gradientsGathered(const AttentionPartMemory& part) {
    RankWriter& writer = part.writer;
    KeyGatherMemory gather(part, part.steps.backward);
    const Held dq = writer.elements(part.sizes.queryNumbers());
    for (const Step& step : part.steps.backward) {
        const BlockSizes sizes = ofStep(part, step);
        const Held rows = gather.begin(step);
        const KeyMemory keys = part.keysOf(sizes.keys, step.heads.size());
        const AttentionGradientMemory heads =
            gradientsLocally(part, step, sizes, sizes.heads == part.sizes.heads);
        const Held stacked = writer.sums(2 * sizes.keyNumbers());
        gather.end(step, part.latent()
                             ? part.expansion->gradient(sizes.batch * sizes.keys, step.heads.size())
                             : stacked);
    }
    gather.finish();
    return {dq, gather.gradients()};
}

AttentionGradientMemory keyGatherBackwardMemory(const AttentionPartMemory& part,
                                                const SavedAttentionMemory& /*saved*/) {
    const bool sparse = part.writer.model().attention == AttentionKind::Nsa;
    const Held gates =
        sparse ? part.writer.elements(sparseBranches * part.sizes.lseNumbers()) : Held{};
    TravelGradientMemory sums = gradientsGathered(part);
    const Held home =
        part.writer.hasTwoBytes() ? part.writer.elements(part.ownNumbers()) : std::move(sums.own);
    return {sums.q, home, part.latent() ? Held{} : home, gates};
}

}  // namespace ringscope
