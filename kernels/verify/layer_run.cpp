#include "kernels/verify/layer_run.h"

#include "kernels/block/partial_result.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringscope {
namespace {

// What rank 0 must know before it can receive a share.
enum Header : std::int64_t { LseRows, LseHeads, BytesSent, Nanoseconds, headerSize };

struct TensorPlan {
    at::Tensor CaseResults::*member;
    bool queryHeads;
};
constexpr std::array gradientPlans = {TensorPlan{&CaseResults::dq, true},
                                      TensorPlan{&CaseResults::dk, false},
                                      TensorPlan{&CaseResults::dv, false}};

// The first rows of `part` (B, n, ...) into `whole` where `tokens` says.
void placeRows(const at::Tensor& whole, const at::Tensor& part,
               const std::vector<TokenSpan>& tokens) {
    std::int64_t row = 0;
    for (const TokenSpan& span : tokens) {
        whole.narrow(1, span.begin, span.size()).copy_(part.narrow(1, row, span.size()));
        row += span.size();
    }
}

// Puts the ranks' shares together, one rank after the other.
class Assembly {
public:
    Assembly(const AttentionCase& problem, const Schedule& schedule)
        : problem_(problem), schedule_(schedule) {}

    void addOutput(int rank, const at::Tensor& out) {
        at::Tensor& whole = made(results_.out, problem_.heads, out.scalar_type());
        if (!schedule_.replicated) return placeRows(whole, out, owned(rank));
        for (const TokenSpan& span : owned((rank + 1) % schedule_.ranks))
            rowsOf(whole, span).copy_(rowsOf(out, span));
    }

    void addLse(int rank, const at::Tensor& lse) {
        const LsePlace place = lsePlace(schedule_, rank);
        if (lse.size(1) != tokenCount(place.tokens) ||
            place.firstHead + lse.size(2) > problem_.heads)
            throw std::logic_error("rank " + std::to_string(rank) + " has lse for " +
                                   std::to_string(lse.size(1)) +
                                   " rows; its schedule has another number");
        if (!results_.lse.defined())
            results_.lse = at::zeros({problem_.batch, problem_.tokens, problem_.heads},
                                     at::TensorOptions(lse.scalar_type()));
        placeRows(results_.lse.narrow(2, place.firstHead, lse.size(2)), lse,
                  spansBefore(place.tokens, problem_.tokens));
    }

    void addGradient(int rank, const TensorPlan& plan, const at::Tensor& part) {
        const std::int64_t heads = plan.queryHeads ? problem_.heads : problem_.kvHeads;
        if (schedule_.replicated)
            made(results_.*plan.member, heads, sumType(part))
                .add_(part.narrow(1, 0, problem_.tokens));
        else
            placeRows(made(results_.*plan.member, heads, part.scalar_type()), part, owned(rank));
    }

    CaseResults take() { return std::move(results_); }

private:
    // Without padding.
    std::vector<TokenSpan> owned(int rank) const {
        return spansBefore(schedule_.owned.spansOf(rank), problem_.tokens);
    }

    at::Tensor& made(at::Tensor& tensor, std::int64_t heads, at::ScalarType type) const {
        if (!tensor.defined())
            tensor = at::zeros({problem_.batch, problem_.tokens, heads, problem_.headDim},
                               at::TensorOptions(type));
        return tensor;
    }

    const AttentionCase& problem_;
    const Schedule& schedule_;
    CaseResults results_;
};

// `rank`'s tensor on rank 0's host; the rank itself only hands it over. Collective of the two.
at::Tensor bring(Group& group, int rank, const at::Tensor& mine,
                 const std::vector<std::int64_t>& sizes, at::ScalarType type) {
    if (rank == 0) return mine.cpu();
    if (group.rank() == rank) {
        group.send(mine.contiguous(), 0, Channel::KeyValue)->wait();
        return {};
    }
    at::Tensor theirs = at::empty(sizes, mine.options().dtype(type));
    group.receive(theirs, rank, Channel::KeyValue)->wait();
    return theirs.cpu();
}

bool takesPart(const Group& group, int rank) { return group.rank() == 0 || group.rank() == rank; }

std::vector<std::int64_t> sizesOf(const AttentionCase& problem, const Schedule& schedule, int rank,
                                  std::int64_t heads) {
    return {problem.batch, tokenCount(heldTokens(schedule, rank)), heads, problem.headDim};
}

at::Tensor allHeaders(Group& group, const LayerShare& share) {
    at::Tensor mine = at::zeros({headerSize}, at::TensorOptions(at::kLong));
    mine[LseRows] = share.results.lse.size(1);
    mine[LseHeads] = share.results.lse.size(2);
    mine[BytesSent] = share.bytesSent;
    mine[Nanoseconds] = share.nanoseconds;
    if (group.size() == 1) return mine.unsqueeze(0);
    const at::Device device = share.results.lse.device();
    at::Tensor all = at::zeros({group.size(), headerSize}, mine.options().device(device));
    group.allGather(all, mine.to(device))->wait();
    return all.cpu();
}

// A GPU computes while the host goes on. A copy from it comes after everything posted before.
void waitFor(const at::Tensor& last) {
    if (!last.is_cpu()) last.flatten().narrow(0, 0, 1).cpu();
}

}  // namespace

