// Runs an experiment from the window: in a thread of its own, through a transport it is given, into
// the store. One experiment at a time.
//
// Used from the thread it was made in; signals arrive there. Destroying it stops what runs and
// waits until no process is left.
#pragma once

#include "backend/config/experiment.h"
#include "backend/run/experiment_runner.h"
#include "backend/run/transport.h"
#include "ui/live/run_feed.h"

#include <QObject>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <thread>

namespace ringscope::ui {

class RunController : public QObject {
    Q_OBJECT

public:
    // The transport outlives the controller.
    RunController(Transport& transport, std::filesystem::path store, QObject* parent = nullptr);
    ~RunController() override;

    bool running() const { return running_; }
    bool stopping() const { return stopping_; }
    const QString& experimentName() const { return name_; }
    int planned() const { return planned_; }  // runs of the experiment, references not counted
    int done() const { return int(ended_.size()); }  // of those, how many have ended
    // 0 … 1 of all steps of all planned runs; of the runs, where only the data knows a run's steps.
    double progress() const;

    // Finds out what a run keeps of the user's folder; `command` does the same in a terminal.
    // Called on the run's thread.
    using OriginOf = std::function<RunOrigin(const std::string& command)>;
    void setOriginOf(OriginOf originOf) { originOf_ = std::move(originOf); }

    // Nothing happens while an experiment runs.
    void start(const Experiment& experiment, const std::string& command = {});
    void stop();

Q_SIGNALS:
    void started();
    void news(const ringscope::ui::LiveNews& news);
    void progressed();
    // `problem` is empty unless nothing could be run or kept; a failed run is news, not a problem.
    void finished(const QString& problem);

private:
    struct Shared;
    static QString work(Shared& shared, Transport& transport, const std::filesystem::path& path,
                        const Experiment& experiment, std::function<RunOrigin()> origin,
                        std::stop_token stop);
    void takeNews();
    void end(const QString& problem);

    Transport& transport_;
    std::filesystem::path store_;
    OriginOf originOf_;
    std::shared_ptr<Shared> shared_;
    QString name_;
    int planned_ = 0;
    std::set<RunId> counted_;  // runs of the experiment itself, so far
    std::set<RunId> ended_;
    std::int64_t stepsPlanned_ = 1;
    bool stepsKnown_ = true;
    std::int64_t stepsDone_ = 0;
    bool running_ = false;
    bool stopping_ = false;
    std::jthread thread_;
};

}  // namespace ringscope::ui
