#include "ui/models/run_filter.h"
#include "tests/ui/sample.h"
#include "ui/models/run_table_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>

namespace ringscope::ui {
namespace {

using test::finishedRun;

std::vector<std::string> shown(const RunFilterModel& filter) {
    std::vector<std::string> ids;
    for (int row = 0; row < filter.rowCount(); ++row)
        ids.push_back(runAt(filter.index(row, 0))->id.text);
    return ids;
}
using Ids = std::vector<std::string>;

class RunFilterModelTest : public testing::Test {
protected:
    RunFilterModelTest() { filter.setSourceModel(&model); }

    void show(std::vector<RunRecord> records, std::string_view query, bool archived = false) {
        runs = std::move(records);
        filter.setRuns(runs, *parseRunQuery(query, "filter"), archived);
        model.setRows(runRows(runs));
    }

    std::vector<RunRecord> runs;
    RunTableModel model;
    RunFilterModel filter;
    QAbstractItemModelTester tester{&filter, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(RunFilterModelTest, ShowsTheRunsThatAQueryAccepts) {
    show({finishedRun("a", "ring", 100), finishedRun("b", "zigzag", 100),
          finishedRun("c", "legacy", 100)},
         "mode=ring or mode=legacy");
    EXPECT_EQ(filter.rowCount(), 2);
    show(runs, "mode=zigzag");
    EXPECT_EQ(shown(filter), Ids{"b"});
}

TEST_F(RunFilterModelTest, LeavesArchivedRunsOutUnlessAsked) {
    RunRecord old = finishedRun("old", "ring", 100);
    old.archivedUs = 1;
    show({finishedRun("a", "ring", 100), old}, "");
    EXPECT_EQ(shown(filter), Ids{"a"});
    show(runs, "", /*archived=*/true);
    EXPECT_EQ(filter.rowCount(), 2);
}

TEST_F(RunFilterModelTest, SortsNumbersAsNumbers) {
    show({finishedRun("slow", "legacy", 900), finishedRun("fast", "zigzag", 9),
          finishedRun("middle", "ring", 99)},
         "");
    filter.sort(RunTableModel::Speed, Qt::DescendingOrder);
    EXPECT_EQ(shown(filter), (Ids{"fast", "middle", "slow"}));
}

TEST_F(RunFilterModelTest, KeepsTheRunsOfAnExperimentTogetherTheNewestFirst) {
    const auto of = [](const char* id, const char* experiment, int created, int ms) {
        RunRecord run = finishedRun(id, "ring", ms);
        run.experimentId = experiment;
        run.createdUs = created;
        return run;
    };
    show({of("old fast", "e1", 1, 10), of("old slow", "e1", 2, 100), of("new fast", "e2", 3, 20),
          of("new slow", "e2", 4, 200)},
         "");
    filter.setGrouped(true);
    filter.sort(RunTableModel::Speed, Qt::DescendingOrder);
    EXPECT_EQ(shown(filter), (Ids{"new fast", "new slow", "old fast", "old slow"}));
    filter.sort(RunTableModel::Speed, Qt::AscendingOrder);
    EXPECT_EQ(shown(filter), (Ids{"new slow", "new fast", "old slow", "old fast"}));
    filter.setGrouped(false);
    EXPECT_EQ(shown(filter), (Ids{"new slow", "old slow", "new fast", "old fast"}));
}

}  // namespace
}  // namespace ringscope::ui
