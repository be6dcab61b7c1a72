// The Runs and Compare pages over a store, without the window.
#include "backend/store/store.h"
#include "tests/backend/compare/sweep_runs.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/runs_page.h"
#include "ui/plots/bar_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/curve_chart.h"
#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <algorithm>

namespace ringscope::ui {
namespace {

class StorePages : public testing::Test {
protected:
    std::filesystem::path file() const {
        return folder.filePath(QStringLiteral("runs.db")).toStdString();
    }
    void add(RunRecord run) const {
        const auto store = Store::open(file(), Store::Access::ReadWrite).value();
        ASSERT_TRUE(store->created(run).ok());
        for (const StepRecord& step : run.steps) ASSERT_TRUE(store->step(run, step).ok());
        ASSERT_TRUE(store->ended(run).ok());
    }
    void open() {
        reader = std::make_unique<StoreReader>(file());
        runs = std::make_unique<RunsPage>(*reader);
        compare = std::make_unique<ComparePage>(*reader, "my store.db");
        for (QWidget* page : std::initializer_list<QWidget*>{runs.get(), compare.get()}) {
            page->resize(1100, 700);
            page->show();
        }
        waitFor([this] { return reader->idle(); });
    }
    template <typename Condition>
    void waitFor(Condition condition) {
        ASSERT_TRUE(QTest::qWaitFor(condition, patience));
    }
    static QStringList wordsOf(const QWidget& page) {
        QStringList words;
        for (const auto* label : page.findChildren<QLabel*>())
            if (label->isVisible()) words << label->text();
        return words;
    }
    static QPushButton* button(const QWidget& page, const QString& words) {
        for (auto* found : page.findChildren<QPushButton*>())
            if (found->isVisible() && found->text().startsWith(words)) return found;
        return nullptr;
    }

