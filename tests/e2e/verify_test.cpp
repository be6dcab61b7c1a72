// `ringscope verify` with real ranks: shapes that are in no other test, refusals, dumps that are
// checked without us, and how it ends.
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <csignal>

namespace ringscope::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;

json casesOf(const Cli& cli, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "verify");
    arguments.emplace_back("--json");
    const json object = cli.json(arguments);
    EXPECT_EQ(object["schema_version"], 2);
    return object["cases"];
}

// A window or documents may leave a changed token to few ranks; half precision rounds coarsely.
struct Expected {
    bool everyRankChanges = true;
    double loosest = 1e-3;
};

void expectRight(const json& each, const Expected& expected = {}) {
    SCOPED_TRACE(each.dump());
    EXPECT_EQ(each["ok"], true);
    EXPECT_EQ(each["reason"], "");
    EXPECT_EQ(each["bytes_sent"], each["bytes_predicted"]);
    EXPECT_EQ(each["bytes_sent"] == 0, each["ranks"] == 1);
    EXPECT_EQ(each["probe"]["ok"], true);
    EXPECT_GE(each["probe"]["ranks_changed"], 1);
    if (expected.everyRankChanges) {
        EXPECT_EQ(each["probe"]["ranks_changed"], each["ranks"]);
    }
    EXPECT_EQ(each["max_err"].size(), 5U);
    for (const auto& [name, error] : each["max_err"].items()) {
        EXPECT_GT(error, 0) << name << ": exact agreement with fp64 is no rounding";
        EXPECT_LE(error, each["tolerance"][name]) << name;
        EXPECT_LT(each["tolerance"][name], expected.loosest) << name;
    }
}

struct Shape {
    const char* name;
    const char* ranks;
    const char* shape;
    std::vector<std::string> more;
    Expected expected{};
};

void PrintTo(const Shape& shape, std::ostream* out) {
    *out << shape.shape << " on " << shape.ranks << " ranks";
}

class VerifyShapes : public ::testing::TestWithParam<Shape> {};

