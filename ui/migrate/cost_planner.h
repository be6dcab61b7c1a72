// Adds what the plan says of a migration off the window's thread. Only the newest question is
// answered: while one is being worked on, later ones replace each other.
#pragma once

#include "backend/machine/machine.h"
#include "backend/migration/migration.h"

#include <QObject>
#include <QThread>
#include <memory>
#include <optional>

namespace ringscope::ui {

struct CostQuestion {
    MigrationInput input;
    MigrationAnswers answers;
    Migration migration;  // made with both
};

class CostPlanner : public QObject {
    Q_OBJECT

public:
    explicit CostPlanner(QObject* parent = nullptr);
    ~CostPlanner() override;

    void ask(CostQuestion question);
    bool busy() const { return busy_; }

Q_SIGNALS:
    // The migration of the newest question, with its costs.
    void answered(const std::shared_ptr<const ringscope::Migration>& migration);

private:
    void work(CostQuestion question);

    std::optional<Machine> machine_;  // nothing: no costs
    QThread thread_;
    QObject* worker_;  // lives in thread_
    std::optional<CostQuestion> next_;
    bool busy_ = false;
};

}  // namespace ringscope::ui
