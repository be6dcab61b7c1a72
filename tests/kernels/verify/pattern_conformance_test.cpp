// Patterns under every mode against dense fp64 attention with a mask of the same pattern, LongNet's
// golden vectors, and leaks of outputs and gradients.
#include "backend/model/npy.h"
#include "kernels/verify/layer_run.h"
#include "kernels/verify/probe.h"
#include "kernels/verify/tensor_dump.h"
#include "tests/backend/plan/laid_out_modes.h"
#include "tests/kernels/attention/reference.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/support/covering.h"
#include "tests/support/program.h"

#include "backend/verify/verify_request.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::distance;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t tokens = 96;

struct NamedPattern {
    std::string name;
    PatternConfig config;
};

// Every third block of 8 tokens, and the one before one's own.
std::string patternFile() {
    constexpr std::int64_t blocks = tokens / 8;
    std::string cells;
    for (std::int64_t query = 0; query < blocks; ++query)
        for (std::int64_t key = 0; key < blocks; ++key)
            cells += key == query || key + 1 == query || key % 3 == 0 ? '\1' : '\0';
    static const test::TemporaryFolder folder;
    const auto path = folder.path() / "pattern.npy";
    if (!std::filesystem::exists(path)) {  // written once for all tests of this process
        const NpyArray file{.type = "|u1", .shape = {blocks, blocks}, .bytes = cells};
        EXPECT_TRUE(writeNpy(path, file).ok());
    }
    return path.string();
}

std::vector<NamedPattern> patterns() {
    using enum PatternKind;
    return {
        {"whole_ranks", {.kind = Dilated, .segments = {4, 96, 200}, .rates = {1, 2, 4}}},
        {"differentiable_branches",
         {.kind = Dilated,
          .segments = {8, 48, 96},
          .rates = {1, 2, 3},
          .offsets = HeadOffsets::Torchscale,
          .stopGradient = false}},
        {"nothing_divides", {.kind = Dilated, .segments = {7, 31}, .rates = {1, 3}}},
        {"local", {.kind = BlockSparse, .block = 8, .local = 1}},
        {"stride_and_global", {.kind = BlockSparse, .block = 7, .stride = 3, .globalTokens = 10}},
        {"hierarchical", {.kind = BlockSparse, .block = 4, .local = 2, .levels = 4}},
        {"file", {.kind = BlockSparse, .block = 8, .file = patternFile()}},
        {"chosen", {.kind = BlockSparse, .block = 8, .topK = 3}},
        {"chosen_and_others",
         {.kind = BlockSparse, .block = 5, .local = 1, .globalTokens = 3, .topK = 2}},
    };
}

struct Setting {
    std::string name;
    bool causal = true;
    bool documents = false;
    bool rules = false;  // soft-cap, ALiBi and dropout
    NumberFormat type = NumberFormat::Fp64;
};

AttentionCase caseOf(const NamedPattern& pattern, const Setting& setting, int ranks) {
    const std::int64_t kvHeads = ranks == 3 ? 3 : 4;
    AttentionCase problem{.tokens = tokens,
                          .heads = 2 * kvHeads,
                          .kvHeads = kvHeads,
                          .headDim = 4,
                          .causal = setting.causal};
    problem.pattern = pattern.config;
    problem.type = setting.type;
    problem.seed = 3;
    if (setting.documents) problem.documents = {0, 1, 30, 35, 96};
    if (setting.rules) {
        problem.softcap = 3;
        problem.alibi = true;
        problem.dropout = 0.2;
    }
    return problem;
}

AttentionOptions optionsOf(const AttentionCase& problem) {
    AttentionOptions options;
    options.softcap = problem.softcap;
    options.alibi = problem.alibi;
    options.dropout = problem.dropout;
    options.bufferLimit = std::numeric_limits<std::int64_t>::max();
    return options;
}

// A case with what it should give, computed once.
struct ExpectedCase {
    std::string name;
    AttentionCase problem;
    PatternMask mask;
    CaseInputs inputs;
    CaseResults results;
};

ExpectedCase expectedCase(const std::string& name, const NamedPattern& pattern,
                          const Setting& setting, int ranks) {
    const AttentionCase problem = caseOf(pattern, setting, ranks);
    const CaseInputs inputs = makeInputs(problem, allTokens(problem));
    const PatternMask mask = PatternMask::make(problem, inputs).value();
    return {name, problem, mask, inputs, referenceAttention(problem, mask, inputs)};
}

