// An old training configuration becomes an experiment: the file, a verdict for each of its keys,
// what only the user can decide, the result to save or run. The file itself is never written.
#pragma once

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

class CommandLine;
class DecisionCards;
class DiffView;
class ElidedLabel;
class KeysPanel;
class OutcomePanel;

class MigratePage : public Page {
    Q_OBJECT

public:
    enum Step { Source, Keys, Decisions, Outcome };

    explicit MigratePage(QWidget* parent = nullptr);

    // Answers why the file cannot be migrated; the page then shows that above what it had before.
    QString openFile(const QString& file);
    // Answer why nothing was written; empty also where the user kept the file that was there.
    QString saveExperiment(const QString& file);
    QString saveReport(const QString& file);
    void goTo(Step step);

    Step step() const;
    const MigrationDraft& draft() const { return draft_; }
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
    void openInNewRun();
    bool mayReplace(const QString& file, const std::string& content);

    MigrationDraft draft_;
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
    KeysPanel* keys_;
    QLabel* openCount_;
    QPushButton* defaults_;
    DecisionCards* cards_;
    QLabel* changeTitle_;
    DiffView* lastChange_;
    OutcomePanel* outcome_;
    CommandLine* command_;
    QPushButton* report_;
    QPushButton* save_;
    QPushButton* next_;
};

}  // namespace ringscope::ui
