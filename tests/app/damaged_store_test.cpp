// A store of which bytes were changed: no verb gives another answer without a word.
#include "backend/core/files.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <random>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DamagedStore : public CommandLineTest {
protected:
    struct Answer {
        int exit = -1;
        std::string out;
    };

    void SetUp() override {
        {
            const auto store = open();
            for (const char* experiment : {"first", "second"})
                for (const char* mode : {"none", "legacy", "ring", "zigzag"}) {
                    RunRecord run = newRun(mode, experiment);
                    run.config.train.steps = 40;
                    run = add(*store, run);
                    for (int line = 0; line < 20; ++line)
                        EXPECT_TRUE(store->logLine(run, line % 2, "a line of the log").ok());
                }
        }
        sql(file(), "PRAGMA wal_checkpoint(TRUNCATE)");
        whole_ = readFile(file()).value();
        for (const std::vector<std::string>& words : questions())
            answers_.push_back(ask(words).first);
    }

    static std::vector<std::vector<std::string>> questions() {
        return {{"runs", "ls", "--json"},
                {"runs", "show", "first", "--json"},
                {"runs", "show", "second/ring", "--log"},
                {"compare", "second", "--csv"}};
    }

    std::pair<Answer, std::string> ask(const std::vector<std::string>& words) {
        const Ran ran = run(words);
        return {{ran.exit, ran.out}, ran.err};
    }

    void put(const std::string& bytes) {
        for (const char* beside : {"-wal", "-shm", "-journal"})
            fs::remove(file().string() + beside);
        ASSERT_TRUE(writeOutput(file(), bytes).ok());
    }

    struct Counts {
        int same = 0;
        int told = 0;
        int silent = 0;
    };
    // Of 100 stores with so many bytes changed, each with other ones.
    Counts askDamaged(int bytesChanged) {
        constexpr unsigned stores = 100;
        Counts counts;
        for (unsigned seed = 1; seed <= stores; ++seed) {
            std::mt19937 random(seed);
            std::string bytes = whole_;
            for (int i = 0; i < bytesChanged; ++i)
                bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
            put(bytes);
            for (std::size_t i = 0; i < answers_.size(); ++i) {
                const auto [answer, said] = ask(questions()[i]);
                const bool told = answer.exit == cli::BadStore && !said.empty();
                const bool same = answer.exit == cli::Ok && answer.out == answers_[i].out;
                ++(told ? counts.told : same ? counts.same : counts.silent);
                if (!told && !same)
                    std::cout << "store " << seed << ", question " << i << ": exit " << answer.exit
                              << ", another answer; " << said << "\n";
            }
        }
        std::cout << stores << " stores with " << bytesChanged << " bytes changed: " << counts.told
                  << " answers with a word, " << counts.same << " as before, " << counts.silent
                  << " others without a word\n";
        return counts;
    }

    std::string whole_;
    std::vector<Answer> answers_;
};

TEST_F(DamagedStore, GivesNoOtherAnswerWithoutAWord) {
    for (const Answer& answer : answers_) EXPECT_EQ(answer.exit, cli::Ok) << "when it is whole";
    const Counts counts = askDamaged(20);
    EXPECT_GT(counts.told, 0);
    EXPECT_EQ(counts.silent, 0);
}

}  // namespace
}  // namespace ringscope::test
