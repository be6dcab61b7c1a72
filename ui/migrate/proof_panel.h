// The old way and the new way of a migration, run small on this machine's own ranks: a button, what
// is running, then both side by side, and their losses.
#pragma once

#include "backend/migration/proof.h"
#include "ui/live/run_controller.h"

#include <QWidget>
#include <memory>
#include <vector>

class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace ringscope::ui {

class ChartPanel;
class LineChart;

class ProofPanel : public QWidget {
    Q_OBJECT

public:
    // The controller outlives the panel.
    explicit ProofPanel(RunController& controller, QWidget* parent = nullptr);

    // Shows the migration's proof, or that there is none yet. One that is running goes on.
    void showMigration(const Migration& migration);
    bool proving() const { return running_; }

Q_SIGNALS:
    // Both ways have run for this experiment's text.
    void proved(const std::string& experiment,
                const std::shared_ptr<const ringscope::Proven>& proven);
    void compareRequested(const std::vector<ringscope::RunId>& runs);

private:
    void start();
    void take(const LiveNews& news);
    void finish(const QString& problem);
    void showState();
    void showProof();

    RunController& controller_;
    Migration migration_;
    bool asked_ = false;    // start() was called, and the controller has not begun yet
    bool running_ = false;  // the controller runs the proof
    std::string provedText_;
    std::vector<std::string> notes_;
    std::vector<RunRecord> runs_;  // of the proof that runs, in the order they were first told
    QString problemText_;

    QLabel* verdict_;
    QLabel* remarks_;
    QLabel* problem_;
    QPushButton* prove_;
    QPushButton* stop_;
    QPushButton* compare_;
    QProgressBar* bar_;
    QTableWidget* table_;
    LineChart* losses_;
    ChartPanel* chart_;
};

}  // namespace ringscope::ui
