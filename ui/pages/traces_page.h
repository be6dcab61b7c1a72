// The recorded steps of a run: the timeline, the figures of what is selected in it, the ring steps.
#pragma once

#include "ui/live/forecaster.h"
#include "ui/live/trace_loader.h"
#include "ui/models/rank_figures_model.h"
#include "ui/models/ring_step_model.h"
#include "ui/models/trace_choice.h"
#include "ui/pages/page.h"
#include "ui/timeline/span_search.h"

#include <filesystem>
#include <map>
#include <optional>
#include <vector>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ringscope::ui {

class ChoiceBox;
class ElidedLabel;
class EmptyState;
class MemoryLegend;
class SearchBar;
class TimelineLegend;
class TimelineView;
class TraceBeside;

class TracesPage : public Page {
    Q_OBJECT

public:
    explicit TracesPage(StoreReader& store, QWidget* parent = nullptr);

    // The run's trace, or the sentence that it has none.
    void openRun(const RunId& run);
    // A folder of trace files or one of them, of any store or none.
    void openPlace(const std::filesystem::path& place);
    // Looks again which runs have a trace, and reads the shown one again.
    void refresh() override;

    bool find() override;  // spans, by name, layer, rank

    bool settled() const override;
    TimelineView& timeline() { return *timeline_; }
    RankFiguresModel& figures() { return *figures_; }
    RingStepModel& ringSteps() { return *ringSteps_; }
    QTableView& ringStepTable() { return *ringStepTable_; }
    ChoiceBox& choice() { return *choice_; }
    TraceBeside& beside() { return *beside_; }  // a second trace
    SearchBar& search() { return *search_; }
    QString totals() const;
    QString notes() const;
    void exportTo(const std::filesystem::path& file);

Q_SIGNALS:
    void exported(const QString& file);

protected:
    void showEvent(QShowEvent* event) override;

private:
    enum Content { Empty, Loading, Shown };

    QWidget* makeHead();
    QWidget* makeLoading();
    QWidget* makeContent();
    QWidget* makeLegends();
    QWidget* makeTables();
    void showTables(int which);
    QWidget* makeRingSteps();
    void showStore();
    void listChoices();
    void load();
    void want(const std::filesystem::path& place);
    RecordedTraces recorded() const;
    const TraceChoice* chosen() const;
    void showNothing();
    void showProblem(const QString& reason);
    void showTrace(const std::shared_ptr<const OpenedTrace>& trace);
    void showSelection();
    void showMemory();
    void predict();
    void showPredicted();
    void showClock();
    void showBeside();
    void searchSpans(const QString& wanted);
    void goToFound(int direction);
    void showRingStep(const QModelIndex& index);
    void askForPlace();
    void askForExport();

    StoreReader& store_;
    TraceLoader loader_;
    Forecaster forecaster_;
    std::shared_ptr<const OpenedTrace> predicted_;  // of the shown run; null: none
    std::optional<QSet<QString>> recorded_;  // runs with a trace; nothing before they were listed
    std::filesystem::path openedByHand_;
    std::optional<std::filesystem::path> wanted_;  // asked for, and maybe not listed yet
    std::vector<TraceChoice> choices_;             // as listed
    std::optional<TraceChoice> shown_;             // or on its way

    ChoiceBox* choice_;
    QPushButton* open_;
    QPushButton* export_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    QLabel* loadingText_;
    QProgressBar* loadingBar_;
    ElidedLabel* notes_;
    TimelineView* timeline_;
    QPushButton* memory_;
    QPushButton* predictedButton_;
    TimelineLegend* legend_;
    MemoryLegend* memoryLegend_;
    QLabel* totals_;
    RankFiguresModel* figures_;
    RingStepModel* ringSteps_;
    QTableView* ringStepTable_;
    QLabel* noRingSteps_;
    std::map<RingStepModel::Figure, QPushButton*> figureButtons_;
    QStackedWidget* tables_;  // of one trace, or what changed to the second
    TraceBeside* beside_;
    SearchBar* search_;
    std::vector<FoundSpan> found_;
    int foundAt_ = 0;
};

}  // namespace ringscope::ui
