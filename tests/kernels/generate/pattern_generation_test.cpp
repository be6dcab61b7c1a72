// A model that attends by a pattern goes on with a text as it computes the whole of it: with a
// cache, on several ranks, and among other texts.
#include "kernels/generate/batch_model.h"
#include "kernels/generate/cached_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/generate/cached_logits.h"
#include "tests/kernels/train/sharded_runs.h"

#include "backend/plan/mode_table.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

using test::beginning;
using test::largest;
using test::ofOneRank;
using test::withCache;
using test::withoutCache;

using Tokens = std::vector<std::int64_t>;

const c10::Device hostDevice(c10::kCPU);
constexpr std::int64_t textTokens = 70;
constexpr std::int64_t promptTokens = 37;  // in the middle of blocks and segments
constexpr std::int64_t longPrompt = 57;    // likewise, before the end of the longest segment

struct PatternCase {
    std::string name;
    PatternConfig pattern;
    bool latent = false;  // keys are made of latents
    bool alibi = false;
    bool sinks = false;
};

void PrintTo(const PatternCase& of, std::ostream* out) { *out << of.name; }

std::vector<PatternCase> patternCases() {
    using enum PatternKind;
    const PatternConfig dilated{.kind = Dilated, .segments = {8, 32, 64}, .rates = {1, 2, 4}};
    const PatternConfig chosen{.kind = BlockSparse, .block = 4, .topK = 3};
    return {
        {"dilated", dilated},
        {"dilated_by_blocks_of_heads",
         {.kind = Dilated,
          .segments = {7, 31},
          .rates = {1, 3},
          .offsets = HeadOffsets::Torchscale}},
        {"dilated_alibi", dilated, false, true},
        {"dilated_latents", dilated, true},
        {"local", {.kind = BlockSparse, .block = 8, .local = 1}, false, false, true},
        {"stride_and_global", {.kind = BlockSparse, .block = 7, .stride = 3, .globalTokens = 10}},
        {"hierarchy", {.kind = BlockSparse, .block = 4, .local = 2, .levels = 4}},
        {"chosen", chosen, false, false, true},
        {"chosen_alibi", chosen, false, true},
        {"chosen_latents", chosen, true},
        {"chosen_of_long_blocks", {.kind = BlockSparse, .block = 20, .topK = 2}},
        {"chosen_and_others",
         {.kind = BlockSparse, .block = 5, .local = 1, .globalTokens = 3, .topK = 2}},
    };
}

RunConfig runOf(const PatternCase& of) {
    RunConfig config;
    config.model = {.layers = 2,
                    .hiddenSize = 32,
                    .heads = 8,
                    .kvHeads = 4,
                    .ffnSize = 48,
                    .vocabSize = 256,
                    .attentionSinks = of.sinks};
    if (of.alibi) config.model.position = PositionKind::Alibi;
    if (of.latent) {
        config.model.attention = AttentionKind::Mla;
        config.model.latent = {.size = 12, .plainSize = 4, .rotarySize = 4, .valueSize = 6};
        config.parallel.mlaKeys = MlaKeys::Expanded;
    }
    config.attention.pattern = of.pattern;
    config.train.seqLen = promptTokens;
    config.train.batch = 1;
    config.train.precision = NumberFormat::Fp64;
    config.parallel.mode = "none";
    config.parallel.sp = 1;
    return config;
}

Tokens someText(std::int64_t factor) {
    Tokens text;
    for (std::int64_t token = 0; token < textTokens; ++token)
        text.push_back((token * factor + token * token) % 256);
    return text;
}

class PatternGeneration : public ::testing::TestWithParam<PatternCase> {};

TEST_P(PatternGeneration, ComputesWithItsCacheWhatItDoesOfTheWholeText) {
    const Tokens text = someText(37);
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(runOf(GetParam()), group, hostDevice).value();
        const at::Tensor wanted = withoutCache(*model, text, 1);
        for (const std::int64_t prompt : {std::int64_t{1}, promptTokens})
            EXPECT_LE(largest(withCache(*model, text, prompt) - wanted.slice(0, prompt - 1)), 1e-10)
                << prompt;
    });
}

// What attends to all keys is another model; otherwise the tests above would show nothing.
TEST_P(PatternGeneration, IsNotThatOfDenseAttention) {
    PatternCase dense = GetParam();
    dense.pattern = {};
    const Tokens text = someText(37);
    EXPECT_GE(largest(ofOneRank(runOf(GetParam()), text, promptTokens) -
                      ofOneRank(runOf(dense), text, promptTokens)),
              1e-4);
}

TEST_P(PatternGeneration, ComputesTheSameUnderEveryLegalMode) {
    const Tokens text = someText(37);
    RunConfig base = runOf(GetParam());
    base.train.seqLen = longPrompt;
    const at::Tensor alone = ofOneRank(base, text, longPrompt);
    const test::ShardedRuns runs = test::shardedRuns(base, GetParam().name);
    test::runUnderModes(runs.chosen, [&](const RunConfig& config, Group& group) {
        const auto model = CachedModel::make(config, group, hostDevice).value();
        EXPECT_LE(largest(withCache(*model, text, longPrompt) - alone), 1e-10)
            << config.parallel.mode << ' ' << group.size();
    });
    EXPECT_GE(runs.legal, 8);
}

