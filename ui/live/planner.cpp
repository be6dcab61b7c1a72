#include "ui/live/planner.h"

#include <utility>

namespace ringscope::ui {

Planner::Planner(QObject* parent)
    : QObject(parent),
      plans_(
          *this, QStringLiteral("planner"),
          [](const ExperimentDraft& draft) {
              return std::make_shared<const DraftPlan>(planDraft(draft));
          },
          [this](const std::shared_ptr<const DraftPlan>& plan) { Q_EMIT answered(plan); }) {}

void Planner::ask(ExperimentDraft draft) { plans_.ask(std::move(draft)); }

}  // namespace ringscope::ui