    QTemporaryDir folder;
    std::unique_ptr<StoreReader> reader;
    std::unique_ptr<RunsPage> runs;
    std::unique_ptr<ComparePage> compare;
};

TEST_F(StorePages, OfferTheDemoWhereThereIsNoRun) {
    open();
    for (Page* page : std::initializer_list<Page*>{runs.get(), compare.get()}) {
        QSignalSpy asked(page, &Page::demoRequested);
        auto* empty = page->findChild<EmptyState*>();
        ASSERT_TRUE(empty->isVisible());
        QTest::mouseClick(empty->button(), Qt::LeftButton);
        EXPECT_EQ(asked.count(), 1);
    }
    EXPECT_TRUE(runs->selectedRuns().empty());
    EXPECT_TRUE(compare->runs().empty());
}

TEST_F(StorePages, SayWhyTheStoreCannotBeRead) {
    QFile wrong(QString::fromStdString(file().string()));
    ASSERT_TRUE(wrong.open(QIODevice::WriteOnly));
    wrong.write("this is no database");
    wrong.close();
    open();
    EXPECT_TRUE(wordsOf(*runs).contains(QStringLiteral("The store cannot be read")));
    EXPECT_TRUE(wordsOf(*runs).contains(reader->problem()));
    EXPECT_FALSE(runs->findChild<EmptyState*>()->button()->isVisible());
}

TEST_F(StorePages, SelectTheFirstRunAndOfferWhatCanBeDoneWithIt) {
    add(test::finishedRun("a", "ring", 100));
    open();
    waitFor([this] { return runs->selectedRuns().size() == 1; });
    EXPECT_TRUE(button(*runs, QStringLiteral("Compare"))->isEnabled());
    EXPECT_FALSE(button(*runs, QStringLiteral("Open timeline"))->isEnabled())
        << "its experiment records no steps";
    QSignalSpy commands(runs.get(), &Page::commandRequested);
    QTest::mouseClick(button(*runs, QStringLiteral("Copy as command")), Qt::LeftButton);
    EXPECT_EQ(commands.count(), 1);
    runs->table().clearSelection();
    EXPECT_FALSE(button(*runs, QStringLiteral("Compare"))->isEnabled());
}

TEST_F(StorePages, SayHowManyRunsAreCompared) {
    for (const char* id : {"a", "b", "c"}) add(test::finishedRun(id, "ring", 100));
    open();
    waitFor([this] { return runs->model().rowCount() == 3; });
    runs->table().selectAll();
    EXPECT_EQ(button(*runs, QStringLiteral("Compare"))->text(), QStringLiteral("Compare 3 runs"));
}

TEST_F(StorePages, SayWhatIsWrongWithAFilterAndKeepTheRowsOfTheOneBefore) {
    add(test::finishedRun("a", "ring", 100));
    add(test::finishedRun("b", "zigzag", 100));
    open();
    waitFor([this] { return runs->model().rowCount() == 2; });
    const auto boxes = runs->findChildren<QLineEdit*>();
    auto* filter =
        *std::ranges::find(boxes, QStringLiteral("Filter runs"), &QLineEdit::accessibleName);
    filter->setText(QStringLiteral("mode=ring"));
    EXPECT_EQ(runs->table().model()->rowCount(), 1);
    filter->setText(QStringLiteral("moed=ring"));
    EXPECT_EQ(runs->table().model()->rowCount(), 1);
    EXPECT_FALSE(
        wordsOf(*runs).filter(QStringLiteral("filter:1: there is no field 'moed'")).isEmpty());
    filter->setText(QStringLiteral("mode=ulysses"));
    EXPECT_TRUE(wordsOf(*runs).contains(QStringLiteral("No run matches the filter.")));
    filter->clear();
    EXPECT_EQ(runs->table().model()->rowCount(), 2);
}

TEST_F(StorePages, CompareTheNewestExperimentByItself) {
    add(test::finishedRun("aaaaaaaa-1", "legacy", 200));
    add(test::finishedRun("bbbbbbbb-2", "zigzag", 100));
    open();
    waitFor([this] { return compare->comparison().has_value(); });
    EXPECT_EQ(compare->runs().size(), 2U);
    EXPECT_EQ(compare->findChild<CommandLine*>()->command(),
              QStringLiteral("ringscope --db 'my store.db' compare aaaaaaaa bbbbbbbb"));
    EXPECT_EQ(compare->findChild<BarChart*>()->rows().size(), 2U);
}

TEST_F(StorePages, CompareWhatWasSelectedAndOfferItBesideTheExperiments) {
    add(test::finishedRun("a", "legacy", 200));
    add(test::finishedRun("b", "zigzag", 100));
    open();
    compare->setRuns({{"b"}});
    waitFor([this] { return compare->comparison().has_value(); });
    EXPECT_EQ(compare->runs(), (std::vector<RunId>{{"b"}}));
    auto* choice = compare->findChild<ChoiceBox*>();
    EXPECT_EQ(choice->count(), 2);
    EXPECT_EQ(choice->currentText(), QStringLiteral("Selected: 1 run"));
    choice->setCurrentIndex(1);
    EXPECT_EQ(compare->runs().size(), 2U);
}

TEST_F(StorePages, KeepAReferenceThatWasSelected) {
    RunRecord reference = test::finishedRun("a", "none", 300);
    reference.reference = true;
    reference.ranks = 1;
    add(reference);
    add(test::finishedRun("b", "zigzag", 100));
    open();
    compare->setRuns({{"a"}, {"b"}});
    waitFor([this] { return compare->comparison() && compare->comparison()->groups().size() > 1; });
    EXPECT_EQ(compare->comparison()->baseline.group.mode, "none");
}

TEST_F(StorePages, CompareWithTheBaselineThatIsChosen) {
    add(test::finishedRun("aaaaaaaa-1", "legacy", 200));
    add(test::finishedRun("bbbbbbbb-2", "zigzag", 100));
    open();
    waitFor([this] { return compare->comparison().has_value(); });
    ChoiceBox* choice = compare->baselineChoice();
    ASSERT_EQ(choice->count(), 3);
    EXPECT_EQ(choice->currentText(), QStringLiteral("Baseline: as run"));
    EXPECT_EQ(compare->comparison()->baseline.group.mode, "legacy");
    choice->setCurrentIndex(choice->findText(QStringLiteral("Baseline: zigzag")));
    waitFor([this] { return compare->comparison()->baseline.group.mode == "zigzag"; });
    EXPECT_EQ(choice->currentText(), QStringLiteral("Baseline: zigzag"));
    EXPECT_TRUE(compare->findChild<CommandLine*>()->command().endsWith(
        QStringLiteral("compare aaaaaaaa bbbbbbbb --baseline bbbbbbbb")));
    QSignalSpy asked(compare.get(), &Page::reportOverRequested);
    QTest::mouseClick(button(*compare, QStringLiteral("Report…")), Qt::LeftButton);
    ASSERT_EQ(asked.count(), 1);
    EXPECT_EQ(asked[0][1].value<RunId>(), (RunId{"bbbbbbbb-2"}));
}

TEST_F(StorePages, DrawASweepOverLengthAndRanks) {
    std::int64_t created = 1;
    for (RunRecord run : sweepRuns()) {
        run.createdUs += created++;
        add(run);
    }
    open();
    waitFor([this] { return compare->comparison().has_value(); });
    ChoiceBox* view = compare->view();
    QStringList words;
    for (int i = 0; i < view->count(); ++i) words << view->itemText(i);
    EXPECT_EQ(words.join(QStringLiteral("; ")),
              QStringLiteral("Bars; Over length · 2 ranks; Over length · 4 ranks; Over ranks · "
                             "1,024 tokens; Over ranks · 2,048 tokens; Over ranks · 4,096 tokens; "
                             "Over ranks · 8,192 tokens"));
    EXPECT_EQ(view->currentIndex(), 1);
    ASSERT_EQ(compare->curves()[0]->curves().size(), 3U);
    EXPECT_EQ(compare->curves()[0]->curves()[2].points.size(), 4U);
    EXPECT_TRUE(compare->curves()[0]->isVisible());
    view->setCurrentIndex(3);
    EXPECT_EQ(compare->curves()[1]->curves()[0].points.size(), 2U);
    view->setCurrentIndex(0);
    EXPECT_FALSE(compare->curves()[0]->isVisible());
    EXPECT_EQ(compare->findChild<BarChart*>()->rows().size(), 8U * 4);
}

TEST_F(StorePages, CompareAnExperimentOfWhichEveryRunFailed) {
    for (const char* mode : {"legacy", "zigzag"}) {
        RunRecord run = test::finishedRun(mode, mode, 100);
        run.steps.clear();
        run.status = RunStatus::Failed;
        run.statusReason = "rank 0 was ended by SIGKILL";
        add(run);
    }
    open();
    waitFor([this] { return reader->idle() && !compare->verdict()->text().isEmpty(); });
    EXPECT_FALSE(compare->verdict()->text().contains(QStringLiteral("×")))
        << compare->verdict()->text().toStdString();
}

}  // namespace
}  // namespace ringscope::ui
