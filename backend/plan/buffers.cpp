#include "backend/plan/buffers.h"

#include <algorithm>
#include <map>

namespace ringscope {
namespace {

// Two moments a step: when it begins, and when its blocks are done.
int beginOf(int step) { return 2 * step; }
int endOf(int step) { return 2 * step + 1; }
int postedAt(const Step& step, const Transfer& transfer) {
    return transfer.posted == Moment::BeforeBlocks ? beginOf(step.index) : endOf(step.index);
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

// Buffers that live from one moment to another.
class Timeline {
public:
    void add(int from, int to, std::int64_t bytes) {
        if (bytes == 0) return;
        change_[from] += bytes;
        change_[to + 1] -= bytes;
    }
    std::int64_t most() const {
        std::int64_t now = 0, most = 0;
        for (const auto& [moment, bytes] : change_) most = std::max(most, now += bytes);
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

void addKeys(Timeline& buffers, const std::vector<Step>& pass) {
    for (const Step& step : pass)
        for (const Transfer& transfer : step.transfers)
            if (is(transfer, TransferKind::Receive, Payload::KeyValue))
                buffers.add(postedAt(step, transfer),
                            sentUntil(pass[static_cast<std::size_t>(transfer.neededBy)]),
                            transfer.receivedBytes);
}

// Gradients leave while the next step's blocks run. What nobody is sent stays, and is no buffer.
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
            if (is(transfer, TransferKind::ReduceScatter, Payload::KeyValueGrad))
                buffers.add(posted, std::max(posted, beginOf(transfer.neededBy)), sides.both());
        }
    }
}

std::int64_t passBytes(const std::vector<Step>& pass, int ranks) {
    Timeline buffers;
    addKeys(buffers, pass);
    addGradients(buffers, pass);
    addGathers(buffers, pass, ranks);
    // Heads and outputs are exchanged before and after everything else.
    std::int64_t before = 0, after = 0, kept = 0;
    for (const Step& step : pass) {
        for (const Transfer& transfer : step.transfers) {
            const Sides sides = sidesOf(transfer, ranks);
            const bool heads = transfer.kind == TransferKind::AllToAll;
            if (heads && transfer.posted == Moment::BeforeBlocks)
                before = std::max(before, sides.in);
            if (heads && transfer.posted == Moment::AfterBlocks)
                after = std::max(after, sides.both());
            if (is(transfer, TransferKind::AllGather, Payload::Output)) after = sides.out;
            if (is(transfer, TransferKind::ReduceScatter, Payload::OutputGrad)) before = sides.in;
            if (transfer.payload == Payload::OutputGrad) kept += sides.out;
        }
    }
    return kept + std::max({before, buffers.most(), after});
}

}  // namespace

std::int64_t bufferBytes(const Schedule& schedule, const RankSchedule& steps) {
    return std::max(passBytes(steps.forward, schedule.ranks),
                    passBytes(steps.backward, schedule.ranks));
}

}  // namespace ringscope