// Every row of the mode table is right or refused with a reason.
TEST_P(VerifyShapes, EveryModeIsUnshardedAttentionOrRefused) {
    const Cli cli;
    std::vector<std::string> arguments = {"--ranks", GetParam().ranks, "--shape", GetParam().shape};
    arguments.insert(arguments.end(), GetParam().more.begin(), GetParam().more.end());
    const json cases = casesOf(cli, arguments);
    int right = 0;
    for (const json& each : cases) {
        if (each["refused"] == true) {
            EXPECT_NE(each["reason"], "") << each.dump();
            continue;
        }
        expectRight(each, GetParam().expected);
        right += 1;
    }
    EXPECT_GE(right, 3);
    EXPECT_EQ(cases.size(), cli.json({"modes", "--json"})["modes"].size());
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, VerifyShapes,
    ::testing::Values(
        Shape{"Odd", "3", "S=1908,Hq=3,Hk=1,D=24", {}},
        Shape{"LongOdd", "4", "S=3816,Hq=5,Hk=5,D=8", {}},
        Shape{"Uneven", "4", "S=1021,Hq=4,Hk=2,D=16", {"--full"}},
        Shape{"Latents", "4", "S=381,Hq=4,D=24", {"--mla", "32,8"}},
        Shape{"Wide", "2", "B=2,S=256,Hq=2,Hk=2,D=256", {}},
        Shape{"Full", "4", "S=480,Hq=8,Hk=2,D=40", {"--full"}},
        Shape{"Scaled", "2", "S=512,Hq=4,Hk=2,D=96", {"--scale", "0.3"}},
        Shape{"Fp64", "4", "S=384,Hq=4,Hk=4,D=16", {"--dtype", "fp64"}},
        Shape{"Window",
              "4",
              "S=384,Hq=8,Hk=4,D=16",
              {"--window", "40,-1"},
              {.everyRankChanges = false}},
        Shape{"WindowBothWays",
              "3",
              "S=96,Hq=3,Hk=3,D=8",
              {"--window", "5,3", "--full"},
              {.everyRankChanges = false}},
        Shape{"Documents",
              "4",
              "S=384,Hq=8,Hk=4,D=16",
              {"--docs", "0,3,120,130,384"},
              {.everyRankChanges = false}},
        Shape{"SoftCap", "2", "S=256,Hq=4,Hk=2,D=32", {"--softcap", "2"}},
        Shape{"Alibi", "2", "S=256,Hq=4,Hk=2,D=32", {"--alibi"}},
        Shape{"Dropout",
              "4",
              "B=2,S=256,Hq=8,Hk=2,D=16",
              {"--dropout", "0.2", "--seed", "3"},
              {.everyRankChanges = true}},
        Shape{"Bf16", "2", "S=256,Hq=4,Hk=2,D=32", {"--dtype", "bf16"}, {.loosest = 1}},
        Shape{"Dilated",
              "4",
              "S=384,Hq=8,Hk=4,D=16",
              {"--pattern", "dilated", "-s", "attention.pattern.segments=[32, 192, 384]", "-s",
               "attention.pattern.rates=[1, 2, 3]"},
              {.everyRankChanges = false}},
        Shape{"DilatedBf16",
              "2",
              "S=384,Hq=4,Hk=4,D=16",
              {"--pattern", "dilated", "-s", "attention.pattern.segments=[64, 384]", "-s",
               "attention.pattern.rates=[1, 2]", "--dtype", "bf16"},
              {.everyRankChanges = false, .loosest = 1}},
        Shape{"BlockSparse",
              "4",
              "S=384,Hq=8,Hk=4,D=16",
              {"--pattern", "block_sparse", "-s", "attention.pattern.block=16", "-s",
               "attention.pattern.stride=3", "-s", "attention.pattern.local=1"},
              {.everyRankChanges = false}},
        Shape{"Chosen",
              "4",
              "B=2,S=384,Hq=8,Hk=4,D=16",
              {"--pattern", "block_sparse", "-s", "attention.pattern.block=16", "-s",
               "attention.pattern.top_k=3"},
              {.everyRankChanges = false}},
        Shape{"ChosenBf16",
              "2",
              "S=384,Hq=4,Hk=2,D=16",
              {"--pattern", "block_sparse", "-s", "attention.pattern.block=16", "-s",
               "attention.pattern.top_k=2", "--docs", "0,100,384", "--dtype", "bf16"},
              {.everyRankChanges = false, .loosest = 1}},
        Shape{"OneRank", "1", "S=100,Hq=3,Hk=3,D=9", {}},
        Shape{"Tiny", "2", "S=4,Hq=2,Hk=2,D=1", {"--seed", "9"}}),
    [](const auto& info) { return info.param.name; });

TEST(Verify, IsDeterministic) {
    const Cli cli;
    json first = casesOf(cli, {"--shape", "S=256", "--mode", "zigzag"})[0];
    json second = casesOf(cli, {"--shape", "S=256", "--mode", "zigzag"})[0];
    EXPECT_EQ(first["max_err"], second["max_err"]);
    json other = casesOf(cli, {"--shape", "S=256", "--mode", "zigzag", "--seed", "1"})[0];
    EXPECT_NE(first["max_err"], other["max_err"]);
}

TEST(Verify, SaysThatADumpCannotBeWritten) {
    const Cli cli;
    const Ended ended = cli.run({"verify", "--ranks", "1", "--mode", "none", "--dump", "/proc/x"});
    EXPECT_EQ(ended.exitCode, 6) << ended.err;
    EXPECT_NE(ended.err.find("--dump: cannot make '/proc/x'"), std::string::npos) << ended.err;
}

TEST(Verify, ExitsWithEightWhereModesAreRefusedAndSaysWhy) {
    const Cli cli;
    const Ended ended = cli.run({"verify", "--ranks", "4", "--shape", "S=64,Hq=6,Hk=6,D=8"});
    EXPECT_EQ(ended.exitCode, 8) << ended.err;
    EXPECT_NE(ended.out.find("ulysses needs heads divisible by ranks: 6 heads, 4 ranks; legal: "
                             "1, 2, 3, 6"),
              std::string::npos)
        << ended.out;
    EXPECT_EQ(cli.run({"verify", "--ranks", "2", "--shape", "S=64"}).exitCode, 0);
}

