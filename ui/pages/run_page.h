// Everything known about one run, live, finished or failed: its steps as curves, its ranks and
// hosts, its memory by category, its log, its configuration against another run's, its environment,
// its files.
#pragma once

#include "backend/run/run_history.h"
#include "ui/live/store_reader.h"

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTableWidget;
class QTabWidget;

namespace ringscope::ui {

class ChartPanel;
class ChoiceBox;
class ElidedLabel;
class LineChart;
class RunMemory;

class RunPage : public QWidget {
    Q_OBJECT

public:
    explicit RunPage(StoreReader& store, QWidget* parent = nullptr);

    void showRun(const RunId& run);
    const RunId& run() const { return id_; }
    // What is shown is what the store had when it was read last.
    bool settled() const;
    bool find();  // the log's own search, where the log is shown; else false
    QTabWidget& tabs() { return *tabs_; }
    QTableWidget& experts() { return *experts_; }
    RunMemory& memory() { return *memory_; }
    QPlainTextEdit& log() { return *log_; }

Q_SIGNALS:
    void backRequested();
    void compareRequested(const std::vector<ringscope::RunId>& runs);
    void timelineRequested(const ringscope::RunId& run);
    void editRequested(const ringscope::RunRecord& run);  // in New run
    void menuRequested(const QPoint& globalPlace);
    void idled();

private:
    struct Details;  // what is read of the store at once

    QWidget* makeHead();
    QWidget* makeSteps();
    QWidget* makeLog();
    QWidget* makeConfiguration();
    void load();
    void take(std::shared_ptr<Details> details);
    void showHead();
    void showSteps();
    void showValidations(const RunHistory& history);
    void showRanks();
    void showExperts();
    void showLog();
    void showConfiguration();
    void showEnvironment();
    void showFiles();
    void showOthers();
    void findInLog();

    StoreReader& store_;
    RunId id_;
    std::shared_ptr<Details> details_;
    bool loading_ = false;
    bool stale_ = false;  // the store has changed since the reading began

    ElidedLabel* name_;
    ElidedLabel* status_;
    QLabel* note_;
    QPushButton* back_;
    QPushButton* edit_;
    QPushButton* compare_;
    QPushButton* timeline_;
    QPushButton* more_;
    QTabWidget* tabs_;
    LineChart* loss_;
    LineChart* speed_;
    LineChart* stepTime_;
    ChartPanel* lossPanel_;
    ChartPanel* speedPanel_;
    ChartPanel* stepPanel_;
    QLabel* noSteps_;
    QTableWidget* ranks_;
    QTableWidget* experts_;  // a tab where the model has some
    RunMemory* memory_;
    ChoiceBox* source_;
    QLineEdit* search_;
    QLabel* hits_;
    QPlainTextEdit* log_;
    ChoiceBox* other_;
    QCheckBox* differing_;
    QTableWidget* configuration_;
    QTableWidget* environment_;
    QTableWidget* files_;
};

}  // namespace ringscope::ui
