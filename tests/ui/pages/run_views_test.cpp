// Saved views of the run list: filter, order and columns by a name.
#include "backend/store/store.h"
#include "tests/ui/sample.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/view_button.h"

#include <gtest/gtest.h>
#include <QAction>
#include <QHeaderView>
#include <QLineEdit>
#include <QSettings>
#include <QTableView>
#include <QTest>

namespace ringscope::ui {
namespace {

QString words(const char* latin) { return QString::fromLatin1(latin); }

class RunViews : public testing::Test {
protected:
    RunViews() {
        const std::filesystem::path file = folder.filePath(words("runs.db")).toStdString();
        const auto store = Store::open(file, Store::Access::ReadWrite).value();
        for (const auto& [mode, ms] : {std::pair("ring", 100), std::pair("zigzag", 50)}) {
            const RunRecord run = test::finishedRun(mode, mode, ms);
            EXPECT_TRUE(store->created(run).ok() && store->ended(run).ok());
        }
        reader = std::make_unique<StoreReader>(file);
        page = open();
        EXPECT_TRUE(QTest::qWaitFor([this] { return reader->idle(); }, 20'000));
    }
    std::unique_ptr<RunsPage> open() {
        auto made = std::make_unique<RunsPage>(*reader, &settings);
        made->resize(1280, 800);
        made->show();
        return made;
    }
    QHeaderView& header() { return *page->table().horizontalHeader(); }
    // What a user sets by hand.
    void arrange() {
        page->filterBox().setText(words("mode=ring"));
        page->table().sortByColumn(RunTableModel::Speed, Qt::AscendingOrder);
        page->setColumnShown(RunTableModel::Tags, true);
        page->setColumnShown(RunTableModel::Parity, false);
        header().moveSection(header().visualIndex(RunTableModel::Tags), 1);
        page->setGrouped(true);
    }

    QTemporaryDir folder;
    QSettings settings{folder.filePath(words("s.ini")), QSettings::IniFormat};
    std::unique_ptr<StoreReader> reader;
    std::unique_ptr<RunsPage> page;
};

TEST_F(RunViews, BringBackFilterOrderAndColumns) {
    EXPECT_EQ(page->views().text(), words("View"));
    arrange();
    page->views().save(words("rings"));
    EXPECT_EQ(page->views().text(), words("rings"));
    const RunView saved = page->view();

    page->filterBox().clear();
    EXPECT_EQ(page->views().text(), words("View")) << "this is none that was saved";
    page->setGrouped(false);
    page->setColumnShown(RunTableModel::Tags, false);
    header().moveSection(header().visualIndex(RunTableModel::Tags), 5);
    page->table().sortByColumn(RunTableModel::Name, Qt::DescendingOrder);
    EXPECT_EQ(page->table().model()->rowCount(), 2);

    page->views().choose(words("rings"));
    EXPECT_EQ(page->view(), saved);
    EXPECT_EQ(page->table().model()->rowCount(), 1);
    EXPECT_EQ(header().visualIndex(RunTableModel::Tags), 1);
    EXPECT_TRUE(page->table().isColumnHidden(RunTableModel::Parity));
    EXPECT_EQ(page->views().text(), words("rings"));
}

TEST_F(RunViews, AreStillThereAtTheNextStart) {
    arrange();
    page->views().save(words("rings"));
    page->views().save(words("a & b, \"quoted\""));
    const std::vector<RunView> before = page->views().views();
    page.reset();
    page = open();
    ASSERT_EQ(page->views().views().size(), 2U);
    EXPECT_EQ(page->views().views(), before);
}

TEST_F(RunViews, AreRenamedReplacedAndDeleted) {
    ViewButton& views = page->views();
    views.save(words("first"));
    arrange();
    views.save(words("second"));
    views.rename(words("second"), words("first"));
    EXPECT_NE(views.find(words("second")), nullptr) << "no view takes another's name";
    views.rename(words("second"), words("rings"));
    EXPECT_EQ(views.find(words("second")), nullptr);
    ASSERT_NE(views.find(words("rings")), nullptr);
    EXPECT_EQ(views.find(words("rings"))->filter, words("mode=ring"));
    page->filterBox().setText(words("mode=zigzag"));
    views.save(words("rings"));
    EXPECT_EQ(views.find(words("rings"))->filter, words("mode=zigzag"));
    EXPECT_EQ(views.views().size(), 2U);
    views.remove(words("rings"));
    EXPECT_EQ(views.views().size(), 1U);
    EXPECT_EQ(readViews(settings).size(), 1U);
    EXPECT_EQ(views.text(), words("View"));
}

TEST_F(RunViews, AreFollowedByTheViewThatNobodySaved) {
    const RunView first = page->view();
    arrange();
    page->views().save(words("rings"));
    Q_EMIT page->views().resetRequested();
    EXPECT_TRUE(page->view().showsTheSame(first));
    EXPECT_EQ(page->table().model()->rowCount(), 2);
}

TEST_F(RunViews, CanBeChosenFromThePalette) {
    arrange();
    page->views().save(words("rings"));
    page->filterBox().clear();
    for (QAction* action : page->actions())
        if (action->text() == words("Show view rings")) action->trigger();
    EXPECT_EQ(page->filterBox().text(), words("mode=ring"));
}

TEST_F(RunViews, LeaveOutColumnsThatThereAreNoMore) {
    RunView view;
    view.columns = {words("Mode"), words("Charisma")};
    page->showView(view);
    EXPECT_FALSE(page->table().isColumnHidden(RunTableModel::Name)) << "it is always shown";
    EXPECT_FALSE(page->table().isColumnHidden(RunTableModel::Mode));
    EXPECT_TRUE(page->table().isColumnHidden(RunTableModel::Speed));
}

}  // namespace
}  // namespace ringscope::ui
