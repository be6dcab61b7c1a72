#include "tests/support/program.h"

#include "backend/core/files.h"
#include "launcher/exec_pointers.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ringscope::test {
namespace fs = std::filesystem;
namespace {

std::string content(const fs::path& file) {
    Result<std::string> text = readFile(file);
    return text.ok() ? *text : "";
}

// /proc files report no size, so they are read as streams.
std::string procFile(pid_t pid, const char* name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool isZombie(pid_t pid) {
    const std::string stat = procFile(pid, "stat");
    const std::size_t name = stat.rfind(')');
    return name == std::string::npos || stat.size() < name + 3 || stat[name + 2] == 'Z';
}

void redirect(const fs::path& file, int flags, int target) {
    const int opened = ::open(file.c_str(), flags, 0600);
    if (opened < 0 || ::dup2(opened, target) < 0) ::_exit(126);
    ::close(opened);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "ringscope-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

ProgramOptions markedOptions(const fs::path& folder, const std::string& mark) {
    const std::size_t equals = mark.find('=');
    ProgramOptions options;
    options.workingFolder = folder;
    options.environment = {{mark.substr(0, equals), mark.substr(equals + 1)}};
    return options;
}

Program::Program(std::vector<std::string> arguments, const ProgramOptions& options) {
    const fs::path in = outputs_.path() / "in";
    const fs::path out = outputs_.path() / "out";
    const fs::path err = outputs_.path() / "err";
    std::ofstream(in) << options.input;
    const std::vector<char*> words = execPointers(arguments);

    pid_ = ::fork();
    if (pid_ != 0) return;
    if (!options.workingFolder.empty() && ::chdir(options.workingFolder.c_str()) != 0) ::_exit(126);
    for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
    redirect(in, O_RDONLY, STDIN_FILENO);
    redirect(out, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(err, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    ::execvp(words.front(), words.data());
    ::_exit(127);
}

Program::~Program() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const { ::kill(pid_, number); }

std::string Program::errors() const { return content(outputs_.path() / "err"); }

Ended Program::wait(std::chrono::seconds limit) {
    int status = 0;
    const bool ended =
        becomesTrue([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, limit);
    Ended result;
    result.out = content(outputs_.path() / "out");
    result.err = content(outputs_.path() / "err");
    if (!ended) throw std::runtime_error("the program did not end; it said: " + result.err);
    pid_ = -1;
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    if (WIFEXITED(status)) result.exitCode = WEXITSTATUS(status);
    return result;
}

Ended runProgram(std::vector<std::string> arguments, const ProgramOptions& options) {
    return Program(std::move(arguments), options).wait();
}

bool becomesTrue(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return condition();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

std::vector<pid_t> processesWith(const std::string& assignment) {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const pid_t pid = std::stoi(name);
        const std::string environment = '\0' + procFile(pid, "environ");
        if (environment.find('\0' + assignment + '\0') == std::string::npos) continue;
        if (!isZombie(pid)) found.push_back(pid);
    }
    return found;
}

std::string commandLine(pid_t pid) {
    std::string words = procFile(pid, "cmdline");
    for (char& c : words)
        if (c == '\0') c = ' ';
    return words;
}

}  // namespace ringscope::test
