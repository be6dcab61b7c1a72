// All runs of the store as a table, the selected one in short under it.
#pragma once

#include "ui/models/run_filter.h"
#include "ui/models/run_table_model.h"
#include "ui/pages/page.h"

class QAction;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ringscope::ui {

class EmptyState;
class RunPreview;

class RunsPage : public Page {
    Q_OBJECT

public:
    explicit RunsPage(StoreReader& store, QWidget* parent = nullptr);

    std::vector<RunId> selectedRuns() const;
    RunTableModel& model() { return *model_; }
    QTableView& table() { return *table_; }
    void focusFilter();

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
