#include "backend/plan/modes/ring_passes.h"

#include "backend/plan/key_choices.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

// Of each step, what a place needs for it, and what its reader then needs of the place's own keys.
struct Parcels {
    std::vector<PlaceNeeds::Rows> received{};
    std::vector<PlaceNeeds::Rows> sent{};
};

int around(int index, int size) { return ((index % size) + size) % size; }

// The ring as one rank sees it.
struct RankInRing {
    RingShape ring;
    int rank = 0;
    HeadSpan heads{};
    std::int64_t keyValueBytes = 0;
    std::int64_t gradientBytes = 0;
    std::int64_t shardRows = 0;  // of all heads that travel
    bool prefetch = true;
    bool laterUnseen = false;

    int place() const { return ring.placeOf(rank); }

    // The place so many inner rings, and so many places within one, further on.
    int ahead(int rings, int places) const {
        const int outer = around(place() / ring.inner + rings, ring.outer);
        return outer * ring.inner + around(place() % ring.inner + places, ring.inner);
    }
    // The rank at that place with the same heads.
    int peer(int rings, int places) const { return rankAt(ahead(rings, places)); }
    int keysOf(int step) const { return ahead(-(step / ring.inner), -(step % ring.inner)); }
    // The place that holds this one's keys in that step.
    int readerIn(int step) const { return ahead(step / ring.inner, step % ring.inner); }
    // The last step in which anybody needs the keys of a place.
    int lastReading(int keysPlace) const {
        return ring.places() - 1 - (laterUnseen && ring.outer == 1 ? keysPlace : 0);
    }
    int rankAt(int place) const { return ring.ranksAt(place).at(ring.memberOf(rank)); }

    Transfer message(TransferKind kind, Payload payload, int peer, int neededBy) const {
        const std::int64_t bytes = payload == Payload::KeyValue ? keyValueBytes : gradientBytes;
        const bool sends = kind == TransferKind::Send;
        const bool late = payload == Payload::KeyValue ? !prefetch : sends;
        return {.kind = kind,
                .payload = payload,
                .posted = late ? PostTime::AfterBlocks : PostTime::BeforeBlocks,
                .peer = peer,
                .neededBy = neededBy,
                .sentBytes = sends ? bytes : 0,
                .receivedBytes = sends ? 0 : bytes};
    }

    // Keys on to the next place of the ring, or of the next ring: they travel in a group of their
    // own, so that the short hops do not queue behind the long one.
    void passKeysOn(Step& step) const {
        if (step.index % ring.inner + 1 < ring.inner) {
            const int next = step.index + 1;
            if (step.index < lastReading(keysOf(step.index)))
                step.transfers.push_back(
                    message(TransferKind::Send, Payload::KeyValue, peer(0, 1), next));
            if (next <= lastReading(keysOf(next)))
                step.transfers.push_back(
                    message(TransferKind::Receive, Payload::KeyValue, peer(0, -1), next));
        }
        const int nextRound = step.index + ring.inner;
        if (step.index % ring.inner != 0 || nextRound >= ring.places()) return;
        const RankSet outer{.first = rank % ring.inner, .count = ring.outer, .stride = ring.inner};
        for (Transfer transfer :
             {message(TransferKind::Send, Payload::KeyValue, peer(1, 0), nextRound),
              message(TransferKind::Receive, Payload::KeyValue, peer(-1, 0), nextRound)}) {
            if (ring.inner > 1) transfer.among = outer;
            step.transfers.push_back(transfer);
        }
    }

    // Gradients follow the keys they belong to from the first place they come to, within a round a
    // place on, then to the next ring; the last place sends them home.
    void passGradientsOn(Step& step) const {
        const bool startsRound = step.index % ring.inner == 0;
        const bool endsRound = (step.index + 1) % ring.inner == 0;
        const auto add = [&](TransferKind kind, int other, int neededBy) -> Transfer& {
            return step.transfers.emplace_back(
                message(kind, Payload::KeyValueGrad, other, neededBy));
        };
        const bool holds = step.index < ring.places();
        const int last = lastReading(keysOf(step.index));
        if (holds && step.index > 1 && step.index <= last)
            add(TransferKind::Receive, peer(startsRound ? -1 : 0, -1), step.index);
        if (const int ownLast = lastReading(place()); ownLast > 0 && step.index == ownLast + 1)
            add(TransferKind::Receive, rankAt(readerIn(ownLast)), step.index).ofOwnKeys = holds;
        if (holds && step.index > 0 && step.index < last)
            add(TransferKind::Send, peer(endsRound ? 1 : 0, 1), step.index + 1);
        if (holds && step.index > 0 && step.index == last)
            add(TransferKind::Send, rankAt(keysOf(step.index)), step.index + 1);
    }

