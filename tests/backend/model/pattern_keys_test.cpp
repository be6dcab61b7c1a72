#include "backend/model/pattern_keys.h"

#include "backend/model/model_config_text.h"
#include "backend/model/model_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ringscope {
namespace {

std::vector<PatternConfig> somePatterns() {
    using enum PatternKind;
    return {{.kind = Dilated, .segments = {8, 64}, .rates = {1, 4}},
            {.kind = Dilated,
             .segments = {16},
             .rates = {1},
             .offsets = HeadOffsets::Torchscale,
             .stopGradient = false},
            {.kind = BlockSparse, .block = 64, .local = 2, .stride = 8, .levels = 3},
            {.kind = BlockSparse, .block = 32, .globalTokens = 64, .topK = 4},
            {.kind = BlockSparse, .block = 4, .file = "a \"b\"} c.npy"}};
}

PatternConfig patternOf(const std::string& configText) {
    return readModelConfig(configText, "config.json").value().description.attention.pattern;
}

std::string llama(const std::string& pattern) {
    return R"({"model_type": "llama", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
 "num_hidden_layers": 3, "num_attention_heads": 4, "ringscope_attention_pattern": )" +
           pattern + "}";
}

std::string patternProblem(const std::string& pattern) {
    const Result<ModelReading> reading = readModelConfig(llama(pattern), "c");
    return reading.ok() ? "" : reading.error().message;
}

TEST(PatternKeys, ComeBackFromTheConfigOfAModelThatWasTrainedWithThem) {
    for (const PatternConfig& pattern : somePatterns()) {
        ModelDescription description;
        description.attention.pattern = pattern;
        const std::string text = modelConfigText(description, {}).value();
        EXPECT_EQ(patternOf(text), pattern) << text;
    }
}

TEST(PatternKeys, TellWhatTheKindReadsAndNoMore) {
    ModelDescription description;
    description.attention.pattern = {
        .kind = PatternKind::BlockSparse, .segments = {8}, .rates = {2}, .local = 3};
    EXPECT_EQ(patternOf(modelConfigText(description, {}).value()),
              (PatternConfig{.kind = PatternKind::BlockSparse, .local = 3}));
    description.attention.pattern.kind = PatternKind::None;
    EXPECT_EQ(modelConfigText(description, {}).value(), modelConfigText({}, {}).value());
}

// A model that goes on training under another pattern than its folder's.
TEST(PatternKeys, TakeThePlaceOfThoseThatAreThere) {
    const std::string dense = modelConfigText({}, {}).value();
    std::string text = dense;
    for (const PatternConfig& pattern : somePatterns()) {
        text = withPattern(text, pattern).value();
        EXPECT_EQ(patternOf(text), pattern) << text;
    }
    EXPECT_EQ(patternOf(withPattern(text, {}).value()), PatternConfig());
    EXPECT_EQ(withPattern(dense, {}).value(), dense);
    EXPECT_FALSE(withPattern("[]", somePatterns().front()).ok());
}

TEST(PatternKeys, SayWhatIsWrongInThem) {
    EXPECT_EQ(patternProblem(R"({"kind": "block_sparse", "block": 4, "local": 1})"), "");
    EXPECT_EQ(patternProblem("null"), "");
    EXPECT_EQ(patternProblem(R"({"kind": "sparse"})"),
              "'c': 2:92: ringscope_attention_pattern.kind is 'sparse'; known are none, dilated, "
              "block_sparse");
    EXPECT_EQ(patternProblem(R"({"kind": "block_sparse", "block": 0})"),
              "'c': 2:117: ringscope_attention_pattern.block must be a whole number of 1 to "
              "67108864; got '0'");
    EXPECT_EQ(patternProblem(R"({"kind": "dilated", "segments": [0], "rates": [1]})"),
              "'c': 2:115: ringscope_attention_pattern.segments has 0; numbers are 1 to 67108864");
    EXPECT_EQ(patternProblem(R"({"kind": "dilated", "local": 1})"),
              "'c': 2:112: ringscope_attention_pattern.local is no known key of dilated and may "
              "change what the model computes; take it out where it does not");
}

}  // namespace
}  // namespace ringscope
