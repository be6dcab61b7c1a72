// All runs of the store as a table, the selected one in short under it.
#pragma once

#include "ui/live/store_reader.h"
#include "ui/models/run_filter.h"
#include "ui/models/run_table_model.h"

#include <QWidget>

class QAction;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ringscope::ui {

class EmptyState;
class RunPreview;

class RunsPage : public QWidget {
    Q_OBJECT

public:
    explicit RunsPage(StoreReader& store, QWidget* parent = nullptr);

    std::vector<RunId> selectedRuns() const;
    RunTableModel& model() { return *model_; }
    QTableView& table() { return *table_; }
    void focusFilter();

Q_SIGNALS:
    void demoRequested();
    void compareRequested(const std::vector<ringscope::RunId>& runs);
    void reportRequested(const std::vector<ringscope::RunId>& runs);
    void commandRequested(const std::vector<ringscope::RunId>& runs);
    void timelineRequested(const ringscope::RunId& run);

private:
    QWidget* makeContent();
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
    QStackedWidget* stack_;
    EmptyState* empty_;
    QLineEdit* filterBox_;
    QLabel* filterProblem_;
    QLabel* noMatch_;
    QTableView* table_;
    RunPreview* preview_;
    QPushButton* compare_;
    QPushButton* timeline_;
    QPushButton* report_;
    QPushButton* copy_;
    QAction* openTimeline_ = nullptr;
    RunId shown_;
    bool shownIsFinal_ = false;
};

}  // namespace ringscope::ui
