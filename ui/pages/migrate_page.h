// An old training configuration becomes an experiment: the file, a verdict for each of its keys,
// what only the user can decide, the result to save or run, and both ways run as a proof. Several
// files or a folder are listed first. No file is ever written but those that the user names.
#pragma once

#include "ui/migrate/cost_planner.h"
#include "ui/migrate/migration_draft.h"
#include "ui/pages/page.h"

#include <functional>
#include <string>

class QButtonGroup;
class QFrame;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ringscope::ui {

class BatchPanel;
class CommandLine;
class CostPanel;
class DecisionCards;
class DiffView;
class ElidedLabel;
class KeysPanel;
class OutcomePanel;
class ProofPanel;

class MigratePage : public Page {
    Q_OBJECT

public:
    enum Step { Source, Keys, Decisions, Outcome, Proof };

    // The controller outlives the page.
    explicit MigratePage(RunController& controller, QWidget* parent = nullptr);

    // Where it fails, the page shows the error above what it had before.
    Result<void> openFile(const QString& file);
    // Reads all of them, and all that is below folders; the page then lists them. One that is a
    // file is opened at once.
    void openFiles(const QStringList& paths);
    // Answer why nothing was written; empty also where the user kept the file that was there.
    QString saveExperiment(const QString& file);
    QString saveReport(const QString& file);
    // Searches checkpoints there for this file and those that are opened later.
    void findModelsIn(const QString& folder);
    void goTo(Step step);

    Step step() const;
    const MigrationDraft& draft() const { return draft_; }
    bool settled() const override;  // no costs and no proof are on their way
    QTableView& table() const;
    QString problem() const;
    const QString& command() const;

    // Asked before another file's content is replaced; answers whether to.
    void setAskToReplace(std::function<bool(const QString& file)> ask) {
        askToReplace_ = std::move(ask);
    }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeSteps();
    QWidget* makeSource();
    QWidget* makeDecisions();
    QWidget* makeFoot();
    void chooseFile();
    void chooseModelFolder();
    void chooseExperiment();
    void chooseReport();
    void answer(const std::string& decision, const std::string& option);
    void acceptDefaults();
    void next();
    void showAll(const Result<void>& changed);
    void showProblem(const QString& sentence);
    void showSteps();
    void showSource();
    void showDecisions();
    void showFoot();
    void showAnswered();  // all that follows from the answers
    void openInNewRun();
    bool mayReplace(const QString& file, const std::string& content);

    MigrationDraft draft_;
    CostPlanner costs_;
    std::string saved_;  // where the experiment was saved to
    std::function<bool(const QString& file)> askToReplace_;

    ElidedLabel* file_;
    QLabel* problem_;
    QButtonGroup* steps_;
    QStackedWidget* stack_;
    QFrame* dropArea_;
    QFrame* sourceCard_;
    QLabel* kind_;
    QLabel* reason_;
    DiffView* sourceText_;
    BatchPanel* batch_;
    KeysPanel* keys_;
    QLabel* openCount_;
    QPushButton* defaults_;
    QPushButton* models_;
    DecisionCards* cards_;
    QLabel* changeTitle_;
    DiffView* lastChange_;
    CostPanel* cost_;
    OutcomePanel* outcome_;
    ProofPanel* proof_;
    CommandLine* command_;
    QPushButton* report_;
    QPushButton* save_;
    QPushButton* next_;
};

}  // namespace ringscope::ui
