// ringscope calibrate: measures this machine by short real runs, so that `plan time --machine this`
// knows it.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/machine_speed.h"
#include "app/cli/verbs.h"
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/machine/machine_file.h"
#include "backend/machine/machine_table.h"
#include "backend/report/calibration_text.h"
#include "backend/simulate/calibration.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace_files.h"
#include "launcher/machine_facts.h"

#include <fmt/format.h>
#include <CLI/App.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace ringscope::cli {
namespace {

struct CalibrateArguments {
    bool check = false;
    bool json = false;
};

constexpr double driftOfNote = 10;  // percent

// A folder that is gone with its object, and what the calibration's runs wrote with it.
class WorkFolder {
public:
    static Result<WorkFolder> make() {
        std::string path = (std::filesystem::temp_directory_path() / "ringscope-XXXXXX").string();
        if (::mkdtemp(path.data()) == nullptr) return fileError(path, "make the folder", errno);
        return WorkFolder(path);
    }
    WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    WorkFolder& operator=(WorkFolder&&) = delete;
    ~WorkFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    explicit WorkFolder(std::string path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

Result<std::vector<CalibrationRun>> recordedRuns(const SessionRuns& session,
                                                 const std::vector<ExpandedRun>& asked) {
    std::vector<CalibrationRun> runs;
    for (const RunRecord& run : session.runs) {
        const auto same = std::ranges::find(asked, run.name, &ExpandedRun::name);
        if (same == asked.end() || run.status != RunStatus::Finished) continue;
        RINGSCOPE_TRY(RunPlan plan, planRun(same->config));
        RINGSCOPE_TRY(Trace trace, readTrace(traceRoot(session.store) / run.id.text));
        runs.push_back({std::move(plan), std::move(trace)});
    }
    return runs;
}

Result<Calibration> calibrateHere(GlobalOptions global, int& exit) {
    RINGSCOPE_TRY(const WorkFolder work, WorkFolder::make());
    global.store = (work.path() / "calibration.db").string();
    const std::vector<ExpandedRun> asked = calibrationRuns(NumberFormat::Fp32);
    const SessionRuns session = runSession("calibrate", asked, global, {.reference = false});
    exit = session.exitCode;
    if (exit != Ok) return Error{ErrorCode::Failed, "not all runs of the calibration have ended"};
    RINGSCOPE_TRY(const std::vector<CalibrationRun> runs, recordedRuns(session, asked));
    RINGSCOPE_TRY(const DiskSpeed disk, diskSpeed(work.path()));
    const HostFacts facts = machineFacts("");
    return calibrated(runs, {.name = facts.processor,
                             .cores = std::max(facts.cores, 1),
                             .turnNanos = turnLength(std::max(facts.cores, 1)),
                             .memoryBytes = facts.memory.count,
                             .diskRead = disk.read,
                             .diskWrite = disk.write,
                             .day = today()});
}

Result<void> keepMachine(const Machine& machine) {
    const std::filesystem::path file = calibratedMachineFile();
    RINGSCOPE_CHECK(makePrivateFolder(file.parent_path()));
    return writeOutput(file, machineText(machine));
}

int calibrate(const CalibrateArguments& arguments, const GlobalOptions& global) {
    std::optional<Machine> before;
    if (Result<Machine> known = findMachine(std::string(thisMachine)); known.ok())
        before = *std::move(known);
    else if (arguments.check)
        return fail(known.error());
    int exit = Ok;
    const Result<Calibration> found = calibrateHere(global, exit);
    if (!found.ok()) return exit == Ok ? fail(found.error()) : exit;
    const Drift drift = before ? driftOf(*before, found->machine) : Drift{};
    if (!arguments.check)
        if (const Result<void> kept = keepMachine(found->machine); !kept.ok())
            return fail(kept.error());
    const CalibrationSummary summary{.calibration = *found,
                                     .before = before,
                                     .drift = drift,
                                     .drifted = drift.worstPercent > driftOfNote,
                                     .kept = !arguments.check,
                                     .file = calibratedMachineFile().string()};
    if (arguments.json)
        printData(calibrationJson(summary));
    else
        printText(calibrationText(summary));
    return Ok;
}

}  // namespace

void addCalibrateVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand(
        "calibrate", "measures this machine by short runs, for `plan time --machine this`");
    auto arguments = std::make_shared<CalibrateArguments>();
    verb->add_flag("--check", arguments->check,
                   "compare with what was measured before, and keep that");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope calibrate", "measure, and keep it as machine `this`"},
                        {"ringscope calibrate --check", "has the machine changed since?"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return calibrate(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
