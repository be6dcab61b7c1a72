#include "ui/migrate/cost_planner.h"

#include "backend/machine/machine_table.h"
#include "backend/migration/costs.h"

#include <string>
#include <utility>

namespace ringscope::ui {
namespace {

// Without costs where the machine is not known.
std::shared_ptr<const Migration> withCosts(CostQuestion question) {
    if (const Result<Machine> machine = findMachine(std::string(usualMachine)); machine.ok())
        addCosts(question.input, question.answers, *machine, question.migration);
    return std::make_shared<const Migration>(std::move(question.migration));
}

}  // namespace

CostPlanner::CostPlanner(QObject* parent)
    : QObject(parent),
      costs_(*this, QStringLiteral("costs"), withCosts,
             [this](const std::shared_ptr<const Migration>& migration) {
                 Q_EMIT answered(migration);
             }) {}

void CostPlanner::ask(CostQuestion question) { costs_.ask(std::move(question)); }

}  // namespace ringscope::ui
