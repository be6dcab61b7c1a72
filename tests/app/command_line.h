// The command line in this process: words in, exit code and output out. It has a folder and a store
// of its own.
#pragma once

#include "app/cli/command.h"
#include "app/cli/program.h"
#include "backend/core/output_file.h"
#include "tests/backend/store/store_fixture.h"

#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ringscope::test {

// What a stream is sent while this lives.
class Captured {
public:
    explicit Captured(std::ostream& stream) : stream_(stream), own_(stream.rdbuf(text_.rdbuf())) {}
    ~Captured() { stream_.rdbuf(own_); }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    std::string text() const { return text_.str(); }

private:
    std::ostream& stream_;
    std::ostringstream text_;
    std::streambuf* own_;
};

struct Ran {
    int exit = -1;
    std::string out;
    std::string err;
};

struct VerbHelp {
    std::vector<std::string> words;  // {"trace", "top"}
    std::string text;
};

class CommandLineTest : public StoreTest {
protected:
    // `ringscope --db <the test's store> WORDS`
    Ran run(const std::vector<std::string>& words) {
        std::vector<std::string> all = {"ringscope", "--db", file().string()};
        all.insert(all.end(), words.begin(), words.end());
        std::vector<const char*> pointers;
        for (const std::string& word : all) pointers.push_back(word.c_str());
        const Captured out(std::cout);
        const Captured err(std::cerr);
        const int exit = cli::runProgram(static_cast<int>(pointers.size()), pointers.data());
        return {exit, out.text(), err.text()};
    }

    // Each verb, and each verb of a verb, as the program's own help lists them.
    std::vector<VerbHelp> allHelps() {
        std::vector<VerbHelp> helps;
        std::vector<std::vector<std::string>> open;
        for (const cli::Verb& verb : cli::verbTable()) open.push_back({verb.name});
        while (!open.empty()) {
            const std::vector<std::string> words = open.back();
            open.pop_back();
            std::vector<std::string> asking = {"help"};
            asking.insert(asking.end(), words.begin(), words.end());
            const std::string text = run(asking).out;
            helps.push_back({words, text});
            const std::size_t verbs = text.find("\nVerbs:\n");
            if (verbs == std::string::npos) continue;
            std::istringstream lines(text.substr(verbs + 8));
            for (std::string line; std::getline(lines, line) && line.starts_with("  ");) {
                if (line[2] == ' ') continue;  // more of what the last one does
                open.push_back(words);
                open.back().push_back(line.substr(2, line.find(' ', 2) - 2));
            }
        }
        return helps;
    }

    // A finished run of this mode in the test's store.
    RunRecord addRun(std::string_view mode, std::string_view experiment = "sample") {
        return add(*open(), newRun(mode, experiment));
    }

    std::string write(const std::string& name, const std::string& text) {
        const std::filesystem::path path = folder() / name;
        EXPECT_TRUE(writeOutput(path, text).ok());
        return path.string();
    }
    std::string at(const std::string& name) const { return (folder() / name).string(); }
};

}  // namespace ringscope::test
