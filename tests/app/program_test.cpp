// The command line as a whole: verbs, help, and what is wrong with its words.
#include "app/cli/command.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <set>

namespace ringscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

TEST_F(Program, IsNotStartedWithoutAVerb) { EXPECT_EQ(run({}).exit, cli::Usage); }

TEST_F(Program, RefusesAVerbOrAnOptionThatItDoesNotHave) {
    EXPECT_EQ(run({"runn"}).exit, cli::Usage);
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

TEST_F(Program, TakesGlobalOptionsBehindTheVerbToo) {
    EXPECT_EQ(run({"modes", "--color", "never", "-q", "--no-progress"}).exit, cli::Ok);
    EXPECT_EQ(run({"modes", "--color", "sometimes"}).exit, cli::Usage);
}

TEST_F(Program, SaysItsVersionForPeopleAndPrograms) {
    EXPECT_EQ(run({"--version"}).out, run({"version"}).out);
    EXPECT_THAT(run({"version"}).out, ::testing::MatchesRegex("ringscope [0-9.]+\n"));
    const auto object = nlohmann::json::parse(run({"version", "--json"}).out);
    EXPECT_EQ(object["schema_version"], 1);
}

TEST_F(Program, ListsTheModesForPeopleAndPrograms) {
    EXPECT_THAT(run({"modes"}).out, HasSubstr("\non 4 ranks"));
    EXPECT_TRUE(nlohmann::json::parse(run({"modes", "--json"}).out)["modes"].is_array());
}

}  // namespace
}  // namespace ringscope::testing