// Modes that pack rows alone have patterns that they cannot express, and say so.
void expectRefusal(const std::string& mode, const AttentionCase& problem,
                   const std::string& reason) {
    EXPECT_THAT(mode, StartsWith("dilated-")) << reason;
    EXPECT_THAT(reason, StartsWith(mode + " ")) << mode;
    EXPECT_THAT(reason, HasSubstr("mode ring"));
    EXPECT_NE(problem.pattern.kind, PatternKind::None);
}

void expectCase(const test::LaidOutMode& laidOut, const ExpectedCase& expected, Group& group) {
    const AttentionCase& problem = expected.problem;
    VerifyRequest request;
    request.problem = problem;
    request.ranks = group.size();
    request.layout = laidOut.layout;
    const Result<Schedule> schedule = planMode(*laidOut.mode, request);
    ASSERT_TRUE(schedule.ok()) << schedule.error().message;
    const auto attention =
        Attention::make(*schedule, group.rank(), group, optionsOf(problem)).value();
    CaseInputs inputs = inputsOfRank(problem, *schedule, group.rank());
    const LayerShare share = runLayer(problem, *attention, callOf(problem), group, inputs);
    const GatheredLayer layer =
        gatherLayer(problem, *schedule, group, share, [](int, const CaseResults&) {});
    const Disturbance disturbance = probeOf(problem, *schedule);
    disturb(inputs, heldTokens(*schedule, group.rank()), disturbance);
    const AttentionOutput output = runForward(problem, *attention, callOf(problem), inputs);
    const at::Tensor after = gatherOutput(problem, *schedule, group, output.out);
    if (group.rank() != 0) return;
    const double limit = problem.type == NumberFormat::Fp64 ? 1e-10 : 1e-5;
    const std::string name =
        expected.name + ", " + laidOut.name() + " on " + std::to_string(group.size()) + " ranks";
    EXPECT_LT(distance(layer.results.out, expected.results.out), limit) << name;
    EXPECT_LT(distance(layer.results.lse, expected.results.lse), limit) << name;
    EXPECT_LT(distance(layer.results.dq, expected.results.dq), limit) << name;
    EXPECT_LT(distance(layer.results.dk, expected.results.dk), limit) << name;
    EXPECT_LT(distance(layer.results.dv, expected.results.dv), limit) << name;
    for (int rank = 0; rank < group.size(); ++rank)
        EXPECT_EQ(layer.bytesSent[static_cast<std::size_t>(rank)], sentBytes(*schedule, rank))
            << name << ", rank " << rank;
    const at::Tensor weights =
        weightsOfKey(problem, expected.mask, expected.inputs, expected.results, disturbance.token);
    const ProbeVerdict probe = judgeProbe(problem, expected.mask, *schedule, disturbance, weights,
                                          layer.results.out, after);
    EXPECT_TRUE(probe.ok()) << name << ": " << probe.text();
}

struct LaidOutPattern {
    int ranks = 1;
    test::LaidOutMode mode;
    NamedPattern pattern;
    Setting setting;
};

// What a mode refuses is no combination, and has to say why.
bool isRefused(const LaidOutPattern& each) {
    if (!each.mode.mode->name.starts_with("dilated-")) return false;
    VerifyRequest request;
    request.problem = caseOf(each.pattern, each.setting, each.ranks);
    request.ranks = each.ranks;
    const Result<Schedule> schedule = planMode(*each.mode.mode, request);
    if (schedule.ok()) return false;
    expectRefusal(std::string(each.mode.mode->name), request.problem, schedule.error().message);
    return true;
}

std::vector<LaidOutPattern> legalPatterns() {
    const std::vector<Setting> settings = {
        {.name = "causal"},
        {.name = "full", .causal = false},
        {.name = "documents and rules", .documents = true, .rules = true},
        {.name = "fp32, rules", .rules = true, .type = NumberFormat::Fp32}};
    std::vector<LaidOutPattern> all;
    for (const int ranks : {1, 2, 3, 4, 8})
        for (const test::LaidOutMode& mode : test::laidOutModes()) {
            const bool legal = mode.mode->sharded || ranks == 1;
            // Other layouts than the mode's own are cut alike on any number of ranks.
            if (!legal || (!mode.layout.isModes() && ranks != 4)) continue;
            for (const NamedPattern& pattern : patterns())
                for (const Setting& setting : settings) {
                    const LaidOutPattern each{ranks, mode, pattern, setting};
                    if (setting.type == NumberFormat::Fp32 && ranks != 4) continue;
                    if (!isRefused(each)) all.push_back(each);
                }
        }
    return all;
}

