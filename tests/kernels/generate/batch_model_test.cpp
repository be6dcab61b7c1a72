// A text among others has the logits that it has alone, whatever the others do.
#include "kernels/generate/batch_model.h"
#include "kernels/generate/cached_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/family_models.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using Tokens = std::vector<std::int64_t>;

const c10::Device onCpu(c10::kCPU);

RunConfig batchRun(const std::string& family, NumberFormat precision) {
    RunConfig config = test::familyRun(family, precision);
    config.train.batch = 1;
    config.parallel.mode = "none";
    config.parallel.sp = 1;
    return config;
}

Tokens tokensOf(const std::string& family, int sequence) {
    const TokenBatch batch = test::familyBatch(family);
    const auto begin = batch.inputs.begin() + sequence * batch.tokens;
    return {begin, begin + batch.tokens};
}

// Texts that are read and made as a loop would do it: prompts in parts, then a token each step.
class Batch {
public:
    Batch(const RunConfig& config, const BatchLimits& limits, Group* ranks = nullptr)
        : model_(BatchModel::make(config, onCpu, limits, ranks).value()) {}

    void join(const std::string& name, const Tokens& text, std::int64_t prompt) {
        texts_.push_back({name, *model_->begin(std::ssize(text)), text, prompt});
    }

    // As join(), of a text that may begin as an earlier one; returns what of it need not be read.
    std::int64_t joinAlike(const std::string& name, const Tokens& text, std::int64_t prompt) {
        const std::span<const std::int64_t> first(text.data(), static_cast<std::size_t>(prompt));
        const int place = *model_->begin(std::ssize(text), model_->namesOf(first));
        texts_.push_back({name, place, text, prompt, model_->has(place)});
        return texts_.back().read;
    }

    void leave(const std::string& name) {
        const auto text = std::ranges::find(texts_, name, &Text::name);
        model_->end(text->place);
        texts_.erase(text);
    }

    void step() {
        std::vector<BatchModel::Part> parts;
        for (Text& text : texts_) {
            const std::int64_t known = std::max(text.prompt, text.read + 1);
            const std::int64_t end = std::min(known, text.read + model_->tokensOfPart());
            parts.push_back({text.place,
                             {text.tokens.begin() + text.read, text.tokens.begin() + end},
                             text.read,
                             known,
                             end == known});
            text.read = end;
        }
        const at::Tensor logits = model_->step(parts);
        std::int64_t row = 0;
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (parts[i].wantsLogits) made_[texts_[i].name].push_back(logits[row++].clone());
        std::erase_if(texts_, [&](const Text& text) {
            if (text.read == std::ssize(text.tokens)) model_->end(text.place);
            return text.read == std::ssize(text.tokens);
        });
    }

    bool done() const { return texts_.empty(); }
    BatchModel& model() { return *model_; }
    at::Tensor logits(const std::string& name) { return at::stack(made_[name], 0); }

private:
    struct Text {
        std::string name;
        int place;
        Tokens tokens;
        std::int64_t prompt;
        std::int64_t read = 0;
    };
    std::unique_ptr<BatchModel> model_;
    std::vector<Text> texts_;
    std::map<std::string, std::vector<at::Tensor>> made_;
};

// Calls `use` with the batch of rank 0, whose rounds the others follow.
void share(int ranks, const RunConfig& config, const BatchLimits& limits,
           const std::function<void(Batch&)>& use) {
    test::runRanks(ranks, [&](Group& group) {
        Batch batch(config, limits, &group);
        if (group.rank() == 0) {
            use(batch);
            batch.model().endRounds();
        } else {
            while (batch.model().follow()) {
            }
        }
    });
}

at::Tensor alone(const RunConfig& config, const BatchLimits& limits, const Tokens& text,
                 std::int64_t prompt) {
    Batch batch(config, limits);
    batch.join("alone", text, prompt);
    while (!batch.done()) batch.step();
    return batch.logits("alone");
}