TEST(Verify, AnswersMistakesWithOneSentence) {
    const Cli cli;
    const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
        {{"--mode", "zigzg"}, "--mode: there is no mode 'zigzg', did you mean zigzag?"},
        {{"--shape", "S=4,X=1"}, "--shape: 'X=1' is none of B=, S=, Hq=, Hk=, D="},
        {{"--shape", "Hq=6,Hk=4"}, "--shape: Hk divides Hq; 4 does not divide 6, use 3 or 6"},
        {{"--ranks", "0"}, "verify: --ranks: expected a whole number from 1 to 256; got '0'\n"},
        {{"--dtype", "int8"}, "--dtype: 'int8' is not known; use one of"},
        {{"--window", "3"}, "--window: write LEFT,RIGHT"},
        {{"--pattern", "spiral"}, "--pattern: 'spiral' is not known; use one of none, dilated"},
        {{"-s", "train.steps=3"}, "--set: write FIELD=VALUE with one of attention.pattern.kind"},
        {{"-s", "attention.pattern.local=1"},
         "--set: attention.pattern.kind is none; write --pattern dilated or block_sparse"},
        {{"--pattern", "dilated", "-s", "attention.pattern.segments=[8]", "-s",
          "attention.pattern.rates=[2]"},
         "attention.pattern.rates 2 leave 1 of 2 rows of a head without a key"},
        {{"--docs", "0,9"}, "--docs: the last boundary is the number of tokens, 1024; got 9"},
    };
    for (const auto& [arguments, sentence] : mistakes) {
        std::vector<std::string> words = {"verify"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        const Ended ended = cli.run(words);
        EXPECT_EQ(ended.exitCode, 2) << sentence;
        EXPECT_EQ(ended.err.find("ringscope: " + sentence), 0U) << ended.err;
        // What is wrong with the words themselves is followed by where help is.
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'),
                  sentence.ends_with('\n') ? 2 : 1)
            << ended.err;
    }
}

// Reads .npy files and computes attention with nothing but Python's standard library.
constexpr const char* checkInPython = R"(
import ast, math, struct, sys

