#include "backend/report/run_details_text.h"

#include "backend/config/field_table.h"
#include "tests/backend/compare/sample_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConfigurationText, HasWhatIsNotAtItsDefault) {
    RunRecord run = finishedRun("ring", 100);
    run.config.model = modelPresets().front().model;  // none of its sizes was written
    const std::string text = configurationText(run);
    EXPECT_THAT(text, HasSubstr("parallel.mode  ring  default zigzag\n"));
    EXPECT_THAT(text, Not(HasSubstr("model.layers")));
    EXPECT_THAT(text, HasSubstr(" fields at their defaults\n"));
}

TEST(DifferencesText, NamesEachFieldThatDiffers) {
    const RunRecord ring = finishedRun("ring", 100);
    RunRecord longer = finishedRun("ring", 100);
    longer.config.train.seqLen = 2048;
    EXPECT_EQ(differencesText(ring, longer),
              "  differs from sample/ring (id-ring) in\n    train.seq_len  1024, not 2048\n");
    EXPECT_EQ(differencesText(ring, ring), "  the same configuration as sample/ring (id-ring)\n");
}

TEST(RanksText, SaysHowEachRankEndedAndWhatIsNotKnown) {
    RunRecord run = finishedRun("ring", 100);
    run.rankRecords[1] = {.rank = 1, .host = "node2", .pid = 7, .endedBy = "SIGKILL"};
    const std::string text = ranksText(run);
    EXPECT_THAT(text, HasSubstr("exit code 0\n"));
    EXPECT_THAT(text, HasSubstr("node2"));
    EXPECT_THAT(text, HasSubstr("not known       not known  SIGKILL\n"));
    run.rankRecords.clear();
    EXPECT_EQ(ranksText(run), "");
}

TEST(RoutingText, HasTheLayersOfTheLastStepThatIsKept) {
    RunRecord run = finishedRun("ring", 100);
    EXPECT_EQ(routingText(run), "");
    run.routing = {{.step = 0, .layer = 1, .use = {8, 8}},
                   {.step = 5, .layer = 1, .use = {16, 0}},
                   {.step = 5, .layer = 12, .use = {8, 8}}};
    EXPECT_EQ(routingText(run),
              "  experts in step 5: busiest is its tokens / the mean, evenness is 1 where all are "
              "used alike\n"
              "    layer  busiest         unused  evenness\n"
              "        1     2.00         1 of 2     0.000\n"
              "       12     1.00         0 of 2     1.000\n");
}

TEST(ValidationText, HasLossAndPerplexityOfEachOne) {
    RunRecord run = finishedRun("ring", 100);
    EXPECT_EQ(validationText(run), "");
    run.validations = {{.step = 4, .loss = 2.0, .tokens = 1280},
                       {.step = 9, .loss = 1.5, .tokens = 1280}};
    EXPECT_EQ(validationText(run),
              "  validation: 1,280 labelled tokens that are kept out of training\n"
              "    after step          loss    perplexity\n"
              "             4             2       7.38906\n"
              "             9           1.5       4.48169\n");
    run.validations.push_back(
        {.step = 14, .loss = 1, .tokens = 9, .recall = {{16, 8, 6}, {32, 0, 0}}});
    EXPECT_THAT(validationText(run),
                ::testing::EndsWith(
                    "  recall after step 14: right answers by how far back the value was said\n"
                    "         up to       answers         right\n"
                    "            16             8             6      75 %\n"
                    "            32             0             0\n"));
}

TEST(LogText, CountsDroppedLinesOnlyWhereAllRanksAreShown) {
    const std::vector<LogLine> lines = {{.number = 0, .rank = -1, .text = "a"},
                                        {.number = 3, .rank = 1, .text = "b"}};
    EXPECT_EQ(logText(lines, true), "  agent: a\n  … 2 lines dropped …\n  rank 1: b\n");
    EXPECT_EQ(logText(lines, false), "  agent: a\n  rank 1: b\n");
}

TEST(FilesText, HasHashSizeAndPath) {
    EXPECT_EQ(filesText({}), "");
    EXPECT_EQ(filesText({{.path = "/t/rank-00000.trace", .size = {7}, .sha256 = "ab"}}),
              "  files\n    ab         7 B  /t/rank-00000.trace\n");
}

}  // namespace
}  // namespace ringscope
