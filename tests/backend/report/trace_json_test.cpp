#include "backend/report/trace_json.h"

#include "tests/backend/report/made_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::StartsWith;

std::vector<std::string> keysOf(const ordered_json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
}

// Keys of schema_version 2; others may be added, these may not go.
TEST(AnalysisJson, HasTheKeysOfItsSchema) {
    const ordered_json object = ordered_json::parse(analysisJson(analyzeAll(madeTrace())));
    EXPECT_EQ(object["schema_version"], 2);
    for (const char* key : {"source",
                            "steps",
                            "executed_mode",
                            "executed",
                            "exposed_ms_per_step",
                            "wait_ms_per_step",
                            "hidden_wait_ms_per_step",
                            "hidden_pct",
                            "busbw_gb_per_s",
                            "algbw_gb_per_s",
                            "imbalance_pct",
                            "attention_slowdown_pct",
                            "dropped",
                            "unmatched",
                            "longest_kernels_without_communication",
                            "clock",
                            "invariants_ok",
                            "violations",
                            "notes",
                            "ranks",
                            "ring_steps",
                            "blame",
                            "critical_path",
                            "bandwidth",
                            "memory",
                            "other_tools",
                            "recording"})
        EXPECT_TRUE(object.contains(key)) << key;
    EXPECT_EQ(object["source"], "ringscope");
    EXPECT_EQ(object["ranks"].size(), 2U);
    EXPECT_EQ(object["invariants_ok"], true);
    EXPECT_THAT(keysOf(object["ranks"][0]),
                ElementsAre("rank", "span_ns", "attention_ns", "compute_ns", "comm_ns", "hidden_ns",
                            "exposed_ns", "wait_ns", "hidden_wait_ns", "transfer_ns", "unpaired_ns",
                            "bytes", "copies_ns", "copies_exposed_ns", "idle_ns", "launch_gap_ns",
                            "tail_ns", "waits_for", "from_gpu", "overlap_pct"));
}

TEST(AnalysisJson, IsNullWhereTheClocksDoNotTellWaitFromTransfer) {
    const ordered_json object = ordered_json::parse(analysisJson(bareAnalysis()));
    EXPECT_TRUE(object["wait_ms_per_step"].is_null());
    EXPECT_TRUE(object["ranks"][0]["wait_ns"].is_null());
    EXPECT_TRUE(object["ranks"][0]["transfer_ns"].is_null());
    EXPECT_EQ(object["ranks"][0]["exposed_ns"], 1'000'000);
    EXPECT_TRUE(object["blame"].empty());
}

TEST(AnalysisJson, HasAnEmptyListWhereNobodyMeasuredWhatRecordingCost) {
    TraceAnalysis analysis = bareAnalysis();
    EXPECT_EQ(ordered_json::parse(analysisJson(analysis))["recording"], ordered_json::array());
    analysis.recording = {{.rank = 0, .spanNs = 40, .spansPerStep = 100, .percentOfStep = 0.01}};
    EXPECT_EQ(ordered_json::parse(analysisJson(analysis))["recording"][0]["span_cost_ns"], 40);
}

TEST(AnalysisCsv, IsALineForEachRank) {
    const std::string csv = analysisCsv(bareAnalysis());
    EXPECT_THAT(csv, StartsWith("rank,span_ns,attention_ns,compute_ns,comm_ns,"));
    EXPECT_THAT(csv, ::testing::HasSubstr("\n0,20000000,8000000,10000000,4000000,3000000,1000000,"
                                          ",,,,0,"));
}

TEST(RingStepJson, HasARowForEachRankPassAndRingStep) {
    const ordered_json rows = ordered_json::parse(ringStepJson(analyze(madeTrace())))["ring_steps"];
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0]["pass"], "forward");
    EXPECT_EQ(rows[3]["rank"], 1);
    EXPECT_EQ(rows[3]["ring_step"], 1);
    EXPECT_THAT(ringStepCsv(analyze(madeTrace())), StartsWith("rank,pass,ring_step,attention_ns,"));
}

TEST(RingStepJson, OfNoRingStepIsAnEmptyList) {
    EXPECT_EQ(ordered_json::parse(ringStepJson({})),
              (ordered_json{{"schema_version", 2}, {"ring_steps", ordered_json::array()}}));
    EXPECT_EQ(ringStepCsv({}), "");
}

TEST(TopSpansJson, HasARowForEachName) {
    const std::vector<TopSpan> spans = {{.name = "=evil()",
                                         .kind = SpanKind::Compute,
                                         .gpu = true,
                                         .count = 4,
                                         .total = 1000,
                                         .longest = 400}};
    const ordered_json rows = ordered_json::parse(topSpansJson(spans))["spans"];
    EXPECT_EQ(rows[0], (ordered_json{{"where", "gpu"},
                                     {"kind", "compute"},
                                     {"count", 4},
                                     {"total_ns", 1000},
                                     {"mean_ns", 250},
                                     {"longest_ns", 400},
                                     {"name", "=evil()"}}));
    EXPECT_EQ(topSpansCsv(spans),
              "where,kind,count,total_ns,mean_ns,longest_ns,name\n"
              "gpu,compute,4,1000,250,400,'=evil()\n");
}

TEST(TopSpansJson, HoldsNoMoreNamesThanAskedFor) {
    const std::vector<TopSpan> spans(3);
    EXPECT_EQ(ordered_json::parse(topSpansJson(spans, 2))["spans"].size(), 2U);
    EXPECT_EQ(ordered_json::parse(topSpansJson(spans))["spans"].size(), 3U);
    EXPECT_EQ(topSpansCsv(spans, 0), "");
}

TEST(TraceDiffJson, HasTheKeysOfItsSchemaAndItsEffectsAsCsv) {
    TraceDiff diff;
    diff.before = "ring";
    diff.after = "zigzag";
    diff.effects = {{.what = "wait for rank 1", .before = 4, .after = 1}};
    diff.steps = {{.index = 0, .before = 10, .after = 7}};
    const ordered_json object = ordered_json::parse(traceDiffJson(diff));
    EXPECT_THAT(keysOf(object),
                ElementsAre("schema_version", "before", "after", "step_ns", "change_ns_per_step",
                            "sentence", "notes", "effects", "places", "steps"));
    EXPECT_EQ(object["effects"][0]["change_ns"], -3.0);
    EXPECT_THAT(traceDiffCsv(diff), EndsWith("\nwait for rank 1,4.0,1.0,-3.0\n"));
}

TEST(TraceInfoJson, SaysWhatARankRecordedAndNullWhereNobodyMeasuredTheCost) {
    TraceContents contents;
    RankContents rank;
    rank.origin.rank = 3;
    rank.origin.world = 4;
    rank.hostSpans = 12;
    rank.complete = true;
    contents.ranks = {rank};
    const ordered_json object = ordered_json::parse(traceInfoJson(contents));
    EXPECT_EQ(object["schema_version"], 2);
    EXPECT_EQ(object["ranks"][0]["rank"], 3);
    EXPECT_EQ(object["ranks"][0]["source"], "ringscope");
    EXPECT_EQ(object["ranks"][0]["complete"], true);
    EXPECT_TRUE(object["ranks"][0]["span_cost_ns"].is_null());
    EXPECT_THAT(traceInfoCsv(contents), StartsWith("rank,world,run,host,mode,device,source,"));
}

}  // namespace
}  // namespace ringscope
