// The three examples of the guide that old rings of dilated attention came with, migrated, and what
// they become held against the old way by the guide's own test.
//
// The guide compares (2, 4096, 8, 64) with rtol 1e-3 and atol 1e-5; here a sequence is an eighth as
// long. tests/README.md has the command for the whole length.
#include "backend/core/files.h"
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

using nlohmann::json;

struct Example {
    const char* name;
    const char* code;
    const char* mode;
};

const std::vector<Example> examples = {
    {"basic.py",
     "from dilated_attention_pytorch.ring.base import RingDilatedAttentionCorrect\n"
     "attention = RingDilatedAttentionCorrect(segment_lengths=[256, 512], dilation_rates=[1, 2],\n"
     "                                        dropout=0.1)\n",
     "dilated-ring"},
    {"hilbert.py",
     "from dilated_attention_pytorch.ring import hilbert\n"
     "attention = hilbert.RingDilatedAttentionHilbertOptimizedFixed(\n"
     "    segment_lengths=[256, 512], dilation_rates=[1, 2], use_hilbert=True)\n",
     "dilated-ring"},
    {"preset.py",
     "from dilated_attention_pytorch.ring import create_ring_attention, get_preset_config\n"
     "attention = create_ring_attention(\"standard\", config=get_preset_config(\"development\"))\n",
     "dilated-ring"},
};

// The field of the migrated experiment, as it will be read.
json fieldOf(const json& shown, const std::string& path) {
    for (const json& field : shown["fields"])
        if (field["path"] == path) return field["value"];
    return {};
}

TEST(Guide, ExamplesBecomeAModeThatComputesTheSameAsTheOldWay) {
    const Cli cli;
    for (const Example& example : examples) {
        cli.write(example.name, example.code);
        const Ended ended =
            cli.run({"migrate", example.name, "-o", "new.yaml", "--accept-defaults", "--force"});
        ASSERT_EQ(ended.exitCode, 0) << ended.err;
        const json shown = cli.json({"config", "show", "new.yaml", "--json"});
        EXPECT_EQ(fieldOf(shown, "parallel.mode"), example.mode) << example.name;
        EXPECT_EQ(fieldOf(shown, "attention.pattern.kind"), "dilated") << example.name;
        const std::string mode = example.mode;
        const json cases =
            cli.json({"verify", "--json", "--full", "--ranks", "2", "--mode", "legacy," + mode,
                      "--shape", "B=2,S=512,Hq=8,Hk=8,D=64", "--pattern", "dilated", "-s",
                      "attention.pattern.segments=[256, 512]", "-s",
                      "attention.pattern.rates=[1, 2]"})["cases"];
        ASSERT_EQ(cases.size(), 2U);
        // Two results that are each within half of atol of fp64 are within atol of each other.
        for (const json& each : cases) {
            EXPECT_EQ(each["ok"], true) << each.dump();
            EXPECT_GT(each["max_err"]["out"], 0) << each.dump();
            EXPECT_LE(each["max_err"]["out"], 5e-6) << each.dump();
        }
    }
}

}  // namespace
}  // namespace ringscope::test