CaseInputs inputsOn(const at::Device& device, const CaseInputs& inputs) {
    return {inputs.q.to(device), inputs.k.to(device), inputs.v.to(device), inputs.dOut.to(device)};
}

AttentionCall callOf(const AttentionCase& problem) {
    return {.layer = verifiedLayer, .seed = static_cast<std::uint64_t>(problem.seed)};
}

LayerShare runLayer(const Attention& attention, const AttentionCall& call, Group& group,
                    const CaseInputs& inputs) {
    group.resetSent();
    group.barrier();
    const auto start = std::chrono::steady_clock::now();
    AttentionOutput output = attention.forward(call, inputs.q, inputs.k, inputs.v);
    const AttentionGradients gradients = attention.backward(output.saved, inputs.dOut);
    waitFor(gradients.v);
    const auto duration = std::chrono::steady_clock::now() - start;
    if (!output.lse.defined()) throw std::logic_error("the mode does not tell its lse");
    return {.results = {output.out, output.lse, gradients.q, gradients.k, gradients.v},
            .bytesSent = group.sent().attention,
            .nanoseconds = std::chrono::nanoseconds(duration).count()};
}

LsePlace lsePlace(const Schedule& schedule, int rank) {
    const auto isAllToAll = [](const Transfer& transfer) {
        return transfer.kind == TransferKind::AllToAll;
    };
    const RankSchedule steps = schedule.makeSteps(schedule, rank);
    const bool headsSplit = std::ranges::any_of(steps.forward, [&](const Step& step) {
        return std::ranges::any_of(step.transfers, isAllToAll);
    });
    if (headsSplit) {
        const RankSet& among = steps.forward.front().queriesOf;
        return {tokensOf(schedule.owned, among), among.placeOf(rank) * schedule.headsPerRank};
    }
    return {schedule.owned.spansOf(rank), 0};
}

GatheredLayer gatherLayer(const AttentionCase& problem, const Schedule& schedule, Group& group,
                          const LayerShare& share, const SeeShare& see) {
    const at::Tensor headers = allHeaders(group, share);
    GatheredLayer layer;
    Assembly assembly(problem, schedule);
    const at::ScalarType type = share.results.out.scalar_type();
    for (int rank = 0; rank < group.size(); ++rank) {
        if (!takesPart(group, rank)) continue;
        const auto bringHeads = [&](const at::Tensor& mine, std::int64_t heads) {
            return bring(group, rank, mine, sizesOf(problem, schedule, rank, heads), type);
        };
        const auto header = [&](Header field) { return headers[rank][field].item<std::int64_t>(); };
        CaseResults theirs;
        theirs.out = bringHeads(share.results.out, problem.heads);
        theirs.lse =
            bring(group, rank, share.results.lse,
                  {problem.batch, header(LseRows), header(LseHeads)}, sumType(share.results.out));
        for (const TensorPlan& plan : gradientPlans)
            theirs.*plan.member = bringHeads(share.results.*plan.member,
                                             plan.queryHeads ? problem.heads : problem.kvHeads);
        if (group.rank() != 0) continue;
        see(rank, theirs);
        assembly.addOutput(rank, theirs.out);
        assembly.addLse(rank, theirs.lse);
        for (const TensorPlan& plan : gradientPlans)
            assembly.addGradient(rank, plan, theirs.*plan.member);
        layer.bytesSent.push_back(header(BytesSent));
        layer.nanoseconds = std::max(layer.nanoseconds, header(Nanoseconds));
    }
    layer.results = assembly.take();
    return layer;
}

at::Tensor gatherOutput(const AttentionCase& problem, const Schedule& schedule, Group& group,
                        const at::Tensor& out) {
    Assembly assembly(problem, schedule);
    for (int rank = 0; rank < group.size(); ++rank) {
        if (!takesPart(group, rank)) continue;
        const at::Tensor theirs = bring(
            group, rank, out, sizesOf(problem, schedule, rank, problem.heads), out.scalar_type());
        if (group.rank() == 0) assembly.addOutput(rank, theirs);
    }
    return assembly.take().out;
}

}  // namespace ringscope