// Each picks its own tokens.
TEST_P(PatternGeneration, MakesTheLikeliestTokensOfThePassOverAll) {
    const Tokens prompt = beginning(someText(11), promptTokens);
    const auto likeliest = [](const at::Tensor& logits) {
        return logits[-1].argmax().item<std::int64_t>();
    };
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(runOf(GetParam()), group, hostDevice).value();
        Tokens wanted = prompt;
        while (std::ssize(wanted) < textTokens)
            wanted.push_back(likeliest(model->prefill(wanted, {}).value()));
        Tokens made = prompt;
        at::Tensor logits = model->prefill(prompt, {.more = textTokens}).value();
        while (std::ssize(made) < textTokens) {
            made.push_back(likeliest(logits));
            logits = model->decode({made.back()}).value();
        }
        EXPECT_EQ(made, wanted);
    });
}

TEST_P(PatternGeneration, GoesOnWithSeveralTextsAtOnce) {
    const Tokens text = someText(37);
    Tokens other = text;
    for (std::size_t i = promptTokens; i < other.size(); ++i) other[i] = (other[i] * 3 + 1) % 256;
    const at::Tensor first = ofOneRank(runOf(GetParam()), text, promptTokens);
    const at::Tensor second = ofOneRank(runOf(GetParam()), other, promptTokens);
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(runOf(GetParam()), group, hostDevice).value();
        const std::int64_t more = textTokens - promptTokens;
        model->prefill(beginning(text, promptTokens), {.more = more, .texts = 2}).value();
        for (std::int64_t row = 1; row <= more; ++row) {
            const auto at = static_cast<std::size_t>(promptTokens + row - 1);
            const at::Tensor logits = model->decode({text[at], other[at]}).value();
            EXPECT_LE(largest(logits[0] - first[row]), 1e-11) << row;
            EXPECT_LE(largest(logits[1] - second[row]), 1e-11) << row;
        }
    });
}

struct Joined {
    Tokens text;
    std::int64_t prompt = 0;
    std::optional<int> place{};
    std::int64_t read = 0;
    std::vector<at::Tensor> logits{};
    bool done() const { return read == std::ssize(text); }
};

// Prompts in parts, and a text takes a room when there is one.
void readTogether(BatchModel& model, std::vector<Joined>& texts) {
    while (!std::ranges::all_of(texts, &Joined::done)) {
        std::vector<BatchModel::Part> parts;
        std::vector<Joined*> asked;
        for (Joined& text : texts) {
            if (!text.done() && !text.place) text.place = model.begin(std::ssize(text.text));
            if (text.done() || !text.place) continue;
            const std::int64_t known = std::max(text.prompt, text.read + 1);
            const std::int64_t end = std::min(known, text.read + model.tokensOfPart());
            parts.push_back({*text.place,
                             {text.text.begin() + text.read, text.text.begin() + end},
                             text.read,
                             known,
                             end == known});
            text.read = end;
            if (end == known) asked.push_back(&text);
        }
        const at::Tensor logits = model.step(parts);
        for (std::size_t i = 0; i < asked.size(); ++i)
            asked[i]->logits.push_back(logits[static_cast<std::int64_t>(i)].clone());
        for (Joined& text : texts)
            if (text.done() && text.place) model.end(*std::exchange(text.place, std::nullopt));
    }
}

// Two rooms for three texts; on several ranks, which share the cache, too.
TEST_P(PatternGeneration, GivesATextAmongOthersWhatItHasAlone) {
    const RunConfig config = runOf(GetParam());
    const BatchLimits limits{.texts = 2, .tokensOfPart = 9, .cache = {std::int64_t{1} << 20}};
    const std::vector<Joined> toRead{
        {someText(37), promptTokens}, {someText(5), 3}, {someText(61), 20}};
    std::vector<at::Tensor> wanted;
    for (const Joined& text : toRead) wanted.push_back(ofOneRank(config, text.text, text.prompt));
    for (const int ranks : {1, 2, 3}) {
        std::vector<Joined> texts = toRead;
        test::runRanks(ranks, [&](Group& group) {
            const auto model = BatchModel::make(config, hostDevice, limits, &group).value();
            EXPECT_LE(model->cacheBytes().count, limits.cache.count);
            if (group.rank() == 0) {
                readTogether(*model, texts);
                model->endRounds();
            } else {
                while (model->follow()) {
                }
            }
        });
        for (std::size_t i = 0; i < texts.size(); ++i)
            EXPECT_LE(largest(at::stack(texts[i].logits, 0) - wanted[i]), 1e-10)
                << texts[i].prompt << " tokens first, on " << ranks << " ranks";
    }
}

INSTANTIATE_TEST_SUITE_P(Of, PatternGeneration, ::testing::ValuesIn(patternCases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ringscope