    // The next step's keys from their owner, and this place's own to whoever needs them then.
    void fetchKeys(Step& step, const Parcels& parcels) const {
        const int next = step.index + 1;
        if (next == ring.places()) return;
        const auto at = static_cast<std::size_t>(next);
        if (const PlaceNeeds::Rows& parcel = parcels.sent[at])
            step.transfers.push_back(own(parcelled(
                message(TransferKind::Send, Payload::KeyValue, rankAt(readerIn(next)), next),
                *parcel)));
        if (const PlaceNeeds::Rows& parcel = parcels.received[at])
            step.transfers.push_back(parcelled(
                message(TransferKind::Receive, Payload::KeyValue, rankAt(keysOf(next)), next),
                *parcel));
    }

    // The gradients of a step's keys to their owner, once the step is over.
    void returnGradients(Step& step, const Parcels& parcels) const {
        const auto at = static_cast<std::size_t>(step.index);
        if (step.index > 1 && parcels.sent[at - 1])
            step.transfers.push_back(
                own(parcelled(message(TransferKind::Receive, Payload::KeyValueGrad,
                                      rankAt(readerIn(step.index - 1)), step.index),
                              *parcels.sent[at - 1])));
        if (step.index > 0 && step.index < ring.places() && parcels.received[at])
            step.transfers.push_back(parcelled(message(TransferKind::Send, Payload::KeyValueGrad,
                                                       rankAt(keysOf(step.index)), step.index + 1),
                                               *parcels.received[at]));
    }

    // `whole` with these parts of its rows alone.
    Transfer parcelled(Transfer whole, const std::vector<KeyRows>& parts) const {
        if (parts.empty()) return whole;
        for (std::int64_t* bytes : {&whole.sentBytes, &whole.receivedBytes})
            *bytes = *bytes / shardRows * rowCount(parts);
        whole.parts = parts;
        return whole;
    }

    static Transfer own(Transfer transfer) {
        transfer.ofOwnKeys = true;
        return transfer;
    }

    Step stepOf(int index, int keysPlace) const {
        return {.index = index,
                .queriesOf = ring.ranksAt(place()),
                .keysOf = ring.ranksAt(keysPlace),
                .heads = heads};
    }
};

std::vector<Step> emptySteps(const RankInRing& self) {
    std::vector<Step> steps;
    steps.reserve(static_cast<std::size_t>(self.ring.places()) + 1);
    for (int index = 0; index < self.ring.places(); ++index)
        steps.push_back(self.stepOf(index, self.keysOf(index)));
    return steps;
}

// The rows of a block from `row` on, as blocks.
std::vector<Block> rowsFrom(const Block& block, std::int64_t row) {
    const TokenSpan rows{row, block.queries.end};
    if (block.mask != MaskKind::Causal) return {{rows, block.keys, block.mask}};
    const std::int64_t key = block.keys.begin + row - block.queries.begin;
    return {{rows, {block.keys.begin, key}, MaskKind::Full},
            {rows, {key, block.keys.end}, MaskKind::Causal}};
}

Block rowsUpTo(Block block, std::int64_t row) {
    block.queries.end = row;
    if (block.mask == MaskKind::Causal)
        block.keys.end = block.keys.begin + row - block.queries.begin;
    return block;
}

// The last step of a backward pass brings the gradients of own keys home. Half of the rows that
// meet these keys wait for it, so that they are computed meanwhile.
void leaveRowsForTheLastStep(std::vector<Step>& backward) {
    const std::vector<Block> own = std::move(backward.front().blocks);
    backward.front().blocks.clear();
    std::vector<Block>& now = backward.front().blocks;
    for (const Block& block : own) {
        const std::int64_t half = block.queries.begin + block.queries.size() / 2;
        if (half == block.queries.begin) {
            now.push_back(block);
            continue;
        }
        const std::vector<Block> second = rowsFrom(block, half);
        now.insert(now.end(), second.begin(), second.end());
        backward.back().blocks.push_back(rowsUpTo(block, half));
    }
}

RankSchedule passesAround(const RankInRing& self, const RingBlocks& blocks) {
    RankSchedule passes{.forward = emptySteps(self)};
    for (Step& step : passes.forward) {
        self.passKeysOn(step);
        step.blocks = blocks.of(self.place(), self.keysOf(step.index));
    }
    passes.backward = passes.forward;
    if (self.ring.places() == 1) return passes;
    passes.backward.push_back(self.stepOf(self.ring.places(), self.place()));
    if (self.lastReading(self.place()) > 0) leaveRowsForTheLastStep(passes.backward);
    for (Step& step : passes.backward) self.passGradientsOn(step);
    return passes;
}

// `needs`: null where who has blocks with whose keys says it.
Parcels parcelsOf(const RankInRing& self, const PlaceNeeds* needs, const RingBlocks& blocks) {
    const auto parcel = [&](int reader, int owner) -> PlaceNeeds::Rows {
        if (needs != nullptr) return needs->rows(reader, owner);
        if (blocks.of(reader, owner).empty()) return std::nullopt;
        return std::vector<KeyRows>();
    };
    Parcels parcels;
    for (int step = 0; step < self.ring.places(); ++step) {
        parcels.received.push_back(parcel(self.place(), self.keysOf(step)));
        parcels.sent.push_back(parcel(self.readerIn(step), self.place()));
    }
    return parcels;
}

