// The command line as a whole: verbs, help, and what is wrong with its words.
#include "app/cli/command.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

namespace ringscope::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Program : public CommandLineTest {};

TEST_F(Program, HelpNamesEveryVerbAndTheExitCodes) {
    const Ran ran = run({"--help"});
    EXPECT_EQ(ran.exit, cli::Ok);
    for (const cli::Verb& verb : cli::verbTable())
        EXPECT_THAT(ran.out, HasSubstr("\n  " + std::string(verb.name) + " "));
    EXPECT_THAT(ran.out, HasSubstr("Exit codes: 0 ok, 1 internal, 2 usage"));
    EXPECT_THAT(ran.err, IsEmpty());
}

TEST_F(Program, EveryVerbHasANameOfItsOwnAndHelp) {
    std::set<std::string> names;
    for (const cli::Verb& verb : cli::verbTable()) {
        EXPECT_TRUE(names.insert(verb.name).second) << verb.name;
        EXPECT_EQ(run({verb.name, "--help"}).exit, cli::Ok) << verb.name;
    }
}

TEST_F(Program, AloneSaysWhatVerbsThereAre) {
    const Ran ran = run({});
    EXPECT_EQ(ran.exit, cli::Ok);
    for (const cli::Verb& verb : cli::verbTable())
        EXPECT_THAT(ran.out, HasSubstr("\n  " + std::string(verb.name) + " "));
    EXPECT_THAT(ran.out, Not(HasSubstr("Exit codes")));
    EXPECT_THAT(ran.err, IsEmpty());
}

// What is wrong with these words, without the program's name and the hint below.
std::string sentence(const Ran& ran) {
    EXPECT_EQ(ran.exit, cli::Usage);
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_THAT(ran.err, ::testing::StartsWith("ringscope: "));
    return ran.err.substr(11, ran.err.find('\n') - 11);
}

TEST_F(Program, NamesTheVerbThatWasMeant) {
    EXPECT_EQ(sentence(run({"rnu"})), "unknown verb 'rnu'; did you mean 'run'?");
    EXPECT_EQ(sentence(run({"runs", "lss"})), "runs: unknown verb 'lss'; did you mean 'ls'?");
    EXPECT_EQ(sentence(run({"trace", "anlyze", "--json"})),
              "trace: unknown verb 'anlyze'; did you mean 'analyze'?");
    EXPECT_THAT(sentence(run({"frobnicate"})),
                ::testing::StartsWith("unknown verb 'frobnicate'; verbs: demo, run, runs, "));
}

TEST_F(Program, NamesTheOptionThatWasMeant) {
    EXPECT_EQ(sentence(run({"modes", "--jsno"})),
              "modes: unknown option '--jsno'; did you mean '--json'?");
    EXPECT_EQ(sentence(run({"modes", "--quite"})),
              "modes: unknown option '--quite'; did you mean '--quiet'?");
    EXPECT_EQ(sentence(run({"run", "a.yaml", "--dryrun=1"})),
              "run: unknown option '--dryrun'; did you mean '--dry-run'?");
    EXPECT_EQ(sentence(run({"modes", "-x"})), "modes: unknown option '-x'");
}

TEST_F(Program, TakesTheValueOfAnOptionForNoVerb) {
    EXPECT_EQ(run({"--color", "never", "modes"}).exit, cli::Ok);
    EXPECT_EQ(run({"--color=never", "modes", "-q"}).exit, cli::Ok);
}

TEST_F(Program, SaysWhatIsMissingOrTooMuch) {
    EXPECT_EQ(sentence(run({"run"})), "run: FILE is missing");
    EXPECT_EQ(sentence(run({"report", "@last"})), "report: --output is missing");
    EXPECT_EQ(sentence(run({"runs"})),
              "runs: a verb is missing: ls, show, rerun, export, rename, tag, note, pin, unpin, "
              "archive, unarchive, mark-lost, rm");
    EXPECT_EQ(sentence(run({"modes", "twice"})), "modes: unexpected argument 'twice'");
    EXPECT_EQ(sentence(run({"version", "--json", "a", "b"})),
              "version: unexpected arguments 'a', 'b'");
    EXPECT_EQ(sentence(run({"compare", "--md", "--csv"})),
              "compare: --md and --csv exclude each other");
    EXPECT_EQ(sentence(run({"verify", "--causal", "--full"})),
              "verify: --causal and --full exclude each other");
}

