// words.tsv: what the real program says to a line as a newcomer types it, and its exit code.
#include "backend/trace/file/trace_folder.h"
#include "tests/backend/analysis/made_ring.h"
#include "tests/backend/store/store_fixture.h"

#include <gmock/gmock.h>
#include <fstream>
#include <sstream>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;

struct Row {
    int line = 0;
    int exit = 0;
    std::string fragment{};
    std::string command{};
};

std::vector<Row> rows() {
    std::vector<Row> all;
    std::ifstream file(RINGSCOPE_WORDS);
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        if (line.empty() || line.front() == '#') continue;
        std::istringstream cells(line);
        Row row{.line = number};
        std::string exit;
        std::getline(cells, exit, '\t');
        std::getline(cells, row.fragment, '\t');
        std::getline(cells, row.command);
        row.exit = std::stoi(exit);
        all.push_back(row);
    }
    return all;
}

class Words : public StoreTest {
protected:
    void SetUp() override {
        for (const auto& entry : fs::directory_iterator(RINGSCOPE_WORDS_FOLDER))
            fs::copy(entry.path(), folder() / entry.path().filename());
        for (const char* empty : {"empty.yaml", "blank.db"}) write(empty, "");
        fs::create_directory(folder() / "folder.html");
        const auto store = open();
        for (const char* mode : {"legacy", "ring", "zigzag"}) add(*store, newRun(mode, "demo"));
        RunRecord broken = newRun("ring", "broken");
        broken.status = RunStatus::Failed;
        broken.statusReason = "rank 1 was ended by SIGKILL";
        EXPECT_TRUE(store->created(broken).ok());
        EXPECT_TRUE(store->ended(broken).ok());
        const Trace trace = mergeRanks(test::madeRing({.ranks = 2, .slow = 1, .slowBy = 1000}));
        ASSERT_TRUE(writeTrace(trace, folder() / "traced").ok());
    }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder() / name) << text;
    }

    Ended said(const std::string& command) const {
        const char* path = std::getenv("PATH");
        ProgramOptions options;
        options.workingFolder = folder();
        options.environment = {{"PATH", std::string(RINGSCOPE_BIN) + ":" + (path ? path : "")},
                               {"RINGSCOPE_DB", file().string()},
                               {"XDG_DATA_HOME", (folder() / "data").string()}};
        return runProgram({"sh", "-c", command}, options);
    }
};

TEST_F(Words, AreAnsweredAsTheTableSays) {
    const std::vector<Row> table = rows();
    EXPECT_GE(table.size(), 150U);
    for (const Row& row : table) {
        const Ended ended = said(row.command);
        const std::string all = ended.out + ended.err;
        EXPECT_EQ(ended.exitCode, row.exit)
            << "words.tsv:" << row.line << ": " << row.command << "\n"
            << all.substr(0, 2000);
        EXPECT_NE(all.find(row.fragment), std::string::npos)
            << "words.tsv:" << row.line << ": " << row.command << "\nexpected: " << row.fragment
            << "\nsaid: " << all.substr(0, 2000);
    }
}

TEST_F(Words, AreNeverAnsweredWithAnInternalError) {
    for (const Row& row : rows()) EXPECT_NE(row.exit, 1) << row.command;
}

}  // namespace
}  // namespace ringscope::test
