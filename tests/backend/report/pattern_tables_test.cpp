#include "backend/report/pattern_tables.h"

#include "backend/report/writers.h"
#include "tests/backend/report/sample_report.h"
#include "tests/backend/report/tag_check.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope::reporting {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Blocks of 256 of 1,024 tokens, each with the one before it: 4 triangles and 3 squares of 524,800.
RunRecord sparseRun() {
    RunRecord run = finishedRun("ring", 50);
    run.config.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 256, .local = 1};
    run.computation = "sparse computation";
    run.id = {"id-sparse"};
    for (StepRecord& step : run.steps) step.loss += 0.5;
    for (RankRecord& rank : run.rankRecords) rank.attentionBytesPerStep = {1'048'576};
    run.validations = {{.step = 4, .loss = 5.25, .tokens = 64}};
    return run;
}

RunRecord denseRun() {
    RunRecord run = finishedRun("ring", 100);
    run.validations = {{.step = 4, .loss = 5, .tokens = 64}};
    return run;
}

std::vector<std::string> textsOf(const Row& row) {
    std::vector<std::string> texts;
    for (const Cell& cell : row.cells)
        texts.push_back(cell.detail.empty() ? cell.text : cell.text + " (" + cell.detail + ")");
    return texts;
}

TEST(PatternTables, HoldAPatternAgainstItsDenseTwinAtTheSameStep) {
    RunRecord dense = denseRun();
    dense.steps.pop_back();  // the last step that both did is the one before
    const Report report = reportOf({dense, sparseRun()});
    const std::vector<PatternCost> costs = patternCosts(report);
    ASSERT_EQ(costs.size(), 1U);
    EXPECT_EQ(costs[0].own.step, 3);
    EXPECT_EQ(costs[0].own.loss, 5.5 - 0.75 + 0.5);
    EXPECT_EQ(costs[0].ofDense.loss, 5.5 - 0.75);
    EXPECT_EQ(costs[0].own.validationLoss, std::nullopt);
    EXPECT_THAT(costs[0].coverage(), DoubleNear(328'192.0 / 524'800, 1e-12));
}

TEST(PatternTables, SayWhatIsLostAndSaved) {
    const Report report = reportOf({denseRun(), sparseRun()});
    const Table table = patternRows(report);
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_THAT(textsOf(table.rows[0]), ElementsAre("ring pattern=none", "4.5000", "5.0000",
                                                    "dense", "2,099,200", "4.00 MiB", "100 ms"));
    EXPECT_THAT(textsOf(table.rows[1]),
                ElementsAre("ring pattern=local 1 of 256", "5.0000 (+0.5000)", "5.2500 (+0.2500)",
                            "62.5 %", "1,312,768 (37.5 % saved)", "1.00 MiB (75 % saved)",
                            "50.0 ms (2.0 × as fast)"));
    const auto json = nlohmann::json::parse(writeJson(report));
    EXPECT_EQ(json["patterns"][0]["figures"]["pairs"], 1'312'768);
    EXPECT_EQ(json["patterns"][0]["figures_of_dense"]["step_ms"], 100);
}

TEST(PatternTables, AreEmptyWithoutAPatternOrWithoutItsTwin) {
    EXPECT_TRUE(patternRows(sampleReport()).rows.empty());
    EXPECT_TRUE(patternRows(reportOf({sparseRun()})).rows.empty());
    RunRecord longer = denseRun();
    longer.config.train.seqLen *= 2;
    EXPECT_TRUE(patternRows(reportOf({longer, sparseRun()})).rows.empty());
    EXPECT_THAT(writeMarkdown(sampleReport()), Not(HasSubstr("Patterns")));
    EXPECT_EQ(patternText(sampleReport()), "");
}

RunRecord recallRun(RunRecord run, std::vector<RecallRange> found) {
    run.validations = {{.step = 4, .loss = 1, .tokens = 8, .recall = std::move(found)}};
    return run;
}

TEST(RecallTable, HasTheAccuracyOfEachConfigurationByDistance) {
    const Report report =
        reportOf({recallRun(finishedRun("ring", 100), {{16, 4, 4}, {32, 4, 3}, {64, 8, 1}}),
                  recallRun(sparseRun(), {{16, 4, 2}, {32, 0, 0}})});
    const Table table = recallRows(report);
    std::vector<std::string> headers;
    for (const Column& column : table.columns) headers.push_back(column.header);
    EXPECT_THAT(headers, ElementsAre("configuration", "1–16", "17–32", "33–64"));
    EXPECT_THAT(textsOf(table.rows[0]), ElementsAre("ring pattern=none", "100 %", "75 %", "12 %"));
    EXPECT_THAT(textsOf(table.rows[1]),
                ElementsAre("ring pattern=local 1 of 256", "50 %", "–", "–"));
    const LineChart chart = recallChart(report);
    ASSERT_EQ(chart.lines.size(), 2U);
    EXPECT_EQ(chart.lines[1].label, "local 1 of 256");
    EXPECT_EQ(chart.lines[0].points[1].x, 32);
    EXPECT_EQ(chart.lines[0].points[1].y, 75);
    EXPECT_EQ(chart.lines[1].points.size(), 1U);
    EXPECT_NE(chart.lines[0].mode, chart.lines[1].mode) << "they look alike";
    const std::string page = writeHtml(report);
    EXPECT_THAT(page, HasSubstr("Recall over distance"));
    EXPECT_EQ(tagProblem(page), "");
    EXPECT_THAT(writeMarkdown(report), HasSubstr("## Recall over distance"));
    EXPECT_THAT(patternText(report),
                HasSubstr("\nright answers by how far back the value was said\n"
                          "configuration                 1–16  17–32  33–64\n"
                          "ring pattern=none            100 %   75 %   12 %\n"
                          "ring pattern=local 1 of 256   50 %      –      –\n"));
}

TEST(RecallTable, IsEmptyWithoutRecall) {
    EXPECT_TRUE(recallRows(reportOf({denseRun()})).rows.empty());
    EXPECT_THAT(writeHtml(reportOf({denseRun()})), Not(HasSubstr("Recall")));
}

}  // namespace
}  // namespace ringscope::reporting
