#include "ui/live/planner.h"

#include "backend/memory/waterfall.h"

#include <algorithm>
#include <utility>

namespace ringscope::ui {
namespace {

DraftWaterfall withRows(DraftWaterfall waterfall) {
    const auto mode = std::ranges::find(waterfall.plan->modePlans, waterfall.mode, &ModePlan::mode);
    if (Result<std::vector<WaterfallRow>> rows = planWaterfall(*mode->plan, mode->memory->peak);
        rows.ok())
        waterfall.rows = *std::move(rows);
    return waterfall;
}

}  // namespace

Planner::Planner(QObject* parent)
    : QObject(parent),
      plans_(
          *this, QStringLiteral("planner"),
          [](const ExperimentDraft& draft) {
              return std::make_shared<const DraftPlan>(planDraft(draft));
          },
          [this](const std::shared_ptr<const DraftPlan>& plan) { Q_EMIT answered(plan); }),
      waterfalls_(
          *this, QStringLiteral("waterfalls"), withRows,
          [this](const DraftWaterfall& waterfall) { Q_EMIT answeredWaterfall(waterfall); }) {}

void Planner::ask(ExperimentDraft draft) { plans_.ask(std::move(draft)); }

void Planner::askWaterfall(std::shared_ptr<const DraftPlan> plan, std::string mode) {
    waterfalls_.ask({std::move(plan), std::move(mode), {}});
}

}  // namespace ringscope::ui
