// What holds for the readers of every format: line ends, byte order marks and tabs change nothing,
// and whatever cannot be read is refused in one sentence.
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "tests/backend/migration/migrating.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Sample {
    std::string name;
    std::string text;
};

// A file of each format, with keys that are all known.
const std::vector<Sample> samples = {
    {"old.yaml",
     "base_model: Qwen/Qwen2.5-0.5B\nsequence_len: 2048\nmicro_batch_size: 1\n"
     "sequence_parallel_degree: 2\nlearning_rate: 2e-4  # first\nbf16: true\n"},
    {"old.json",
     "{\n  \"zero_optimization\": {\"stage\": 2},\n  \"bf16\": {\"enabled\": true},\n"
     "  \"sequence_parallel_size\": 2,\n  \"gradient_clipping\": 0.5\n}\n"},
    {"old.toml",
     "[model]\nname = \"llama3\"\nflavor = \"8B\"  # a size\n\n[training]\nseq_len = 4096\n"
     "steps = 1_000\n\n[parallelism]\ncontext_parallel_degree = 2\n"},
    {"old.sh",
     "#!/bin/bash\nSP=2  # ranks\ntorchrun --nproc_per_node 2 \\\n  train.py \\\n"
     "  --model_name_or_path Qwen/Qwen2.5-0.5B --max_seq_length 2048 \\\n"
     "  --sequence_parallel_size $SP --per_device_train_batch_size 1\n"},
    {"old.py",
     "from a import create_ring_attention\nsize = 2  # ranks\n"
     "attn = create_ring_attention(\"standard\", ring_size=size,\n"
     "                             segment_lengths=[512], dilation_rates=[1])\n"},
};

rc::Gen<Sample> anySample() { return rc::gen::elementOf(samples); }

std::string withLineEnds(const std::string& text, const std::string& end) {
    std::string changed;
    for (const char c : text) changed += c == '\n' ? end : std::string(1, c);
    return changed;
}

// Reason or verdict of any key may name a line; values and places must be the same.
std::vector<std::string> keysOf(const Migration& migration) {
    std::vector<std::string> keys;
    for (const KeyVerdict& key : migration.keys)
        keys.push_back(key.path + "=" + key.old + " " + std::to_string(key.line) + " " +
                       std::string(verdictName(key.verdict)) + " " + key.newValue);
    return keys;
}

RC_GTEST_PROP(Readers, TakeWindowsLinesAndAByteOrderMark, ()) {
    const Sample sample = *anySample();
    const std::string mark = *rc::gen::element<std::string>("", "\xef\xbb\xbf");
    const std::string end = *rc::gen::element<std::string>("\n", "\r\n");
    const Migration plain = migrated(inputOf(sample.text, sample.name), defaultAnswers);
    const Migration other =
        migrated(inputOf(mark + withLineEnds(sample.text, end), sample.name), defaultAnswers);
    RC_ASSERT(!plain.keys.empty());
    RC_ASSERT(keysOf(other) == keysOf(plain));
    RC_ASSERT(other.experiment == plain.experiment);
}

RC_GTEST_PROP(Readers, TakeTabsWhereBlanksMayStand, ()) {
    const Sample sample = *rc::gen::suchThat(
        anySample(), [](const Sample& one) { return !one.name.ends_with(".yaml"); });
    std::string text;
    for (const char c : sample.text) text += c == ' ' && *rc::gen::arbitrary<bool>() ? '\t' : c;
    const Migration plain = migrated(inputOf(sample.text, sample.name), defaultAnswers);
    const Migration other = migrated(inputOf(text, sample.name), defaultAnswers);
    RC_ASSERT(configOf(other) == configOf(plain));
}

RC_GTEST_PROP(Readers, RefuseBytesThatAreNoTextInOneSentence, ()) {
    const Sample sample = *anySample();
    std::string text = sample.text;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.insert(at, 1, *rc::gen::element('\0', '\x01', '\x7f', '\xff'));
    const Result<Migration> migration = migrate(inputOf(text, sample.name));
    RC_ASSERT(!migration.ok());
    RC_ASSERT(migration.error().message.find("a byte that is no text") != std::string::npos);
    RC_ASSERT(migration.error().message.find('\n') == std::string::npos);
}

