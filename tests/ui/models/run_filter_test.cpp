#include "ui/models/run_filter.h"
#include "tests/ui/sample.h"
#include "ui/models/run_table_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>

namespace ringscope::ui {
namespace {

using test::finishedRun;

bool passes(std::string_view words, const RunRow& run) {
    const Result<RunPredicate> predicate = parseRunFilter(words);
    EXPECT_TRUE(predicate.ok()) << predicate.error().message;
    return predicate.ok() && (*predicate)(run);
}

TEST(RunFilter, FindsWordsInNameModeAndState) {
    const RunRow run = runRow(finishedRun("a", "zigzag", 100));
    EXPECT_TRUE(passes("", run));
    EXPECT_TRUE(passes("ZIG", run));
    EXPECT_TRUE(passes("sample finished", run));
    EXPECT_FALSE(passes("sample failed", run));
}

TEST(RunFilter, ComparesNumbersAndKnowsK) {
    const RunRow run = runRow(finishedRun("a", "zigzag", 100));  // seq_len 1024
    EXPECT_TRUE(passes("seq_len>=1k", run));
    EXPECT_FALSE(passes("seq_len>1k", run));
    EXPECT_TRUE(passes("mode=zigzag and ranks<4", run));
    EXPECT_FALSE(passes("mode!=zigzag", run));
}

TEST(RunFilter, NeverMatchesAFigureThatWasNotMeasured) {
    RunRecord queued = finishedRun("a", "ring", 100);
    queued.steps.clear();
    EXPECT_FALSE(passes("tokens_per_s<1000000", runRow(queued)));
    EXPECT_FALSE(passes("tokens_per_s>=0", runRow(queued)));
}

TEST(RunFilter, SaysWhichFieldItDoesNotKnow) {
    const Result<RunPredicate> predicate = parseRunFilter("moed=ring");
    ASSERT_FALSE(predicate.ok());
    EXPECT_EQ(predicate.error().message,
              "there is no field 'moed'; known: name, mode, state, parity, ranks, seq_len, "
              "tokens_per_s, step_ms, exposed_ms, wait_ms, hidden_wait_ms, peak_bytes");
}

TEST(RunFilter, AsksForANumberWhereTheFieldIsOne) {
    EXPECT_EQ(parseRunFilter("seq_len>=long").error().message,
              "seq_len is compared with a number like 8192 or 8k; got 'long'");
    EXPECT_EQ(parseRunFilter("seq_len>=").error().message, "a value is missing after 'seq_len>='");
}

TEST(RunFilterModel, SortsNumbersAsNumbers) {
    RunTableModel model;
    RunFilterModel sorted;
    sorted.setSourceModel(&model);
    const QAbstractItemModelTester tester(&sorted,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setRows(runRows({finishedRun("slow", "legacy", 900), finishedRun("fast", "zigzag", 9),
                           finishedRun("middle", "ring", 99)}));
    sorted.sort(RunTableModel::Speed, Qt::DescendingOrder);
    EXPECT_EQ(runAt(sorted.index(0, 0))->id.text, "fast");
    EXPECT_EQ(runAt(sorted.index(1, 0))->id.text, "middle");
    EXPECT_EQ(runAt(sorted.index(2, 0))->id.text, "slow");
    sorted.setPredicate(*parseRunFilter("mode=ring"));
    EXPECT_EQ(sorted.rowCount(), 1);
}

}  // namespace
}  // namespace ringscope::ui
