#include "backend/core/output_file.h"
#include "tests/backend/migration/migrating.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <filesystem>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(OpeningASource, FindsTheFileItNamesBesideItOrInAFolderAbove) {
    const ringscope::test::TemporaryFolder folder;
    const fs::path deep = folder.path() / "examples" / "train";
    fs::create_directories(deep);
    fs::create_directories(folder.path() / "examples" / "ds");
    const std::string json = R"({"gradient_clipping": 0.25})";
    ASSERT_TRUE(writeOutput(folder.path() / "examples" / "ds" / "z.json", json).ok());
    for (const char* name : {"examples/ds/z.json", "../ds/z.json", "ds/z.json"}) {
        const std::string text = baseText(2, std::string("deepspeed: ") + name + "\n");
        ASSERT_TRUE(writeOutput(deep / "old.yaml", text).ok());
        const MigrationInput input = openSource((deep / "old.yaml").string()).value();
        ASSERT_EQ(input.companions.size(), 1U) << name;
        EXPECT_EQ(input.companions[0].text, json);
        EXPECT_EQ(configOf(migrated(input)).train.gradClip, 0.25);
    }
}

TEST(OpeningASource, SaysWhenAFileItNamesIsNotThere) {
    const Migration migration = migrated(fixture("accelerate_sp.yml"));
    EXPECT_THAT(migration.notes, ::testing::Contains(HasSubstr("'missing.json' was not found")));
    EXPECT_THAT(verdictOn(migration, "deepspeed_config.deepspeed_config_file").reason,
                HasSubstr("not read"));
}

TEST(OpeningASource, RefusesWhatIsNoFile) {
    const ringscope::test::TemporaryFolder folder;
    const auto refusal = [](const fs::path& path) {
        const Result<MigrationInput> input = openSource(path.string());
        return input.ok() ? "it was opened" : input.error().message;
    };
    EXPECT_THAT(refusal(folder.path()), HasSubstr("is a folder"));
    EXPECT_THAT(refusal(folder.path() / "none.yaml"), HasSubstr("No such file"));
    EXPECT_THAT(refusal("/dev/zero"), HasSubstr("no regular file"));
    ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(refusal(folder.path() / "pipe"), HasSubstr("no regular file"));
    fs::path huge = folder.path() / "huge.yaml";
    ASSERT_TRUE(writeOutput(huge, "a").ok());
    fs::resize_file(huge, std::uintmax_t{3} << 30);
    EXPECT_THAT(refusal(huge), HasSubstr("at most 1.00 MiB"));
}

}  // namespace
}  // namespace ringscope
