#include "tests/kernels/attention/conformance.h"

#include "backend/config/mode_names.h"
#include "backend/plan/message_fit.h"
#include "kernels/attention/attention.h"
#include "kernels/block/block_attention.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

namespace ringscope::test {
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
    const auto& spans = schedule.owned.spansOf(group.rank());
    if (!schedule.replicated)
        return {shard(whole.q, spans), shard(whole.k, spans), shard(whole.v, spans),
                shard(whole.dOut, spans)};
    const double share = 2.0 * (group.rank() + 1) / (group.size() * (group.size() + 1));
    return {whole.q.clone(), whole.k.clone(), whole.v.clone(), whole.dOut * share};
}

// Where activations are replicated, gradients are parts of a sum over ranks; adding them up is not
// the mode's and must not round.
void sumOverRanks(at::Tensor& gradient, Group& group) {
    gradient = gradient.to(at::kDouble).contiguous();
    group.allReduceSum(gradient);
}

class Deviations {
public:
    void compare(const char* what, const at::Tensor& actual, const at::Tensor& expected,
                 double limit) {
        const double difference = distance(actual, expected);
        if (!(difference <= limit))
            text_ += std::string(what) + " differs by " + std::to_string(difference) + ", over " +
                     std::to_string(limit) + "\n";
    }
    void compareBytes(std::int64_t actual, std::int64_t planned) {
        if (actual != planned)
            text_ += "sent " + std::to_string(actual) + " bytes, the schedule says " +
                     std::to_string(planned) + "\n";
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

bool isHalf(at::ScalarType type) { return type == at::kBFloat16 || type == at::kHalf; }

// The whole of the attention as one block.
BlockInput wholeBlock(const ConformanceCase& testCase, const Tensors& whole) {
    const AttentionOptions& options = testCase.options;
    return {.q = whole.q,
            .k = whole.k,
            .v = whole.v,
            .mask = MaskKind::Positions,
            .rules = {.scale = options.scale,
                      .softcap = options.softcap,
                      .alibiHeads = options.alibi ? testCase.shape.heads : 0,
                      .dropout = options.dropout,
                      .dropoutSeed = dropoutSeedOfLayer(testCase.seed, 0),
                      .mask = &testCase.mask}};
}

// One of each head; not defined where the case has none.
at::Tensor sinksOf(const ConformanceCase& testCase) {
    if (!testCase.sinks) return {};
    return at::linspace(-1.0, 1.5, testCase.shape.heads, at::TensorOptions().dtype(at::kDouble));
}

// What the ranks together should answer, and how far they may be from it.
struct Expected {
    BlockOutput output{};
    BlockGradients gradients{};
    at::Tensor sinks{};  // their gradient
    double outLimit = 0, qLimit = 0, kLimit = 0, vLimit = 0;
};

Expected expectedOf(const ConformanceCase& testCase, const Tensors& whole) {
    const BlockInput block = wholeBlock(testCase, whole);
    const at::Tensor sinks = sinksOf(testCase);
    Expected expected{referenceForward(block, at::kDouble, sinks),
                      referenceBackward(block, whole.dOut, at::kDouble, sinks)};
    if (sinks.defined()) expected.sinks = referenceSinkGradient(block, whole.dOut, sinks);
    if (!isHalf(testCase.type)) {
        const double limit = testCase.type == at::kDouble ? 1e-10 : 1e-5;
        expected.outLimit = expected.qLimit = expected.kLimit = expected.vLimit = limit;
        return expected;
    }
    const BlockOutput rounded = referenceForward(block, testCase.type, sinks);
    const BlockGradients gradients = referenceBackward(block, whole.dOut, testCase.type, sinks);
    const auto limit = [](const at::Tensor& actual, const at::Tensor& wanted) {
        return 2.5 * distance(actual, wanted) + 2e-3;
    };
    expected.outLimit = limit(rounded.out, expected.output.out);
    expected.qLimit = limit(gradients.q, expected.gradients.q);
    expected.kLimit = limit(gradients.k, expected.gradients.k);
    expected.vLimit = limit(gradients.v, expected.gradients.v);
    return expected;
}

// Every rank and every mode asks for the same; it is computed once.
const Expected& sharedExpectation(const ConformanceCase& testCase, const Tensors& whole) {
    static std::mutex mutex;
    static std::map<std::string, Expected> known;
    const std::scoped_lock lock(mutex);
    const std::string name = testCase.problem();
    const auto found = known.find(name);
    return found != known.end() ? found->second
                                : known.emplace(name, expectedOf(testCase, whole)).first->second;
}

std::string allDeviations(const ConformanceCase& testCase, const MessageFit& fit, Group& group) {
    const Schedule& schedule = fit.schedule;
    AttentionOptions options = testCase.options;
    options.turns = fit.turns;
    if (group.size() > 1) options.bufferLimit = fit.bufferBytes;
    const auto attention = Attention::make(schedule, group.rank(), group, options);
    if (!attention.ok()) return attention.error().message;

    const Tensors whole = wholeSequence(testCase);
    Tensors input = inputOf(whole, schedule, group);
    for (at::Tensor* leaf : {&input.q, &input.k, &input.v}) leaf->requires_grad_();
    AttentionCall call{.layer = 0, .seed = testCase.seed};
    call.sinks.scores = sinksOf(testCase);
    if (testCase.sinks) call.sinks.gradient = at::zeros_like(call.sinks.scores);
    group.resetSent();
    const at::Tensor out = (*attention)->attend(call, input.q, input.k, input.v);
    out.backward(input.dOut);
    const Traffic sent = group.sent();

    const Expected& expected = sharedExpectation(testCase, whole);
    at::Tensor dq = input.q.grad();
    at::Tensor dk = input.k.grad();
    at::Tensor dv = input.v.grad();
    if (schedule.replicated)
        for (at::Tensor* gradient : {&dq, &dk, &dv}) sumOverRanks(*gradient, group);
    if (testCase.sinks && group.size() > 1) sumOverRanks(call.sinks.gradient, group);
    const auto mine = [&](const at::Tensor& tensor) {
        return schedule.replicated ? tensor : shard(tensor, schedule.owned.spansOf(group.rank()));
    };

    Deviations deviations;
    deviations.compare("out", out.detach(), mine(expected.output.out), expected.outLimit);
    deviations.compare("dq", dq, mine(expected.gradients.q), expected.qLimit);
    deviations.compare("dk", dk, mine(expected.gradients.k), expected.kLimit);
    deviations.compare("dv", dv, mine(expected.gradients.v), expected.vLimit);
    if (testCase.sinks)
        deviations.compare("dsinks", call.sinks.gradient, expected.sinks,
                           isHalf(testCase.type) ? 10 * expected.outLimit : 48 * expected.outLimit);
    deviations.compareBytes(sent.attention, fit.turns * sentBytes(schedule, group.rank()));
    deviations.compareBytes(sent.total(), sent.attention);
    return deviations.text();
}

// The ways in which a mode can group the ranks.
std::vector<AttentionShape> arrangements(const Mode& mode, AttentionShape shape) {
    std::vector<AttentionShape> all;
    for (int ranks = 1; ranks <= shape.ranks; ++ranks) {
        if (shape.ranks % ranks != 0) continue;
        if (mode.name == modenames::doubleRing) {
            shape.innerRing = ranks;
            all.push_back(shape);
        }
        if (mode.name == modenames::usp) {
            shape.ulysses = ranks;
            for (const bool inner : {true, false}) {
                shape.ulyssesInner = inner;
                if (inner || (ranks > 1 && ranks < shape.ranks)) all.push_back(shape);
            }
        }
    }
    return all.empty() ? std::vector{shape} : all;
}

std::string limitOf(const ConformanceCase& testCase) {
    if (testCase.bufferLimit.count == 1LL << 40) return "";
    return ", buffers of " + std::to_string(testCase.bufferLimit.count) + " bytes";
}

std::string arrangementOf(const ConformanceCase& testCase) {
    const Result<Schedule> schedule = testCase.mode->schedule(testCase.shape);
    return schedule.ok() && !schedule->arrangement.empty() ? ", " + schedule->arrangement : "";
}

}  // namespace

std::string ConformanceCase::name() const {
    return LaidOutMode{mode, layout}.name() + ", " + std::to_string(shape.ranks) + " ranks, " +
           problem() + arrangementOf(*this) + limitOf(*this);
}

std::string ConformanceCase::problem() const {
    return "batch " + std::to_string(shape.batch) + ", " + std::to_string(shape.heads) + "/" +
           std::to_string(shape.kvHeads) + " heads, " + (shape.causal ? "causal" : "full") + ", " +
           c10::toString(type) + (feature.empty() ? "" : ", " + feature);
}

AxisValues headValues(const ConformanceCase& testCase) {
    const AttentionShape& shape = testCase.shape;
    return {std::string(testCase.mode->name),
            std::to_string(shape.ranks),
            std::to_string(shape.heads) + "/" + std::to_string(shape.kvHeads),
            shape.causal ? "causal" : "full",
            c10::toString(testCase.type),
            arrangementOf(testCase)};
}

AxisValues cellValues(const ConformanceCase& testCase) {
    return {LaidOutMode{testCase.mode, testCase.layout}.name(),
            std::to_string(testCase.shape.ranks), testCase.shape.causal ? "causal" : "full",
            c10::toString(testCase.type), testCase.feature};
}

namespace {

ConformanceCase caseOf(const Mode& mode, int ranks, std::int64_t heads, std::int64_t kvHeads,
                       bool causal, at::ScalarType type) {
    const int bytes = static_cast<int>(c10::elementSize(type));
    return {.mode = &mode,
            .shape = {.ranks = ranks,
                      .batch = kvHeads == 1 ? 1 : 2,
                      .tokens = 48,
                      .heads = heads,
                      .kvHeads = kvHeads,
                      .headDim = 8,
                      .causal = causal,
                      .elementBytes = bytes,
                      .gradientAccumulatorBytes = std::max(4, bytes)},
            .type = type,
            .mask = {.causal = causal}};
}

struct Feature {
    const char* name;
    std::int64_t tokens;
    AttentionMask mask{};
    AttentionOptions options{};
    std::uint64_t seed = 0;
    bool grouped = true;  // two query heads for each key/value head
    bool sinks = false;
};

std::vector<Feature> features() {
    const std::vector<std::int64_t> shorterThanRanks = {0, 1, 3, 5, 20, 21, 48};
    const AttentionMask windowed{.left = 66, .documents = {0, 70, 71, 160, 192}};
    return {
        {.name = "plain", .tokens = 48, .grouped = false},
        {"grouped heads", 48},
        {"window", 48, {.left = 5}},
        {"window both ways", 192, {.left = 70, .right = 20}},
        {"documents", 48, {.documents = shorterThanRanks}},
        {"long documents", 192, {.documents = {0, 70, 150, 192}}},
        {"window in documents", 192, windowed},
        {"scale", 48, {}, {.scale = 0.5}},
        {"soft-cap", 48, {}, {.softcap = 1.5}},
        {"ALiBi", 48, {}, {.alibi = true}},
        {.name = "sinks", .tokens = 48, .sinks = true},
        {.name = "sinks in documents", .tokens = 192, .mask = windowed, .sinks = true},
        {"dropout", 48, {}, {.dropout = 0.2}, 11},
        {"all", 192, windowed, {.scale = 0.5, .softcap = 3.0, .alibi = true, .dropout = 0.1}, 5}};
}

// Heads that so many ranks can split.
std::int64_t headsFor(int ranks) {
    if (ranks == 3) return 6;
    return ranks > 4 ? ranks : 4;
}

bool runs(const ConformanceCase& testCase) { return refusalOf(testCase).empty(); }

}  // namespace

std::vector<ConformanceCase> legalCases(const Mode& mode, int ranks) {
    std::vector<ConformanceCase> cases;
    const std::vector<std::pair<std::int64_t, std::int64_t>> headCounts = {
        {4, 4}, {4, 2}, {4, 1}, {6, 6}, {6, 3}, {6, 1}, {8, 2}, {8, 1}};
    for (const auto& [heads, kvHeads] : headCounts)
        for (bool causal : {true, false})
            for (at::ScalarType type : {at::kFloat, at::kDouble}) {
                ConformanceCase testCase = caseOf(mode, ranks, heads, kvHeads, causal, type);
                if (heads == kvHeads) {
                    testCase.options.scale = 0.5;
                    testCase.feature = "scaled";
                }
                if (ranks > 4 && type == at::kFloat) continue;  // fewer ranks show it as well
                for (const AttentionShape& arranged : arrangements(mode, testCase.shape)) {
                    testCase.shape = arranged;
                    if (runs(testCase)) cases.push_back(testCase);
                }
            }
    return cases;
}

std::vector<ConformanceCase> everyCell(const Mode& mode, int ranks) {
    std::vector<at::ScalarType> types = {at::kFloat, at::kBFloat16};
    if (ranks <= 4) types.insert(types.end(), {at::kDouble, at::kHalf});
    const std::vector<Feature> all = features();
    std::vector<ConformanceCase> cells;
    for (bool causal : {true, false})
        for (at::ScalarType type : types)
            for (const Feature& feature : all) {
                const std::int64_t heads = headsFor(ranks);
                ConformanceCase cell =
                    caseOf(mode, ranks, heads, feature.grouped ? heads / 2 : heads, causal, type);
                cell.shape.tokens = feature.tokens;
                cell.feature = feature.name;
                cell.options = feature.options;
                cell.seed = feature.seed;
                cell.sinks = feature.sinks;
                cell.mask = feature.mask;
                cell.mask.causal = causal;
                cells.push_back(cell);
            }
    return cells;
}

std::string refusalOf(const ConformanceCase& testCase) {
    const Result<Schedule> schedule =
        scheduleOf(LaidOutMode{testCase.mode, testCase.layout}, testCase.shape);
    return schedule.ok() ? "" : schedule.error().message;
}

namespace {

Result<MessageFit> fitOf(const ConformanceCase& testCase) {
    std::optional<AttentionMask> mask;
    if (!testCase.mask.plain() || !testCase.options.plain()) mask = testCase.mask;
    LayoutChoice choice = testCase.layout;
    choice.tokens = testCase.shape.tokens;
    choice.documents = testCase.mask.documents.empty() ? std::vector{std::int64_t{0}, choice.tokens}
                                                       : testCase.mask.documents;
    RINGSCOPE_TRY(const std::optional<ChosenLayout> layout,
                  chosenLayout(*testCase.mode, testCase.shape, choice));
    return fitMessages(*testCase.mode, testCase.shape, mask, testCase.bufferLimit, layout);
}

}  // namespace

std::vector<ConformanceCase> tightCases(const ConformanceCase& testCase) {
    std::vector<ConformanceCase> cases;
    ConformanceCase tight = testCase;
    for (Result<MessageFit> fit = fitOf(tight); fit.ok() && fit->bufferBytes > 0;
         fit = fitOf(tight)) {
        if (!fit->plain()) cases.push_back(tight);
        tight.bufferLimit = {fit->bufferBytes - 1};
    }
    return cases;
}

// The buffers' limit is what the plan says they need: a byte more and the rank throws.
std::string findDeviations(const ConformanceCase& testCase, Group& group) {
    const Result<MessageFit> fit = fitOf(testCase);
    return fit.ok() ? allDeviations(testCase, *fit, group) : fit.error().message;
}

}  // namespace ringscope::test
