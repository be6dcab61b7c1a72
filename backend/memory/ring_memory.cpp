// As kernels/attention/{ring_executor,ring_journey}.
#include "backend/memory/attention_part.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// A tensor of the journey: a buffer of the pool, or memory of its own.
struct Travelling {
    int id = 0;  // 0: none
    Held own{};
    bool defined() const { return id != 0; }
};

class RingJourneyMemory {
public:
    RingJourneyMemory(const AttentionPartMemory& part, std::int64_t ownRows, std::int64_t numbers)
        : part_(part), ownRows_(ownRows), numbers_(numbers) {}

    void beginStep(const Step& step);
    void endStep(const Step& step, TokenSpan keys, Held packed);
    Held gradients() { return ownGradients_; }

private:
    static constexpr int ownId = -1;
    struct Arriving {
        const Transfer* transfer = nullptr;
        Travelling tensor{};
        bool isParts() const { return transfer != nullptr && !transfer->parts.empty(); }
    };
    struct Open {
        Payload payload;
        int neededBy;
        int id;
    };
    struct Buffer {
        int id;
        Pooled pooled;
    };

    void postAll(const Step& step, PostTime time, Payload payload);
    Travelling bufferOf(const Step& step, const Transfer& transfer);
    Travelling buffer(const Transfer& transfer);
    void giveBackUnused();
    Arriving arrived(Payload payload, int index, bool ofOwnKeys = false);
    void holdKeys(const Arriving& message);
    std::int64_t numbersOf(std::int64_t rows) const { return numbers_ / ownRows_ * rows; }
    void complete(Payload payload, int index) {
        std::erase_if(open_, [&](const Open& open) {
            return open.payload == payload && open.neededBy <= index;
        });
    }
    void addToOwn(const Travelling& gradients);
    Travelling owned(Held held) { return {++ids_, std::move(held)}; }

    const AttentionPartMemory& part_;
    std::int64_t ownRows_;
    std::int64_t numbers_;
    int ids_ = 0;
    int keys_ = ownId;
    Held unpacked_{};
    Travelling gradients_{};
    Held ownGradients_{};
    std::vector<Arriving> arriving_{};
    std::vector<Open> open_{};
    std::vector<Buffer> buffers_{};
};

void RingJourneyMemory::beginStep(const Step& step) {
    complete(Payload::KeyValue, step.index);
    holdKeys(arrived(Payload::KeyValue, step.index));
    postAll(step, PostTime::BeforeBlocks, Payload::KeyValue);
    postAll(step, PostTime::BeforeBlocks, Payload::KeyValueGrad);
}

void RingJourneyMemory::endStep(const Step& step, TokenSpan keys, Held packed) {
    complete(Payload::KeyValueGrad, step.index);
    gradients_ = arrived(Payload::KeyValueGrad, step.index).tensor;
    addToOwn(arrived(Payload::KeyValueGrad, step.index, /*ofOwnKeys=*/true).tensor);
    const Transfer* sends = messageOf(step, PostTime::AfterBlocks, Payload::KeyValueGrad);
    const bool whole = keys.size() == ownRows_;
    if (sends != nullptr) {
        if (!gradients_.defined()) gradients_ = buffer(*sends);
    } else if (keys.size() > 0 && !gradients_.defined()) {
        gradients_ = owned(whole ? packed : part_.writer.sums(numbers_));
    }
    if (sends == nullptr) addToOwn(std::exchange(gradients_, {}));
    postAll(step, PostTime::AfterBlocks, Payload::KeyValue);
    postAll(step, PostTime::AfterBlocks, Payload::KeyValueGrad);
}

void RingJourneyMemory::holdKeys(const Arriving& message) {
    unpacked_ = {};
    keys_ = message.tensor.defined() && !message.isParts() ? message.tensor.id : ownId;
    if (message.isParts())
        unpacked_ = part_.writer.elements(numbersOf(rowSpan(message.transfer->parts).size()));
}

void RingJourneyMemory::addToOwn(const Travelling& gradients) {
    if (!gradients.defined() || ownGradients_.defined()) return;
    ownGradients_ = gradients.own.defined() ? gradients.own : part_.writer.sums(numbers_);
}

void RingJourneyMemory::postAll(const Step& step, PostTime time, Payload payload) {
    for (const Transfer& transfer : step.transfers) {
        if (transfer.posted != time || transfer.payload != payload || !isMessage(transfer))
            continue;
        open_.push_back({transfer.payload, transfer.neededBy, bufferOf(step, transfer).id});
    }
}

