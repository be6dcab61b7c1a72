#include "kernels/attention/head_exchange.h"

#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

std::vector<HeadRole> tensorsOf(Payload payload) {
    switch (payload) {
        case Payload::QueryKeyValue:
        case Payload::QueryKeyValueGrad:
            return {Q, K, V};
        case Payload::Key:
        case Payload::KeyGrad:
            return {K};
        case Payload::Value:
        case Payload::ValueGrad:
            return {V};
        case Payload::Gates:
        case Payload::GatesGrad:
            return {G};
        default:
            return {Q};
    }
}

// (P, n, B, h, D), a tensor's heads, as (groups, copies, n, B, h, D).
at::Tensor byCopies(const at::Tensor& heads, std::int64_t copies) {
    return heads.unflatten(0, {heads.size(0) / copies, copies});
}

// Of a tensor (B, n, H, D), heads `span` of the `count` of each of the groups, (groups, n, B, h,
// D); a view.
at::Tensor headsByGroup(const at::Tensor& tensor, std::int64_t count, const HeadSpan& span) {
    return tensor.unflatten(2, {tensor.size(2) / count, count})
        .narrow(3, span.begin, span.size())
        .permute({2, 1, 0, 3, 4});
}

// (B, P n, h, D): a tensor's heads of the group's tokens, as received; a view.
at::Tensor groupsTokens(const at::Tensor& heads) { return heads.flatten(0, 1).transpose(0, 1); }

bool isExchange(const Transfer& transfer, PostTime posted) {
    return transfer.kind == TransferKind::AllToAll && transfer.posted == posted;
}

}  // namespace

HeadExchange::HeadExchange(const RankPart& part, const std::vector<Step>& pass,
                           const HeadCounts& counts, HeadTensors given)
    : part_(part),
      pass_(pass),
      given_(std::move(given)),
      ranks_(pass.front().queriesOf.count),
      options_(given_[Q].options()) {
    const std::int64_t copies = counts.keyValue < ranks_ ? ranks_ / counts.keyValue : 1;
    const Split keys{counts.keyValue * copies / ranks_, copies};
    const Split queries{counts.query / ranks_};
    splits_ = {queries, keys, keys, queries};
}

HeadSpan HeadExchange::headsOf(HeadRole tensor, const HeadSpan& heads) const {
    const std::int64_t each = splits_[tensor].count / splits_[K].count;
    return {heads.begin * each, heads.end * each};
}

std::int64_t HeadExchange::firstHead(const Step& step) const {
    return step.queriesOf.placeOf(part_.group.rank()) * splits_[Q].count +
           headsOf(Q, step.heads).begin;
}

at::Tensor HeadExchange::headsIn(const at::Tensor& packed, const Moving& moving,
                                 HeadRole tensor) const {
    std::int64_t first = 0;
    for (const HeadRole each : tensorsOf(moving.payload)) {
        const std::int64_t heads = headsOf(each, moving.heads).size();
        if (each == tensor) return packed.narrow(3, first, heads);
        first += heads;
    }
    return {};
}

// `like`: tensors with as many columns as those that move.
std::vector<std::int64_t> HeadExchange::packedSizes(const Moving& moving,
                                                    const HeadTensors& like) const {
    const std::vector<HeadRole> tensors = tensorsOf(moving.payload);
    std::int64_t heads = 0;
    for (const HeadRole each : tensors) heads += headsOf(each, moving.heads).size();
    return {ranks_, given_[Q].size(1), given_[Q].size(0), heads, like[tensors.front()].size(3)};
}

HeadTensors HeadExchange::receive(const Step& step) {
    tracePlace().ringStep = step.index;
    complete(incoming_, step.index);
    for (const Transfer& transfer : step.transfers) {
        if (!isExchange(transfer, PostTime::BeforeBlocks)) continue;
        postIncoming(transfer);
        if (transfer.neededBy == step.index) complete(incoming_, step.index);
    }
    HeadTensors here;
    for (const Moving& moving : incoming_) {
        if (moving.neededBy != step.index) continue;
        for (const HeadRole each : tensorsOf(moving.payload))
            here[each] = groupsTokens(headsIn(moving.received, moving, each));
    }
    return here;
}

