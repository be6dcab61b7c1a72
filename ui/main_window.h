// The window: a rail with the pages, what runs now and which store is shown at the bottom.
//
// Everything it needs from outside is handed in: the transport that makes agents exist, where
// results are kept, the sample experiment, where its own state (theme, zoom, size) is remembered.
#pragma once

#include "backend/run/transport.h"
#include "ui/live/report_writer.h"
#include "ui/live/run_controller.h"
#include "ui/live/store_reader.h"
#include "ui/look/theme.h"
#include "ui/models/experiment_draft.h"

#include <QMainWindow>
#include <filesystem>
#include <functional>
#include <optional>

class QButtonGroup;
class QLabel;
class QProgressBar;
class QPushButton;
class QSettings;
class QStackedWidget;

namespace ringscope::ui {

class ComparePage;
class ElidedLabel;
class MigratePage;
class NewRunPage;
class RunsPage;
class TracesPage;

struct WindowOptions {
    std::filesystem::path store;
    bool defaultStore = true;  // what `ringscope` uses without --db
    ExperimentDraft sample;
    QString version;
    QSettings* settings = nullptr;  // nothing is remembered without it
};

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    enum Page { Runs, NewRun, Compare, Traces, Migrate };
    static std::optional<Page> pageFromName(const QString& name);  // as --page takes it
    static QString pageNames();                                    // "runs, new, … or migrate"

    // Theme and transport outlive the window.
    MainWindow(ThemeController& theme, Transport& transport, WindowOptions options);
    ~MainWindow() override;

    void goTo(Page page);
    Page page() const;
    StoreReader& store() { return store_; }
    RunController& controller() { return controller_; }
    RunsPage& runsPage() { return *runs_; }
    NewRunPage& newRunPage() { return *newRun_; }
    ComparePage& comparePage() { return *compare_; }
    TracesPage& tracesPage() { return *traces_; }
    MigratePage& migratePage() { return *migrate_; }
    // Empty, or why the file cannot be used.
    QString openExperiment(const QString& file);
    // On Traces: a folder of trace files, or one of them.
    void openTrace(const std::filesystem::path& place);
    // Empty, or why; an old configuration, on Migrate.
    QString openMigration(const QString& file);

    // Asked before runs are stopped by closing the window; answers whether to.
    void setAskToStop(std::function<bool()> ask) { askToStop_ = std::move(ask); }

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    QWidget* makeRail();
    void makeMenus();
    void makeThemeMenu(QMenu& view);
    void makeStatusBar();
    void connectPages();
    void showJobs();
    void showStore();
    void runDemo();
    void compareRuns(const std::vector<RunId>& runs);
    void reportRuns(const std::vector<RunId>& runs);
    void copyCommand(const std::vector<RunId>& runs);
    void about();
    void restore();
    void remember();

    ThemeController& theme_;
    WindowOptions options_;
    StoreReader store_;
    RunController controller_;
    ReportWriter reports_;
    std::function<bool()> askToStop_;
    bool closing_ = false;

    QButtonGroup* rail_;
    QStackedWidget* pages_;
    RunsPage* runs_;
    NewRunPage* newRun_;
    ComparePage* compare_;
    TracesPage* traces_;
    MigratePage* migrate_;
    QWidget* jobs_;
    QLabel* jobName_;
    QProgressBar* jobBar_;
    QPushButton* jobStop_;
    ElidedLabel* storePath_;
};

}  // namespace ringscope::ui