Travelling RingJourneyMemory::bufferOf(const Step& step, const Transfer& transfer) {
    const bool gradients = transfer.payload == Payload::KeyValueGrad;
    if (transfer.kind == TransferKind::Send) {
        if (gradients) return gradients_;
        if (!transfer.parts.empty()) return buffer(transfer);
        return {transfer.ofOwnKeys ? ownId : keys_, {}};
    }
    const bool stays = gradients && !transfer.ofOwnKeys &&
                       messageOf(step, PostTime::AfterBlocks, Payload::KeyValueGrad) == nullptr;
    Travelling tensor = stays ? owned(part_.writer.sums(numbers_)) : buffer(transfer);
    arriving_.push_back({&transfer, tensor});
    return tensor;
}

Travelling RingJourneyMemory::buffer(const Transfer& transfer) {
    giveBackUnused();
    const std::int64_t bytes = transfer.payload == Payload::KeyValueGrad
                                   ? part_.writer.sumBytes()
                                   : part_.writer.elementBytes();
    const std::int64_t numbers =
        transfer.parts.empty() ? numbers_ : (transfer.sentBytes + transfer.receivedBytes) / bytes;
    buffers_.push_back({++ids_, part_.pool.take(numbers, bytes)});
    return {ids_, {}};
}

void RingJourneyMemory::giveBackUnused() {
    std::erase_if(buffers_, [&](const Buffer& buffer) {
        const bool held = buffer.id == keys_ || buffer.id == gradients_.id;
        const bool awaited = std::ranges::any_of(
            arriving_, [&](const Arriving& arriving) { return arriving.tensor.id == buffer.id; });
        const bool used =
            std::ranges::any_of(open_, [&](const Open& open) { return open.id == buffer.id; });
        return !held && !awaited && !used;
    });
}

RingJourneyMemory::Arriving RingJourneyMemory::arrived(Payload payload, int index, bool ofOwnKeys) {
    const auto found = std::ranges::find_if(arriving_, [&](const Arriving& arriving) {
        const Transfer& transfer = *arriving.transfer;
        return transfer.payload == payload && transfer.neededBy == index &&
               transfer.ofOwnKeys == ofOwnKeys;
    });
    if (found == arriving_.end()) return {};
    Arriving what = std::move(*found);
    arriving_.erase(found);
    return what;
}

}  // namespace

OutputMemory attendAround(const AttentionPartMemory& part, const BlockSizes& sizes,
                          const Held& own) {
    RingJourneyMemory journey(part, sizes.keys, own.bytes() / part.writer.elementBytes());
    RowOutputsMemory output(part.writer, sizes, branchSteps(part.steps));
    for (const Step& step : part.steps.forward) {
        journey.beginStep(step);
        const KeyMemory met = step.blocks.empty()
                                  ? KeyMemory{}
                                  : part.keysOf(keyRows(step).size(), step.heads.size());
        for (const Block& block : step.blocks) {
            if (!block.chosen) {
                output.add(block, blockForward(part.writer, ofBlock(sizes, block)));
                continue;
            }
            output.begin();
            chosenForward(part.writer, sizes, block);
        }
        journey.endStep(step, {}, {});
    }
    return outputOfRows(part.writer, output, sizes);
}

TravelGradientMemory gradientsAround(const AttentionPartMemory& part, const BlockSizes& sizes,
                                     const Held& own) {
    sinkGradients(part.writer, sizes);
    RingJourneyMemory journey(part, sizes.keys, own.bytes() / part.writer.elementBytes());
    const Held dq = part.writer.sums(sizes.queryNumbers());
    for (const Step& step : part.steps.backward) {
        journey.beginStep(step);
        const TokenSpan rows = keyRows(step);
        Held packed;
        if (!step.blocks.empty()) {
            const KeyMemory met = part.keysOf(rows.size(), step.heads.size());
            BlockSizes keys = sizes;
            keys.keys = rows.size();
            const Held sums = part.writer.sums(2 * keys.keyNumbers());
            for (const Block& block : step.blocks) {
                const bool wholeRows =
                    isDense(block) && (sizes.batch == 1 || block.queries.size() == sizes.queries);
                if (block.chosen)
                    chosenBackward(part.writer, sizes, block);
                else
                    addBlockGradients(part.writer, ofBlock(sizes, block), wholeRows);
            }
            packed = part.latent()
                         ? part.expansion->gradient(sizes.batch * rows.size(), step.heads.size())
                         : sums;
        }
        journey.endStep(step, rows, packed);
    }
    return {part.writer.hasTwoBytes() ? part.writer.elements(sizes.queryNumbers()) : dq,
            journey.gradients()};
}

}  // namespace ringscope
