// Plans a draft off the window's thread, and the waterfall of one of its modes, which takes as long
// as planning that mode several times. Only the newest question of each kind is answered.
#pragma once

#include "ui/live/newest_answer.h"
#include "ui/models/experiment_draft.h"

#include <QObject>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::ui {

struct DraftWaterfall {
    std::shared_ptr<const DraftPlan> plan{};
    std::string mode{};
    std::vector<WaterfallRow> rows{};  // empty: it cannot be planned
};

class Planner : public QObject {
    Q_OBJECT

public:
    explicit Planner(QObject* parent = nullptr);

    void ask(ExperimentDraft draft);
    // Of a mode that has a plan.
    void askWaterfall(std::shared_ptr<const DraftPlan> plan, std::string mode);
    bool busyWithWaterfall() const { return waterfalls_.busy(); }

Q_SIGNALS:
    void answered(const std::shared_ptr<const ringscope::ui::DraftPlan>& plan);
    void answeredWaterfall(const ringscope::ui::DraftWaterfall& waterfall);

private:
    NewestAnswer<ExperimentDraft, std::shared_ptr<const DraftPlan>> plans_;
    NewestAnswer<DraftWaterfall, DraftWaterfall> waterfalls_;
};

}  // namespace ringscope::ui
