#include "backend/memory/head_exchange_memory.h"

#include "backend/plan/native_sparse.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

std::vector<std::size_t> tensorsIn(Payload payload) {
    switch (payload) {
        case Payload::QueryKeyValue:
        case Payload::QueryKeyValueGrad:
            return {0, 1, 2};
        case Payload::Key:
        case Payload::KeyGrad:
            return {1};
        case Payload::Value:
        case Payload::ValueGrad:
            return {2};
        case Payload::Gates:
        case Payload::GatesGrad:
            return {3};
        default:
            return {0};
    }
}

bool isOfQueries(std::size_t tensor) { return tensor == 0 || tensor == 3; }

std::int64_t columnsOf(std::size_t tensor, const BlockSizes& sizes) {
    return tensor == 3 ? sparseBranches : sizes.columns;
}

bool isHeadExchange(const Transfer& transfer, PostTime posted) {
    return transfer.kind == TransferKind::AllToAll && transfer.posted == posted;
}

}  // namespace

HeadExchangeMemory::HeadExchangeMemory(const AttentionPartMemory& part,
                                       const std::vector<Step>& pass)
    : part_(part), pass_(pass), ranks_(pass.front().queriesOf.count) {
    copies_ = part.sizes.kvHeads < ranks_ ? ranks_ / part.sizes.kvHeads : 1;
    keyHeads_ = part.sizes.kvHeads * copies_ / ranks_;
    queryHeads_ = part.sizes.heads / ranks_;
}

std::int64_t HeadExchangeMemory::headsOf(std::size_t tensor, const HeadSpan& heads) const {
    return isOfQueries(tensor) ? heads.size() * queryHeads_ / keyHeads_ : heads.size();
}

BlockSizes HeadExchangeMemory::sizesOf(const Step& step) const {
    BlockSizes sizes = part_.sizes;
    sizes.queries *= ranks_;
    sizes.keys *= ranks_;
    sizes.heads = headsOf(0, step.heads);
    sizes.kvHeads = headsOf(1, step.heads);
    return sizes;
}

std::int64_t HeadExchangeMemory::numbersOf(const Moving& moving) const {
    std::int64_t heads = 0;
    for (const std::size_t each : tensorsIn(moving.payload)) heads += headsOf(each, moving.heads);
    return ranks_ * part_.sizes.queries * part_.sizes.batch * heads *
           columnsOf(tensorsIn(moving.payload).front(), part_.sizes);
}

HeadMemory HeadExchangeMemory::receive(const Step& step) {
    complete(incoming_, step.index);
    for (const Transfer& transfer : step.transfers) {
        if (!isHeadExchange(transfer, PostTime::BeforeBlocks)) continue;
        const Step& reader = pass_.at(static_cast<std::size_t>(transfer.neededBy));
        Moving& moving = incoming_.emplace_back(Moving{
            .payload = transfer.payload, .neededBy = transfer.neededBy, .heads = reader.heads});
        const std::int64_t numbers = numbersOf(moving);
        moving.sent = part_.pool.take(numbers, part_.writer.elementBytes());
        if (transfer.payload == Payload::OutputGrad)
            moving.buffer = part_.pool.take(numbers, part_.writer.elementBytes());
        else
            moving.received = part_.writer.elements(numbers);
        if (transfer.neededBy == step.index) complete(incoming_, step.index);
    }
    HeadMemory here;
    for (const Moving& moving : incoming_)
        if (moving.neededBy == step.index)
            for (const std::size_t each : tensorsIn(moving.payload)) here[each] = moving.received;
    return here;
}

void HeadExchangeMemory::sendBack(const Step& step) {
    std::erase_if(incoming_, [&](const Moving& moving) { return moving.neededBy <= step.index; });
    takeReturned(step.index);
    const bool last = &step == &pass_.back();
    for (const Transfer& transfer : step.transfers) {
        if (!isHeadExchange(transfer, PostTime::AfterBlocks)) continue;
        Moving& moving = returning_.emplace_back(Moving{
            .payload = transfer.payload, .neededBy = transfer.neededBy, .heads = step.heads});
        moving.sent = part_.pool.take(numbersOf(moving), part_.writer.elementBytes());
        moving.buffer = part_.pool.take(numbersOf(moving), part_.writer.elementBytes());
        takeReturned(last ? transfer.neededBy : step.index);
    }
}

void HeadExchangeMemory::complete(std::vector<Moving>& movings, int index) {
    for (Moving& moving : movings)
        if (moving.neededBy <= index) moving.sent = {};
}

void HeadExchangeMemory::takeReturned(int index) {
    complete(returning_, index);
    for (const Moving& moving : returning_)
        if (moving.neededBy <= index) unpack(moving);
    std::erase_if(returning_, [&](const Moving& moving) { return moving.neededBy <= index; });
}

void HeadExchangeMemory::unpack(const Moving& moving) {
    const std::int64_t rows = part_.sizes.batch * part_.sizes.queries;
    for (const std::size_t each : tensorsIn(moving.payload)) {
        const std::int64_t heads = isOfQueries(each) ? part_.sizes.heads : part_.sizes.kvHeads;
        if (!returned_[each].defined())
            returned_[each] = part_.writer.elements(rows * heads * columnsOf(each, part_.sizes));
        if (!isOfQueries(each) && copies_ > 1)
            const Held sum = part_.writer.elements(rows * headsOf(each, moving.heads) * ranks_ /
                                                   copies_ * part_.sizes.columns);
    }
}

}  // namespace ringscope
