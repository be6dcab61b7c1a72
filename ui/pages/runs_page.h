// All runs of the store as a table, the selected one in short under it; or one of them in full.
#pragma once

#include "ui/models/run_filter.h"
#include "ui/models/run_table_model.h"
#include "ui/models/run_view.h"
#include "ui/pages/page.h"

class QAction;
class QMenu;
class QSettings;
class QTimer;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ringscope::ui {

class EmptyState;
class RunPage;
class RunPreview;
class RunsTable;
class ViewButton;

class RunsPage : public Page {
    Q_OBJECT

public:
    // `settings` remembers columns, grouping and saved views; nothing is remembered without it.
    explicit RunsPage(StoreReader& store, QSettings* settings = nullptr, QWidget* parent = nullptr);

    std::vector<RunId> selectedRuns() const;
    RunTableModel& model() { return *model_; }
    QTableView& table();
    bool find() override;  // the filter; of one run what is in sight of it

    // One run in full; the table again.
    void openRun(const RunId& run);
    void showTable();
    bool showsRun() const;
    RunPage& runPage() { return *runPage_; }

    // Writes to the store; what went wrong is shown in a message box. Archiving can be undone from
    // a line above the table.
    void change(const std::vector<RunId>& runs, const RunChange& change);
    void remove(const std::vector<RunId>& runs);
    void exportTo(const std::vector<RunId>& runs, const std::filesystem::path& folder);

    // Filter, order and columns; saved by names and chosen from the button.
    RunView view() const;
    void showView(const RunView& view);
    ViewButton& views() { return *views_; }
    QLineEdit& filterBox() { return *filterBox_; }

    // What a click on the header offers.
    void setColumnShown(int column, bool shown);
    void setGrouped(bool grouped);
    void setArchivedShown(bool shown);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeContent();
    void makeEditActions();
    void makeHeaderMenu(const QPoint& place);
    void showRunMenu(const QPoint& globalPlace);
    void fitHead();
    void showHint();
    RunView firstView() const;  // before a user changes anything
    void makeViews();
    void askName();
    void askTags();
    void askNote();
    void askRemoval();
    void askFolder();
    void editAndRunAgain(const RunRecord& run);
    std::vector<RunId> chosenRuns() const;  // of the table, or the one in full
    const RunRecord* chosenRun() const;     // the first of these
    void offerUndo(const QString& sentence, const std::vector<RunId>& runs);
    void write(StoreReader::Work work, const QString& said);
    void makeActions();
    void showStore();
    void showEmpty();
    void showSelection();
    bool recordsSteps(const RunId& run) const;
    void applyFilter();
    void loadPreview();

    StoreReader& store_;
    RunTableModel* model_;
    RunFilterModel* filter_;
    QSettings* settings_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    ViewButton* views_;
    QLineEdit* filterBox_;
    QLabel* filterProblem_;
    QLabel* noMatch_;
    RunsTable* table_;
    RunPreview* preview_;
    QPushButton* compare_;
    QPushButton* timeline_;
    QPushButton* report_;
    QPushButton* copy_;
    QAction* openTimeline_ = nullptr;
    QMenu* runMenu_;
    QAction* rename_ = nullptr;
    QAction* pin_ = nullptr;
    QAction* archive_ = nullptr;
    QWidget* undoBar_;
    QLabel* undoWords_;
    QTimer* undoTimer_;
    std::vector<RunId> undoRuns_;
    RunPage* runPage_;
    RunPredicate accepts_;
    bool archivedShown_ = false;
    RunId shown_;
    bool shownIsFinal_ = false;
};

}  // namespace ringscope::ui
