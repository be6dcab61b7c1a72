#include "ui/live/run_controller.h"

#include "backend/session/run_into_store.h"
#include "ui/widgets/parts.h"

#include <algorithm>
#include <numeric>

namespace ringscope::ui {

// What the run's thread and the window's thread both hold. Lambdas posted from the run's thread
// reach the controller only while it lives: its destructor joins the thread first.
struct RunController::Shared {
    explicit Shared(RunController* controller)
        : owner(controller), feed([this] {
              QMetaObject::invokeMethod(
                  owner, [controller = owner] { controller->takeNews(); }, Qt::QueuedConnection);
          }) {}

    RunController* owner;
    RunFeed feed;
};

RunController::RunController(Transport& transport, std::filesystem::path store, QObject* parent)
    : QObject(parent), transport_(transport), store_(std::move(store)) {}

RunController::~RunController() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

double RunController::progress() const {
    if (!stepsKnown_) return static_cast<double>(done()) / std::max(1, planned_);
    return std::min(1.0, static_cast<double>(stepsDone_) / static_cast<double>(stepsPlanned_));
}

void RunController::start(const Experiment& experiment, const std::string& command) {
    if (running_) return;
    if (thread_.joinable()) thread_.join();  // its last word was finished(): it is gone already
    const std::vector<ExpandedRun> runs = expandRuns(experiment);
    name_ = text(experiment.name);
    planned_ = static_cast<int>(runs.size());
    counted_.clear();
    ended_.clear();
    stepsDone_ = 0;
    stepsPlanned_ = std::accumulate(
        runs.begin(), runs.end(), std::int64_t{0},
        [](std::int64_t sum, const ExpandedRun& run) { return sum + run.config.train.steps; });
    stepsPlanned_ = std::max<std::int64_t>(1, stepsPlanned_);
    stepsKnown_ = std::ranges::none_of(
        runs, [](const ExpandedRun& run) { return run.config.train.epochs.has_value(); });
    running_ = true;
    stopping_ = false;
    shared_ = std::make_shared<Shared>(this);
    Q_EMIT started();
    const auto origin = [originOf = originOf_, command] {
        return originOf ? originOf(command) : RunOrigin{.command = command};
    };
    thread_ =
        std::jthread([this, shared = shared_, experiment, origin](const std::stop_token& stop) {
            const QString problem = work(*shared, transport_, store_, experiment, origin, stop);
            QMetaObject::invokeMethod(
                this, [this, problem] { end(problem); }, Qt::QueuedConnection);
        });
}

void RunController::stop() {
    if (!running_ || stopping_) return;
    stopping_ = true;
    thread_.request_stop();
    Q_EMIT progressed();
}

QString RunController::work(Shared& shared, Transport& transport, const std::filesystem::path& path,
                            const Experiment& experiment, std::function<RunOrigin()> origin,
                            std::stop_token stop) {
    const SessionEnd end =
        runIntoStore(experiment, path,
                     {.transport = transport,
                      .watchers = {&shared.feed},
                      .compared = [&shared](const RunRecord& run) { (void)shared.feed.ended(run); },
                      .origin = std::move(origin)},
                     /*reference=*/true, std::move(stop));
    const bool asked = !end.outcome.ok() && end.outcome.error().code == ErrorCode::Cancelled;
    return end.outcome.ok() || asked ? QString() : text(end.outcome.error().message);
}

void RunController::takeNews() {
    if (!shared_) return;
    const LiveNews fresh = shared_->feed.take();
    if (fresh.empty()) return;
    for (const RunRecord& run : fresh.runs) {
        if (run.reference) continue;
        counted_.insert(run.id);
        if (isFinal(run.status)) ended_.insert(run.id);
    }
    stepsDone_ += std::ranges::count_if(
        fresh.steps, [this](const LiveStep& step) { return counted_.contains(step.run); });
    for (const auto& [run, steps] : fresh.stepsDropped)
        if (counted_.contains(run)) stepsDone_ += steps;
    Q_EMIT news(fresh);
    Q_EMIT progressed();
}

void RunController::end(const QString& problem) {
    takeNews();
    running_ = false;
    stopping_ = false;
    Q_EMIT progressed();
    Q_EMIT finished(problem);
}

}  // namespace ringscope::ui