TEST(Patterns, AreTheirDenseMaskUnderEveryModeAndSetting) {
    const auto chosen = test::coveringPairs(legalPatterns(), [](const LaidOutPattern& each) {
        return test::AxisValues{std::to_string(each.ranks), each.mode.name(), each.pattern.name,
                                each.setting.name};
    });
    for (const int ranks : {1, 2, 3, 4, 8}) {
        std::map<std::string, ExpectedCase> cases;
        const auto nameOfCase = [](const LaidOutPattern& each) {
            return each.pattern.name + ", " + each.setting.name;
        };
        for (const LaidOutPattern& each : chosen)
            if (each.ranks == ranks && !cases.contains(nameOfCase(each)))
                cases.emplace(nameOfCase(each),
                              expectedCase(nameOfCase(each), each.pattern, each.setting, ranks));
        test::runRanks(ranks, [&](Group& group) {
            for (const LaidOutPattern& each : chosen)
                if (each.ranks == ranks) expectCase(each.mode, cases.at(nameOfCase(each)), group);
        });
    }
}

// q = sin(.7 i + .1), k = cos(.3 i), v = sin(((0.11 i) i) mod 6.283), i along (tokens, heads, 2).
CaseInputs goldenInputs(std::int64_t heads) {
    const at::Tensor i = at::arange(8 * heads * 2, at::kDouble);
    const auto shaped = [&](const at::Tensor& values) {
        return values.view({1, 8, heads, 2}).contiguous();
    };
    return {.q = shaped(at::sin(i * 0.7 + 0.1)),
            .k = shaped(at::cos(i * 0.3)),
            .v = shaped(at::sin(at::remainder(i * 0.11 * i, 6.283))),
            .dOut = shaped(at::ones_like(i))};
}

at::Tensor goldenOutput(AttentionCase problem, std::int64_t heads) {
    problem.tokens = 8;
    problem.heads = problem.kvHeads = heads;
    problem.headDim = 2;
    problem.type = NumberFormat::Fp64;
    problem.pattern.kind = PatternKind::Dilated;
    at::Tensor out;
    test::runRanks(1, [&](Group& group) {
        VerifyRequest request;
        request.problem = problem;
        request.ranks = 1;
        const Schedule schedule = planMode(*findMode("none"), request).value();
        const auto attention = Attention::make(schedule, 0, group).value();
        out = runForward(problem, *attention, callOf(problem), goldenInputs(heads)).out;
    });
    const at::Tensor reference =
        referenceAttention(problem, PatternMask::make(problem).value(), goldenInputs(heads)).out;
    EXPECT_LT(distance(out, reference), 1e-14);
    return out;
}

void expectRow(const at::Tensor& out, std::int64_t token, const std::vector<double>& values) {
    EXPECT_LT(distance(out[0][token].flatten(), at::tensor(values, at::kDouble)), 1e-6);
}

TEST(Dilated, GivesTheGoldenVectors) {
    AttentionCase problem;
    problem.pattern = {.segments = {4, 8}, .rates = {1, 2}};
    const at::Tensor causal = goldenOutput(problem, 2);
    expectRow(causal, 7, {0.096268, -0.558714, -0.333247, 0.259543});
    expectRow(causal, 2, {0.531199, 0.355660, 0.078098, 0.516370});
    EXPECT_NEAR(causal.sum().item<double>(), 2.618572, 1e-6);
    EXPECT_NEAR(goldenOutput(problem, 4).sum().item<double>(), 5.491538, 1e-6);
    problem.pattern.offsets = HeadOffsets::Torchscale;
    EXPECT_NEAR(goldenOutput(problem, 4).sum().item<double>(), 5.295584, 1e-6);
    problem.pattern.offsets = HeadOffsets::Paper;
    problem.causal = false;
    const at::Tensor full = goldenOutput(problem, 2);
    EXPECT_NEAR(full.sum().item<double>(), -1.286718, 1e-6);
    expectRow(full, 0, {0.287802, 0.137336, 0.146423, 0.388864});
}

TEST(Dilated, OfOneSegmentAndRateOneIsDenseAttention) {
    AttentionCase problem{.tokens = 8, .heads = 2, .kvHeads = 2, .headDim = 2};
    problem.type = NumberFormat::Fp64;
    const at::Tensor dense =
        referenceAttention(problem, PatternMask::make(problem).value(), goldenInputs(2)).out;
    problem.pattern = {.segments = {8}, .rates = {1}};
    EXPECT_LT(distance(goldenOutput(problem, 2), dense), 1e-14);
}