TEST_F(Program, SaysWhatNumberIsExpected) {
    EXPECT_EQ(sentence(run({"runs", "ls", "-n", "-3"})),
              "runs ls: --limit: expected a whole number from 0; got '-3'");
    EXPECT_EQ(sentence(run({"runs", "ls", "-n", "abc"})),
              "runs ls: --limit: expected a whole number from 0; got 'abc'");
    EXPECT_EQ(sentence(run({"verify", "--ranks", "1.5"})),
              "verify: --ranks: expected a whole number from 1 to 256; got '1.5'");
    EXPECT_EQ(sentence(run({"verify", "--dropout", "much"})),
              "verify: --dropout: expected a number; got 'much'");
    EXPECT_EQ(sentence(run({"modes", "--color", "alwys"})),
              "modes: --color: expected one of auto, always, never; got 'alwys'; did you mean "
              "'always'?");
}

TEST_F(Program, HelpOfAVerbIsWhatItsOptionPrints) {
    EXPECT_EQ(run({"help"}).out, run({"--help"}).out);
    EXPECT_EQ(run({"help", "run"}).out, run({"run", "--help"}).out);
    EXPECT_EQ(run({"help", "runs", "ls"}).out, run({"runs", "ls", "-h"}).out);
    EXPECT_EQ(sentence(run({"help", "rnu"})), "unknown verb 'rnu'; did you mean 'run'?");
    EXPECT_EQ(sentence(run({"help", "modes", "all"})), "modes has no verbs; got 'all'");
}

TEST_F(Program, EveryHelpHasExamplesOfItsOwnAndTheOptionsThatWorkThere) {
    const std::vector<VerbHelp> helps = allHelps();
    EXPECT_GE(helps.size(), 25U);
    for (const auto& [words, text] : helps) {
        std::string path = "ringscope";
        for (const std::string& word : words) path += " " + word;
        SCOPED_TRACE(path);
        EXPECT_THAT(text, HasSubstr("\nOptions of every verb:\n"));
        EXPECT_THAT(text, HasSubstr("--db FILE"));
        EXPECT_THAT(text, HasSubstr("-q,--quiet"));
        const std::size_t examples = text.find("\nExamples:\n");
        ASSERT_NE(examples, std::string::npos);
        int own = 0;
        std::istringstream lines(text.substr(examples + 11));
        for (std::string line; std::getline(lines, line) && line.starts_with("  ");)
            own += line.find(path + " ") != std::string::npos || line.ends_with(path) ? 1 : 0;
        EXPECT_GE(own, 2);
        std::istringstream all(text);
        for (std::string line; std::getline(all, line);) EXPECT_LE(line.size(), 100U) << line;
    }
}

TEST_F(Program, RefusesAnOptionThatItDoesNotHave) {
    const Ran ran = run({"modes", "--yaml"});
    EXPECT_EQ(ran.exit, cli::Usage);
    EXPECT_THAT(ran.err, HasSubstr("--yaml"));
    EXPECT_THAT(ran.out, IsEmpty());
}

TEST_F(Program, RefusesAVerbWithoutWhatItNeeds) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"run"},
                                               {"report", "@last"},
                                               {"runs"},
                                               {"trace"},
                                               {"config"},
                                               {"migrate"},
                                               {"config", "validate"},
                                               {"trace", "diff", "a"}})
        EXPECT_EQ(run(words).exit, cli::Usage) << words.front();
}

TEST_F(Program, FailsWhereItsOutputCannotBeWritten) {
    std::ofstream full("/dev/full");
    std::streambuf* own = std::cout.rdbuf(full.rdbuf());
    const Captured err(std::cerr);
    const char* words[] = {"ringscope", "modes"};
    const int exit = cli::runProgram(2, words);
    std::cout.rdbuf(own);
    std::cout.clear();
    EXPECT_EQ(exit, cli::Internal);
    EXPECT_THAT(err.text(), HasSubstr("ringscope: cannot write standard output"));
}

TEST_F(Program, TakesGlobalOptionsBehindTheVerbToo) {
    EXPECT_EQ(run({"modes", "--color", "never", "-q", "--no-progress"}).exit, cli::Ok);
    EXPECT_EQ(run({"modes", "--color", "sometimes"}).exit, cli::Usage);
}

TEST_F(Program, SaysItsVersionForPeopleAndPrograms) {
    EXPECT_EQ(run({"--version"}).out, run({"version"}).out);
    EXPECT_THAT(run({"version"}).out, ::testing::MatchesRegex("ringscope [0-9.]+\n"));
    const auto object = nlohmann::json::parse(run({"version", "--json"}).out);
    EXPECT_EQ(object["schema_version"], 2);
}

TEST_F(Program, ListsTheModesForPeopleAndPrograms) {
    EXPECT_THAT(run({"modes"}).out, HasSubstr("\non 4 ranks"));
    EXPECT_TRUE(nlohmann::json::parse(run({"modes", "--json"}).out)["modes"].is_array());
}

}  // namespace
}  // namespace ringscope::test
