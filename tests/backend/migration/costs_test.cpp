// What the plan says of a migration: of the experiment, of options, of keys.
#include "backend/migration/costs.h"
#include "backend/machine/machine_table.h"
#include "backend/memory/memory_plan.h"
#include "backend/migration/migration_report.h"
#include "backend/migration/migration_text.h"
#include "backend/plan/run_plan.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Migration priced(const MigrationInput& input, const MigrationAnswers& answers = {}) {
    Migration migration = migrated(input, answers);
    addCosts(input, answers, findMachine(std::string(usualMachine)).value(), migration);
    return migration;
}

TEST(Costs, OfTheExperimentAreThoseOfItsPlan) {
    const Migration migration = priced(inputOf(baseText(2, "cutoff_len: 4096\n")));
    ASSERT_TRUE(migration.cost);
    RunConfig config = configOf(migration);
    config.launch.device = DeviceChoice::Cuda;
    const RunPlan plan = planRun(config).value();
    EXPECT_EQ(migration.cost->peakBytes, predictedPeak(plan).bytes());
    EXPECT_EQ(migration.cost->sentBytes, plan.attentionBytesPerStep + plan.gradientBytesPerStep);
    EXPECT_EQ(migration.oldCost, migration.cost) << "the old way is zigzag, too";
    EXPECT_EQ(migration.costMachine, "h100-8x");
}

TEST(Costs, OfTheOldWayAreThoseOfItsMode) {
    const auto text = [](const std::string& parallel) {
        return inputOf("model: {preset: nano}\ntrain: {seq_len: 256}\nparallel: {sp: 2, " +
                       parallel + "}\n");
    };
    for (const char* parallel : {"mode: all_gather", "mode: p2p, token_order: hilbert"}) {
        const Migration same = priced(text(parallel));
        ASSERT_TRUE(same.cost) << parallel;
        EXPECT_EQ(same.oldCost, same.cost) << parallel;
    }
    const Migration gathered = priced(text("mode: standard, image: [8, 32], token_order: hilbert"));
    ASSERT_TRUE(gathered.cost && gathered.oldCost) << "legacy takes no layout, and none is left";
    EXPECT_EQ(gathered.oldWay.mode, "legacy");
    EXPECT_GT(gathered.oldCost->peakBytes, gathered.cost->peakBytes);
}

TEST(Costs, OfAnOptionAreThoseOfTheExperimentWithIt) {
    const MigrationInput input = inputOf(baseText(2, "cutoff_len: 4096\n"));
    const Migration migration = priced(input);
    const Decision* model = decisionOf(migration, "model");
    ASSERT_NE(model, nullptr);
    for (const DecisionOption& option : model->options) {
        const MigrationAnswers answers{.options = {{"model", option.id}}, .acceptDefaults = false};
        ASSERT_TRUE(option.cost) << option.id;
        EXPECT_EQ(*option.cost, *priced(input, answers).cost) << option.id;
    }
}

TEST(Costs, OfDroppedKeysAreInNumbers) {
    const Migration second = priced(inputOf(baseText(2, "ref_model: other\n")));
    EXPECT_THAT(verdictOn(second, "ref_model").cost, StartsWith("on h100-8x weights of a second"));
    EXPECT_THAT(verdictOn(second, "ref_model").cost, HasSubstr("GiB more a rank"));
    const Migration galore = priced(inputOf(baseText(2, "use_galore: true\n")));
    EXPECT_THAT(verdictOn(galore, "use_galore").cost, HasSubstr("the optimizer's state takes"));
    const Migration old = priced(
        inputOf(
            "a = RingDilatedAttentionV3(segment_lengths=[512], dilation_rates=[1], ring_size=4)\n",
            "old.py"),
        defaultAnswers);
    EXPECT_THAT(verdictOn(old, "RingDilatedAttentionV3").cost, HasSubstr("in the old stack peak"));
    EXPECT_THAT(verdictOn(old, "RingDilatedAttentionV3").cost, HasSubstr("higher a rank"));
    ASSERT_TRUE(old.oldCost);
    EXPECT_GT(old.oldCost->peakBytes, old.cost->peakBytes) << "the old class gathers";
    EXPECT_EQ(verdictOn(second, "stage").cost, "") << "a key that is carried loses nothing";
}

TEST(Costs, OfPiecesStandBesideALayer) {
    MigrationInput input = inputOf(baseText(2, "deepspeed: ds.json\n"));
    input.companions = {
        {"ds.json", R"({"zero_optimization": {"stage": 2, "reduce_bucket_size": 5e8}})"}};
    const KeyVerdict key = verdictOn(priced(input), "zero_optimization.reduce_bucket_size");
    EXPECT_THAT(key.cost, HasSubstr("a layer has"));
    EXPECT_THAT(key.cost, HasSubstr("the old stack's pieces up to 1.86 GiB"));
}

TEST(Costs, AreSaidInTextJsonAndReports) {
    const MigrationInput input = inputOf(baseText(2, "ref_model: other\nbf16: true\n"));
    const Migration migration = priced(input);
    const std::string words = costWords(*migration.cost, migration.costMachine);
    EXPECT_THAT(words, StartsWith("on h100-8x a peak of "));
    EXPECT_THAT(words, HasSubstr(" sent a step, "));
    for (const MigrationReportFormat& format : migrationReportFormats()) {
        if (format.extension == ".json") continue;
        EXPECT_THAT(format.write(input, migration), HasSubstr(words)) << format.extension;
        EXPECT_THAT(format.write(input, migration), HasSubstr("more a rank")) << format.extension;
    }
    EXPECT_THAT(migrationText(input, migration), HasSubstr(words));
    const auto object = nlohmann::json::parse(migrationJson(input, migration));
    EXPECT_EQ(object["plan"]["new"]["peak_bytes"], migration.cost->peakBytes);
    EXPECT_EQ(object["plan"]["old"]["sent_bytes"], migration.oldCost->sentBytes);
    EXPECT_EQ(object["plan"]["old_mode"], "zigzag");
    EXPECT_GT(object["decisions"][0]["options"][0]["plan"]["step_ms"], 0);
    const auto plain = nlohmann::json::parse(migrationJson(input, migrated(input)));
    EXPECT_TRUE(plain["plan"]["new"].is_null()) << "nothing was planned";
}

TEST(CostDifferences, NameWhatDiffersAlone) {
    constexpr std::int64_t gibibyte = std::int64_t{1} << 30;
    const PlannedCost here{
        .peakBytes = 4 * gibibyte, .sentBytes = gibibyte, .stepNanos = 1'000'000};
    EXPECT_EQ(costDifference(here, here), "");
    EXPECT_EQ(
        costDifference(
            here, {.peakBytes = 7 * gibibyte, .sentBytes = 2 * gibibyte, .stepNanos = 1'500'000}),
        "peak 3.00 GiB higher a rank, 2.00 x the bytes sent, 1.50 x the time");
    EXPECT_EQ(costDifference(here, {.peakBytes = 3 * gibibyte, .sentBytes = gibibyte}),
              "peak 1.00 GiB lower a rank");
    EXPECT_EQ(costDifference({}, {.sentBytes = gibibyte}), "1.00 GiB sent a step instead of none");
}

}  // namespace
}  // namespace ringscope