// The loss of one row alone: what comes later, or is another document's, has a gradient of 0.
TEST(Patterns, LetNoGradientToLaterTokensOrOtherDocuments) {
    constexpr std::int64_t row = 40;  // of document [35, 96)
    const Setting setting{.name = "", .documents = true};
    for (const NamedPattern& pattern : patterns()) {
        const AttentionCase problem = caseOf(pattern, setting, 1);
        test::runRanks(1, [&](Group& group) {
            VerifyRequest request;
            request.problem = problem;
            request.ranks = 1;
            const Schedule schedule = planMode(*findMode("none"), request).value();
            const auto attention = Attention::make(schedule, 0, group).value();
            CaseInputs inputs = makeInputs(problem, allTokens(problem));
            inputs.dOut.narrow(1, 0, row).zero_();
            inputs.dOut.narrow(1, row + 1, tokens - row - 1).zero_();
            const CaseResults results =
                runLayer(problem, *attention, callOf(problem), group, inputs).results;
            for (const at::Tensor& gradient : {results.dq, results.dk, results.dv}) {
                EXPECT_EQ(gradient.narrow(1, 0, 35).abs().max().item<double>(), 0) << pattern.name;
                EXPECT_EQ(gradient.narrow(1, row + 1, tokens - row - 1).abs().max().item<double>(),
                          0)
                    << pattern.name;
                EXPECT_GT(gradient.narrow(1, row, 1).abs().max().item<double>(), 0) << pattern.name;
            }
        });
    }
}

AttentionCase choosingCase(int ranks, std::int64_t batch = 1) {
    AttentionCase problem = caseOf({"", {.kind = PatternKind::BlockSparse, .block = 8, .topK = 3}},
                                   {.name = ""}, ranks);
    problem.batch = batch;
    return problem;
}

// The rows of a rank.
CaseInputs inputsOfRank(const CaseInputs& whole, const Schedule& schedule, int rank) {
    const auto rows = [&](const at::Tensor& tensor) {
        std::vector<at::Tensor> parts;
        for (const TokenSpan& span : heldTokens(schedule, rank))
            parts.push_back(tensor.narrow(1, span.begin, span.size()));
        return at::cat(parts, 1).contiguous();
    };
    return {.q = rows(whole.q), .k = rows(whole.k), .v = rows(whole.v), .dOut = rows(whole.dOut)};
}

// Runs the forward pass of every mode on every number of ranks; `see` gets rank 0's whole output.
void forEveryMode(
    std::int64_t batch, const std::function<CaseInputs(const AttentionCase&)>& make,
    const std::function<void(const AttentionCase&, const CaseInputs&, const at::Tensor&,
                             const std::string&)>& see,
    const std::function<void(AttentionCase&)>& change = [](AttentionCase&) {}) {
    for (const int ranks : {1, 2, 3, 4}) {
        AttentionCase problem = choosingCase(ranks, batch);
        change(problem);
        const CaseInputs whole = make(problem);
        test::runRanks(ranks, [&](Group& group) {
            for (const std::string& name : modeNames()) {
                const Mode& mode = *findMode(name);
                if (!mode.sharded && ranks > 1) continue;
                VerifyRequest request;
                request.problem = problem;
                request.ranks = ranks;
                const Result<Schedule> schedule = planMode(mode, request);
                if (!schedule.ok()) continue;  // dilated-ring
                const auto attention =
                    Attention::make(*schedule, group.rank(), group, optionsOf(problem)).value();
                const at::Tensor out = runForward(problem, *attention, callOf(problem),
                                                  inputsOfRank(whole, *schedule, group.rank()))
                                           .out;
                const at::Tensor all = gatherOutput(problem, *schedule, group, out);
                if (group.rank() == 0)
                    see(problem, whole, all, name + " on " + std::to_string(ranks) + " ranks");
            }
        });
    }
}

