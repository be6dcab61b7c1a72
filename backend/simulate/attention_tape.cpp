#include "backend/simulate/attention_tape.h"

#include "backend/analysis/executed_mode.h"

#include <algorithm>
#include <optional>

namespace ringscope {
namespace {

bool isGradient(Payload payload) { return payload == Payload::KeyValueGrad; }

bool isPointToPoint(const Transfer& transfer) {
    return transfer.kind == TransferKind::Send || transfer.kind == TransferKind::Receive;
}

class PassWriter {
public:
    PassWriter(const StepCosts& costs, const AttentionPart& part, int rank, Pass direction,
               RankTape& tape, std::vector<Deed>& deeds)
        : costs_(costs),
          schedule_(part.schedule),
          rank_(rank),
          direction_(direction),
          tape_(tape),
          deeds_(deeds) {}

    void write(const std::vector<Step>& pass) {
        prepare();
        for (const Step& step : pass) {
            here_ = static_cast<std::int16_t>(step.index);
            awaitBefore(step.index, /*late=*/false);
            post(step, PostTime::BeforeBlocks);
            awaitBefore(step.index, /*late=*/false);
            blocks(step);
            awaitGradients(step.index);
            post(step, PostTime::AfterBlocks);
            awaitBefore(step.index, /*late=*/true);
        }
        awaitBefore(static_cast<int>(pass.size()), /*late=*/true);
        finish();
        tape_.tickets = std::max(tape_.tickets, next_);
    }

private:
    struct Open {
        int ticket = 0;
        int neededBy = 0;
        bool overlaps = false;  // with the blocks of the step that needs it
        bool gradient = false;
        std::int64_t bytes = 0;  // received
    };

    void work(SpanKind lane, Operation operation, std::int64_t nanos, int kernels) {
        if (nanos == 0) return;
        deeds_.push_back({.kind = DeedKind::Work,
                          .lane = lane,
                          .operation = operation,
                          .ringStep = here_,
                          .kernels = kernels,
                          .nanos = nanos});
    }
    void copied(std::int64_t bytes) {
        work(SpanKind::Copy, Operation::Pack, costs_.passOver(bytes), 1);
    }

    std::int64_t rowBytes(std::int64_t heads, std::int64_t bytesEach) const {
        return costs_.plan().attention.batch * heads * costs_.plan().config.model.headDim() *
               bytesEach;
    }
    std::int64_t heldRows() const { return tokenCount(heldTokens(schedule_, rank_)); }

    // Keys and values become one message; the backward pass needs the rows' products of outputs and
    // their gradients, and sums that begin at 0.
    void prepare() {
        const AttentionShape& shape = costs_.plan().attention;
        if (schedule_.executor == Executor::Ring || schedule_.executor == Executor::KeyGather)
            copied(2 * 2 * heldRows() * rowBytes(shape.kvHeads, costs_.elementBytes()));
        if (direction_ == Pass::Backward)
            work(SpanKind::Attention, Operation::Merge,
                 costs_.passOver(heldRows() * (2 * rowBytes(shape.heads, costs_.elementBytes()) +
                                               rowBytes(shape.heads, costs_.sumBytes()))),
                 3);
    }
    // Sums are rounded to the elements' type.
    void finish() {
        const AttentionShape& shape = costs_.plan().attention;
        const std::int64_t heads =
            direction_ == Pass::Forward ? shape.heads : shape.heads + 2 * shape.kvHeads;
        if (merges_ || direction_ == Pass::Backward)
            work(SpanKind::Attention, Operation::Merge,
                 costs_.passOver(heldRows() *
                                 rowBytes(heads, costs_.sumBytes() + costs_.elementBytes())),
                 1);
    }

    void post(const Step& step, PostTime time) {
        for (const Transfer& transfer : step.transfers) {
            if (transfer.posted != time) continue;
            const bool collective = !isPointToPoint(transfer);
            const int ticket = takeTicket();
            if (collective) pack(transfer);
            // Keys on both sides, gradients where they leave: home they are added.
            const bool comesHome =
                isGradient(transfer.payload) && transfer.kind == TransferKind::Receive;
            if (!transfer.parts.empty() && !comesHome)
                copied(2 * (transfer.sentBytes + transfer.receivedBytes));
            Deed deed{.kind = !collective
                                  ? (transfer.kind == TransferKind::Send ? DeedKind::Send
                                                                         : DeedKind::Receive)
                                  : DeedKind::Collective,
                      .lane = SpanKind::Transfer,
                      .operation = operationOf(transfer.kind),
                      .ringStep = here_,
                      .ticket = static_cast<std::int16_t>(ticket),
                      .peer = transfer.peer,
                      .bytes = transfer.kind == TransferKind::Receive ? transfer.receivedBytes
                                                                      : transfer.sentBytes};
            deed.channel = static_cast<std::int8_t>((isGradient(transfer.payload) ? 1 : 0) +
                                                    (transfer.among.count > 0 ? 2 : 0));
            if (collective)
                deed.peer = groupIndex(
                    tape_, {.ranks = transfer.among.count > 0 ? transfer.among
                                                              : RankSet{0, schedule_.ranks, 1}});
            deeds_.push_back(deed);
            const bool returns = collective && time == PostTime::AfterBlocks;
            open_.push_back({.ticket = ticket,
                             .neededBy = transfer.neededBy,
                             .overlaps = returns || isGradient(transfer.payload),
                             .gradient = isGradient(transfer.payload),
                             .bytes = transfer.receivedBytes});
        }
    }
    int takeTicket() {
        if (free_.empty()) return next_++;
        const int ticket = free_.back();
        free_.pop_back();
        return ticket;
    }

