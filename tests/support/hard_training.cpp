#include "tests/support/hard_training.h"

#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A disk of its own that can be full.
class SmallDisk {
public:
    explicit SmallDisk(fs::path place) : place_(std::move(place)) {
        fs::create_directory(place_);
        if (::mount("tmpfs", place_.c_str(), "tmpfs", 0, "size=16m,mode=0700") != 0)
            problem_ = std::string("a small file system cannot be mounted: ") +
                       std::generic_category().message(errno);
    }
    ~SmallDisk() {
        if (problem_.empty()) ::umount2(place_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    const std::string& problem() const { return problem_; }
    fs::path filler() const { return place_ / "filler"; }

    void fill() const {
        const std::vector<char> bytes(4096, 'x');
        std::ofstream file(filler(), std::ios::binary);
        while (file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush()) {
        }
    }
    void empty() const {
        std::error_code ignored;
        fs::remove(filler(), ignored);
    }

private:
    fs::path place_;
    std::string problem_;
};

class OtherWriter {
public:
    explicit OtherWriter(const fs::path& store) {
        if (::sqlite3_open(store.c_str(), &database_) != SQLITE_OK)
            throw std::runtime_error("open");
        ::sqlite3_busy_timeout(database_, 30'000);
        if (::sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error(::sqlite3_errmsg(database_));
    }
    ~OtherWriter() { ::sqlite3_close(database_); }
    OtherWriter(const OtherWriter&) = delete;
    OtherWriter& operator=(const OtherWriter&) = delete;

private:
    sqlite3* database_ = nullptr;
};

class Training {
public:
    explicit Training(const Hardships& hardships)
        : hardships_(hardships),
          disk_(folder_.path() / "disk"),
          store_(folder_.path() / "disk/runs.db") {}

    HardTraining execute() {
        if (!disk_.problem().empty()) return {.notRun = disk_.problem()};
        HardTraining outcome;
        Program program(words({"run", writeExperiment(), "--no-reference"}));
        waitForSteps(3);
        const std::unique_ptr<Program> window = openWindow();
        outcome.wentOnWhileLocked = lives(program);
        {
            const OtherWriter other(store_);
            last(hardships_.locked);
        }
        outcome.wentOnWhileLocked = outcome.wentOnWhileLocked && lives(program);
        waitForSteps(stepsSeen() + 3);
        outcome.wentOnWhileFull = lives(program);
        disk_.fill();
        last(hardships_.full);
        outcome.wentOnWhileFull = outcome.wentOnWhileFull && lives(program);
        disk_.empty();
        std::error_code ignored;
        fs::remove_all(store_.parent_path() / "traces", ignored);
        outcome.ended = program.wait(std::chrono::seconds(600));
        if (window != nullptr) {
            outcome.windowLived = lives(*window);
            window->signal(SIGTERM);
        }
        outcome.saidSo =
            outcome.ended.err.find("its results wait for the store") != std::string::npos;
        look(outcome);
        return outcome;
    }

private:
    std::vector<std::string> words(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {RINGSCOPE_BIN "/ringscope", "--db", store_.string()});
        return arguments;
    }

    std::unique_ptr<Program> openWindow() const {
        const std::string program = RINGSCOPE_BIN "/ringscope-gui";
        if (!hardships_.windowOpen || !fs::exists(program)) return nullptr;
        ProgramOptions options;
        options.environment = {{"QT_QPA_PLATFORM", "offscreen"}};
        return std::make_unique<Program>(
            std::vector<std::string>{program, "--db", store_.string(), "--page", "runs"}, options);
    }

    // The slow rank waits before each attention pass: nano has two layers, forward and backward.
    std::string writeExperiment() const {
        const fs::path file = folder_.path() / "hard.yaml";
        std::ofstream(file) << "name: hard\nmodel: {preset: nano}\n"
                            << "train: {steps: " << hardships_.steps << ", seq_len: 64}\n"
                            << "parallel: {sp: 2, mode: ring}\n"
                            << "profile: {steps: [2, " << hardships_.steps - 1 << "]}\n"
                            << "debug: {slow_rank: 0, slow_ms: "
                            << static_cast<double>(hardships_.pace.count()) / 4 << "}\n";
        return file.string();
    }

    json storedRun() const {
        const Ended listed = runProgram(words({"runs", "ls", "--json"}));
        if (listed.exitCode != 0) return {};
        const json list = json::parse(listed.out);
        return list["runs"].empty() ? json{} : list["runs"][0];
    }
    std::int64_t stepsSeen() const {
        const json run = storedRun();
        return run.is_object() ? static_cast<std::int64_t>(run["losses"].size()) : 0;
    }
    void waitForSteps(std::int64_t steps) const {
        if (!becomesTrue([&] { return stepsSeen() >= std::min(steps, hardships_.steps); },
                         std::chrono::minutes(2)))
            throw std::runtime_error("the training does not come to step " + std::to_string(steps));
    }
    static bool lives(const Program& program) { return !commandLine(program.pid()).empty(); }
    // A hardship takes its time; nothing is waited for that could come sooner.
    static void last(std::chrono::seconds time) {
        const auto end = steady_clock::now() + time;
        becomesTrue([end] { return steady_clock::now() >= end; }, time + std::chrono::seconds(1));
    }

    void look(HardTraining& outcome) const {
        const json run = storedRun();
        if (run.is_object()) {
            outcome.status = run["status"];
            outcome.stepsKept = static_cast<std::int64_t>(run["losses"].size());
        }
        outcome.whole = runProgram(words({"db", "check"})).exitCode == 0;
    }

    const Hardships& hardships_;
    TemporaryFolder folder_;
    SmallDisk disk_;
    fs::path store_;
};

}  // namespace

HardTraining trainThrough(const Hardships& hardships) {
    if (::geteuid() != 0) return {.notRun = "mounting a small file system takes root"};
    return Training(hardships).execute();
}

}  // namespace ringscope::test
