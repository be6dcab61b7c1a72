#include "backend/report/run_json.h"

#include "backend/report/writers.h"
#include "tests/backend/report/sample_report.h"

#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>

namespace ringscope::reporting {
namespace {

using nlohmann::json;

TEST(RunJson, HasTheFieldsThatProgramsRelyOn) {
    const json run = toJson(finishedRun("zigzag", 45));
    EXPECT_EQ(run["id"], "id-zigzag");
    EXPECT_EQ(run["name"], "sample/zigzag");
    EXPECT_EQ(run["mode"], "zigzag");
    EXPECT_EQ(run["status"], "finished");
    EXPECT_EQ(run["ranks"], 2);
    EXPECT_EQ(run["seq_len"], 1024);
    EXPECT_EQ(run["steps"], 5);
    EXPECT_DOUBLE_EQ(run["tokens_per_s"], 4000 / 0.18);
    EXPECT_DOUBLE_EQ(run["step_ms"]["median"], 45);
    EXPECT_DOUBLE_EQ(run["step_ms"]["p95"], 45);
    EXPECT_EQ(run["losses"], json({5.5, 5.25, 5.0, 4.75, 4.5}));
    EXPECT_EQ(run["grad_norms"], json({1.5, 1.5, 1.5, 1.5, 1.5}));
    EXPECT_EQ(run["peak_bytes"], 104'857'600);
    EXPECT_EQ(run["comm_bytes_per_step"], 4'194'304);
    EXPECT_EQ(run["predicted_comm_bytes_per_step"], 4'194'304);
    EXPECT_EQ(run["gradient_bytes_per_step"], 1'048'576);
    EXPECT_EQ(run["predicted_gradient_bytes_per_step"], 1'048'576);
    EXPECT_EQ(run["parity"]["reference"], "id-reference");
    EXPECT_DOUBLE_EQ(run["parity"]["max_loss_diff"], 2e-7);
    EXPECT_DOUBLE_EQ(run["parity"]["max_grad_norm_rel_diff"], 3e-6);
    EXPECT_EQ(run["parity"]["verdict"], "same");
    EXPECT_EQ(run["created"], "2023-11-14T22:13:20.000000Z");
    EXPECT_EQ(run["config"]["train.seq_len"], 1024);
    EXPECT_EQ(run["config"]["attention.causal"], true);
    EXPECT_EQ(run["config"]["attention.window"], nullptr);
    EXPECT_EQ(run["config"]["parallel.mode"], "zigzag");
    EXPECT_EQ(run["rank_records"].size(), 2U);
}

TEST(RunJson, SaysWhatWasPredictedOrWhyNothingWas) {
    RunRecord run = finishedRun("zigzag", 45);
    EXPECT_EQ(toJson(run)["prediction"], nullptr);
    EXPECT_EQ(toJson(run)["unpredicted"], nullptr);
    run.prediction = RunPrediction{50, 3.5, 0.5, "a processor", "2026-11-30"};
    EXPECT_EQ(toJson(run)["prediction"]["step_ms"], 50.0);
    EXPECT_EQ(toJson(run)["prediction"]["wait_ms_per_step"], 0.5);
    EXPECT_NEAR(toJson(run)["prediction"]["step_error_pct"].get<double>(), -10, 1e-9);
    run.steps.resize(1);  // the warm-up alone
    EXPECT_EQ(toJson(run)["prediction"]["step_error_pct"], nullptr);
    run.prediction.reset();
    run.unpredicted = "it runs on GPUs";
    EXPECT_EQ(toJson(run)["prediction"], nullptr);
    EXPECT_EQ(toJson(run)["unpredicted"], "it runs on GPUs");
}

TEST(RunJson, HasTheHistoryOfARunThatGoesOnFromAnother) {
    EXPECT_EQ(toJson(finishedRun("zigzag", 45))["continues"], nullptr);
    EXPECT_EQ(toJson(finishedRun("zigzag", 45))["history"], nullptr);
    const json run = toJson(continuedRun("zigzag"));
    EXPECT_EQ(run["continues"], json({{"run", "id-ring"}, {"step", 3}}));
    EXPECT_EQ(run["first_step"], 3);
    EXPECT_EQ(run["losses"], json({4.75, 4.5})) << "its own";
    const json& history = run["history"];
    EXPECT_EQ(history["runs"], json({"id-ring", "id-zigzag"}));
    EXPECT_EQ(history["cuts"], json({3}));
    EXPECT_EQ(history["first_step"], 0);
    EXPECT_EQ(history["losses"], json({5.5, 5.25, 5.0, 4.75, 4.5}));
    EXPECT_EQ(history["steps"], 5);
    EXPECT_EQ(history["tokens"], 5000);
    EXPECT_EQ(history["seconds"], 4.5);
    EXPECT_EQ(history["lost_steps"], 1);
}

TEST(RunJson, CountsTheParametersThatTrain) {
    RunRecord run = finishedRun("zigzag", 45);
    EXPECT_EQ(toJson(run)["trained_parameters"], nullptr) << "not known of an older run";
    run.trainedParameters = 24'576;
    EXPECT_EQ(toJson(run)["trained_parameters"], 24'576);
    EXPECT_EQ(toJson(run)["parameters"], 3'000'000);
}

TEST(RunJson, HasEveryValidation) {
    RunRecord run = finishedRun("zigzag", 45);
    EXPECT_EQ(toJson(run)["validations"], json::array());
    run.validations = {
        {.step = 3, .loss = 0, .tokens = 640},
        {.step = 4, .loss = std::numeric_limits<double>::quiet_NaN(), .tokens = 640}};
    const json object = toJson(run);
    EXPECT_EQ(object["validations"][0],
              json({{"step", 3}, {"loss", 0.0}, {"perplexity", 1.0}, {"tokens", 640}}));
    EXPECT_TRUE(object["validations"][1]["loss"].is_null());
    run.validations[0].recall = {{16, 8, 6}, {32, 0, 0}};
    EXPECT_EQ(toJson(run)["validations"][0]["recall"],
              json::parse(R"([{"up_to": 16, "answers": 8, "right": 6, "accuracy": 0.75},
                              {"up_to": 32, "answers": 0, "right": 0, "accuracy": null}])"));
}

TEST(RunJson, SaysNullWhereNothingWasMeasured) {
    RunRecord run = failedRun("ring");
    run.steps.clear();
    run.startedUs = 0;
    const json object = toJson(run);
    EXPECT_EQ(object["reason"], "rank 1 was ended by SIGKILL");
    for (const char* field : {"tokens_per_s", "peak_bytes", "comm_bytes_per_step",
                              "gradient_bytes_per_step", "parity", "started"})
        EXPECT_TRUE(object[field].is_null()) << field;
    EXPECT_TRUE(object["step_ms"]["median"].is_null());
    EXPECT_EQ(object["losses"], json::array());
    EXPECT_EQ(object["predicted_comm_bytes_per_step"], 4'194'304);
}

TEST(RunJson, SaysNullForALossThatIsNoNumber) {
    RunRecord run = finishedRun("ring", 50);
    run.steps[1].loss = std::numeric_limits<double>::quiet_NaN();
    run.steps[2].gradNorm = std::numeric_limits<double>::infinity();
    run.parity->maxLossDiff = std::numeric_limits<double>::quiet_NaN();
    const json object = toJson(run);
    EXPECT_TRUE(object["losses"][1].is_null());
    EXPECT_TRUE(object["grad_norms"][2].is_null());
    EXPECT_TRUE(object["parity"]["max_loss_diff"].is_null());
    EXPECT_EQ(object["parity"]["verdict"], "different");
}

TEST(ComparisonJson, HoldsTheAnswerAndItsFigures) {
    const json object = toJson(sampleReport().comparison);
    EXPECT_EQ(object["baseline"]["label"], "legacy");
    EXPECT_EQ(object["baseline"]["finished"], 2);
    EXPECT_EQ(object["baseline"]["tokens_per_s"]["samples"], 2);
    ASSERT_EQ(object["candidates"].size(), 3U);
    const json& zigzag = object["candidates"][0];
    EXPECT_EQ(zigzag["label"], "zigzag");
    EXPECT_EQ(zigzag["against"], "legacy");
    EXPECT_EQ(zigzag["speed"], "faster");
    EXPECT_DOUBLE_EQ(zigzag["speedup_high"], 100.0 / 45);
    EXPECT_EQ(zigzag["memory_ratio"], 1.0);
    const json& ring = object["candidates"][1];
    EXPECT_EQ(ring["failed"], 1);
    EXPECT_EQ(ring["failure"], "rank 1 was ended by SIGKILL");
    EXPECT_TRUE(ring["speedup"].is_null());
    EXPECT_TRUE(ring["tokens_per_s"].is_null());
    EXPECT_EQ(object["verdict"], sampleReport().comparison.verdict);
}

TEST(JsonReport, ReadsBackWithItsVersion) {
    const json object = json::parse(writeJson(sampleReport()));
    EXPECT_EQ(object["schema_version"], jsonSchemaVersion);
    EXPECT_EQ(object["title"], "sample: four modes");
    EXPECT_EQ(object["created"], "2023-11-14T22:21:40.000000Z");
    EXPECT_EQ(object["runs"].size(), 5U);
    EXPECT_EQ(object["comparison"]["baseline"]["mode"], "legacy");
}

TEST(JsonReport, SurvivesBytesThatAreNoText) {
    const json object = json::parse(writeJson(hostileReport()));
    EXPECT_EQ(object["runs"][0]["experiment"].get<std::string>().find('\xff'), std::string::npos);
}

TEST(RunsJson, HoldsEveryRunUnderItsVersion) {
    const json object = json::parse(runsJson({finishedRun("ring", 100), failedRun("zigzag")}));
    EXPECT_EQ(object["schema_version"], jsonSchemaVersion);
    ASSERT_EQ(object["runs"].size(), 2U);
    EXPECT_EQ(object["runs"][1]["mode"], "zigzag");
    EXPECT_EQ(json::parse(runsJson({}))["runs"], json::array());
}

TEST(SessionJson, SaysWhatBecameOfAnExperiment) {
    const json object = json::parse(sessionJson({.experimentId = "e-1",
                                                 .store = "/x/ringscope.db",
                                                 .exitCode = 8,
                                                 .runs = {finishedRun("ring", 100)},
                                                 .references = {finishedRun("none", 90)}}));
    EXPECT_EQ(object["schema_version"], jsonSchemaVersion);
    EXPECT_EQ(object["experiment_id"], "e-1");
    EXPECT_EQ(object["store"], "/x/ringscope.db");
    EXPECT_EQ(object["exit_code"], 8);
    EXPECT_EQ(object["runs"][0]["mode"], "ring");
    EXPECT_EQ(object["references"][0]["mode"], "none");
    EXPECT_TRUE(object["comparison"].is_object());
}

TEST(SessionJson, HasNoComparisonWhereThereIsNoRun) {
    const json object = json::parse(sessionJson({.exitCode = 6}));
    EXPECT_FALSE(object.contains("comparison"));
    EXPECT_EQ(object["runs"], json::array());
}

}  // namespace
}  // namespace ringscope::reporting
