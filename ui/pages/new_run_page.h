// Putting an experiment together and starting it: file, fields, modes, the schedule as a picture,
// the same as a command; and what happens while it runs.
#pragma once

#include "ui/live/planner.h"
#include "ui/pages/page.h"

#include <QTimer>
#include <memory>

class QButtonGroup;
class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace ringscope::ui {

class CommandLine;
class ElidedLabel;
class FieldForm;
class LivePanel;
class ModePicker;
class SchedulePicture;
class WaterfallPicture;

class NewRunPage : public Page {
    Q_OBJECT

public:
    // `sample` is the draft the page starts with and goes back to; `storeForCommand` is empty where
    // the window uses the default store.
    NewRunPage(RunController& controller, ExperimentDraft sample, std::string storeForCommand,
               QWidget* parent = nullptr);

    // Fails with NotFound or Failed if the file cannot be read; the draft is then as it was.
    Result<void> openFile(const QString& file);
    // An experiment that is in no file yet; messages call it `name`.
    void openText(const std::string& name, const std::string& content);
    // The built-in sample, started as soon as it is planned.
    void runSample();

    const ExperimentDraft& draft() const { return draft_; }
    const DraftPlan* plan() const { return plan_.get(); }
    FieldForm& form() { return *form_; }
    ModePicker& modes() { return *modes_; }
    LivePanel& live() { return *live_; }
    QPushButton* runButton() const { return run_; }
    bool showsLive() const;
    bool settled() const override;  // the plan shown is the draft's, its waterfall the mode's

private:
    QWidget* makeEditor();
    QWidget* makeHead();
    QWidget* makeRight();
    QWidget* makeMemory();
    QWidget* makeFoot();
    void setDraft(ExperimentDraft draft);
    void edit(const std::string& path, const std::string& value);
    bool isPlanned() const;  // the plan shown is the draft's
    void planSoon();
    void planNow();
    void showPlan(const std::shared_ptr<const DraftPlan>& plan);
    void showSummary();
    void showSchedule();
    void showMemory(const ModePlan& mode);
    void showWaterfall(const DraftWaterfall& waterfall);
    void start();
    void chooseFile();
    void saveFile();

    RunController& controller_;
    ExperimentDraft sample_;
    std::string storeForCommand_;
    ExperimentDraft draft_;
    Planner planner_;
    QTimer planTimer_;  // typing is planned when it pauses
    std::shared_ptr<const DraftPlan> plan_;
    std::string pictured_;  // the mode whose schedule is shown
    bool asked_ = false;
    bool startWhenPlanned_ = false;

    QStackedWidget* stack_;
    FieldForm* form_;
    ModePicker* modes_;
    SchedulePicture* picture_;
    QScrollArea* pictureArea_ = nullptr;
    QWidget* memory_ = nullptr;  // its section
    QLabel* peak_;
    WaterfallPicture* waterfall_;
    QScrollArea* waterfallArea_ = nullptr;
    QButtonGroup* pictureModes_;
    LivePanel* live_;
    ElidedLabel* source_;
    QLabel* summary_;
    QLabel* problem_;
    QLabel* warnings_;
    CommandLine* command_;
    QPushButton* undo_;
    QPushButton* run_;
};

}  // namespace ringscope::ui