def load(path):
    raw = open(path, 'rb').read()
    assert raw[:8] == b'\x93NUMPY\x01\x00', path
    size = struct.unpack('<H', raw[8:10])[0]
    header = ast.literal_eval(raw[10:10 + size].decode())
    assert not header['fortran_order']
    letter = {'<f4': 'f', '<f8': 'd', '<i8': 'q'}[header['descr']]
    return header['shape'], struct.unpack(
        '<%d%s' % ((len(raw) - 10 - size) // struct.calcsize(letter), letter), raw[10 + size:])

def at(array, *index):
    shape, values = array
    place = 0
    for size, i in zip(shape, index):
        place = place * size + i
    return values[place]

folder, ranks = sys.argv[1], int(sys.argv[2])
whole = {n: load('%s/%s.npy' % (folder, n)) for n in 'q k v dout out lse dq dk dv'.split()}
_, S, H, D = whole['q'][0]
group = H // whole['k'][0][2]
assert whole['lse'][0] == (1, H, S)
for h in range(H):
    dv = [[0.0] * D for _ in range(S)]
    for i in range(S):
        s = [sum(at(whole['q'], 0, i, h, d) * at(whole['k'], 0, j, h // group, d)
                 for d in range(D)) / math.sqrt(D) for j in range(i + 1)]
        lse = math.log(sum(map(math.exp, s)))
        assert abs(lse - at(whole['lse'], 0, h, i)) < 1e-5
        for d in range(D):
            out = sum(math.exp(s[j] - lse) * at(whole['v'], 0, j, h // group, d)
                      for j in range(i + 1))
            assert abs(out - at(whole['out'], 0, i, h, d)) < 1e-5
seen = []
for rank in range(ranks):
    own = '%s/rank-%02d' % (folder, rank)
    tokens = load(own + '/tokens.npy')[1]
    seen += tokens
    for name in ('q', 'v', 'dout', 'out', 'dq', 'dk'):
        part = load('%s/%s.npy' % (own, name))
        assert part[0][1] == len(tokens), name
        for row, token in enumerate(tokens):
            for h in range(part[0][2]):
                for d in range(D):
                    assert at(part, 0, row, h, d) == at(whole[name], 0, token, h, d), name
assert sorted(seen) == list(range(S))
print('right')
)";

TEST(Verify, DumpsArraysThatAreAttentionToAStranger) {
    const Cli cli;
    const std::vector<std::string> words = {"verify", "--mode",  "zigzag,ulysses",     "--ranks",
                                            "2",      "--shape", "S=24,Hq=4,Hk=2,D=4", "--dump",
                                            "proof"};
    const Ended ended = cli.run(words);
    ASSERT_EQ(ended.exitCode, 0) << ended.err;
    EXPECT_TRUE(std::filesystem::exists(cli.folder() / "proof/case.json"));
    for (const char* mode : {"zigzag", "ulysses"}) {
        const Ended checked = runProgram(
            {"python3", "-c", checkInPython, cli.folder() / "proof" / mode, "2"}, cli.options());
        if (checked.exitCode == 127) GTEST_SKIP() << "python3 is not here";
        EXPECT_EQ(checked.out, "right\n") << mode << ": " << checked.err;
    }
    const Ended numpy =
        runProgram({"python3", "-c",
                    "import sys\ntry:\n  import numpy\nexcept ImportError:\n  sys.exit(77)\n"
                    "print(numpy.load('proof/zigzag/rank-01/k.npy').shape)"},
                   cli.options());
    if (numpy.exitCode != 77) {
        EXPECT_EQ(numpy.out, "(1, 12, 2, 4)\n") << numpy.err;
    }

    const Ended again = cli.run(words);
    EXPECT_EQ(again.exitCode, 3);
    EXPECT_NE(again.err.find("a dump never overwrites one"), std::string::npos) << again.err;
}

class VerifyEnds : public ::testing::Test {
protected:
    VerifyEnds()
        : program(cli.words({"verify", "--ranks", "2", "--mode", "ring", "--json", "--shape",
                             "S=65536,Hq=16,Hk=16,D=64"}),
                  cli.options()) {}

    std::vector<pid_t> ranks() const { return cli.ranks(); }
    void waitUntilItWorks() const {
        ASSERT_TRUE(becomesTrue([&] { return ranks().size() == 2; }));
    }
    bool nothingLeft(seconds limit) const { return cli.nothingLeft(limit); }

    Cli cli;
    Program program;
};

TEST_F(VerifyEnds, CtrlCLeavesNoProcess) {
    waitUntilItWorks();
    program.signal(SIGINT);
    EXPECT_EQ(program.wait(seconds(20)).exitCode, 130);
    EXPECT_TRUE(nothingLeft(seconds(0)));
}

TEST_F(VerifyEnds, AKilledRankIsAFailureThatNamesIt) {
    waitUntilItWorks();
    for (const pid_t pid : ranks())
        if (commandLine(pid).find("--rank 1") != std::string::npos) ::kill(pid, SIGKILL);
    const Ended ended = program.wait(seconds(20));
    EXPECT_EQ(ended.exitCode, 7) << ended.err;
    EXPECT_NE(ended.err.find("rank 1 was ended by SIGKILL"), std::string::npos) << ended.err;
    EXPECT_TRUE(nothingLeft(seconds(0)));
}

TEST_F(VerifyEnds, AKilledCommandLineLeavesNoRankAlive) {
    waitUntilItWorks();
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().signal, SIGKILL);
    EXPECT_TRUE(nothingLeft(seconds(5)));
}

}  // namespace
}  // namespace ringscope::test
