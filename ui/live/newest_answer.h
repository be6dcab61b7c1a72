// Answers questions off the window's thread. Only the newest one is answered: while one is being
// worked on, later ones replace each other.
//
//     NewestAnswer<Draft, Plan> plans_{*this, QStringLiteral("plans"), planOf,
//                                      [this](const Plan& plan) { Q_EMIT answered(plan); }};
#pragma once

#include <QObject>
#include <QString>
#include <QThread>
#include <functional>
#include <optional>
#include <utility>

namespace ringscope::ui {

// A member of `owner`, in whose thread it is used. The destructor waits for what is being worked
// on; nothing is answered after it.
template <typename Question, typename Answer>
class NewestAnswer {
public:
    // `work` is called in a thread of that name, `done` in the owner's.
    NewestAnswer(QObject& owner, const QString& name, std::function<Answer(Question)> work,
                 std::function<void(const Answer&)> done)
        : owner_(owner), work_(std::move(work)), done_(std::move(done)), worker_(new QObject) {
        worker_->moveToThread(&thread_);
        QObject::connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
        thread_.setObjectName(name);
        thread_.start();
    }
    ~NewestAnswer() {
        thread_.quit();
        thread_.wait();
    }
    NewestAnswer(const NewestAnswer&) = delete;
    NewestAnswer& operator=(const NewestAnswer&) = delete;

    void ask(Question question) {
        next_ = std::move(question);
        if (!busy_) begin(*std::exchange(next_, std::nullopt));
    }
    bool busy() const { return busy_; }

private:
    void begin(Question question) {
        busy_ = true;
        QMetaObject::invokeMethod(worker_, [this, question = std::move(question)]() mutable {
            Answer answer = work_(std::move(question));
            QMetaObject::invokeMethod(
                &owner_, [this, answer = std::move(answer)] { end(answer); }, Qt::QueuedConnection);
        });
    }
    void end(const Answer& answer) {
        busy_ = false;
        if (next_)
            begin(*std::exchange(next_, std::nullopt));
        else
            done_(answer);
    }

    QObject& owner_;
    std::function<Answer(Question)> work_;
    std::function<void(const Answer&)> done_;
    QThread thread_;
    QObject* worker_;  // lives in thread_
    std::optional<Question> next_;
    bool busy_ = false;
};

}  // namespace ringscope::ui
