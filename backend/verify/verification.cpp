#include "backend/verify/verification.h"

#include "backend/core/output_file.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

// What one run of the ranks said.
class VerdictSink final : public RunSink {
public:
    VerdictSink(const VerifyProgress& progress) : progress_(progress) {}

    Result<void> created(const RunRecord&) override { return {}; }
    Result<void> changed(const RunRecord&) override { return {}; }
    Result<void> step(const RunRecord&, const StepRecord&) override { return {}; }
    Result<void> ended(const RunRecord&) override { return {}; }

    Result<void> turn(const RunRecord&, const RankTurn& turn) override {
        if (turn.rank != 0) return {};
        turn_ = turn.mode;
        progress_.doing(turn.mode);
        return {};
    }

    Result<void> verdict(const RunRecord&, const RankVerdict& said) override {
        if (said.rank != 0) return {};
        const std::optional<ModeVerdict> verdict = verdictFromJson(
            nlohmann::json::parse(said.verdict, nullptr, /*allow_exceptions=*/false));
        if (!verdict || verdict->mode != said.mode)
            return Error{ErrorCode::Failed,
                         "rank 0 told a verdict on " + said.mode + " that cannot be read"};
        progress_.verdict(*verdict);
        verdicts_.push_back(*verdict);
        turn_.clear();
        return {};
    }

    Result<void> logLine(const RunRecord&, int rank, std::string_view line) override {
        if (rank == 0) progress_.doing(line);
        return {};
    }

    std::vector<ModeVerdict>& verdicts() { return verdicts_; }
    const std::string& turn() const { return turn_; }

private:
    const VerifyProgress& progress_;
    std::vector<ModeVerdict> verdicts_;
    std::string turn_;  // the mode under way; empty: none
};

RunRequest runOf(const VerifyRequest& request) {
    RunPlan plan;
    for (const std::string& mode : request.modes)
        plan.ranks = std::max(plan.ranks, ranksOf(*findMode(mode), request.ranks));
    plan.config.parallel.mode = request.modes.front();
    plan.config.parallel.sp = plan.ranks;
    return {.plan = std::move(plan),
            .experiment = "verify",
            .experimentId = "verify",
            .name = "verify",
            .job = Verification{requestText(request)}};
}

ModeVerdict notOk(const std::string& mode, int ranks, std::string reason, bool refused) {
    ModeVerdict verdict{.mode = mode, .ranks = ranks, .refused = refused};
    verdict.reason = std::move(reason);
    return verdict;
}

// One call of verify().
class Verifying {
public:
    Verifying(const VerifyRequest& request, Transport& transport, const VerifyProgress& progress,
              const RunClock& clock)
        : request_(request), transport_(transport), progress_(progress), clock_(clock) {}

    Result<VerifyOutcome> run(const std::stop_token& stop) {
        plan();
        while (!left_.empty() && !outcome_.cancelled) RINGSCOPE_CHECK(runRanks(stop));
        sortVerdicts();
        return std::move(outcome_);
    }

private:
    void plan() {
        for (const std::string& name : request_.modes) {
            const Mode& mode = *findMode(name);
            const Result<Schedule> schedule = planMode(mode, request_);
            if (schedule.ok())
                left_.push_back(name);
            else
                settle(notOk(name, ranksOf(mode, request_.ranks), schedule.error().message, true));
        }
    }

    void settle(ModeVerdict verdict) {
        progress_.verdict(verdict);
        outcome_.verdicts.push_back(std::move(verdict));
    }

    Result<void> runRanks(const std::stop_token& stop) {
        VerifyRequest request = request_;
        request.modes = left_;
        VerdictSink sink(progress_);
        RunService service(transport_, {&sink}, {.silence = patience(request_.problem)}, clock_);
        RINGSCOPE_TRY(const RunRecord run, service.execute(runOf(request), stop));
        for (const RankRecord& rank : run.rankRecords)
            outcome_.peakMemory = std::max(outcome_.peakMemory, rank.peakMemory);
        for (ModeVerdict& verdict : sink.verdicts()) {
            std::erase(left_, verdict.mode);
            outcome_.verdicts.push_back(std::move(verdict));
        }
        outcome_.cancelled = run.status == RunStatus::Cancelled;
        if (run.status == RunStatus::Failed) return takeBlame(sink, run.statusReason);
        if (!left_.empty() && !outcome_.cancelled)
            return Error{ErrorCode::Failed, "the ranks ended without a verdict on " +
                                                left_.front() + "; please report this"};
        return {};
    }

    // The mode whose turn it was; where it was nobody's, nothing can be verified here.
    Result<void> takeBlame(const VerdictSink& sink, const std::string& reason) {
        if (sink.turn().empty()) return Error{ErrorCode::Failed, reason};
        const std::string mode = sink.turn();
        std::erase(left_, mode);
        settle(notOk(mode, ranksOf(*findMode(mode), request_.ranks), reason, false));
        return {};
    }

    void sortVerdicts() {
        const auto place = [&](const ModeVerdict& verdict) {
            return std::ranges::find(request_.modes, verdict.mode) - request_.modes.begin();
        };
        std::ranges::sort(outcome_.verdicts, {}, place);
    }

    const VerifyRequest& request_;
    Transport& transport_;
    const VerifyProgress& progress_;
    RunClock clock_;
    std::vector<std::string> left_;  // modes still to be run
    VerifyOutcome outcome_;
};

}  // namespace

Result<VerifyOutcome> verify(const VerifyRequest& request, Transport& transport,
                             const VerifyProgress& progress, std::stop_token stop,
                             const RunClock& clock) {
    return Verifying(request, transport, progress, clock).run(stop);
}

Result<void> makeDumpFolder(const std::filesystem::path& folder,
                            const std::vector<std::string>& names) {
    std::error_code failed;
    for (const std::string& name : names)
        if (std::filesystem::exists(folder / name, failed))
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("--dump: '{}' is already there; a dump never overwrites one, "
                                     "name another folder",
                                     (folder / name).string())};
    std::filesystem::create_directories(folder, failed);
    if (failed)
        return Error{ErrorCode::Unavailable, fmt::format("--dump: cannot make '{}': {}",
                                                         folder.string(), failed.message())};
    return {};
}

Result<void> prepareDump(const VerifyRequest& request) {
    const std::filesystem::path folder = request.dump;
    std::vector<std::string> names = request.modes;
    names.emplace_back("case.json");
    RINGSCOPE_CHECK(makeDumpFolder(folder, names));
    const Result<void> written =
        writeOutput(folder / "case.json", toJson(request.problem).dump(2) + "\n");
    if (!written.ok()) return Error{ErrorCode::Unavailable, "--dump: " + written.error().message};
    return {};
}

}  // namespace ringscope
