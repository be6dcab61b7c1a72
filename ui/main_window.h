// The window: a rail with the pages, what runs now and which store is shown at the bottom.
//
// Everything it needs from outside is handed in: the transport that makes agents exist, where
// results are kept, the sample experiment, where its own state (theme, zoom, size) is remembered.
#pragma once

#include "backend/run/transport.h"
#include "ui/file_opener.h"
#include "ui/live/report_writer.h"
#include "ui/live/run_controller.h"
#include "ui/live/store_reader.h"
#include "ui/look/theme.h"
#include "ui/models/experiment_draft.h"
#include "ui/pages/page.h"

#include <QMainWindow>
#include <QTimer>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

class QButtonGroup;
class QLabel;
class QProgressBar;
class QPushButton;
class QSettings;
class QStackedWidget;

namespace ringscope::ui {

class CommandPalette;
class ElidedLabel;
class FindBar;

struct WindowOptions {
    std::filesystem::path store;
    bool defaultStore = true;  // what `ringscope` uses without --db
    ExperimentDraft sample;
    QString version;
    QSettings* settings = nullptr;  // nothing is remembered without it
    std::optional<Theme> theme{};   // in place of the one that is remembered
    RunController::OriginOf originOf{};
    // Shows another store, in a window of its own; answers why it cannot, or nothing. Stores are
    // not opened without it.
    std::function<QString(const std::filesystem::path& store)> openStore{};
};

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    // Theme and transport outlive the window.
    MainWindow(ThemeController& theme, Transport& transport, WindowOptions options);
    ~MainWindow() override;

    void goTo(const QString& page);  // a name of pageTable
    QString pageName() const;        // of the page that is shown
    const std::vector<Page*>& pages() const { return pages_; }
    // The page of this class; every class of pageTable has one.
    template <typename P>
    P& page() const;
    StoreReader& store() { return store_; }
    RunController& controller() { return controller_; }
    // On New run and Plan. Fails with NotFound or Failed if the file cannot be read.
    Result<void> openExperiment(const QString& file);
    // On Traces: a folder of trace files, or one of them.
    void openTrace(const std::filesystem::path& place);
    // An old configuration, on Migrate. Fails as openSource() and migrate() do.
    Result<void> openMigration(const QString& file);
    // Empty, or why; anything of these and stores, where it belongs.
    QString open(const QString& place) { return opener_.open(place); }
    FileOpener& opener() { return opener_; }

    // Everything that can be done now, for the palette.
    void openPalette();
    CommandPalette& palette() { return *palette_; }
    // Ctrl+F: on the page that is shown.
    void find();
    FindBar& findBar() { return *findBar_; }
    void showShortcuts();

    // Asked before runs are stopped by closing the window; answers whether to.
    void setAskToStop(std::function<bool()> ask) { askToStop_ = std::move(ask); }

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    QWidget* makeRail();
    PlaceOpeners openers();
    void makeMenus();
    void makeFileMenu(QMenu& file);
    void makeThemeMenu(QMenu& view);
    void makeStatusBar();
    void connectServices();
    void connectPage(Page& asking);
    void showMessage(const QString& sentence);
    void goTo(Page& page);
    void showJobs();
    void showStore();
    void runDemo();
    void compareRuns(const std::vector<RunId>& runs);
    void reportRuns(const std::vector<RunId>& runs, const std::optional<RunId>& baseline);
    void copyCommand(const std::vector<RunId>& runs);
    void askForPlace();
    QString openStore(const QString& file);
    void about();
    void restoreLook();
    void restoreSize();
    void remember();

    ThemeController& theme_;
    WindowOptions options_;
    StoreReader store_;
    RunController controller_;
    ReportWriter reports_;
    std::function<bool()> askToStop_;
    bool closing_ = false;

    FileOpener opener_;

    QButtonGroup* rail_;
    QStackedWidget* stack_;
    std::vector<Page*> pages_;  // as pageTable
    QWidget* jobs_;
    QLabel* jobName_;
    QProgressBar* jobBar_;
    QPushButton* jobStop_;
    ElidedLabel* message_;  // what was done: QStatusBar's own has no room beside the store's path
    QTimer messageTimer_;
    ElidedLabel* storePath_;
    FindBar* findBar_;
    CommandPalette* palette_ = nullptr;  // above all others: made last
};

template <typename P>
P& MainWindow::page() const {
    for (Page* page : pages_)
        if (auto* found = qobject_cast<P*>(page)) return *found;
    qFatal("no page of this class");
}

}  // namespace ringscope::ui
