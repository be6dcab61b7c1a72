// What can be done anywhere in the window: the palette, opening what is handed over, finding.
#include "backend/store/store.h"
#include "tests/ui/fake_transport.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "tests/ui/timeline/made_trace.h"
#include "ui/look/theme.h"
#include "ui/main_window.h"
#include "ui/pages/migrate_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/page_table.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/traces_page.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/find_bar.h"
#include "ui/widgets/parts.h"
#include "ui/window_commands.h"

#include <gtest/gtest.h>
#include <QAbstractButton>
#include <QDialog>
#include <QDropEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMenuBar>
#include <QMimeData>
#include <QSettings>
#include <QTest>
#include <QUrl>
#include <algorithm>
#include <fstream>

namespace ringscope::ui {
namespace {

namespace fs = std::filesystem;

QString q(const char* words) { return QString::fromUtf8(words); }

class Anywhere : public testing::Test {
protected:
    void SetUp() override {
        writeStore("runs.db");
        window = makeWindow();
        window->show();
        window->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
        settle();
    }
    std::unique_ptr<MainWindow> makeWindow() {
        WindowOptions options;
        options.store = path("runs.db").toStdString();
        options.defaultStore = false;
        options.sample = test::sampleDraft();
        options.settings = &settings;
        options.openStore = [this](const fs::path& store) {
            stores.push_back(store);
            return QString();
        };
        return std::make_unique<MainWindow>(theme, transport, options);
    }
    QString path(const char* name) const { return folder.filePath(QString::fromUtf8(name)); }
    void writeStore(const char* name) {
        const auto store = Store::open(path(name).toStdString(), Store::Access::ReadWrite).value();
        const RunRecord run = test::finishedRun("aaaaaaaa-1", "ring", 200);
        ASSERT_TRUE(store->created(run).ok());
        ASSERT_TRUE(store->ended(run).ok());
    }
    QString writeExperiment() const {
        std::ofstream(path("mine").toStdString()) << test::sampleDraft().fileText;
        return path("mine");
    }
    QString writeTrace() const {
        test::writeTraces(path("recorded").toStdString(), test::lateSender());
        return path("recorded");
    }
    void settle() {
        ASSERT_TRUE(QTest::qWaitFor(
            [this] {
                return window->store().idle() &&
                       std::ranges::all_of(window->pages(), &Page::settled);
            },
            patience));
    }
    // As the mouse does it, over the widget.
    void drop(QWidget& over, const QStringList& files) {
        QMimeData data;
        QList<QUrl> urls;
        for (const QString& file : files) urls << QUrl::fromLocalFile(file);
        data.setUrls(urls);
        QDragEnterEvent enter({2, 2}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&over, &enter);
        EXPECT_TRUE(enter.isAccepted());
        QDropEvent event({2, 2}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&over, &event);
        settle();
    }
    QLineEdit* filterBox() {
        const auto boxes = window->page<RunsPage>().findChildren<QLineEdit*>();
        return *std::ranges::find(boxes, q("Filter runs"), &QLineEdit::accessibleName);
    }
    QString message() {
        return window->findChild<ElidedLabel*>(QStringLiteral("message"))->fullText();
    }
    QStringList paletteWords() {
        QTest::keyClick(window.get(), Qt::Key_K, Qt::ControlModifier);
        QStringList words;
        for (int row = 0; row < window->palette().list().count(); ++row)
            words << window->palette().list().item(row)->text();
        return words;
    }

