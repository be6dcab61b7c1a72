// Runs side by side, the answer first: one sentence, then the charts that show it, then every
// figure of every mode.
#pragma once

#include "backend/compare/comparison.h"
#include "ui/pages/page.h"

#include <optional>
#include <utility>
#include <vector>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ringscope::ui {

class BarChart;
class ChartPanel;
class ChoiceBox;
class CommandLine;
class ComparisonModel;
class EmptyState;

class ComparePage : public Page {
    Q_OBJECT

public:
    ComparePage(StoreReader& store, std::string storeForCommand, QWidget* parent = nullptr);

    // The runs selected on the Runs page; they stay an entry of the chooser.
    void setRuns(std::vector<RunId> runs);
    std::vector<RunId> runs() const;

    const std::optional<Comparison>& comparison() const { return comparison_; }
    QLabel* verdict() const { return verdict_; }
    ComparisonModel& model() { return *model_; }
    std::vector<ChartPanel*> charts() const {
        return {speedPanel_, memoryPanel_, trafficPanel_, exposedPanel_};
    }

Q_SIGNALS:
    void shown();  // a comparison is on the page

private:
    QWidget* makeContent();
    QWidget* makeHead();
    QWidget* makeCharts();
    void listChoices();
    void load();
    void showLoaded(const Result<std::vector<RunRecord>>& loaded);
    void showCharts();

    StoreReader& store_;
    std::string storeForCommand_;
    std::vector<RunId> selected_;
    std::optional<Comparison> comparison_;

    QStackedWidget* stack_;
    EmptyState* empty_;
    ChoiceBox* choice_;
    QLabel* verdict_;
    QLabel* warnings_;
    BarChart* speed_;
    BarChart* memory_;
    BarChart* traffic_;
    BarChart* exposed_;
    ChartPanel* speedPanel_;
    ChartPanel* memoryPanel_;
    ChartPanel* trafficPanel_;
    ChartPanel* exposedPanel_;  // hidden where no step was recorded
    ComparisonModel* model_;
    QTableView* table_;
    CommandLine* command_;
    QPushButton* report_;
};

}  // namespace ringscope::ui
