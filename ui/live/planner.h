// Plans a draft off the window's thread. Only the newest question is answered.
#pragma once

#include "ui/live/newest_answer.h"
#include "ui/models/experiment_draft.h"

#include <QObject>
#include <memory>

namespace ringscope::ui {

class Planner : public QObject {
    Q_OBJECT

public:
    explicit Planner(QObject* parent = nullptr);

    void ask(ExperimentDraft draft);

Q_SIGNALS:
    void answered(const std::shared_ptr<const ringscope::ui::DraftPlan>& plan);

private:
    NewestAnswer<ExperimentDraft, std::shared_ptr<const DraftPlan>> plans_;
};

}  // namespace ringscope::ui