double farthest(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

const BatchLimits small{.texts = 4, .tokensOfPart = 8, .cache = {std::int64_t{4} << 20}};

class BatchFamily : public ::testing::TestWithParam<std::string> {};

// Texts that go on from a prompt in a batch of one are those of the model with one text's cache.
TEST_P(BatchFamily, ComputesWhatAModelOfOneTextDoes) {
    const RunConfig config = batchRun(GetParam(), NumberFormat::Fp64);
    const Tokens text = tokensOf(GetParam(), 0);
    for (const std::int64_t prompt : {1, 8, 13}) {
        std::vector<at::Tensor> wanted;
        test::runRanks(1, [&](Group& group) {
            const auto model = CachedModel::make(config, group, onCpu).value();
            const Tokens first(text.begin(), text.begin() + prompt);
            const std::int64_t more = std::ssize(text) - prompt;
            wanted.push_back(model->prefill(first, {.more = more}).value());
            for (std::int64_t token = prompt; token < std::ssize(text); ++token)
                wanted.push_back(model->decode({text[static_cast<std::size_t>(token)]}).value());
        });
        // What changes where a prompt's angles depend on its length is the loop's (see there).
        if (config.model.rope.scaling == RopeScaling::LongRope) continue;
        EXPECT_LE(farthest(alone(config, small, text, prompt), at::cat(wanted, 0)), 1e-10)
            << prompt;
    }
}

// One joins while others are in the middle, one leaves, one reads a prompt of several parts.
TEST_P(BatchFamily, GivesATextAmongOthersWhatItHasAlone) {
    const RunConfig config = batchRun(GetParam(), NumberFormat::Fp64);
    const Tokens first = tokensOf(GetParam(), 0);
    const Tokens second = tokensOf(GetParam(), 1);
    Batch batch(config, small);
    batch.join("short prompt", first, 2);
    batch.step();
    batch.step();
    batch.join("leaves", second, 5);
    batch.join("long prompt", second, 19);
    for (int step = 0; step < 3; ++step) batch.step();
    batch.leave("leaves");
    batch.step();
    batch.join("takes its room", first, 11);  // whose keys are still in the cache
    while (!batch.done()) batch.step();
    EXPECT_LE(farthest(batch.logits("short prompt"), alone(config, small, first, 2)), 1e-11);
    EXPECT_LE(farthest(batch.logits("long prompt"), alone(config, small, second, 19)), 1e-11);
    EXPECT_LE(farthest(batch.logits("takes its room"), alone(config, small, first, 11)), 1e-11);
}

// What an earlier text has read is not read again: neither while it goes on nor after its end.
TEST_P(BatchFamily, ReadsWhatTextsBeginWithOnce) {
    const RunConfig config = batchRun(GetParam(), NumberFormat::Fp64);
    const Tokens text = tokensOf(GetParam(), 0);
    ASSERT_GT(std::ssize(text), tokensOfPage + 3);
    Tokens other = text;
    other[tokensOfPage + 2] = (other[tokensOfPage + 2] + 1) % config.model.vocabSize;
    const bool windows = std::ranges::any_of(
        planRun(config).value().parts, [](const auto& part) { return part.mask.left.has_value(); });
    const bool byLength = config.model.rope.scaling == RopeScaling::Dynamic ||
                          config.model.rope.scaling == RopeScaling::LongRope;
    const std::int64_t shared = windows || byLength ? 0 : tokensOfPage;

    Batch batch(config, small);
    EXPECT_EQ(batch.joinAlike("first", text, tokensOfPage + 1), 0);
    for (int step = 0; step < 3; ++step) batch.step();  // its prompt
    EXPECT_EQ(batch.joinAlike("beside", other, tokensOfPage + 3), shared);
    EXPECT_EQ(batch.joinAlike("short", text, tokensOfPage), 0) << "nothing would be read";
    while (!batch.done()) batch.step();
    EXPECT_EQ(batch.model().used(), 0);
    EXPECT_EQ(batch.joinAlike("behind", text, tokensOfPage + 2), shared);
    while (!batch.done()) batch.step();
    EXPECT_LE(farthest(batch.logits("beside"), alone(config, small, other, tokensOfPage + 3)),
              1e-11);
    EXPECT_LE(farthest(batch.logits("behind"), alone(config, small, text, tokensOfPage + 2)),
              1e-11);
}

// Their prompts and ends do not divide by the ranks; one token leaves ranks without keys.
TEST_P(BatchFamily, ComputesOnRanksThatShareTheCacheWhatOneDoes) {
    const RunConfig config = batchRun(GetParam(), NumberFormat::Fp64);
    const Tokens first = tokensOf(GetParam(), 0);
    const Tokens second = tokensOf(GetParam(), 1);
    const at::Tensor oneToken = alone(config, small, first, 1);
    const at::Tensor longPrompt = alone(config, small, second, 19);
    const at::Tensor takesRoom = alone(config, small, first, 11);
    for (const int ranks : {2, 3}) {
        SCOPED_TRACE(ranks);
        share(ranks, config, small, [&](Batch& batch) {
            batch.join("one token", first, 1);
            batch.step();
            batch.model().idleRound();
            batch.join("leaves", second, 5);
            batch.join("long prompt", second, 19);
            for (int step = 0; step < 3; ++step) batch.step();
            batch.leave("leaves");
            batch.step();
            batch.join("takes its room", first, 11);
            while (!batch.done()) batch.step();
            EXPECT_LE(farthest(batch.logits("one token"), oneToken), 1e-10);
            EXPECT_LE(farthest(batch.logits("long prompt"), longPrompt), 1e-10);
            EXPECT_LE(farthest(batch.logits("takes its room"), takesRoom), 1e-10);
        });
    }
}

INSTANTIATE_TEST_SUITE_P(Of, BatchFamily, ::testing::ValuesIn(test::modelFamilies()),
                         test::familyTestName);

TEST(BatchModel, GivesBitsThatDoNotDependOnOthersWhereProductsDoNotRoundOtherwise) {
    for (const NumberFormat format : {NumberFormat::Fp32, NumberFormat::Bf16, NumberFormat::Fp16}) {
        const RunConfig config = batchRun("qwen3", format);
        const Tokens text = tokensOf("qwen3", 0);
        Batch batch(config, small);
        batch.join("one", text, 9);
        batch.join("other", tokensOf("qwen3", 1), 3);
        while (!batch.done()) batch.step();
        const double bound = format == NumberFormat::Fp32 ? 1e-5 : 0.05;
        EXPECT_LE(farthest(batch.logits("one").to(at::kDouble),
                           alone(config, small, text, 9).to(at::kDouble)),
                  bound)
            << nameOf(format);
    }
}

TEST(BatchModel, KnowsDistancesAndSinksOfWindows) {
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
    config.train.seqLen = 90;
    config.train.precision = NumberFormat::Fp64;
    config.parallel.mode = "none";
    config.parallel.sp = 1;
    Tokens text;
    for (std::int64_t token = 0; token < 90; ++token) text.push_back(token * 37 % 256);
    at::Tensor wanted;
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(config, group, onCpu).value();
        std::vector<at::Tensor> rows{
            model->prefill({text.begin(), text.begin() + 50}, {.more = 40}).value()};
        for (std::size_t token = 50; token < text.size(); ++token)
            rows.push_back(model->decode({text[token]}).value());
        wanted = at::cat(rows, 0);
    });
    // The window's layer has 2 pages of 16 tokens of a text, which are used in turn.
    EXPECT_LE(farthest(alone(config, small, text, 50), wanted), 1e-12);
    share(3, config, small, [&](Batch& batch) {
        batch.join("shared", text, 50);
        while (!batch.done()) batch.step();
        EXPECT_LE(farthest(batch.logits("shared"), wanted), 1e-12);
    });
}

