#include "tests/support/kill_rounds.h"

#include "backend/core/ids.h"

#include <sqlite3.h>
#include <csignal>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ringscope::test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Two runs of some seconds, so that a kill meets the first, the second, or what is between them.
std::string experimentWith(const std::filesystem::path& offload) {
    return "name: killed\n"
           "model: {preset: nano}\n"
           "train: {steps: 40, seq_len: 256}\n"
           "parallel: {sp: 2}\n"
           "memory: {zero: 3, recompute: layers, offload_activations: disk, "
           "offload_optimizer: disk, offload_parameters: disk, offload_folder: " +
           offload.string() +
           "}\n"
           "matrix: {parallel.mode: [ring, ulysses]}\n";
}

// The write lock of another program.
class OtherWriter {
public:
    explicit OtherWriter(const std::filesystem::path& store) {
        if (::sqlite3_open(store.c_str(), &database_) != SQLITE_OK)
            throw std::runtime_error("cannot open " + store.string());
        ::sqlite3_busy_timeout(database_, 10'000);
        ::sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    }
    ~OtherWriter() { ::sqlite3_close(database_); }
    OtherWriter(const OtherWriter&) = delete;
    OtherWriter& operator=(const OtherWriter&) = delete;

private:
    sqlite3* database_ = nullptr;
};

}  // namespace

KillRounds::KillRounds()
    : store_(folder_.path() / "runs.db"),
      offload_(folder_.path() / "offload"),
      mark_("RINGSCOPE_KILL_MARK=" + RunId::random().text) {
    std::ofstream(folder_.path() / "killed.yaml") << experimentWith(offload_);
}

std::vector<std::string> KillRounds::words(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {RINGSCOPE_BIN "/ringscope", "--db", store_.string()});
    return arguments;
}

ProgramOptions KillRounds::options() const { return markedOptions(folder_.path(), mark_); }

// What a reader sees; nothing where there is no store yet.
json KillRounds::runs(const std::vector<std::string>& states) const {
    std::vector<std::string> asked = {"runs", "ls", "--json", "-n", "0"};
    for (const std::string& state : states) asked.insert(asked.end(), {"--status", state});
    const Ended ended = runProgram(words(asked), options());
    if (ended.exitCode != 0) return json::array();
    return json::parse(ended.out)["runs"];
}

std::vector<pid_t> KillRounds::victimsOf(Victim victim, pid_t leader) const {
    std::vector<pid_t> found;
    const bool leads = victim == Victim::Leader || victim == Victim::LeaderAndAgent;
    if (leads) found.push_back(leader);
    for (const pid_t pid : processesWith(mark_)) {
        const std::string line = commandLine(pid);
        const bool isRank = line.find("ringscope-rank") != std::string::npos;
        const bool isAgent = !isRank && line.find("ringscope agent") != std::string::npos;
        if (victim == Victim::Rank && isRank && found.empty()) found.push_back(pid);
        if ((victim == Victim::Agent || victim == Victim::LeaderAndAgent) && isAgent)
            found.push_back(pid);
    }
    return found;
}

void KillRounds::note(int KillFigures::*figure, const std::string& sentence) {
    ++(figures_.*figure);
    figures_.problems.push_back("round " + std::to_string(figures_.rounds) + ": " + sentence);
}

void KillRounds::lookWithinASecond() {
    ++figures_.leadersKilled;
    for (const json& run : runs({"queued", "starting", "running", "stopping"}))
        note(&KillFigures::stillRunning, "run " + run["name"].get<std::string>() + " is shown as " +
                                             run["status"].get<std::string>());
}

void KillRounds::lookAtTheEnd() {
    if (!becomesTrue([this] { return processesWith(mark_).empty(); }, seconds(10)))
        for (const pid_t pid : processesWith(mark_)) {
            note(&KillFigures::orphans, "left alive: " + commandLine(pid));
            ::kill(pid, SIGKILL);
        }
    if (std::filesystem::exists(offload_))
        for (const auto& file : std::filesystem::directory_iterator(offload_))
            note(&KillFigures::filesLeft, "left on the disk: " + file.path().string());
    if (!std::filesystem::exists(store_)) return;
    const Ended check = runProgram(words({"db", "check"}), options());
    if (check.exitCode != 0) note(&KillFigures::broken, check.out + check.err);
    std::map<std::string, std::size_t> now;
    for (const json& run : runs({"finished"})) now[run["id"]] = run["losses"].size();
    for (const auto& [id, steps] : finished_)
        if (!now.contains(id) || now[id] != steps)
            note(&KillFigures::lostFinished, "finished run " + id + " is gone, or lacks steps");
    finished_ = std::move(now);
}

void KillRounds::kill(Victim victim, milliseconds after, StoreIs store) {
    ++figures_.rounds;
    Program leader(words({"run", (folder_.path() / "killed.yaml").string(), "--no-reference"}),
                   options());
    const auto moment = std::chrono::steady_clock::now() + after;
    const auto isTime = [&] { return std::chrono::steady_clock::now() >= moment; };
    becomesTrue(isTime, after + seconds(1));
    std::unique_ptr<OtherWriter> lock;
    if (store == StoreIs::Locked && std::filesystem::exists(store_))
        lock = std::make_unique<OtherWriter>(store_);
    // Before the ranks are there, none can be killed.
    std::vector<pid_t> hit;
    becomesTrue(
        [&] {
            hit = victimsOf(victim, leader.pid());
            return !hit.empty() || commandLine(leader.pid()).empty();  // it has ended
        },
        seconds(20));
    const auto killed = std::chrono::steady_clock::now();
    for (const pid_t pid : hit) ::kill(pid, SIGKILL);
    const bool leads = victim == Victim::Leader || victim == Victim::LeaderAndAgent;
    if (leads) {
        leader.wait(seconds(20));
        lookWithinASecond();
    }
    becomesTrue([&] { return std::chrono::steady_clock::now() - killed > seconds(1); },
                lock ? seconds(2) : milliseconds(0));
    lock.reset();
    if (!leads) leader.wait(seconds(60));
    lookAtTheEnd();
}

}  // namespace ringscope::test