void HeadExchange::sendBack(const Step& step, const HeadTensors& here) {
    std::erase_if(incoming_, [&](const Moving& moving) { return moving.neededBy <= step.index; });
    takeReturned(step.index);
    // Nothing is computed after the last blocks, so each exchange is waited for at once.
    const bool last = &step == &pass_.back();
    for (const Transfer& transfer : step.transfers) {
        if (!isExchange(transfer, PostTime::AfterBlocks)) continue;
        postReturn(transfer, step.heads, here);
        takeReturned(last ? transfer.neededBy : step.index);
    }
}

void HeadExchange::postIncoming(const Transfer& transfer) {
    const Step& reader = pass_.at(static_cast<std::size_t>(transfer.neededBy));
    Moving& moving = incoming_.emplace_back(
        Moving{.payload = transfer.payload, .neededBy = transfer.neededBy, .heads = reader.heads});
    const std::vector<std::int64_t> sizes = packedSizes(moving, given_);
    moving.sent = part_.pool.take(sizes, options_);
    for (const HeadRole each : tensorsOf(moving.payload)) {
        const Split& split = splits_[each];
        const at::Tensor heads =
            headsByGroup(given_[each], split.count, headsOf(each, moving.heads));
        const at::Tensor target =
            byCopies(headsIn(moving.sent.tensor(), moving, each), split.copies);
        target.copy_(heads.unsqueeze(1).expand_as(target));
    }
    // Queries, keys and values are saved for the backward pass, so they are not pooled.
    if (transfer.payload == Payload::OutputGrad) {
        moving.buffer = part_.pool.take(sizes, options_);
        moving.received = moving.buffer.tensor();
    } else {
        moving.received = at::empty(sizes, options_);
    }
    open_.add(transfer, post(part_.group, transfer, moving.received, moving.sent.tensor()));
}

void HeadExchange::postReturn(const Transfer& transfer, const HeadSpan& heads,
                              const HeadTensors& here) {
    Moving& moving = returning_.emplace_back(
        Moving{.payload = transfer.payload, .neededBy = transfer.neededBy, .heads = heads});
    const std::vector<std::int64_t> sizes = packedSizes(moving, here);
    moving.sent = part_.pool.take(sizes, options_);
    for (const HeadRole each : tensorsOf(moving.payload))
        groupsTokens(headsIn(moving.sent.tensor(), moving, each)).copy_(here[each]);
    moving.buffer = part_.pool.take(sizes, options_);
    moving.received = moving.buffer.tensor();
    open_.add(transfer, post(part_.group, transfer, moving.received, moving.sent.tensor()));
}

void HeadExchange::complete(std::vector<Moving>& movings, int index) {
    for (Moving& moving : movings) {
        if (moving.neededBy > index) continue;
        open_.complete(moving.payload, index);
        moving.sent = {};
    }
}

void HeadExchange::takeReturned(int index) {
    complete(returning_, index);
    for (const Moving& moving : returning_)
        if (moving.neededBy <= index) unpack(moving);
    std::erase_if(returning_, [&](const Moving& moving) { return moving.neededBy <= index; });
}

// Copies are summed.
void HeadExchange::unpack(const Moving& moving) {
    for (const HeadRole each : tensorsOf(moving.payload)) {
        const Split& split = splits_[each];
        const at::Tensor source = byCopies(headsIn(moving.received, moving, each), split.copies);
        at::Tensor& whole = returned_[each];
        if (!whole.defined()) {
            const at::Tensor& like = given_[Q];
            whole = at::empty(
                {like.size(0), like.size(1), source.size(0) * split.count, moving.received.size(4)},
                options_);
        }
        headsByGroup(whole, split.count, headsOf(each, moving.heads))
            .copy_(split.copies == 1 ? source.select(1, 0) : source.sum(1));
    }
}

}  // namespace ringscope
