#include "ui/live/planner.h"

#include <utility>

namespace ringscope::ui {

Planner::Planner(QObject* parent) : QObject(parent), worker_(new QObject) {
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    thread_.setObjectName(QStringLiteral("planner"));
    thread_.start();
}

Planner::~Planner() {
    thread_.quit();
    thread_.wait();
}

void Planner::ask(ExperimentDraft draft) {
    next_ = std::move(draft);
    if (!busy_) work(*std::exchange(next_, std::nullopt));
}

void Planner::work(ExperimentDraft draft) {
    busy_ = true;
    QMetaObject::invokeMethod(worker_, [this, draft = std::move(draft)] {
        auto plan = std::make_shared<const DraftPlan>(planDraft(draft));
        QMetaObject::invokeMethod(
            this,
            [this, plan = std::move(plan)] {
                busy_ = false;
                if (next_)
                    work(*std::exchange(next_, std::nullopt));
                else
                    Q_EMIT answered(plan);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace ringscope::ui