    QTemporaryDir folder;
    QSettings settings{folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
    ThemeController theme;
    test::FakeTransport transport;
    std::vector<fs::path> stores;
    std::unique_ptr<MainWindow> window;
};

// Styling every widget anew takes longer than making them.
TEST_F(Anywhere, ARememberedLookIsSetBeforeThereAreWidgets) {
    window.reset();
    settings.setValue(q("theme"), q("dark"));
    settings.setValue(q("zoom"), 1.25);
    std::vector<qsizetype> widgets;
    QObject::connect(&theme, &ThemeController::changed, &settings,
                     [&] { widgets.push_back(QApplication::allWidgets().size()); });
    window = makeWindow();
    ASSERT_EQ(widgets.size(), 1U);
    EXPECT_LT(10 * widgets.front(), QApplication::allWidgets().size());
    EXPECT_TRUE(theme.dark());
    EXPECT_EQ(theme.zoom(), 1.25);
    theme.set(Theme::Light, 1);
}

TEST_F(Anywhere, ThePaletteHasEveryMenuEveryPageAndEveryTheme) {
    const QStringList words = paletteWords();
    for (const Command& command : menuCommands(*window->menuBar()))
        EXPECT_TRUE(words.contains(command.words)) << command.words.toStdString();
    for (const PageRow& row : pageTable())
        EXPECT_TRUE(words.contains(q("Go: ") + Page::tr(row.title))) << row.name;
    for (const char* expected : {"Theme: System", "Theme: Light", "Theme: Dark", "Zoom: Zoom in",
                                 "Runs: Report…", "Runs: Copy as command", "Runs: Rename…",
                                 "Runs: Pin as baseline", "Runs: Edit and run again"})
        EXPECT_TRUE(words.contains(q(expected))) << expected;
}

TEST_F(Anywhere, ThePaletteDoesWhatIsChosen) {
    paletteWords();
    QTest::keyClicks(&window->palette().box(), q("gotr"));
    QTest::keyClick(&window->palette().box(), Qt::Key_Return);
    EXPECT_EQ(window->pageName(), q("traces"));
    paletteWords();
    QTest::keyClicks(&window->palette().box(), q("theme dark"));
    QTest::keyClick(&window->palette().box(), Qt::Key_Return);
    EXPECT_TRUE(theme.dark());
    theme.setTheme(Theme::Light);
}

TEST_F(Anywhere, TheSheetOfShortcutsHasThoseOfMenusAndOfTheTimeline) {
    window->showShortcuts();
    auto* sheet = window->findChild<QDialog*>(QStringLiteral("shortcutSheet"));
    ASSERT_NE(sheet, nullptr);
    sheet->accept();
    QStringList keys;
    for (const Shortcut& shortcut : shortcutsOf(*window->menuBar())) keys << shortcut.keys;
    for (const char* expected : {"Ctrl+K", "Ctrl+F", "Ctrl+O", "Ctrl+1", "Ctrl+5", "W, S", "M"})
        EXPECT_TRUE(keys.contains(q(expected))) << expected;
}

TEST_F(Anywhere, AFileDroppedOnAnyWidgetOpensWhereItBelongs) {
    QLineEdit* filter = filterBox();
    drop(*filter, {writeExperiment()});
    EXPECT_EQ(window->pageName(), q("new"));
    EXPECT_EQ(window->page<NewRunPage>().draft().fileText, test::sampleDraft().fileText);
    EXPECT_EQ(filter->text(), QString()) << "the box under the mouse does not take it";
    drop(*window, {writeTrace()});
    EXPECT_EQ(window->pageName(), q("traces"));
    EXPECT_NE(window->page<TracesPage>().timeline().trace(), nullptr);
    drop(*window, {q(RINGSCOPE_FIXTURES "/zero3_alone.json")});
    EXPECT_EQ(window->pageName(), q("migrate"));
    drop(window->page<MigratePage>(), {writeExperiment()});
    EXPECT_EQ(window->pageName(), q("new"));
    writeStore("other.db");
    drop(*window, {path("other.db")});
    EXPECT_EQ(stores, std::vector<fs::path>{path("other.db").toStdString()});
    drop(*window, {path("runs.db")});
    EXPECT_EQ(window->pageName(), q("runs")) << "the store that is shown is there";
    EXPECT_EQ(stores.size(), 1U);
}

TEST_F(Anywhere, WhatNothingReadsIsSaidInOneSentence) {
    std::ofstream(path("words").toStdString()) << "only some words";
    drop(*window, {path("words")});
    EXPECT_FALSE(message().isEmpty());
    EXPECT_FALSE(message().contains(QLatin1Char('\n')));
    EXPECT_EQ(window->pageName(), q("runs"));
    drop(*window, {path("words"), writeExperiment()});
    EXPECT_EQ(message(), q("2 files were dropped; drop one"));
    drop(*window, {path("recorded/rank-00000.trace")});
    EXPECT_TRUE(message().contains(q("is not there any more"))) << message().toStdString();
}

TEST_F(Anywhere, TheFilesOfSeveralRanksAreOneTrace) {
    const QString recorded = writeTrace();
    drop(*window, {recorded + q("/rank-00000.trace"), recorded + q("/rank-00001.trace")});
    EXPECT_EQ(window->pageName(), q("traces"));
}

TEST_F(Anywhere, WhatWasOpenedIsRememberedAndWhatIsGoneIsSaid) {
    const QString experiment = writeExperiment();
    const QString trace = writeTrace();
    EXPECT_EQ(window->open(experiment), QString());
    EXPECT_EQ(window->open(trace), QString());
    settle();
    window.reset();
    window = makeWindow();
    window->show();
    settle();
    EXPECT_EQ(window->opener().recent().files(),
              (std::vector<RecentFile>{{q("trace"), trace}, {q("experiment"), experiment}}));
    QMenu menu;
    window->opener().fillMenu(menu);
    menu.actions().at(1)->trigger();
    EXPECT_EQ(window->pageName(), q("new"));
    ASSERT_TRUE(QFile::remove(experiment));
    window->opener().fillMenu(menu);
    menu.actions().at(0)->trigger();
    EXPECT_EQ(message(), q("'%1' is not there any more; it is off the list").arg(experiment));
    EXPECT_EQ(window->opener().recent().files(), (std::vector<RecentFile>{{q("trace"), trace}}));
}

TEST_F(Anywhere, CtrlFFindsOnThePageOneIsOn) {
    const auto press = [this] { QTest::keyClick(window.get(), Qt::Key_F, Qt::ControlModifier); };
    press();
    QLineEdit* filter = filterBox();
    EXPECT_EQ(QApplication::focusWidget(), filter);
    EXPECT_FALSE(window->findBar().isVisible());
    window->goTo(q("new"));
    settle();
    press();
    ASSERT_TRUE(window->findBar().isVisible());
    EXPECT_EQ(QApplication::focusWidget(), &window->findBar().box());
    EXPECT_EQ(window->pageName(), q("new"));
    QTest::keyClicks(&window->findBar().box(), q("warmup"));
    ASSERT_NE(window->findBar().hit(), nullptr);
    EXPECT_TRUE(window->page<NewRunPage>().isAncestorOf(window->findBar().hit()));
    window->goTo(q("migrate"));
    EXPECT_FALSE(window->findBar().isVisible());
}

}  // namespace
}  // namespace ringscope::ui
