// What a run's memory was for over its recorded steps, a rank at a time; or why that is not known,
// and what to set so that the next run says it.
#pragma once

#include "backend/analysis/memory_series.h"
#include "backend/run/run_record.h"
#include "backend/store/run_files.h"

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

class QCheckBox;
class QLabel;
class QStackedWidget;

namespace ringscope::ui {

class AreaChart;
class ChartPanel;
class ChoiceBox;
class MemoryLegend;
class TraceLoader;

class RunMemory : public QWidget {
    Q_OBJECT

public:
    explicit RunMemory(QWidget* parent = nullptr);
    ~RunMemory() override;

    // A recording is read when it is seen, and again when its file has changed.
    void showRun(const RunRecord& run, const std::vector<RunFile>& files);
    bool settled() const { return !reading_; }

    ChoiceBox& rank() { return *rank_; }
    AreaChart& chart() { return *chart_; }
    // What is shown in place of a chart; empty where there is one.
    QString sentence() const;

Q_SIGNALS:
    void idled();  // settled() has become true

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeChart();
    const RunFile* fileOf(int rank) const;
    void load();
    void say(const QString& sentence);
    void draw();

    TraceLoader* loader_;
    RunRecord run_;
    std::vector<RunFile> files_;
    std::vector<int> ranks_;
    std::optional<RunFile> read_;  // what is shown, or on its way
    bool reading_ = false;
    std::shared_ptr<const MemorySeries> series_;

    QStackedWidget* stack_;
    QLabel* sentence_;
    QWidget* head_;
    ChoiceBox* rank_;
    QCheckBox* stacked_;
    QLabel* peak_;
    AreaChart* chart_;
    ChartPanel* panel_;
    MemoryLegend* legend_;
};

}  // namespace ringscope::ui