TEST(BatchModel, HasRoomForSoManyTokensAndTexts) {
    const RunConfig config = batchRun("llama", NumberFormat::Fp32);
    const std::int64_t ofToken =
        config.model.layers * 2 * config.model.kvHeads * config.model.headDim() * 4;
    BatchLimits limits{.texts = 3, .tokensOfPart = 8, .cache = {10 * tokensOfPage * ofToken}};
    const auto model = BatchModel::make(config, onCpu, limits).value();
    EXPECT_EQ(model->cacheBytes().count, 10 * tokensOfPage * ofToken);
    EXPECT_EQ(model->capacity(), 160);
    EXPECT_EQ(model->longest(), 160);
    EXPECT_EQ(model->used(), 0);
    const std::optional<int> first = model->begin(100);
    EXPECT_EQ(model->used(), 112);
    EXPECT_FALSE(model->begin(49)) << "48 tokens are left";
    const std::optional<int> second = model->begin(48);
    ASSERT_TRUE(first && second);
    model->end(*first);
    EXPECT_TRUE(model->begin(10) && model->begin(10));
    EXPECT_FALSE(model->begin(10)) << "three texts at once";
    EXPECT_FALSE(model->begin(161));

    share(2, config, limits, [&](Batch& batch) {
        EXPECT_EQ(batch.model().cacheBytes(), model->cacheBytes()) << "on each rank";
        EXPECT_EQ(batch.model().capacity(), 320);
        EXPECT_EQ(batch.model().longest(), 320);
        const std::optional<int> text = batch.model().begin(320);
        ASSERT_TRUE(text);
        EXPECT_EQ(batch.model().used(), 320);
        batch.model().end(*text);
    });

    limits.longest = 20;
    EXPECT_EQ(BatchModel::make(config, onCpu, limits).value()->longest(), 20);
    EXPECT_EQ(BatchModel::make(config, onCpu, limits).value()->capacity(), 3 * 2 * tokensOfPage);
    limits.cache = {100};
    EXPECT_THAT(BatchModel::make(config, onCpu, limits).error().message,
                ::testing::HasSubstr("a cache of 100 B is too small for 3 texts of this model"));
}

}  // namespace
}  // namespace ringscope
