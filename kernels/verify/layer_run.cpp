#include "kernels/verify/layer_run.h"

#include "kernels/block/partial_result.h"
#include "kernels/device/number_format.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

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

// A gradient of the problem's: (B, n, heads, columns) of a rank's tokens, or of a weight.
struct TensorPlan {
    at::Tensor CaseResults::*member;
    std::int64_t heads = 1;
    std::int64_t columns = 1;
    std::int64_t weightRows = 0;  // 0: it is of tokens

    std::vector<std::int64_t> sizes(std::int64_t batch, std::int64_t tokens) const {
        if (weightRows > 0) return {1, weightRows, heads, columns};
        return {batch, tokens, heads, columns};
    }
};

TensorPlan outputPlan(const AttentionCase& problem) {
    return {&CaseResults::out, problem.heads, problem.headDim};
}

std::array<TensorPlan, 3> gradientPlans(const AttentionCase& problem) {
    const std::int64_t columns = problem.headDim;
    const TensorPlan dq{&CaseResults::dq, problem.heads, columns};
    if (!problem.latent)
        return {dq, TensorPlan{&CaseResults::dk, problem.kvHeads, columns},
                TensorPlan{&CaseResults::dv, problem.kvHeads, columns}};
    const LatentCase& latent = *problem.latent;
    return {dq, TensorPlan{&CaseResults::dk, 1, latent.width()},
            TensorPlan{&CaseResults::dv, 1, latent.columns,
                       problem.kvHeads * 2 * (columns - latent.rotary)}};
}

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
        at::Tensor& whole = made(results_.out, outputPlan(problem_), out.scalar_type());
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
        at::Tensor& whole = results_.*plan.member;
        if (plan.weightRows > 0)
            made(whole, plan, sumType(part)).add_(part);
        else if (schedule_.replicated)
            made(whole, plan, sumType(part)).add_(part.narrow(1, 0, problem_.tokens));
        else
            placeRows(made(whole, plan, part.scalar_type()), part, owned(rank));
    }

    CaseResults take() { return std::move(results_); }

private:
    // Without padding.
    std::vector<TokenSpan> owned(int rank) const {
        return spansBefore(schedule_.owned.spansOf(rank), problem_.tokens);
    }

    at::Tensor& made(at::Tensor& tensor, const TensorPlan& plan, at::ScalarType type) const {
        if (!tensor.defined())
            tensor =
                at::zeros(plan.sizes(problem_.batch, problem_.tokens), at::TensorOptions(type));
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
                                  const TensorPlan& plan) {
    return plan.sizes(problem.batch, tokenCount(heldTokens(schedule, rank)));
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

// The passes of a problem whose keys come of latents, which travel as such where the schedule says
// so. The gradient of the weight is added up in fp32 at least.
class LatentPass {
public:
    LatentPass(const AttentionCase& problem, const CaseInputs& inputs)
        : problem_(problem),
          inputs_(inputs),
          latents_(inputs.k.squeeze(2).contiguous()),
          weight_(inputs.weight.to(sumType(inputs.weight)).detach().requires_grad_()),
          expand_([problem, weight = weight_](const at::Tensor& rows, const HeadSpan& heads) {
              return headsOfLatents(problem, rows, weight, heads);
          }) {}

    AttentionOutput forward(const Attention& attention, const AttentionCall& call) const {
        if (attention.travelAsLatents())
            return attention.forward(call, inputs_.q, {latents_, expand_, problem_.kvHeads});
        const at::NoGradGuard withoutGraph;
        const auto [k, v] = expand_(latents_, all());
        return attention.forward(call, inputs_.q, k, v);
    }

    CaseResults run(const Attention& attention, const AttentionCall& call) const {
        const AttentionOutput output = forward(attention, call);
        const AttentionGradients gradients = attention.backward(output.saved, inputs_.dOut);
        at::Tensor latentGradient = gradients.k;
        if (!attention.travelAsLatents()) {
            const at::AutoGradMode withGraph(true);
            const at::Tensor leaf = latents_.detach().requires_grad_();
            const auto [k, v] = expand_(leaf, all());
            torch::autograd::backward({k, v}, {gradients.k, gradients.v});
            latentGradient = leaf.grad();
        }
        return {output.out, output.lse, gradients.q, latentGradient.unsqueeze(2),
                weight_.grad().unsqueeze(0).unsqueeze(2)};
    }

private:
    HeadSpan all() const { return {0, problem_.kvHeads}; }

    const AttentionCase& problem_;
    const CaseInputs& inputs_;
    at::Tensor latents_;
    at::Tensor weight_;
    KeyExpansion expand_;
};

// A GPU computes while the host goes on. A copy from it comes after everything posted before.
void waitFor(const at::Tensor& last) {
    if (!last.is_cpu()) last.flatten().narrow(0, 0, 1).cpu();
}

}  // namespace

