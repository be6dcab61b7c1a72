// An experiment while it runs: a line a run with its progress, loss and tokens/s as they come, what
// the ranks printed last, and Stop.
#pragma once

#include "ui/live/run_controller.h"

#include <QTimer>
#include <QWidget>
#include <map>
#include <optional>
#include <string>
#include <vector>

class QLabel;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace ringscope::ui {

class ChartPanel;
class ElidedLabel;
class LineChart;

// One run: marker and name, a bar, what it is doing or what came out.
class LiveRun : public QWidget {
    Q_OBJECT

public:
    explicit LiveRun(const RunRecord& run, QWidget* parent = nullptr);

    void showRun(const RunRecord& run);
    void addStep(const StepRecord& step);
    void addValidation(const ValidationRecord& found);
    const RunRecord& run() const { return run_; }
    const std::vector<StepRecord>& steps() const { return steps_; }
    const std::optional<ValidationRecord>& validation() const { return validation_; }  // the last
    QProgressBar* bar() const { return bar_; }

private:
    void showState();
    QString stepsFigure() const;
    QString validationFigure() const;

    RunRecord run_;
    std::vector<StepRecord> steps_;
    std::optional<ValidationRecord> validation_;
    QLabel* marker_;
    ElidedLabel* name_;
    QProgressBar* bar_;
    ElidedLabel* state_;
};

class LivePanel : public QWidget {
    Q_OBJECT

public:
    explicit LivePanel(RunController& controller, QWidget* parent = nullptr);

    std::vector<RunId> runs() const;  // of the experiment, references not among them
    LineChart& lossChart() { return *loss_; }
    QPushButton* stopButton() const { return stop_; }
    QPushButton* compareButton() const { return compare_; }
    const QString& problem() const { return problemText_; }

Q_SIGNALS:
    void compareRequested(const std::vector<ringscope::RunId>& runs);
    void backRequested();

private:
    void makeLayout();
    void start();
    void take(const LiveNews& news);
    void showProgress();
    void finish(const QString& problem);
    LiveRun& lineOf(const RunRecord& run);
    void flushLog();
    void showTables();

    RunController& controller_;
    std::map<RunId, LiveRun*> lines_;
    std::vector<LiveRun*> order_;
    QLabel* title_;
    ElidedLabel* subtitle_;
    QLabel* problem_;
    QString problemText_;
    QVBoxLayout* runList_;
    LineChart* loss_;
    LineChart* speed_;
    ChartPanel* lossPanel_;
    ChartPanel* speedPanel_;
    QPlainTextEdit* log_;
    QStringList waitingLines_;
    std::int64_t linesDropped_ = 0;
    QTimer logTimer_;  // one append per beat, however many lines came
    QPushButton* stop_;
    QPushButton* compare_;
    QPushButton* back_;
};

}  // namespace ringscope::ui
