#include "app/serve/serve.h"

#include "app/serve/front.h"
#include "backend/config/experiment.h"
#include "backend/run/run_service.h"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace ringscope {
namespace {

// A server has nothing to say while nobody asks.
constexpr std::chrono::hours silence{24 * 365 * 100};

class ServingSink final : public RunSink {
public:
    explicit ServingSink(const ServeReports& reports) : reports_(reports) {}

    Result<void> created(const RunRecord&) override { return {}; }
    Result<void> changed(const RunRecord&) override { return {}; }
    Result<void> step(const RunRecord&, const StepRecord&) override { return {}; }
    Result<void> ended(const RunRecord&) override { return {}; }
    Result<void> logLine(const RunRecord&, int, std::string_view line) override {
        if (reports_.logLine) reports_.logLine(line);
        return {};
    }

private:
    const ServeReports& reports_;
};

// Why the rank ended before the front had done with it.
std::string reasonOf(const Result<RunRecord>& run) {
    if (!run.ok()) return run.error().message;
    return run->statusReason.empty() ? "the model's process has ended" : run->statusReason;
}

}  // namespace

Result<void> serve(const ServeSettings& settings, const RunPlan& plan, Transport& transport,
                   std::stop_token stop, const ServeReports& reports) {
    Front front(settings, reports);
    RINGSCOPE_CHECK(front.listen());
    ServingJob job = settings.job;
    job.socket = front.rankSocket();
    job.secret = front.rankSecret();
    std::optional<std::string> failure;
    std::stop_source endRank;
    std::jthread ranks([&] {
        ServingSink sink(reports);
        RunService service(transport, {&sink}, {.silence = silence});
        const Result<RunRecord> run =
            service.execute({.plan = plan,
                             .experiment = "serve",
                             .experimentId = "serve",
                             .name = "serve",
                             .job = Generation{toYaml(plan.config), servingJobText(job)}},
                            endRank.get_token());
        if (!run.ok() || run->status == RunStatus::Failed) failure = reasonOf(run);
        front.rankEnded(reasonOf(run));
    });
    {
        const std::stop_callback onStop(stop, [&] { front.drain(); });
        front.run();
    }
    if (!front.wasReady()) endRank.request_stop();  // it has not met the front yet
    ranks.join();
    if (front.lostRank())
        return Error{ErrorCode::Failed, failure.value_or("the model's process has ended")};
    return {};
}

}  // namespace ringscope