CaseInputs inputsOn(const at::Device& device, const CaseInputs& inputs) {
    const auto here = [&](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.to(device) : tensor;
    };
    return {here(inputs.q), here(inputs.k), here(inputs.v), here(inputs.dOut), here(inputs.weight)};
}

AttentionCall callOf(const AttentionCase& problem) {
    return {.layer = verifiedLayer, .seed = static_cast<std::uint64_t>(problem.seed)};
}

AttentionOutput runForward(const AttentionCase& problem, const Attention& attention,
                           const AttentionCall& call, const CaseInputs& inputs) {
    if (!problem.latent) return attention.forward(call, inputs.q, inputs.k, inputs.v);
    const LatentPass pass(problem, inputs);
    return pass.forward(attention, call);
}

LayerShare runLayer(const AttentionCase& problem, const Attention& attention,
                    const AttentionCall& call, Group& group, const CaseInputs& inputs) {
    group.resetSent();
    group.barrier();
    const auto start = std::chrono::steady_clock::now();
    CaseResults results;
    if (problem.latent) {
        const LatentPass pass(problem, inputs);
        results = pass.run(attention, call);
    } else {
        const AttentionOutput output = attention.forward(call, inputs.q, inputs.k, inputs.v);
        const AttentionGradients gradients = attention.backward(output.saved, inputs.dOut);
        results = {output.out, output.lse, gradients.q, gradients.k, gradients.v};
    }
    waitFor(results.dv);
    const auto duration = std::chrono::steady_clock::now() - start;
    if (!results.lse.defined()) throw std::logic_error("the mode does not tell its lse");
    return {.results = std::move(results),
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
    const auto plans = gradientPlans(problem);
    for (int rank = 0; rank < group.size(); ++rank) {
        if (!takesPart(group, rank)) continue;
        const auto bringTensor = [&](const at::Tensor& mine, const TensorPlan& plan) {
            return bring(group, rank, mine, sizesOf(problem, schedule, rank, plan),
                         plan.weightRows > 0 ? sumType(share.results.out) : type);
        };
        const auto header = [&](Header field) { return headers[rank][field].item<std::int64_t>(); };
        CaseResults theirs;
        theirs.out = bringTensor(share.results.out, outputPlan(problem));
        theirs.lse =
            bring(group, rank, share.results.lse,
                  {problem.batch, header(LseRows), header(LseHeads)}, sumType(share.results.out));
        for (const TensorPlan& plan : plans)
            theirs.*plan.member = bringTensor(share.results.*plan.member, plan);
        if (group.rank() != 0) continue;
        see(rank, theirs);
        assembly.addOutput(rank, theirs.out);
        assembly.addLse(rank, theirs.lse);
        for (const TensorPlan& plan : plans) assembly.addGradient(rank, plan, theirs.*plan.member);
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
        const at::Tensor theirs =
            bring(group, rank, out, sizesOf(problem, schedule, rank, outputPlan(problem)),
                  out.scalar_type());
        if (group.rank() == 0) assembly.addOutput(rank, theirs);
    }
    return assembly.take().out;
}

}  // namespace ringscope
