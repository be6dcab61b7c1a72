// Plans a draft off the window's thread. Only the newest question is answered: while one is being
// worked on, later ones replace each other.
#pragma once

#include "ui/models/experiment_draft.h"

#include <QObject>
#include <QThread>
#include <memory>
#include <optional>

namespace ringscope::ui {

class Planner : public QObject {
    Q_OBJECT

public:
    explicit Planner(QObject* parent = nullptr);
    ~Planner() override;

    void ask(ExperimentDraft draft);

Q_SIGNALS:
    void answered(const std::shared_ptr<const ringscope::ui::DraftPlan>& plan);

private:
    void work(ExperimentDraft draft);

    QThread thread_;
    QObject* worker_;  // lives in thread_
    std::optional<ExperimentDraft> next_;
    bool busy_ = false;
};

}  // namespace ringscope::ui
