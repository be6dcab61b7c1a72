#include "backend/plan/buffers.h"

#include <algorithm>
#include <map>

namespace ringscope {
namespace {

// A step has two times: its begin, and the end of its blocks.
int beginOf(int step) { return 2 * step; }
int endOf(int step) { return 2 * step + 1; }
int postedAt(const Step& step, const Transfer& transfer) {
    return transfer.posted == PostTime::BeforeBlocks ? beginOf(step.index) : endOf(step.index);
}

bool is(const Transfer& transfer, TransferKind kind, Payload payload) {
    return transfer.kind == kind && transfer.payload == payload;
}

// Both sides of a collective among `ranks` ranks.
struct Sides {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t both() const { return in + out; }
};
Sides sidesOf(const Transfer& transfer, int ranks) {
    const int group = transfer.among.count == 0 ? ranks : transfer.among.count;
    if (group == 1) return {};
    const std::int64_t slice = transfer.sentBytes / (group - 1);
    const std::int64_t all = slice * group;
    switch (transfer.kind) {
        case TransferKind::AllGather:
            return {slice, all};
        case TransferKind::ReduceScatter:
            return {all, slice};
        default:
            return {all, all};
    }
}

// Buffers, each with the times of its begin and end.
class Timeline {
public:
    void add(int from, int to, std::int64_t bytes) {
        if (bytes == 0) return;
        change_[from] += bytes;
        change_[to + 1] -= bytes;
    }
    std::int64_t most() const {
        std::int64_t now = 0, most = 0;
        for (const auto& [time, bytes] : change_) most = std::max(most, now += bytes);
        return most;
    }

private:
    std::map<int, std::int64_t> change_;
};

// Until when the keys held in a step are being sent on.
int sentUntil(const Step& step) {
    int until = endOf(step.index);
    for (const Transfer& transfer : step.transfers)
        if (is(transfer, TransferKind::Send, Payload::KeyValue) && !transfer.ofOwnKeys)
            until = std::max(until, beginOf(transfer.neededBy) - 1);
    return until;
}

// Parts of shards are buffers while they travel; they are used elsewhere.
void addKeys(Timeline& buffers, const std::vector<Step>& pass) {
    for (const Step& step : pass) {
        for (const Transfer& transfer : step.transfers) {
            const bool received = is(transfer, TransferKind::Receive, Payload::KeyValue);
            const bool sent = is(transfer, TransferKind::Send, Payload::KeyValue);
            if (!transfer.parts.empty() && (received || sent))
                buffers.add(postedAt(step, transfer), beginOf(transfer.neededBy) - 1,
                            transfer.sentBytes + transfer.receivedBytes);
            else if (received)
                buffers.add(postedAt(step, transfer),
                            sentUntil(pass[static_cast<std::size_t>(transfer.neededBy)]),
                            transfer.receivedBytes);
        }
    }
}

// Gradients leave while the next step's blocks run. Those that are not sent are no buffer.
void addGradients(Timeline& buffers, const std::vector<Step>& pass) {
    for (const Step& step : pass) {
        std::int64_t sent = 0, received = 0;
        for (const Transfer& transfer : step.transfers) {
            if (is(transfer, TransferKind::Send, Payload::KeyValueGrad)) sent = transfer.sentBytes;
            if (!is(transfer, TransferKind::Receive, Payload::KeyValueGrad)) continue;
            if (transfer.ofOwnKeys)
                buffers.add(beginOf(step.index), beginOf(step.index), transfer.receivedBytes);
            else
                received = transfer.receivedBytes;
        }
        const int begin = received > 0 ? beginOf(step.index) : endOf(step.index);
        buffers.add(begin, beginOf(step.index + 1), sent);
    }
}

void addGathers(Timeline& buffers, const std::vector<Step>& pass, int ranks) {
    for (const Step& step : pass) {
        for (const Transfer& transfer : step.transfers) {
            const Sides sides = sidesOf(transfer, ranks);
            const int posted = postedAt(step, transfer);
            if (is(transfer, TransferKind::AllGather, Payload::KeyValue))
                buffers.add(posted, beginOf(transfer.neededBy), sides.both());
            // Before the first step begins.
            if (is(transfer, TransferKind::AllGather, Payload::BlockSums))
                buffers.add(posted - 1, posted - 1, sides.both());
            if (is(transfer, TransferKind::ReduceScatter, Payload::KeyValueGrad))
                buffers.add(posted, std::max(posted, beginOf(transfer.neededBy)), sides.both());
        }
    }
}

// The last step that attends for the same heads as step `index`.
int lastOfHeads(const std::vector<Step>& pass, int index) {
    const HeadSpan heads = pass[static_cast<std::size_t>(index)].heads;
    while (index + 1 < std::ssize(pass) && pass[static_cast<std::size_t>(index) + 1].heads == heads)
        ++index;
    return index;
}

// The largest exchange that runs while no blocks do: before the blocks that wait for it, and after
// the last ones.
struct Unoverlapped {
    std::int64_t before = 0;
    std::int64_t after = 0;
};

// Heads that arrive or leave while the blocks of another step run, and those that do not.
void addHeads(Timeline& buffers, Unoverlapped& unoverlapped, const std::vector<Step>& pass,
              int ranks) {
    for (const Step& step : pass) {
        for (const Transfer& transfer : step.transfers) {
            if (transfer.kind != TransferKind::AllToAll) continue;
            const Sides sides = sidesOf(transfer, ranks);
            if (transfer.posted == PostTime::AfterBlocks) {
                if (step.index + 1 == std::ssize(pass) || transfer.neededBy == step.index)
                    unoverlapped.after = std::max(unoverlapped.after, sides.both());
                else
                    buffers.add(endOf(step.index), beginOf(transfer.neededBy), sides.both());
                continue;
            }
            // Queries, keys and values stay where they are received: that is no buffer.
            const std::int64_t held = transfer.payload == Payload::OutputGrad ? sides.out : 0;
            buffers.add(beginOf(step.index), endOf(lastOfHeads(pass, transfer.neededBy)), held);
            if (transfer.neededBy == step.index)
                unoverlapped.before = std::max(unoverlapped.before, sides.in + held);
            else
                buffers.add(beginOf(step.index), beginOf(transfer.neededBy) - 1, sides.in);
        }
    }
}

std::int64_t passBytes(const std::vector<Step>& pass, int ranks) {
    Timeline buffers;
    Unoverlapped unoverlapped;
    addKeys(buffers, pass);
    addGradients(buffers, pass);
    addGathers(buffers, pass, ranks);
    addHeads(buffers, unoverlapped, pass, ranks);
    // Outputs of a replicated model are exchanged before and after everything else.
    std::int64_t kept = 0;
    for (const Step& step : pass) {
        for (const Transfer& transfer : step.transfers) {
            const Sides sides = sidesOf(transfer, ranks);
            if (is(transfer, TransferKind::AllGather, Payload::Output))
                unoverlapped.after = sides.out;
            if (!is(transfer, TransferKind::ReduceScatter, Payload::OutputGrad)) continue;
            unoverlapped.before = sides.in;
            kept += sides.out;
        }
    }
    return kept + std::max({unoverlapped.before, buffers.most(), unoverlapped.after});
}

}  // namespace

std::int64_t bufferBytes(const Schedule& schedule, const RankSchedule& steps) {
    return std::max(passBytes(steps.forward, schedule.ranks),
                    passBytes(steps.backward, schedule.ranks));
}

}  // namespace ringscope
