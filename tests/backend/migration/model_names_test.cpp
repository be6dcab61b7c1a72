#include "backend/migration/model_names.h"

#include "backend/config/conflicts.h"
#include "backend/model/parameter_list.h"

#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

std::string found(std::string_view name) {
    const KnownModel* model = findModel(name);
    return model == nullptr ? "none" : std::string(model->name);
}

TEST(KnownModels, AreFoundByHubNamesAndPaths) {
    EXPECT_EQ(found("meta-llama/Meta-Llama-3-8B-Instruct"), "llama-3-8b");
    EXPECT_EQ(found("meta-llama/Llama-3.1-8B"), "llama-3.1-8b");
    EXPECT_EQ(found("meta-llama/Llama-3.2-1B-Instruct"), "llama-3.2-1b");
    EXPECT_EQ(found("meta-llama/Llama-2-70b-hf"), "llama-2-70b");
    EXPECT_EQ(found("Qwen/Qwen2.5-7B-Instruct-1M"), "qwen2.5-7b");
    EXPECT_EQ(found("Qwen/Qwen3-0.6B"), "qwen3-0.6b");
    EXPECT_EQ(found("mistralai/Mistral-7B-v0.1"), "mistral-7b-v0.1");
    EXPECT_EQ(found("mistralai/Mistral-7B-Instruct-v0.3"), "mistral-7b");
    EXPECT_EQ(found("/data/models/qwen2.5-14b/"), "qwen2.5-14b");
}

TEST(KnownModels, AreNotGuessed) {
    for (const char* name : {"", "/", "llama", "Qwen/Qwen2.5-VL-7B", "deepseek-ai/DeepSeek-V3",
                             "/models/llama-3-8b/checkpoint-20", "Llama-3-80B", "Llama-13-8B"})
        EXPECT_EQ(found(name), "none") << name;
}

TEST(KnownModels, FitRingscopesRulesAndHaveTheSizeTheirNameSays) {
    for (const KnownModel& known : knownModels()) {
        RunConfig config;
        config.model = known.model;
        EXPECT_TRUE(findConflicts(config).empty()) << known.name;
        EXPECT_EQ(findModel(known.name), &known) << known.name;
        // "qwen3-30b-a3b" has 30 billion; "mixtral-8x7b" shares all but its experts.
        std::string name(known.name);
        if (const std::size_t used = name.rfind("-a"); used != std::string::npos) name.resize(used);
        const std::size_t end = name.rfind('b');
        const std::string size = name.substr(name.rfind('-', end) + 1);
        const double billions = size == "8x7b" ? 46.7 : std::stod(size);
        const double parameters = static_cast<double>(parameterCount(known.model).value()) / 1e9;
        EXPECT_NEAR(parameters / billions, 1.0, 0.25) << known.name;
    }
}

}  // namespace
}  // namespace ringscope
