// A model that goes on with a text one token at a time computes what it does of the whole text.
#include "kernels/generate/cached_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/generate/cached_logits.h"
#include "tests/kernels/train/family_models.h"
#include "tests/kernels/train/sharded_runs.h"

#include "backend/plan/mode_table.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::beginning;
using test::largest;
using test::ofOneRank;
using test::withCache;
using test::withoutCache;

const c10::Device cpu(c10::kCPU);

RunConfig generationRun(const std::string& family, NumberFormat precision,
                        const std::string& mode = "none", int ranks = 1) {
    RunConfig config = test::familyRun(family, precision);
    config.train.batch = 1;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

// The folder's first sequence.
std::vector<std::int64_t> textOf(const std::string& family) {
    const TokenBatch batch = test::familyBatch(family);
    return {batch.inputs.begin(), batch.inputs.begin() + batch.tokens};
}

class CachedFamily : public ::testing::TestWithParam<std::string> {};

TEST_P(CachedFamily, ComputesWithItsCacheWhatItDoesWithout) {
    const RunConfig config = generationRun(GetParam(), NumberFormat::Fp32);
    std::vector<std::int64_t> text = textOf(GetParam());
    // With dynamic angles a key keeps those of the length at which it was read, as transformers
    // does it; so there only the length up to which they are the same is compared.
    if (config.model.rope.scaling == RopeScaling::Dynamic)
        text = beginning(text, config.model.rope.originalLength);
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(config, group, cpu).value();
        for (const std::int64_t prompt : {1, 9, 15}) {
            const at::Tensor wanted = withoutCache(*model, text, prompt);
            EXPECT_LE(largest(withCache(*model, text, prompt) - wanted), 2e-5) << prompt;
        }
    });
}

// Texts that go on from one prompt do not see each other.
TEST_P(CachedFamily, GoesOnWithSeveralTextsAtOnce) {
    const RunConfig config = generationRun(GetParam(), NumberFormat::Fp64);
    const std::vector<std::int64_t> text = textOf(GetParam());
    const std::int64_t prompt = 12;
    std::vector<std::int64_t> other = text;
    std::reverse(other.begin() + prompt, other.end());
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(config, group, cpu).value();
        const at::Tensor first = withCache(*model, text, prompt);
        const at::Tensor second = withCache(*model, other, prompt);
        model->prefill(beginning(text, prompt), {.more = 12, .texts = 2}).value();
        for (std::int64_t token = prompt; token < std::ssize(text); ++token) {
            const auto at = static_cast<std::size_t>(token);
            const at::Tensor logits = model->decode({text[at], other[at]}).value();
            const std::int64_t row = token - prompt + 1;
            EXPECT_LE(largest(logits[0] - first[row]), 1e-11) << token;
            EXPECT_LE(largest(logits[1] - second[row]), 1e-11) << token;
        }
    });
}

TEST_P(CachedFamily, ComputesTheSameUnderEveryLegalMode) {
    const std::vector<std::int64_t> text = beginning(textOf(GetParam()), 19);
    const std::int64_t prompt = 13;  // not a multiple of any number of ranks
    const at::Tensor alone = ofOneRank(generationRun(GetParam(), NumberFormat::Fp64), text, prompt);
    RunConfig base = generationRun(GetParam(), NumberFormat::Fp64);
    base.train.seqLen = prompt;
    const test::ShardedRuns runs = test::shardedRuns(base, GetParam());
    test::runUnderModes(runs.chosen, [&](const RunConfig& config, Group& group) {
        const auto model = CachedModel::make(config, group, cpu).value();
        EXPECT_LE(largest(withCache(*model, text, prompt) - alone), 1e-10)
            << config.parallel.mode << ' ' << group.size();
    });
    EXPECT_GE(runs.legal, 8);
}

INSTANTIATE_TEST_SUITE_P(Of, CachedFamily, ::testing::ValuesIn(test::modelFamilies()),
                         test::familyTestName);

// Scores that fall with the distance of the tokens, of tokens that are apart on every rank.
TEST(CachedModel, KnowsHowFarItsKeysAre) {
    RunConfig config;
    config.model = {.layers = 2,
                    .hiddenSize = 32,
                    .heads = 4,
                    .kvHeads = 2,
                    .ffnSize = 48,
                    .vocabSize = 256,
                    .layerPattern = {"window", "full"},
                    .attentionSinks = true,
                    .position = PositionKind::Alibi};
    config.attention.window = 6;
    config.train.seqLen = 24;
    config.train.precision = NumberFormat::Fp64;
    config.parallel.mode = "none";
    config.parallel.sp = 1;
    std::vector<std::int64_t> text;
    for (std::int64_t token = 0; token < 24; ++token) text.push_back(token * 37 % 256);
    at::Tensor alone;
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(config, group, cpu).value();
        alone = withCache(*model, text, 10);
        EXPECT_LE(largest(alone - withoutCache(*model, text, 10)), 1e-12);
    });
    for (const char* mode : {"ring", "zigzag", "striped"}) {
        config.parallel.mode = mode;
        config.parallel.sp = 2;
        test::runRanks(2, [&](Group& group) {
            const auto model = CachedModel::make(config, group, cpu).value();
            EXPECT_LE(largest(withCache(*model, text, 10) - alone), 1e-12) << mode;
        });
    }
}

// What a rank keeps of a long text: its share, and of layers with a window no more than that.
TEST(CachedModel, KeepsAShareOfTheTextAndOfAWindowNoMore) {
    const auto bytesOf = [](const std::string& family, int ranks) {
        RunConfig config =
            generationRun(family, NumberFormat::Fp32, ranks == 1 ? "none" : "ring", ranks);
        const std::vector<std::int64_t> text = textOf(family);
        std::int64_t bytes = 0;
        test::runRanks(ranks, [&](Group& group) {
            const auto model = CachedModel::make(config, group, cpu).value();
            model->prefill(text, {.more = 40}).value();
            if (group.rank() == 0) bytes = model->cacheBytes();
        });
        return bytes;
    };
    const RunConfig llama = generationRun("llama", NumberFormat::Fp32);
    const std::int64_t ofToken =
        llama.model.layers * 2 * llama.model.kvHeads * llama.model.headDim() * 4;
    EXPECT_EQ(bytesOf("llama", 1), (24 + 40) * ofToken);
    EXPECT_EQ(bytesOf("llama", 4), (24 + 40) / 4 * ofToken);

    const RunConfig mistral = generationRun("mistral", NumberFormat::Fp32);
    const std::int64_t window = *mistral.attention.window + 1;
    EXPECT_LE(window, 8);
    EXPECT_EQ(bytesOf("mistral", 1), window * mistral.model.layers * 2 * mistral.model.kvHeads *
                                         mistral.model.headDim() * 4);

    const RunConfig latent = generationRun("deepseek-v3", NumberFormat::Fp32);
    EXPECT_EQ(bytesOf("deepseek-v3", 1),
              (24 + 40) * latent.model.layers *
                  (latent.model.latent.size + latent.model.latent.rotarySize) * 4);
}

}  // namespace
}  // namespace ringscope
