#include "backend/simulate/attention_tape.h"

#include "backend/analysis/executed_mode.h"
#include "backend/plan/key_choices.h"
#include "backend/plan/step_rows.h"
#include "backend/simulate/choice_costs.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

// Of a pattern: those of a step are one deed where there are more.
constexpr std::size_t mostBlocksApart = 64;

bool isGradient(Payload payload) { return payload == Payload::KeyValueGrad; }

class PassWriter {
public:
    PassWriter(const StepCosts& costs, const AttentionPart& part, const RankSchedule& steps,
               int rank, Pass direction, RankTape& tape, std::vector<Deed>& deeds)
        : costs_(costs),
          schedule_(part.schedule),
          steps_(steps),
          rank_(rank),
          direction_(direction),
          tape_(tape),
          deeds_(deeds),
          rows_(tokenCount(heldTokens(schedule_, rank))),
          choice_(costs, schedule_) {}

    void write() {
        const std::vector<Step>& pass =
            direction_ == Pass::Forward ? steps_.forward : steps_.backward;
        const bool branches = schedule_.executor == Executor::PackedRing && !steps_.packed.empty();
        if (branches)
            beginBranches();
        else
            prepare();
        for (const Step& step : pass) {
            if (branches) changeBranch(step);
            here_ = static_cast<std::int16_t>(step.index);
            if (beginsSum(step)) sumKeys(step);
            awaitBefore(step.index, /*late=*/false);
            post(step, PostTime::BeforeBlocks);
            awaitBefore(step.index, /*late=*/false);
            if (beginsSum(step)) chooseKeys(step);
            blocks(step);
            awaitGradients(step.index);
            post(step, PostTime::AfterBlocks);
            awaitBefore(step.index, /*late=*/true);
        }
        awaitBefore(static_cast<int>(pass.size()), /*late=*/true);
        if (branches)
            endBranches();
        else
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
    // Keys and values become one message; the backward pass needs the rows' products of outputs and
    // their gradients, and sums that begin at 0.
    void prepare() {
        const AttentionShape& shape = costs_.plan().attention;
        if (schedule_.executor == Executor::Ring || schedule_.executor == Executor::KeyGather ||
            schedule_.executor == Executor::PackedRing)
            copied(2 * 2 * rows_ * rowBytes(shape.kvHeads, costs_.elementBytes()));
        if (direction_ == Pass::Backward)
            work(SpanKind::Attention, Operation::Merge,
                 costs_.passOver(rows_ * (2 * rowBytes(shape.heads, costs_.elementBytes()) +
                                          rowBytes(shape.heads, costs_.sumBytes()))),
                 3);
    }
    // Sums are rounded to the elements' type.
    void finish() {
        const AttentionShape& shape = costs_.plan().attention;
        const std::int64_t heads =
            direction_ == Pass::Forward ? shape.heads : shape.heads + 2 * shape.kvHeads;
        if (merges_ || direction_ == Pass::Backward)
            work(
                SpanKind::Attention, Operation::Merge,
                costs_.passOver(rows_ * rowBytes(heads, costs_.sumBytes() + costs_.elementBytes())),
                1);
    }

    void post(const Step& step, PostTime time) {
        for (const Transfer& transfer : step.transfers) {
            if (transfer.posted != time) continue;
            const bool collective = !isMessage(transfer);
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

    // Branches of a pattern, whose packed rows go round one branch after the other: each is a pass
    // of its own over its rows, and its result is added to the rank's.
    void beginBranches() {
        const AttentionShape& shape = costs_.plan().attention;
        const std::int64_t heads =
            direction_ == Pass::Forward ? shape.heads : shape.heads + 2 * shape.kvHeads;
        copied(rows_ * rowBytes(heads, costs_.sumBytes()));
    }
    void changeBranch(const Step& step) {
        if (step.branch == branch_) return;
        awaitBefore(step.index, /*late=*/true);
        closeBranch();
        branch_ = step.branch;
        rows_ /= steps_.packed[static_cast<std::size_t>(branch_)].step;
        const AttentionShape& shape = costs_.plan().attention;
        const std::int64_t element = costs_.elementBytes();
        // Queries, backward outputs and their gradients, too; then keys and values.
        const std::int64_t packed = direction_ == Pass::Forward ? 1
                                    : steps_.branchesApart > 0  ? 2
                                                                : 3;
        copied(2 * rows_ * rowBytes(packed * shape.heads + 2 * shape.kvHeads, element));
        prepare();
    }
    void closeBranch() {
        if (branch_ < 0) return;
        finish();
        const AttentionShape& shape = costs_.plan().attention;
        const std::int64_t sum = costs_.sumBytes();
        work(SpanKind::Attention, Operation::Merge,
             direction_ == Pass::Forward
                 ? merge(rows_, shape.heads)
                 : costs_.passOver(rows_ * rowBytes(shape.heads + 2 * shape.kvHeads, 3 * sum)),
             direction_ == Pass::Forward ? 1 : 3);
        rows_ = tokenCount(heldTokens(schedule_, rank_));
        merges_ = false;
        sum_.reset();
    }
    void endBranches() {
        closeBranch();
        merges_ = true;
        finish();
    }

    // What outputs of blocks are added to: of some heads, in a branch.
    struct Sum {
        HeadSpan heads{};
        int branch = -1;
        bool operator==(const Sum&) const = default;
    };
    bool beginsSum(const Step& step) const {
        return !sum_ || *sum_ != Sum{step.heads, step.branch};
    }

    // Of rows of queries with those that are there.
    std::int64_t merge(std::int64_t rows, std::int64_t heads) const {
        return costs_.passOver(rows *
                               rowBytes(heads, 2 * costs_.sumBytes() + costs_.elementBytes()));
    }

    bool chooses() const {
        return direction_ == Pass::Forward && choosesKeys(schedule_.pattern.get());
    }
    void sumKeys(const Step& step) {
        if (!chooses()) return;
        const ChoiceWork sums = choice_.sums(step);
        work(SpanKind::Attention, Operation::Merge, sums.nanos, sums.kernels);
    }
    void chooseKeys(const Step& step) {
        if (!chooses()) return;
        const ChoiceWork choosing = choice_.choosing(step);
        work(SpanKind::Attention, Operation::Merge, choosing.nanos, choosing.kernels);
    }

    // Blocks and merges of a step that were not written yet.
    struct Gathered {
        std::int64_t nanos = 0;
        int kernels = 0;
        void add(std::int64_t more, int launches) {
            nanos += more;
            kernels += launches;
        }
    };
    void writeOut(Gathered& blocks, Gathered& merges) {
        work(SpanKind::Attention, Operation::Block, std::exchange(blocks.nanos, 0),
             std::exchange(blocks.kernels, 0));
        work(SpanKind::Attention, Operation::Merge, std::exchange(merges.nanos, 0),
             std::exchange(merges.kernels, 0));
    }

    void blocks(const Step& step) {
        const bool apart = schedule_.pattern == nullptr || step.blocks.size() <= mostBlocksApart;
        const TokenSpan rows = queryRows(step);
        Gathered blocks;
        Gathered merges;
        for (const Block& block : step.blocks) {
            if (block.chosen) {
                const ChoiceWork chosen = choice_.block(step, block, direction_);
                blocks.add(chosen.nanos, chosen.kernels);
                merges_ = true;
            } else {
                blocks.add(costs_.block(block, queryHeads(schedule_, step, block), direction_),
                           direction_ == Pass::Forward ? 1 : 2);
                if (direction_ == Pass::Forward) addToSum(step, block, rows, merges);
            }
            sum_ = {step.heads, step.branch};
            if (apart) writeOut(blocks, merges);
        }
        writeOut(blocks, merges);
    }

    // The first block is the sum, if it has all rows of the step; all others are merged. Where
    // branches are kept apart, each is merged with those of its branch, too.
    void addToSum(const Step& step, const Block& block, const TokenSpan& rows, Gathered& merges) {
        const bool all = block.queries == rows && block.queryStep == 1 && block.heads.size() == 0;
        const std::int64_t nanos = merge(block.queryRows(), queryHeads(schedule_, step, block));
        const bool kept = steps_.branchesApart > 0 && schedule_.executor != Executor::PackedRing;
        if (kept) merges.add(nanos, 1);
        if (beginsSum(step) && all) return;
        merges_ = true;
        merges.add(nanos, 1);
    }

    const StepCosts& costs_;
    const Schedule& schedule_;
    const RankSchedule& steps_;
    int rank_;
    Pass direction_;
    RankTape& tape_;
    std::vector<Deed>& deeds_;
    std::int64_t rows_;  // the rank's, or those of the branch that is under way
    ChoiceCosts choice_;
    std::vector<Open> open_{};
    std::optional<Sum> sum_{};
    int branch_ = -1;
    bool merges_ = false;
    std::vector<int> free_{};  // tickets that were awaited
    int next_ = lastingTickets;
    std::int16_t here_ = -1;
};

}  // namespace

void appendAttention(const StepCosts& costs, const AttentionPart& part, const RankSchedule& steps,
                     int rank, Pass pass, RankTape& tape, std::vector<Deed>& deeds) {
    for (std::int64_t turn = 0; turn < part.headTurns; ++turn)
        PassWriter(costs, part, steps, rank, pass, tape, deeds).write();
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