RankSchedule straightPasses(const RankInRing& self, const Parcels& parcels,
                            const RingBlocks& blocks) {
    RankSchedule passes{.forward = emptySteps(self)};
    for (Step& step : passes.forward) {
        self.fetchKeys(step, parcels);
        if (parcels.received[static_cast<std::size_t>(step.index)])
            step.blocks = blocks.of(self.place(), self.keysOf(step.index));
    }
    passes.backward = passes.forward;
    passes.backward.push_back(self.stepOf(self.ring.places(), self.place()));
    leaveRowsForTheLastStep(passes.backward);
    for (Step& step : passes.backward) self.returnGradients(step, parcels);
    return passes;
}

// Sums of fp64, of what each side sees.
Transfer gatherSums(const AttentionShape& shape, const RingShape& ring, const Schedule& schedule,
                    int rank) {
    const auto sides = std::ssize(keySides(*schedule.pattern));
    const std::int64_t bytes = sides * shape.batch * schedule.summedBlocks *
                               schedule.kvHeadsPerRank * shape.headDim * 8 * (ring.places() - 1);
    return {.kind = TransferKind::AllGather,
            .payload = Payload::BlockSums,
            .among = ring.sameHeadsAs(rank),
            .sentBytes = bytes,
            .receivedBytes = bytes};
}

}  // namespace

RingBlocks contiguousBlocks(bool causal, std::int64_t rows) {
    const TokenSpan all{0, rows};
    const auto of = [causal, all](int place, int keysOf) -> std::vector<Block> {
        if (!causal || keysOf < place) return {{all, all, MaskKind::Full}};
        if (keysOf == place) return {{all, all, MaskKind::Causal}};
        return {};  // keys of later tokens
    };
    return {of, /*laterUnseen=*/causal};
}

RingBlocks zigzagBlocks(bool causal, std::int64_t rows) {
    const TokenSpan all{0, rows};
    const TokenSpan early{0, rows / 2};
    const TokenSpan late{rows / 2, rows};
    const auto of = [=](int place, int keysOf) -> std::vector<Block> {
        if (!causal) return {{all, all, MaskKind::Full}};
        // Rows ascend by token, so one causal triangle over both own chunks is exact.
        if (keysOf == place) return {{all, all, MaskKind::Causal}};
        // An earlier place's late chunk is later than all our queries, its early chunk before them.
        if (keysOf < place) return {{all, early, MaskKind::Full}};
        // A later place's chunks both lie between our early and our late chunk.
        return {{late, all, MaskKind::Full}};
    };
    return {of};
}

Schedule ringPasses(const AttentionShape& shape, const RingShape& ring, ShardLayout layout,
                    const RingBlocks& blocks) {
    const std::int64_t kvHeads =
        std::max<std::int64_t>(shape.kvHeads, ring.ranksPerPlace) / ring.ranksPerPlace;
    const bool latent = shape.latentColumns > 0 && ring.ranksPerPlace == 1;
    const std::int64_t rows = shape.tokens / ring.places();
    const std::int64_t scalars =
        shape.batch * rows * (latent ? shape.latentColumns : 2 * kvHeads * shape.headDim);
    std::vector<RankSet> places;
    for (int place = 0; place < ring.places(); ++place) places.push_back(ring.ranksAt(place));
    // The last place but one passes on the most, the last one sends the most gradients home.
    std::vector<int> busiest{0};
    if (blocks.laterUnseen)
        for (int place = std::max(1, ring.places() - 2); place < ring.places(); ++place)
            busiest.push_back(ring.ranksAt(place).first);
    return Schedule{
        .executor = Executor::Ring,
        .ranks = shape.ranks,
        .owned = std::move(layout),
        .latent = latent,
        .places = std::move(places),
        .busiest = std::move(busiest),
        .headsPerRank = shape.heads / ring.ranksPerPlace,
        .kvHeadsPerRank = kvHeads,
        .makeSteps = [=](const Schedule& schedule, int rank) {
            const RankInRing self{.ring = ring,
                                  .rank = rank,
                                  .heads = {0, kvHeads},
                                  .keyValueBytes = scalars * shape.elementBytes,
                                  .gradientBytes = scalars * shape.gradientAccumulatorBytes,
                                  .shardRows = rows * (latent ? 1 : kvHeads),
                                  .prefetch = shape.ahead,
                                  .laterUnseen = blocks.laterUnseen};
            const bool straight = schedule.needs || (schedule.seenRows && ring.places() > 1);
            RankSchedule passes =
                straight
                    ? straightPasses(self, parcelsOf(self, schedule.needs.get(), blocks), blocks)
                    : passesAround(self, blocks);
            if (schedule.summedBlocks > 0)
                passes.forward.front().transfers.push_back(gatherSums(shape, ring, schedule, rank));
            return passes;
        }};
}

}  // namespace ringscope
