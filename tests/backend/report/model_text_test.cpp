#include "backend/report/model_text.h"

#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/model/family_table.h"
#include "backend/model/model_folder.h"
#include "backend/plan/run_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// As the maker's config.json has it.
ModelDescription described(const std::string& keys) {
    const Result<ModelReading> reading = readModelConfig("{" + keys + "}", "config.json");
    EXPECT_TRUE(reading.ok()) << reading.error().message;
    return reading.ok() ? reading->description : ModelDescription{};
}

ModelFacts llama8b() {
    return modelFacts(described(R"("model_type": "llama", "vocab_size": 128256,
        "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "rope_theta": 500000.0)"))
        .value();
}

ModelFacts deepseek() {
    return modelFacts(described(R"("model_type": "deepseek_v3", "vocab_size": 129280,
        "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
        "num_hidden_layers": 61, "num_attention_heads": 128, "n_shared_experts": 1,
        "n_routed_experts": 256, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
        "v_head_dim": 128, "qk_nope_head_dim": 128, "num_experts_per_tok": 8,
        "first_k_dense_replace": 3)"))
        .value();
}

TEST(ModelFacts, CountTheParametersThatMakersName) {
    const ModelFacts llama = llama8b();
    EXPECT_EQ(llama.parameters, 8'030'261'248);
    EXPECT_EQ(llama.activeParameters, llama.parameters);
    const ModelFacts deep = deepseek();
    EXPECT_NEAR(static_cast<double>(deep.parameters), 671e9, 0.1e9);
    EXPECT_NEAR(static_cast<double>(deep.activeParameters), 37.5e9, 0.5e9);
}

TEST(ModelFacts, HaveComponentsThatAddUp) {
    for (const ModelFacts& facts : {llama8b(), deepseek()}) {
        std::int64_t sum = 0;
        for (const auto& [component, count] : facts.components) {
            EXPECT_NE(component, "other");
            sum += count;
        }
        EXPECT_EQ(sum, facts.parameters);
    }
}

TEST(ModelFacts, CountTheBytesThatATokenKeeps) {
    EXPECT_EQ(llama8b().cacheBytes, 32 * 2 * 8 * 128 * 2);
    EXPECT_EQ(llama8b().latentBytes, 0);
    EXPECT_EQ(deepseek().cacheBytes, 61 * 128 * (192 + 128) * 2);
    EXPECT_EQ(deepseek().latentBytes, 61 * (512 + 64) * 2);
}

TEST(ModelFacts, CountFlopsAsThePlannerDoes) {
    RunConfig config;
    config.parallel.mode = modenames::none;
    config.train.seqLen = 4096;
    const RunPlan plan = planRun(config).value();
    const ModelFacts facts = modelFacts({config.model, config.attention}).value();
    EXPECT_EQ(facts.flops.front().tokens, 4096);
    EXPECT_NEAR(facts.flops.front().training * 4096 / plan.flopsPerStep, 1, 1e-12);
}

TEST(ModelFacts, SayOverHowManyRanksEachModeCanSplit) {
    const ModelFacts facts = llama8b();
    const auto sizes = [&](std::string_view mode) {
        return *std::ranges::find(facts.modes, mode, &ModeSizes::mode);
    };
    EXPECT_TRUE(sizes(modenames::zigzag).legal(64));
    EXPECT_TRUE(sizes(modenames::zigzag).legal(7));
    EXPECT_TRUE(sizes(modenames::ulysses).legal(32));
    EXPECT_FALSE(sizes(modenames::ulysses).legal(7));
    EXPECT_THAT(sizes(modenames::ulysses).refusals[6], HasSubstr("heads"));
    EXPECT_EQ(std::ranges::count(facts.modes, modenames::none, &ModeSizes::mode), 0);
}

TEST(ModelText, SaysWhatAModelIs) {
    ModelFacts facts = deepseek();
    facts.name = "a/folder";
    facts.family = "deepseek_v3";
    const std::string text = modelText(facts);
    EXPECT_THAT(text, HasSubstr("a/folder: DeepSeek-V3 and R1 (deepseek_v3)\n"));
    EXPECT_THAT(text, HasSubstr("61; 58 have experts, 3 are dense\n"));
    EXPECT_THAT(text, HasSubstr("256 of width 2,048, 8 a token, from the best 4 of 8 groups\n"));
    EXPECT_THAT(text, HasSubstr("128 of 192 columns, 64 of them rotary; a latent of 512"));
    EXPECT_THAT(text, HasSubstr("68.6 KiB as latents and rotary keys\n"));
    EXPECT_THAT(text, HasSubstr("131,072 tokens"));
    EXPECT_THAT(text, Not(HasSubstr("ignored")));
}

TEST(ModelText, CompressesTheRanksAndSaysWhyNotOthers) {
    const std::string text = modelText(llama8b());
    EXPECT_THAT(text, HasSubstr("\nzigzag          1–64\n"));
    EXPECT_THAT(text, HasSubstr("\nulysses         1, 2, 4, 8, 16, 32\n                not 3: "));
}

TEST(ModelText, StaysWithinTheWidth) {
    ModelFacts facts = deepseek();
    facts.ignoredKeys = std::vector<std::string>(30, "some_key");
    std::istringstream lines(modelText(facts, 80) + componentsText(80));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 84U) << line;
}

TEST(ModelText, ReadsTheHeadersOfAFolder) {
    const Result<ModelFacts> facts =
        checkpointFacts(std::string(RINGSCOPE_MODEL_FIXTURES) + "/mixtral");
    ASSERT_TRUE(facts.ok()) << facts.error().message;
    EXPECT_EQ(facts->family, "mixtral");
    ASSERT_EQ(facts->files.size(), 1U);
    EXPECT_THAT(facts->files.front(), HasSubstr("of F32"));
    EXPECT_THAT(facts->ignoredKeys, ::testing::Contains("router_aux_loss_coef"));
    EXPECT_THAT(modelText(*facts), HasSubstr("\nignored keys    architectures, "));
}

TEST(ModelJson, HasWhatTheTextSays) {
    ModelFacts facts = llama8b();
    facts.name = "one\xff";
    const nlohmann::json object = nlohmann::json::parse(modelJson(facts));
    EXPECT_TRUE(object["schema_version"].is_number_integer());
    EXPECT_TRUE(object["family"].is_null());
    EXPECT_EQ(object["parameters"]["total"], facts.parameters);
    EXPECT_EQ(object["model"]["head_size"], 128);
    EXPECT_EQ(object["flops_per_token"].size(), 3U);
    EXPECT_EQ(object["modes"].size(), facts.modes.size());
    for (const nlohmann::json& mode : object["modes"])
        EXPECT_EQ(mode["ranks"].size() + mode["refusals"].size(), 64U);
}

TEST(Components, AreAllShown) {
    const std::string text = componentsText();
    const nlohmann::json object = nlohmann::json::parse(componentsJson());
    EXPECT_EQ(object["families"].size(), familyTable().size());
    for (const nlohmann::json& table : object["components"])
        for (const nlohmann::json& choice : table["choices"])
            EXPECT_THAT(text, HasSubstr(choice["help"].get<std::string>()));
    for (const Family& family : familyTable())
        EXPECT_THAT(text, HasSubstr("\n  " + std::string(family.type)));
}

}  // namespace
}  // namespace ringscope
