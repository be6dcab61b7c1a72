// Files as the stacks' users have them, a few of each stack: what is carried, and what they become.
#include "backend/core/text.h"
#include "tests/backend/migration/migrating.h"

#include <filesystem>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> allStacks() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(RINGSCOPE_FIXTURES "/stacks"))
        if (entry.is_regular_file()) names.push_back("stacks/" + entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

// "--lr: a reason", a needed key that is neither carried nor asked about a line.
std::string lostLines(const Migration& migration) {
    std::string lines;
    for (const KeyVerdict& key : migration.keys)
        if (key.use == KeyUse::Needed && key.line > 0 && !isCarried(key.verdict))
            lines += "    " + key.path + " = " + key.old + " " +
                     std::string(verdictName(key.verdict)) + ": " + key.reason + "\n";
    return lines;
}

// Written down from the files' own words before they were migrated.
struct Expected {
    const char* file;
    const char* kind;
    const char* mode;
    std::int64_t sp = 1;
    std::int64_t dp = 1;
    std::int64_t seqLen = 0;
    std::int64_t batch = 1;
    std::int64_t accum = 1;
    std::int64_t zero = 1;
};
constexpr std::array expected = {
    Expected{"lf_sft.yaml", "360-llama-factory", "zigzag", 4, 1, 32768, 1, 2, 3},
    Expected{"lf_dpo.yaml", "360-llama-factory", "zigzag", 2, 1, 2048, 2, 8, 1},
    Expected{"lf_pt.yaml", "360-llama-factory", "usp", 8, 1, 131072, 1, 1, 2},
    Expected{"lf_qlora.yaml", "360-llama-factory", "zigzag", 2, 1, 8192, 2, 4, 1},
    Expected{"lf_run.sh", "360-llama-factory", "zigzag", 8, 2, 128000, 1, 4, 3},
    Expected{"lf_megatron.yaml", "llama-factory-megatron", "zigzag", 2, 4, 4096, 1, 4, 3},
    Expected{"lf_v1.yaml", "llama-factory-v1", "ulysses", 4, 1, 16384, 1, 8, 3},
    Expected{"axolotl_full.yaml", "axolotl", "llama3", 4, 1, 32768, 1, 8, 3},
    Expected{"axolotl_qlora.yml", "axolotl", "llama3", 2, 2, 8192, 1, 2, 2},
    Expected{"axolotl_pretrain.yaml", "axolotl", "llama3", 8, 16, 16384, 1, 1, 3},
    Expected{"axolotl_dpo.yaml", "axolotl", "llama3", 2, 1, 4096, 4, 4, 1},
    Expected{"titan_8b.toml", "torchtitan", "zigzag", 4, 1, 8192, 1, 64, 3},
    Expected{"titan_old.toml", "torchtitan", "ring-allgather", 8, 8, 8192, 2, 1, 3},
    Expected{"titan_experts.toml", "torchtitan", "ring-allgather", 2, 1, 4096, 4, 1, 3},
    Expected{"megatron.sh", "megatron", "zigzag", 4, 4, 32768, 1, 16, 3},
    Expected{"megatron.slurm", "megatron", "usp", 2, 4, 4096, 1, 64, 3},
    Expected{"megatron_deepspeed.sh", "megatron", "ulysses", 4, 1, 32768, 4, 2, 3},
    Expected{"megatron.yaml", "megatron", "zigzag", 2, 1, 4096, 2, 64, 1},
    Expected{"nemo.yaml", "nemo", "zigzag", 4, 4, 16384, 1, 32, 3},
    Expected{"swift_sft.sh", "ms-swift", "ulysses", 4, 1, 65536, 1, 1, 3},
    Expected{"swift_pretrain.sh", "ms-swift", "ulysses", 8, 1, 32768, 1, 2, 3},
    Expected{"swift_dpo.sh", "ms-swift", "zigzag", 2, 1, 8192, 2, 8, 2},
    Expected{"swift_megatron.sh", "ms-swift", "zigzag", 2, 4, 8192, 1, 4, 3},
    Expected{"openrlhf_sft.sh", "openrlhf", "llama3", 4, 1, 32768, 2, 128, 2},
    Expected{"openrlhf_dpo.sh", "openrlhf", "llama3", 2, 2, 8192, 2, 128, 3},
    Expected{"openrlhf_sections.sh", "openrlhf", "llama3", 8, 1, 65536, 1, 64, 3},
    Expected{"acc_fsdp2.yaml", "accelerate", "zigzag", 4, 2, 4096, 1, 1, 3},
    Expected{"zero3_nvme.json", "deepspeed", "ulysses", 4, 2, 4096, 1, 4, 3},
    Expected{"arctic.yml", "arctic", "ulysses", 8, 1, 500000, 1, 1, 3},
    Expected{"trl_sft.sh", "transformers", "zigzag", 4, 2, 131072, 1, 1, 3},
    Expected{"trl_dpo.yaml", "transformers", "none", 1, 1, 2048, 4, 8, 1},
    Expected{"trainer.sh", "transformers", "none", 1, 8, 8192, 1, 8, 2},
    Expected{"loop.sh", "transformers", "ulysses", 2, 4, 32768, 1, 1, 3},
    Expected{"verl_sft.sh", "verl", "ulysses", 2, 4, 16384, 4, 16, 3},
    Expected{"verl_ppo.sh", "verl", "ulysses", 4, 2, 10240, 4, 16, 3},
    Expected{"ulysses.py", "python-calls", "ulysses", 2, 1, 65536, 1, 1, 3},
    Expected{"accelerator.py", "python-calls", "zigzag", 8, 2, 4096, 1, 4, 3},
    Expected{"trainer.py", "python-calls", "none", 1, 1, 32768, 1, 8, 3},
    Expected{"hybrid.py", "python-calls", "usp", 8, 1, 4096, 1, 1, 1},
    Expected{"guide.py", "python-calls", "dilated-ring", 4, 1, 4096, 1, 1, 1},
};

TEST(Stacks, BecomeWhatTheirFilesSay) {
    for (const Expected& wanted : expected) {
        const Migration migration =
            migrated(fixture(std::string("stacks/") + wanted.file), defaultAnswers);
        EXPECT_EQ(migration.source.kind, wanted.kind) << wanted.file;
        const RunConfig config = configOf(migration);
        EXPECT_EQ(config.parallel.mode, wanted.mode) << wanted.file;
        EXPECT_EQ(config.parallel.sp, wanted.sp) << wanted.file;
        EXPECT_EQ(config.parallel.dp, wanted.dp) << wanted.file;
        EXPECT_EQ(config.train.seqLen, wanted.seqLen) << wanted.file;
        EXPECT_EQ(config.train.batch, wanted.batch) << wanted.file;
        EXPECT_EQ(config.train.gradAccum, wanted.accum) << wanted.file;
        EXPECT_EQ(config.memory.zero, wanted.zero) << wanted.file;
    }
    EXPECT_EQ(expected.size(), allStacks().size());
}

TEST(Stacks, KnowAllTheirKeysAndWouldRun) {
    for (const std::string& name : allStacks()) {
        const Migration migration = migrated(fixture(name), defaultAnswers);
        EXPECT_EQ(join(migration.problems, "; "), "") << name;
        EXPECT_EQ(summaryOf(migration).unknown, 0) << name << "\n" << lostLines(migration);
    }
}

TEST(Stacks, CarryNineOfTenNeededKeysOrAskAboutThem) {
    int needed = 0;
    int carried = 0;
    for (const std::string& name : allStacks()) {
        const Migration migration = migrated(fixture(name), defaultAnswers);
        const MigrationSummary summary = summaryOf(migration);
        needed += summary.needed;
        carried += summary.carried;
        EXPECT_GE(10 * summary.carried, 7 * summary.needed) << name << "\n" << lostLines(migration);
    }
    EXPECT_GE(10 * carried, 9 * needed) << carried << " of " << needed;
}

}  // namespace
}  // namespace ringscope
