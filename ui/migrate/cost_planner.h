// Adds what the plan says of a migration off the window's thread. Only the newest question is
// answered.
#pragma once

#include "backend/migration/migration.h"
#include "ui/live/newest_answer.h"

#include <QObject>
#include <memory>

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

    void ask(CostQuestion question);
    bool busy() const { return costs_.busy(); }

Q_SIGNALS:
    // The migration of the newest question, with its costs.
    void answered(const std::shared_ptr<const ringscope::Migration>& migration);

private:
    NewestAnswer<CostQuestion, std::shared_ptr<const Migration>> costs_;
};

}  // namespace ringscope::ui
