#include "backend/query/run_query.h"

#include "backend/core/units.h"
#include "tests/backend/compare/sample_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ctime>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool finds(std::string_view query, const RunRecord& run) {
    const Result<RunPredicate> predicate = parseRunQuery(query, "--where");
    EXPECT_TRUE(predicate.ok()) << (predicate.ok() ? "" : predicate.error().message);
    return predicate.ok() && (*predicate)(run);
}

std::string refusal(std::string_view query) {
    const Result<RunPredicate> predicate = parseRunQuery(query, "--where");
    if (predicate.ok()) return "accepted";
    EXPECT_EQ(predicate.error().code, ErrorCode::InvalidConfig);
    return predicate.error().message;
}

TEST(RunQuery, FindsWordsInNameModeStateTagsAndNote) {
    RunRecord run = finishedRun("zigzag", 100);
    run.tags = {"paper"};
    run.note = "the slow node";
    for (const char* found : {"", "  ", "ZIG", "sample finished", "paper", "\"slow node\"", "id-z"})
        EXPECT_TRUE(finds(found, run)) << found;
    for (const char* lost : {"sample failed", "draft", "\"node slow\""})
        EXPECT_FALSE(finds(lost, run)) << lost;
}

TEST(RunQuery, ComparesNumbersAndKnowsTheirSuffixes) {
    const RunRecord run = finishedRun("zigzag", 100);  // 1024 tokens, 100 MiB, loss 4.5
    for (const char* found :
         {"seq_len>=1k", "seq_len = 1k", "peak_bytes<=100MiB", "loss<4.6", "loss > 4.4",
          "step_ms=100", "tokens_per_s!=1", "steps=5", "model.layers=4", "train.lr<1e-2"})
        EXPECT_TRUE(finds(found, run)) << found;
    for (const char* lost : {"seq_len>1k", "peak_bytes>100MiB", "loss<4.5", "model.layers>4"})
        EXPECT_FALSE(finds(lost, run)) << lost;
}

TEST(RunQuery, JoinsByNotThenAndThenOr) {
    const RunRecord ring = finishedRun("ring", 100);
    const RunRecord zigzag = finishedRun("zigzag", 100);
    EXPECT_TRUE(finds("mode=ring or mode=zigzag", zigzag));
    EXPECT_TRUE(finds("mode=ring or loss<3", ring));
    EXPECT_FALSE(finds("mode=ring or loss<3", zigzag));
    EXPECT_TRUE(finds("mode=ring or mode=zigzag and ranks=9", ring)) << "and binds first";
    EXPECT_FALSE(finds("(mode=ring or mode=zigzag) and ranks=9", ring));
    EXPECT_FALSE(finds("(mode=ring or mode=zigzag) ranks=9", ring)) << "and may be left out";
    EXPECT_TRUE(finds("not mode=ring", zigzag));
    EXPECT_FALSE(finds("not mode=zigzag or mode=ring", zigzag)) << "not binds first";
    EXPECT_FALSE(finds("not (mode=zigzag or mode=ring)", zigzag));
    EXPECT_TRUE(finds("NOT not mode=zigzag AND ranks=2", zigzag));
}

TEST(RunQuery, NeverMatchesAFigureThatWasNotMeasured) {
    RunRecord queued = finishedRun("ring", 100);
    queued.steps.clear();
    for (const char* query : {"tokens_per_s<1000000", "tokens_per_s>=0", "loss!=1", "wait_ms>=0"})
        EXPECT_FALSE(finds(query, queued)) << query;
}

TEST(RunQuery, AsksForOneOfSeveralTagsAndHosts) {
    RunRecord run = finishedRun("ring", 100);
    run.tags = {"a", "b"};
    run.rankRecords[1].host = "node2";
    EXPECT_TRUE(finds("tag=b", run));
    EXPECT_FALSE(finds("tag=c", run));
    EXPECT_FALSE(finds("tag!=a", run));
    EXPECT_TRUE(finds("tag!=c", run));
    EXPECT_TRUE(finds("host=localhost host=node2", run));
    EXPECT_TRUE(finds("host~node", run));
    run.tags.clear();
    EXPECT_TRUE(finds("tag!=a", run));
    EXPECT_FALSE(finds("tag=a", run));
}

TEST(RunQuery, ComparesMomentsAsFarAsTheyAreWritten) {
    RunRecord run = finishedRun("ring", 100);
    std::tm time{};
    time.tm_year = 2026 - 1900;
    time.tm_mon = 10;
    time.tm_mday = 29;
    time.tm_hour = 6;
    time.tm_min = 12;
    time.tm_isdst = -1;
    run.createdUs = static_cast<std::int64_t>(std::mktime(&time)) * 1'000'000;
    for (const char* found :
         {"started=2026-11-29", "started=2026-11", "started>=2026-11-29T06:12",
          "started<=2026-11-29", "started<2026-11-30", "started>\"2026-11-29 06:11\""})
        EXPECT_TRUE(finds(found, run)) << found;
    for (const char* lost : {"started=2026-10", "started>2026-11-29", "started<2026-11-29"})
        EXPECT_FALSE(finds(lost, run)) << lost;
    EXPECT_THAT(refusal("started>yesterday"), HasSubstr("a day like 2026-11-29"));
}

