// What an experiment would take on a machine that is not here: every mode with its time and memory,
// where one overtakes another, the predicted step, and the advice. A figure that is selected says
// how it comes about.
#pragma once

#include "ui/live/forecaster.h"
#include "ui/pages/page.h"

#include <QTimer>
#include <memory>
#include <optional>
#include <string>

class QButtonGroup;
class QLabel;
class QPushButton;
class QTableView;

namespace ringscope::ui {

class ChartPanel;
class ChoiceBox;
class CommandLine;
class CurveChart;
class CurveLegend;
class ElidedLabel;
class ForecastModel;
class LogSlider;
class StepPartsLegend;
class TimelineLegend;
class TimelineView;

class PlanPage : public Page {
    Q_OBJECT

public:
    PlanPage(StoreReader& store, ExperimentDraft sample, std::string storeForCommand,
             QWidget* parent = nullptr);

    // What New run shows now; taken unless a file was opened here.
    void offerDraft(const ExperimentDraft& draft);
    void takeDraft(const ExperimentDraft& draft, bool openedHere = true);
    // Empty, or why the file cannot be read.
    QString openFile(const QString& file);
    void setMachine(const QString& name);  // of the choice, or the path of a file

    bool settled() const override;
    void refresh() override;  // machines that were calibrated since

    ForecastModel& model() { return *model_; }
    QTableView& table() { return *table_; }
    ChoiceBox& machines() { return *machine_; }
    LogSlider& ranks() { return *ranks_; }
    LogSlider& tokens() { return *tokens_; }
    LogSlider& bandwidth() { return *bandwidth_; }
    TimelineView& timeline() { return *timeline_; }
    CurveChart& curves() { return *curves_; }
    void showAxis(SweepAxis axis);
    QString derivation() const;
    QString advice() const;
    QString problem() const;
    QString crossover() const;

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeChoices();
    QWidget* makeTable();
    QWidget* makeCurves();
    QWidget* makeStep();
    void listMachines();
    void askSoon();
    void askNow();
    void showForecast(const std::shared_ptr<const Forecast>& forecast);
    void showChoices();
    void fitTable();
    void showCurves(const std::shared_ptr<const ForecastCurves>& curves);
    void showTrace(const std::shared_ptr<const ForecastTrace>& trace);
    void showAdvice(const QStringList& sentences);
    void showDerivation();
    void showCommand();
    void chooseFile();
    void chooseMachineFile();

    StoreReader& store_;
    std::string storeForCommand_;
    ForecastQuestion question_;
    bool openedHere_ = false;  // the draft is of a file that was opened on this page
    bool stale_ = true;        // something has changed since it was asked
    QString machineFile_;      // opened here; an entry of the choice
    std::shared_ptr<const Forecast> forecast_;
    std::string traced_;  // the mode whose step is shown
    SweepAxis axis_ = SweepAxis::Length;
    Forecaster forecaster_;
    QTimer timer_;  // a slider that moves is planned when it pauses

    ElidedLabel* source_;
    QPushButton* fromNewRun_;
    ChoiceBox* machine_;
    LogSlider* ranks_;
    LogSlider* tokens_;
    LogSlider* bandwidth_;
    QLabel* about_;  // the machine, and how sure the figures are
    QLabel* problem_;
    QLabel* notes_;
    QLabel* advice_;
    QWidget* answers_ = nullptr;  // all that a forecast fills
    ForecastModel* model_;
    QTableView* table_;
    StepPartsLegend* partsLegend_;
    QLabel* derivation_;
    CurveChart* curves_;
    ChartPanel* curvePanel_;
    CurveLegend* curveLegend_;
    QLabel* crossover_;
    QButtonGroup* axes_;
    QLabel* stepTitle_;
    TimelineView* timeline_;
    TimelineLegend* timelineLegend_;
    CommandLine* command_;
    ExperimentDraft offered_;  // of New run
};

}  // namespace ringscope::ui
