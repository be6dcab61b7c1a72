// A program under test as a real process: its arguments, its output, its end, and who is left.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ringscope::test {

// A folder of its own that goes away with the test.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

struct ProgramOptions {
    std::filesystem::path workingFolder;             // empty: the test's own
    std::map<std::string, std::string> environment;  // added to the test's own
    std::string input;                               // standard input, then end of file
};

// In `folder`, with the assignment "NAME=value" in its environment and so in its children's.
ProgramOptions markedOptions(const std::filesystem::path& folder, const std::string& mark);

struct Ended {
    int exitCode = -1;  // -1: ended by `signal`
    int signal = 0;
    std::string out;
    std::string err;
};

class Program {
public:
    // Starts it; a program that cannot be started exits with 127.
    Program(std::vector<std::string> arguments, const ProgramOptions& options = {});
    ~Program();  // kills it
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    std::string errors() const;  // its standard error so far
    Ended wait(std::chrono::seconds limit = std::chrono::seconds(120));

private:
    TemporaryFolder outputs_;
    pid_t pid_ = -1;
};

Ended runProgram(std::vector<std::string> arguments, const ProgramOptions& options = {});

// Whether the condition came true within the limit; asks every few milliseconds.
bool becomesTrue(const std::function<bool()>& condition,
                 std::chrono::milliseconds limit = std::chrono::seconds(30));

// Living processes whose environment has NAME=value; zombies do not live.
std::vector<pid_t> processesWith(const std::string& assignment);
std::string commandLine(pid_t pid);

}  // namespace ringscope::test
