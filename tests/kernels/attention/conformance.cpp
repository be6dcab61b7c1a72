#include "tests/kernels/attention/conformance.h"

#include "kernels/attention/attention.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>

namespace ringscope::testing {
namespace {

struct Tensors {
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;
    at::Tensor dOut;
};

// The same on every rank.
Tensors wholeSequence(const ConformanceCase& testCase) {
    at::Generator generator = at::detail::createCPUGenerator(20240607);
    const AttentionShape& shape = testCase.shape;
    const auto random = [&](std::int64_t heads) {
        return at::randn({shape.batch, shape.tokens, heads, shape.headDim}, generator,
                         at::TensorOptions(testCase.type));
    };
    return {random(shape.heads), random(shape.kvHeads), random(shape.kvHeads), random(shape.heads)};
}

at::Tensor shard(const at::Tensor& whole, const std::vector<TokenSpan>& spans) {
    std::vector<at::Tensor> parts;
    for (const TokenSpan& span : spans) parts.push_back(whole.narrow(1, span.begin, span.size()));
    return at::cat(parts, 1);
}

// What a rank puts in. In a replicated model that is everything, and a part of the gradient that
// adds up to all of it over the ranks; else the rank's own tokens.
Tensors inputOf(const Tensors& whole, const Schedule& schedule, const Group& group) {
    const auto& spans = schedule.owned[static_cast<std::size_t>(group.rank())];
    if (!schedule.replicated)
        return {shard(whole.q, spans), shard(whole.k, spans), shard(whole.v, spans),
                shard(whole.dOut, spans)};
    const double share = 2.0 * (group.rank() + 1) / (group.size() * (group.size() + 1));
    return {whole.q.clone(), whole.k.clone(), whole.v.clone(), whole.dOut * share};
}

// Where activations are replicated, gradients are parts of a sum over ranks.
void sumOverRanks(at::Tensor& gradient, Group& group) {
    gradient = gradient.contiguous();
    group.allReduceSum(gradient);
}

class Deviations {
public:
    explicit Deviations(const ConformanceCase& testCase)
        : limit_(testCase.type == at::kDouble ? 1e-10 : 1e-5) {}

    void compare(const char* what, const at::Tensor& actual, const at::Tensor& expected) {
        const double difference = distance(actual, expected);
        if (!(difference <= limit_))
            text_ += std::string(what) + " differs by " + std::to_string(difference) + "\n";
    }
    void compareBytes(std::int64_t actual, std::int64_t planned) {
        if (actual != planned)
            text_ += "sent " + std::to_string(actual) + " bytes, the schedule says " +
                     std::to_string(planned) + "\n";
    }
    const std::string& text() const { return text_; }

private:
    double limit_;
    std::string text_;
};

std::string allDeviations(const ConformanceCase& testCase, const Schedule& schedule, Group& group) {
    const auto attention =
        Attention::make(schedule, group.rank(), group, {.scale = testCase.scale});
    if (!attention.ok()) return attention.error().message;

    const Tensors whole = wholeSequence(testCase);
    Tensors input = inputOf(whole, schedule, group);
    for (at::Tensor* leaf : {&input.q, &input.k, &input.v}) leaf->requires_grad_();
    group.resetSent();
    const at::Tensor out = (*attention)->attend(input.q, input.k, input.v);
    out.backward(input.dOut);
    const Traffic sent = group.sent();

    const MaskKind mask = testCase.shape.causal ? MaskKind::Causal : MaskKind::Full;
    const BlockInput full{whole.q, whole.k, whole.v, mask, testCase.scale};
    const at::Tensor expectedOut = referenceForward(full).out;
    const BlockGradients expected = referenceBackward(full, whole.dOut);
    at::Tensor dq = input.q.grad();
    at::Tensor dk = input.k.grad();
    at::Tensor dv = input.v.grad();
    if (schedule.replicated)
        for (at::Tensor* gradient : {&dq, &dk, &dv}) sumOverRanks(*gradient, group);
    const auto mine = [&](const at::Tensor& tensor) {
        return schedule.replicated
                   ? tensor
                   : shard(tensor, schedule.owned[static_cast<std::size_t>(group.rank())]);
    };

    Deviations deviations(testCase);
    deviations.compare("out", out.detach(), mine(expectedOut));
    deviations.compare("dq", dq, mine(expected.q));
    deviations.compare("dk", dk, mine(expected.k));
    deviations.compare("dv", dv, mine(expected.v));
    deviations.compareBytes(sent.attention, sentBytes(schedule, group.rank()));
    deviations.compareBytes(sent.total(), sent.attention);
    return deviations.text();
}

}  // namespace

std::string ConformanceCase::name() const {
    return std::string(mode->name) + ", " + std::to_string(shape.ranks) + " ranks, batch " +
           std::to_string(shape.batch) + ", " + std::to_string(shape.heads) + "/" +
           std::to_string(shape.kvHeads) + " heads, " + (shape.causal ? "causal" : "full") + ", " +
           c10::toString(type) + (scale ? ", scaled" : "");
}

std::vector<ConformanceCase> legalCases(const Mode& mode, int ranks) {
    std::vector<ConformanceCase> cases;
    const std::vector<std::pair<std::int64_t, std::int64_t>> headCounts = {{4, 4}, {4, 2}, {4, 1},
                                                                           {6, 6}, {6, 3}, {6, 1}};
    for (const auto& [heads, kvHeads] : headCounts)
        for (bool causal : {true, false})
            for (at::ScalarType type : {at::kFloat, at::kDouble}) {
                const int bytes = static_cast<int>(c10::elementSize(type));
                ConformanceCase testCase{.mode = &mode,
                                         .shape = {.ranks = ranks,
                                                   .batch = kvHeads == 1 ? 1 : 2,
                                                   .tokens = 48,
                                                   .heads = heads,
                                                   .kvHeads = kvHeads,
                                                   .headDim = 8,
                                                   .causal = causal,
                                                   .elementBytes = bytes,
                                                   .gradientAccumulatorBytes = bytes},
                                         .type = type};
                if (heads == kvHeads) testCase.scale = 0.5;
                if (mode.schedule(testCase.shape).ok()) cases.push_back(testCase);
            }
    return cases;
}

std::string findDeviations(const ConformanceCase& testCase, Group& group) {
    const Result<Schedule> schedule = testCase.mode->schedule(testCase.shape);
    if (!schedule.ok()) return schedule.error().message;
    return allDeviations(testCase, *schedule, group);
}

}  // namespace ringscope::testing
