// Words of shell scripts: what is a constant is put in its place, and nothing is executed.
#include "backend/migration/shell_source.h"
#include "backend/migration/shell_arithmetic.h"
#include "backend/migration/shell_words.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> wordsOf(const std::string& text) {
    std::vector<std::string> words;
    for (const ShellCommand& command : readShell(text).commands)
        for (const ShellWord& word : command.words) words.push_back(word.text);
    return words;
}

std::string valueOf(const std::string& text, const std::string& rule) {
    const ShellSource source = readShellSource(text);
    const auto found = std::ranges::find(source.keys, rule, &SourceKey::rule);
    return found == source.keys.end() ? "absent" : found->text;
}

TEST(ShellWords, FollowQuotesContinuationsAndComments) {
    EXPECT_THAT(wordsOf("a 'b c' \"d e\" f\\ g \\\n  h # not i\n"),
                ElementsAre("a", "b c", "d e", "f g", "h"));
    EXPECT_THAT(wordsOf("a > out 2>&1 | tee log; b && c"),
                ElementsAre("a", "tee", "log", "b", "c"));
}

TEST(ShellWords, HaveConstantsArraysAndDefaultsInTheirPlaces) {
    EXPECT_THAT(wordsOf("N=4\nM=${M:-2}\nX=\"--a 1 --b\"\nA=(p \"q r\")\nA+=(s)\n"
                        "run $N ${M} $((N*M+1)) $X \"$X\" \"${A[@]}\"\n"),
                ElementsAre("run", "4", "2", "9", "--a", "1", "--b", "--a 1 --b", "p", "q r", "s"));
}

TEST(ShellWords, AreMarkedWhereTheyFollowFromNoConstant) {
    const ShellReading reading = readShell("R=$(nproc)\nrun $R $1 ${2:-7} \"$@\"\n");
    ASSERT_EQ(reading.commands.size(), 1U);
    const std::vector<ShellWord>& words = reading.commands.front().words;
    ASSERT_EQ(words.size(), 4U);
    EXPECT_TRUE(words[1].unresolved);
    EXPECT_EQ(words[2].text, "$1");
    EXPECT_TRUE(words[2].unresolved);
    EXPECT_EQ(words[3].text, "7");
    EXPECT_FALSE(words[3].unresolved);
}

TEST(ShellWords, OfAVariableThatDoublesItselfStayBounded) {
    std::string text = "A=xxxxxxxxxxxxxxxx\n";
    for (int i = 0; i < 60; ++i) text += "A=$A$A\n";
    const ShellReading reading = readShell(text + "run \"$A\"\n");
    EXPECT_LE(reading.commands.front().words.back().text.size(), std::size_t{1} << 17);
}

TEST(ShellArithmetic, ComputesWholeNumbersAndNothingElse) {
    EXPECT_EQ(shellArithmetic("2 * (3 + 4) - 10 / 3"), 11);
    EXPECT_EQ(shellArithmetic("1/0"), std::nullopt);
    EXPECT_EQ(shellArithmetic("9223372036854775807+1"), std::nullopt);
    EXPECT_EQ(shellArithmetic("a+1"), std::nullopt);
}

TEST(ShellSources, AreTheOptionsOfTheCommandThatStartsATraining) {
    const std::string text =
        "pip install x\nexport A=1\nB=2 torchrun --nproc_per_node=8 t.py --lr 1e-5 --flag --l 1 "
        "2\n";
    EXPECT_EQ(valueOf(text, "env.A"), "1");
    EXPECT_EQ(valueOf(text, "env.B"), "2");
    EXPECT_EQ(valueOf(text, "launcher.program"), "t.py");
    EXPECT_EQ(valueOf(text, "launcher.nproc_per_node"), "8");
    EXPECT_EQ(valueOf(text, "lr"), "1e-5");
    EXPECT_EQ(valueOf(text, "flag"), "true");
    EXPECT_EQ(valueOf(text, "l"), "[1, 2]");
    EXPECT_EQ(valueOf("srun bash -c \"python -m torch.distributed.run --nnodes 2 -m mod --x 1\"\n",
                      "launcher.program"),
              "mod");
}

TEST(ShellSources, SayWhatTheyHaveNoTrainingIn) {
    const ShellSource source = readShellSource("echo hello\n");
    ASSERT_TRUE(source.problem.has_value());
    EXPECT_TRUE(source.startsNothing);
    EXPECT_THAT(source.problem->message, HasSubstr("starts a training"));
    EXPECT_THAT(readShellSource("torchrun 'open\n").problem->message,
                HasSubstr("a quote that does not end"));
}

}  // namespace
}  // namespace ringscope
