#include "ui/migrate/cost_planner.h"

#include "backend/machine/machine_table.h"
#include "backend/migration/costs.h"

#include <utility>

namespace ringscope::ui {

CostPlanner::CostPlanner(QObject* parent) : QObject(parent), worker_(new QObject) {
    if (Result<Machine> machine = findMachine(std::string(usualMachine)); machine.ok())
        machine_ = std::move(machine).value();
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    thread_.setObjectName(QStringLiteral("costs"));
    thread_.start();
}

CostPlanner::~CostPlanner() {
    thread_.quit();
    thread_.wait();
}

void CostPlanner::ask(CostQuestion question) {
    next_ = std::move(question);
    if (!busy_) work(*std::exchange(next_, std::nullopt));
}

void CostPlanner::work(CostQuestion question) {
    busy_ = true;
    QMetaObject::invokeMethod(worker_, [this, question = std::move(question)]() mutable {
        if (machine_) addCosts(question.input, question.answers, *machine_, question.migration);
        auto migration = std::make_shared<const Migration>(std::move(question.migration));
        QMetaObject::invokeMethod(
            this,
            [this, migration = std::move(migration)] {
                busy_ = false;
                if (next_)
                    work(*std::exchange(next_, std::nullopt));
                else
                    Q_EMIT answered(migration);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace ringscope::ui
