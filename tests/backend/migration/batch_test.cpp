// Several files at once.
#include "backend/migration/batch.h"

#include "backend/core/output_file.h"
#include "tests/backend/migration/migrating.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <filesystem>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Batches, GoOnAfterAFileThatCannotBeReadAndCountAll) {
    const ringscope::test::TemporaryFolder folder;
    const auto write = [&](const std::string& name, const std::string& text) {
        ASSERT_TRUE(writeOutput(folder.path() / name, text).ok());
    };
    write("a.yaml", baseText(2, "deepspeed: z.json\n"));
    write("broken.yaml", "stage: [sft\n");
    write("colours.yaml", "colour: red\n");
    write("z.json", R"({"zero_optimization": {"stage": 3}})");
    const std::vector<NamedSource> sources = namedSources({folder.path().string()});
    const Batch batch = migrateAll(sources, {}, {}, defaultAnswers);
    ASSERT_EQ(batch.files.size(), 2U) << "z.json belongs to a.yaml";
    EXPECT_EQ(batch.others, 1U);
    EXPECT_THAT(outcomeWords(batch.files[0]), HasSubstr("a.yaml: 360-llama-factory, "));
    EXPECT_THAT(outcomeWords(batch.files[1]), HasSubstr("broken.yaml:2:1: not YAML"));
    EXPECT_THAT(totalsWords(batch), StartsWith("1 files read, 1 not; "));
    EXPECT_THAT(totalsWords(batch), HasSubstr("1 other files are no configurations"));
}

TEST(Batches, NameWhatIsOpenInEachFile) {
    const ringscope::test::TemporaryFolder folder;
    ASSERT_TRUE(writeOutput(folder.path() / "a.yaml", baseText(2, "neat_packing: true\n")).ok());
    const Batch batch = migrateAll(namedSources({folder.path().string()}), {}, {}, {});
    ASSERT_EQ(batch.files.size(), 1U);
    EXPECT_THAT(outcomeWords(batch.files[0]), HasSubstr("; open: "));
    EXPECT_THAT(outcomeWords(batch.files[0]), HasSubstr("packing"));
}

}  // namespace
}  // namespace ringscope
