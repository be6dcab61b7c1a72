// The real `ringscope`, with a store and a folder of its own.
#pragma once

#include "tests/support/program.h"

#include <sys/types.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope::test {

class Cli {
public:
    Cli();

    const std::filesystem::path& folder() const { return folder_.path(); }
    std::filesystem::path store() const { return folder() / "runs.db"; }
    // NAME=value in the environment of every process this CLI starts, and of their children.
    const std::string& mark() const { return mark_; }

    std::vector<std::string> words(std::vector<std::string> arguments) const;
    ProgramOptions options() const;
    Ended run(std::vector<std::string> arguments) const;
    nlohmann::json json(std::vector<std::string> arguments) const;  // throws where it is not one

    // Of what this CLI started: the training processes alive, and whether nothing is by `limit`.
    std::vector<pid_t> ranks() const;
    bool nothingLeft(std::chrono::seconds limit) const;

    std::filesystem::path write(const std::string& name, const std::string& text) const;

private:
    TemporaryFolder folder_;
    std::string mark_;
};

// An experiment that is over in about a second a run.
std::string smallExperiment(const std::string& more = "");

}  // namespace ringscope::test
