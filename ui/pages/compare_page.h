// Runs side by side, the answer first: one sentence, then the charts that show it (bars, or over
// length and ranks where there is a sweep), then every figure of every mode.
#pragma once

#include "backend/compare/curves.h"
#include "ui/pages/page.h"

#include <array>
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
class CurveChart;
class CurveLegend;
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
    // What the charts show: bars, or one of the families of curves.
    ChoiceBox* view() const { return view_; }
    ChoiceBox* baselineChoice() const { return baselineChoice_; }
    std::vector<CurveChart*> curves() const { return {curves_.begin(), curves_.end()}; }

Q_SIGNALS:
    void shown();  // a comparison is on the page

private:
    QWidget* makeContent();
    QWidget* makeHead();
    QWidget* makeCharts();
    QWidget* makeCurves();
    std::optional<RunId> baseline() const;  // that was chosen here
    void listViews();
    void listBaselines();
    void useAsBaseline(int row, int column, const QPoint& at);
    void fitTable();
    void listChoices();
    void load();
    void showLoaded(const Result<std::vector<RunRecord>>& loaded);
    void showCharts();
    void showView();
    void showCurves(const CurveFamily& family);

    StoreReader& store_;
    std::string storeForCommand_;
    std::vector<RunId> selected_;
    std::optional<Comparison> comparison_;
    std::vector<CurveFamily> families_;

    QStackedWidget* stack_;
    EmptyState* empty_;
    ChoiceBox* choice_;
    ChoiceBox* baselineChoice_;
    ChoiceBox* view_;
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
    QStackedWidget* views_;
    CurveLegend* legend_;
    std::array<CurveChart*, 3> curves_{};
    std::array<ChartPanel*, 3> curvePanels_{};
    ComparisonModel* model_;
    QTableView* table_;
    CommandLine* command_;
    QPushButton* report_;
};

}  // namespace ringscope::ui
