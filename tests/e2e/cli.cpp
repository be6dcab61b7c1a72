#include "tests/e2e/cli.h"

#include "backend/core/ids.h"

#include <fstream>

namespace ringscope::test {

Cli::Cli() : mark_("RINGSCOPE_TEST_MARK=" + RunId::random().text) {}

std::vector<std::string> Cli::words(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {RINGSCOPE_BIN "/ringscope", "--db", store().string()});
    return arguments;
}

ProgramOptions Cli::options() const {
    const std::size_t equals = mark_.find('=');
    ProgramOptions options;
    options.workingFolder = folder();
    options.environment = {{mark_.substr(0, equals), mark_.substr(equals + 1)}};
    return options;
}

Ended Cli::run(std::vector<std::string> arguments) const {
    return runProgram(words(std::move(arguments)), options());
}

nlohmann::json Cli::json(std::vector<std::string> arguments) const {
    const Ended ended = run(std::move(arguments));
    if (ended.out.empty()) throw std::runtime_error("no JSON; it said: " + ended.err);
    return nlohmann::json::parse(ended.out);
}

std::vector<pid_t> Cli::ranks() const {
    std::vector<pid_t> found;
    for (const pid_t pid : processesWith(mark_))
        if (commandLine(pid).find("ringscope-rank") != std::string::npos) found.push_back(pid);
    return found;
}

bool Cli::nothingLeft(std::chrono::seconds limit) const {
    return becomesTrue([&] { return processesWith(mark_).empty(); }, limit);
}

std::filesystem::path Cli::write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = folder() / name;
    std::ofstream(file) << text;
    return file;
}

std::string smallExperiment(const std::string& more) {
    return "name: small\n"
           "model: {preset: nano}\n"
           "train: {steps: 4, seq_len: 256}\n"
           "parallel: {sp: 2, mode: zigzag}\n" +
           more;
}

}  // namespace ringscope::test