TEST(RunQuery, KnowsAges) {
    RunRecord run = finishedRun("ring", 100);  // took 2.5 s
    run.createdUs = utcMicroseconds() - 7'200'000'000;
    EXPECT_TRUE(finds("age>1h age<3h age<1d took>=2s took<1m", run));
    EXPECT_FALSE(finds("age<90m", run));
}

TEST(RunQuery, NamesTheColumnAndTheNearestWord) {
    EXPECT_EQ(refusal("mode=ring or los<3"),
              "--where:14: there is no field 'los'; did you mean 'loss'?");
    EXPECT_EQ(refusal("mode=zigzg"), "--where:6: there is no mode 'zigzg'; did you mean 'zigzag'?");
    EXPECT_EQ(refusal("state!=finshed"),
              "--where:8: there is no state 'finshed'; did you mean 'finished'?");
    EXPECT_EQ(refusal("model.layrs=4"),
              "--where:1: there is no field 'model.layrs'; did you mean 'model.layers'?");
    EXPECT_THAT(refusal("qqqqqqqqq=1"), HasSubstr("known: name, id, experiment,"));
}

TEST(RunQuery, SaysWhatIsMissingWhere) {
    EXPECT_EQ(refusal("seq_len>=long"),
              "--where:10: seq_len is compared with a number like 8192 or 8k; got 'long'");
    EXPECT_EQ(refusal("age<soon"),
              "--where:5: age is compared with a time like 90s, 5m, 2h or 3d; got 'soon'");
    EXPECT_EQ(refusal("loss<"), "--where:6: a value is missing after 'loss<'");
    EXPECT_EQ(refusal("<3"), "--where:1: a field is missing before '<'");
    EXPECT_EQ(refusal("mode=ring or"),
              "--where:13: a condition is missing here: mode=ring, loss<3");
    EXPECT_EQ(refusal("or mode=ring"), "--where:1: a condition is missing before 'or'");
    EXPECT_EQ(refusal("(mode=ring"), "--where:1: '(' is not closed; write ')'");
    EXPECT_EQ(refusal("mode=ring)"), "--where:10: ')' closes nothing; remove it");
    EXPECT_EQ(refusal("()"), "--where:2: a condition is missing before ')'");
    EXPECT_EQ(refusal("note=\"slow"), "--where:6: the quote is not closed; write another \"");
    EXPECT_EQ(refusal("mode!ring"), "--where:5: write != for 'is not', or not before it");
    EXPECT_EQ(refusal("loss~3"), "--where:5: ~ asks for a part of a text; loss is a number");
}

TEST(RunQuery, RefusesWhatNestsTooDeeply) {
    EXPECT_THAT(refusal(std::string(100'000, '(')), HasSubstr("nest too deeply"));
}

std::vector<std::string> ordered(std::string_view order, std::vector<RunRecord> runs) {
    const Result<RunOrder> sort = parseRunOrder(order, "--sort");
    EXPECT_TRUE(sort.ok());
    (*sort)(runs);
    std::vector<std::string> names;
    for (const RunRecord& run : runs) names.push_back(run.config.parallel.mode);
    return names;
}

TEST(RunOrder, SortsByEachFieldInTurnWithMissingFiguresLast) {
    RunRecord queued = finishedRun("usp", 100);
    queued.steps.clear();
    const std::vector<RunRecord> runs = {queued, finishedRun("zigzag", 50),
                                         finishedRun("legacy", 100), finishedRun("ring", 100)};
    EXPECT_THAT(ordered("tokens_per_s", runs), ElementsAre("legacy", "ring", "zigzag", "usp"));
    EXPECT_THAT(ordered("-tokens_per_s", runs), ElementsAre("zigzag", "legacy", "ring", "usp"));
    EXPECT_THAT(ordered("-step_ms, -mode", runs), ElementsAre("ring", "legacy", "zigzag", "usp"));
}

TEST(RunOrder, NamesTheNearestField) {
    EXPECT_EQ(parseRunOrder("name,-tokens_per_sec", "--sort").error().message,
              "--sort:6: there is no field 'tokens_per_sec'; did you mean 'tokens_per_s'?");
}

TEST(RunQuery, ExplainsEveryField) {
    for (const QueryFieldHelp& field : queryFieldHelp()) EXPECT_FALSE(field.help.empty());
}

}  // namespace
}  // namespace ringscope