// All blocks have the same keys, so every choice is among equal ones.
TEST(Choices, TakeTheFirstOfEqualBlocksUnderEveryModeOnAnyNumberOfRanks) {
    const auto equalBlocks = [](const AttentionCase& problem) {
        CaseInputs inputs = makeInputs(problem, allTokens(problem));
        for (std::int64_t token = problem.pattern.block; token < tokens; ++token)
            inputs.k.select(1, token).copy_(inputs.k.select(1, token % problem.pattern.block));
        return inputs;
    };
    const auto expectFirst = [](const AttentionCase& problem, const CaseInputs& whole,
                                const at::Tensor& out, const std::string& name) {
        AttentionCase first = problem;  // blocks 0 and 1, and one's own
        first.pattern.topK = 0;
        first.pattern.globalTokens = 2 * problem.pattern.block;
        const at::Tensor expected =
            referenceAttention(first, PatternMask::make(first).value(), whole).out;
        EXPECT_LT(distance(out, expected), 1e-10) << name;
    };
    forEveryMode(1, equalBlocks, expectFirst);
}

TEST(Choices, AreEachBatchItemsOwn) {
    const auto plain = [](const AttentionCase& problem) {
        return makeInputs(problem, allTokens(problem));
    };
    const auto expectReference = [](const AttentionCase& problem, const CaseInputs& whole,
                                    const at::Tensor& out, const std::string& name) {
        const PatternMask mask = PatternMask::make(problem, whole).value();
        EXPECT_LT(distance(out, referenceAttention(problem, mask, whole).out), 1e-10) << name;
    };
    for (const double dropout : {0.0, 0.3})
        forEveryMode(2, plain, expectReference,
                     [&](AttentionCase& problem) { problem.dropout = dropout; });
}

// A token of block b sees 2 more blocks of 8, or the b that there are.
TEST(Choices, AreInTheMaskThatADumpHolds) {
    const test::TemporaryFolder folder;
    const AttentionCase problem = choosingCase(1);
    const CaseInputs inputs = makeInputs(problem, allTokens(problem));
    const PatternMask mask = PatternMask::make(problem, inputs).value();
    ASSERT_TRUE(dumpMask(folder.path(), problem, mask).ok());
    const NpyIntegers read = readNpyIntegers((folder.path() / "mask.npy").string()).value();
    ASSERT_EQ(read.shape, (std::vector<std::int64_t>{problem.heads, tokens, tokens}));
    std::set<std::vector<std::int64_t>> masks;  // of heads
    for (std::int64_t row = 0; row < problem.heads * tokens; ++row) {
        const auto begin = read.values.begin() + row * tokens;
        const std::int64_t token = row % tokens;
        EXPECT_EQ(std::accumulate(begin, begin + tokens, std::int64_t{0}),
                  token % 8 + 1 + 8 * std::min<std::int64_t>(2, token / 8))
            << row;
        EXPECT_EQ(std::accumulate(begin + token + 1, begin + tokens, std::int64_t{0}), 0) << row;
        if (token == 0) masks.emplace(begin, begin + tokens * tokens);
    }
    EXPECT_EQ(std::ssize(masks), problem.heads) << "heads choose for themselves";
}

// Queries, keys and values of later tokens and of another document, and with them what those
// choose and what blocks are worth, are of no account to a row: its bits stay the same.
TEST(Choices, DependOnNothingThatARowMayNotSee) {
    constexpr TokenSpan rows{35, 61};  // of document [35, 96)
    std::map<std::string, at::Tensor> before;
    const auto plain = [](const AttentionCase& problem) {
        return makeInputs(problem, allTokens(problem));
    };
    const auto changed = [&](const AttentionCase& problem) {
        CaseInputs inputs = plain(problem);
        for (const at::Tensor& tensor : {inputs.q, inputs.k, inputs.v}) {
            tensor.narrow(1, 0, rows.begin).mul_(-3);
            tensor.narrow(1, rows.end, tokens - rows.end).mul_(-3);
        }
        return inputs;
    };
    const auto documents = [](AttentionCase& problem) {
        problem.documents = {0, 1, 30, 35, 96};
        problem.pattern.block = 7;
    };
    forEveryMode(
        1, plain,
        [&](const AttentionCase&, const CaseInputs&, const at::Tensor& out,
            const std::string& name) { before[name] = out; },
        documents);
    const auto expectSame = [&](const AttentionCase&, const CaseInputs&, const at::Tensor& out,
                                const std::string& name) {
        const auto same = out.eq(before.at(name)).flatten(2).all(2)[0];
        EXPECT_TRUE(same.narrow(0, rows.begin, rows.size()).all().item<bool>()) << name;
        EXPECT_FALSE(same.narrow(0, rows.end, tokens - rows.end).any().item<bool>()) << name;
    };
    forEveryMode(1, changed, expectSame, documents);
}

}  // namespace
}  // namespace ringscope
