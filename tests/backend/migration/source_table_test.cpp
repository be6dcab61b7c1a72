#include "backend/migration/source_table.h"

#include "backend/config/field_table.h"
#include "backend/config/mode_aliases.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>
#include <set>

namespace ringscope {
namespace {

using testing::HasSubstr;

TEST(Sources, AreRecognisedByTheirKeys) {
    const std::map<std::string, std::string> kinds = {{"base_zigzag.yaml", "360-llama-factory"},
                                                      {"plain_sft.yaml", "360-llama-factory"},
                                                      {"alst_fork.yaml", "360-llama-factory-alst"},
                                                      {"v1_cp.yaml", "llama-factory-v1"},
                                                      {"arctic_sp8.yml", "arctic"},
                                                      {"accelerate_sp.yml", "accelerate"},
                                                      {"zero3_alone.json", "deepspeed"},
                                                      {"deepspeed/zero3.json", "deepspeed"}};
    for (const auto& [name, kind] : kinds) {
        const SourceGuess guess = migrated(fixture(name)).source;
        EXPECT_EQ(guess.kind, kind) << name;
        EXPECT_GT(guess.confidence, 0.5) << name;
        EXPECT_LT(guess.confidence, 1.0) << name;
        EXPECT_THAT(guess.reason, HasSubstr("(line ")) << name;
    }
}

TEST(Sources, AreLessCertainWhereLessSpeaksForThem) {
    const double full = migrated(fixture("base_zigzag.yaml")).source.confidence;
    const double thin = migrated("cutoff_len: 512\nstage: sft\n").source.confidence;
    EXPECT_LT(thin, full);
}

TEST(KeyRules, NameFieldsThatExistAndSaySomething) {
    for (const Source& source : sourceTable()) {
        for (const KeyRule& rule : source.rules) {
            // Of adapters and patterns a build may have no fields yet.
            const bool special = rule.newPath.empty() || rule.newPath == "model" ||
                                 rule.newPath == "name" || rule.newPath.starts_with("adapter.") ||
                                 rule.newPath.starts_with("attention.pattern.");
            EXPECT_TRUE(special || findField(rule.newPath) != nullptr) << rule.newPath;
            EXPECT_TRUE(rule.role != Role::None || !rule.reason.empty()) << rule.path;
            EXPECT_TRUE(rule.role != Role::Field || findField(rule.newPath) != nullptr)
                << rule.path;
        }
        for (const ImpliedDefault& implied : source.implied) {
            const Field* field = findField(implied.newPath);
            RunConfig config;
            ASSERT_NE(field, nullptr) << implied.newPath;
            ASSERT_TRUE(field->set(config, implied.value).ok()) << implied.value;
            EXPECT_NE(field->get(config), field->get(RunConfig{}))
                << implied.path << " is Ringscope's default too";
        }
    }
}

TEST(KeyRules, AreFoundByTheMostExactPath) {
    EXPECT_EQ(findRule(deepSpeedRules(), "zero_optimization.offload_param.device")->path,
              "zero_optimization.offload_param.device");
    EXPECT_EQ(findRule(deepSpeedRules(), "zero_optimization.offload_param.buffer_count")->path,
              "zero_optimization.offload_");
    EXPECT_EQ(findRule(deepSpeedRules(), "zero_optimization.param_shapes")->path,
              "zero_optimization.");
    EXPECT_EQ(findRule(deepSpeedRules(), "zero_optimization"), nullptr);
}

}  // namespace
}  // namespace ringscope
