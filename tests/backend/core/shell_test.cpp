#include "backend/core/shell.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(ShellQuoted, PutsEveryWordInSingleQuotes) {
    EXPECT_EQ(shellQuoted("ring"), "'ring'");
    EXPECT_EQ(shellQuoted(""), "''");
    EXPECT_EQ(shellQuoted("$HOME `x` \\ \""), "'$HOME `x` \\ \"'");
}

TEST(ShellQuoted, LeavesTheQuotesForASingleQuote) {
    EXPECT_EQ(shellQuoted("it's"), "'it'\\''s'");
    EXPECT_EQ(shellQuoted("'"), "''\\'''");
}

TEST(ShellWord, StandsAsItIsWhereNoShellChangesIt) {
    EXPECT_EQ(shellWord("/srv/runs/my-store_1.db"), "/srv/runs/my-store_1.db");
    EXPECT_EQ(shellWord("train.steps=20"), "train.steps=20");
    EXPECT_EQ(shellWord("node1:2,node2:2"), "node1:2,node2:2");
}

TEST(ShellWord, IsQuotedWhereAShellWouldChangeIt) {
    EXPECT_EQ(shellWord(""), "''");
    EXPECT_EQ(shellWord("profile.steps=[1,3]"), "'profile.steps=[1,3]'");
    EXPECT_EQ(shellWord("~/store"), "'~/store'");
    EXPECT_EQ(shellWord("/home/o'neil/runs.db"), "'/home/o'\\''neil/runs.db'");
    EXPECT_EQ(shellWord("=ls"), "'=ls'");
}

TEST(CommandLine, IsItsWordsOneSpaceApart) {
    EXPECT_EQ(commandLine({"ringscope", "run", "four modes.yaml", "--set", "name="}),
              "ringscope run 'four modes.yaml' --set name=");
    EXPECT_EQ(commandLine({"ringscope", ""}), "ringscope ''");
    EXPECT_EQ(commandLine({}), "");
}

TEST(RingscopeCommand, NamesTheStoreOnlyWhereItIsNotTheDefault) {
    EXPECT_EQ(ringscopeCommand("", {"compare", "@last"}), "ringscope compare @last");
    EXPECT_EQ(ringscopeCommand("/my runs/r.db", {"compare"}),
              "ringscope --db '/my runs/r.db' compare");
}

}  // namespace
}  // namespace ringscope
