// Whatever happens to a file, the answer is a migration that holds or one sentence.
#include "backend/config/value_text.h"
#include "backend/core/mix.h"
#include "backend/migration/line_diff.h"
#include "backend/migration/migration_report.h"
#include "tests/backend/migration/migrating.h"

#include <array>

namespace ringscope {
namespace {

constexpr std::array fixtures = {"base_zigzag.yaml", "plain_sft.yaml",      "alst_fork.yaml",
                                 "v1_cp.yaml",       "arctic_sp8.yml",      "accelerate_sp.yml",
                                 "zero3_alone.json", "deepspeed/zero3.json"};

class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::size_t below(std::size_t bound) {
        state_ = mixBits(state_ + 0x9e3779b97f4a7c15U);
        return bound == 0 ? 0 : state_ % bound;
    }

private:
    std::uint64_t state_;
};

// Bytes lost, doubled, swapped for others, or words that mean something put in their place.
void mutateBytes(std::string& text, Dice& dice) {
    static const std::array<std::string, 12> words = {
        "-1",    "0",   "99999999999999999999", "null", "\xff", "{", "]", "\"", ": ", "\n",
        "&a *a", "auto"};
    const std::size_t at = dice.below(text.size());
    switch (dice.below(4)) {
        case 0:
            text.erase(at, 1 + dice.below(8));
            break;
        case 1:
            text.insert(at, text.substr(dice.below(text.size()), dice.below(40)));
            break;
        case 2:
            if (!text.empty()) text[at] = static_cast<char>(dice.below(256));
            break;
        default:
            text.insert(at, words[dice.below(words.size())]);
    }
}

// A value of another line, or an extreme one, in the place of a value.
void mutateValue(std::string& text, Dice& dice) {
    static const std::array<std::string, 14> values = {
        "1",     "2",    "3",      "7",    "96",  "67108864", "1e300",
        "false", "true", "llama3", "lora", "dpo", "[1, 2]",   "0.3"};
    const std::size_t colon = text.find(": ", dice.below(text.size()));
    if (colon == std::string::npos) return;
    const std::size_t end = std::min(text.find_first_of(",}\n", colon), text.size());
    text.replace(colon + 2, end - colon - 2, values[dice.below(values.size())]);
}

// Every key once, in lines of the file, new values that the experiment has: and no open end.
void expectSound(const MigrationInput& input, const Migration& migration) {
    const auto lines = std::count(input.source.text.begin(), input.source.text.end(), '\n') + 1;
    for (const KeyVerdict& key : migration.keys) {
        EXPECT_TRUE(key.file != input.source.name || key.line <= lines + 1) << key.path;
        EXPECT_FALSE(key.reason.empty()) << key.path;
        EXPECT_TRUE(isPrintable(key.old)) << key.path;
    }
    EXPECT_EQ(migrationJson(input, migration).empty(), false);
    correspondingLines(input, migration);
}

TEST(RandomSources, MigrateOrAreRefusedInOneSentence) {
    int migratedFiles = 0;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        Dice dice(seed);
        MigrationInput input = fixture(fixtures[seed % fixtures.size()]);
        for (std::size_t i = 0; i <= dice.below(4); ++i) {
            if (dice.below(2) == 0)
                mutateBytes(input.source.text, dice);
            else
                mutateValue(input.source.text, dice);
        }
        const Result<Migration> migration = migrate(input, defaultAnswers);
        if (!migration.ok()) {
            EXPECT_EQ(migration.error().message.find('\n'), std::string::npos) << "seed " << seed;
            EXPECT_FALSE(migration.error().message.empty()) << "seed " << seed;
            continue;
        }
        ++migratedFiles;
        EXPECT_TRUE(migration->decided()) << "seed " << seed;
        expectSound(input, *migration);
        if (migration->source.kind != "ringscope")
            for (const std::string& problem : migration->problems)
                ADD_FAILURE() << "seed " << seed << ": " << problem << "\n" << input.source.text;
    }
    EXPECT_GT(migratedFiles, 120);
}

}  // namespace
}  // namespace ringscope