    // Rows are put together for each rank that gets them, and apart again.
    void pack(const Transfer& transfer) {
        const int among = transfer.among.count > 0 ? transfer.among.count : schedule_.ranks;
        if (among > 1) copied(4 * transfer.sentBytes / (among - 1) * among);
    }

    template <typename Which>
    void await(Which which) {
        std::erase_if(open_, [&](const Open& open) {
            if (!which(open)) return false;
            free_.push_back(open.ticket);
            deeds_.push_back({.kind = DeedKind::Await,
                              .lane = SpanKind::Wait,
                              .ringStep = here_,
                              .ticket = static_cast<std::int16_t>(open.ticket),
                              .kernels = 0});
            if (open.gradient && open.bytes > 0 && direction_ == Pass::Backward)
                copied(3 * open.bytes);  // added to this rank's own
            return true;
        });
    }
    void awaitBefore(int step, bool late) {
        await([&](const Open& open) { return open.neededBy <= step && (late || !open.overlaps); });
    }
    void awaitGradients(int step) {
        await([&](const Open& open) { return open.neededBy <= step && open.overlaps; });
    }

    void blocks(const Step& step) {
        const std::int64_t heads = queryHeads(schedule_, step);
        for (const Block& block : step.blocks) {
            work(SpanKind::Attention, Operation::Block, costs_.block(block, heads, direction_),
                 direction_ == Pass::Forward ? 1 : 2);
            if (direction_ == Pass::Backward) continue;
            // The first block of rows is their output; the sum of a second is kept in sums.
            if (merged_.contains(block.queries, step.heads)) {
                merges_ = true;
                work(
                    SpanKind::Attention, Operation::Merge,
                    costs_.passOver(block.queries.size() *
                                    rowBytes(heads, 2 * costs_.sumBytes() + costs_.elementBytes())),
                    1);
            }
            merged_.add(block.queries, step.heads);
        }
    }

    // Rows of queries that have an output.
    struct MergedRows {
        std::int64_t begin = -1;
        std::int64_t end = -1;
        HeadSpan heads{};
        bool contains(const TokenSpan& rows, const HeadSpan& of) const {
            return of == heads && rows.begin < end && rows.end > begin;
        }
        void add(const TokenSpan& rows, const HeadSpan& of) {
            if (of != heads || begin < 0) {
                begin = rows.begin;
                end = rows.end;
                heads = of;
            }
            begin = std::min(begin, rows.begin);
            end = std::max(end, rows.end);
        }
    };

    const StepCosts& costs_;
    const Schedule& schedule_;
    int rank_;
    Pass direction_;
    RankTape& tape_;
    std::vector<Deed>& deeds_;
    std::vector<Open> open_{};
    MergedRows merged_{};
    bool merges_ = false;
    std::vector<int> free_{};  // tickets that were awaited
    int next_ = lastingTickets;
    std::int16_t here_ = -1;
};

}  // namespace

void appendAttention(const StepCosts& costs, const AttentionPart& part, const RankSchedule& steps,
                     int rank, Pass pass, RankTape& tape, std::vector<Deed>& deeds) {
    for (std::int64_t turn = 0; turn < part.headTurns; ++turn)
        PassWriter(costs, part, rank, pass, tape, deeds)
            .write(pass == Pass::Forward ? steps.forward : steps.backward);
}

int groupIndex(RankTape& tape, const TapeGroup& group) {
    const auto found = std::ranges::find_if(tape.groups, [&](const TapeGroup& each) {
        return each.ranks == group.ranks && each.everybody == group.everybody;
    });
    const auto index = static_cast<int>(found - tape.groups.begin());
    if (found == tape.groups.end()) tape.groups.push_back(group);
    return index;
}

}  // namespace ringscope