TEST(Readers, RefuseWhatIsTooLargeAndSayHowLargeItMayBe) {
    for (const Sample& sample : samples) {
        const Result<Migration> migration =
            migrate(inputOf(sample.text + std::string(10 << 20, '\n'), sample.name));
        ASSERT_FALSE(migration.ok()) << sample.name;
        EXPECT_THAT(migration.error().message, HasSubstr("at most 1.00 MiB")) << sample.name;
    }
}

// Deep brackets, aliases of aliases, quotes without end: bounded time, one sentence or a migration.
TEST(Readers, EndQuicklyWhateverIsNested) {
    std::string aliases = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 40; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " +
                   before + "]\n";
    }
    const auto deep = [](const std::string& before, const std::string& open) {
        std::string text = before;
        while (text.size() < (std::size_t{1} << 19)) text += open;
        return text;
    };
    const std::vector<Sample> nested = {
        {"bomb.yaml", aliases},
        {"deep.yaml", deep("a: ", "[")},
        {"deep.json", deep("", "{\"a\":")},
        {"deep.toml", deep("a = ", "[")},
        {"deep.sh", deep("torchrun train.py --a ", "$(")},
        {"deep2.sh", deep("torchrun train.py --a ", "${A:-")},
        {"deep.py", deep("create_ring_attention(", "(")},
        {"quote.sh", "torchrun train.py --a 'b\n"},
        {"quote.py", "create_ring_attention(\"\"\"b\n"},
        {"quote.toml", "a = \"b\n"},
    };
    for (const Sample& sample : nested) {
        const Result<Migration> migration = migrate(inputOf(sample.text, sample.name));
        if (migration.ok()) continue;
        EXPECT_EQ(migration.error().message.find('\n'), std::string::npos) << sample.name;
        EXPECT_FALSE(migration.error().message.empty()) << sample.name;
    }
}

TEST(Readers, LeaveTheSourceAsItIsAndFollowLinks) {
    const ringscope::test::TemporaryFolder folder;
    for (const Sample& sample : samples) {
        const fs::path file = folder.path() / sample.name;
        ASSERT_TRUE(writeOutput(file, sample.text).ok());
        const fs::path link = folder.path() / ("link-" + sample.name);
        fs::create_symlink(file, link);
        const fs::file_time_type before = fs::last_write_time(file);
        const Result<MigrationInput> input = openSource(link.string());
        ASSERT_TRUE(input.ok()) << input.error().message;
        EXPECT_FALSE(migrated(*input, defaultAnswers).keys.empty()) << sample.name;
        EXPECT_EQ(readFile(file).value(), sample.text);
        EXPECT_EQ(fs::last_write_time(file), before);
        EXPECT_TRUE(fs::is_symlink(link));
    }
}

TEST(Readers, SayWhyAFileCannotBeOpened) {
    const ringscope::test::TemporaryFolder folder;
    for (const Sample& sample : samples) {
        const fs::path file = folder.path() / sample.name;
        const auto refusal = [&]() -> std::string {
            const Result<MigrationInput> input = openSource(file.string());
            return input.ok() ? "it was opened" : input.error().message;
        };
        EXPECT_THAT(refusal(), HasSubstr("No such file"));
        fs::create_directory(file);
        EXPECT_THAT(refusal(), HasSubstr("is a folder"));
        fs::remove(file);
        ASSERT_TRUE(writeOutput(file, sample.text).ok());
        ASSERT_EQ(::chmod(file.c_str(), 0), 0);
        if (::geteuid() != 0) {
            EXPECT_THAT(refusal(), HasSubstr("Permission denied"));
        }
        fs::remove(file);
        fs::create_symlink(folder.path() / "nowhere", file);
        EXPECT_THAT(refusal(), HasSubstr("No such file"));
    }
}

}  // namespace
}  // namespace ringscope
