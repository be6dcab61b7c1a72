#include "backend/run/training_checkpoint.h"

#include "backend/core/files.h"
#include "backend/core/sha256.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <fstream>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::HasSubstr;

CheckpointManifest writtenAt(const fs::path& runFolder, std::int64_t step) {
    const fs::path half = halfFolder(runFolder, step);
    fs::create_directories(half);
    const std::string content = "step " + std::to_string(step);
    std::ofstream(half / "rank-00000.safetensors") << content;
    return {.run = "1a2b3c4d",
            .step = step,
            .configYaml = "train:\n  steps: 9\n",
            .data = "89ab",
            .seed = 7,
            .optimizerSteps = step - 1,
            .lossScale = 32768,
            .goodSteps = 2,
            .bestValidation = BestValidation{.loss = 2.5, .step = 39, .since = 1},
            .files = {{.name = "rank-00000.safetensors",
                       .bytes = static_cast<std::int64_t>(content.size()),
                       .sha256 = sha256(content),
                       .slices = {{"embedding.weight", 128, 64}}}}};
}

TEST(TrainingCheckpoint, AManifestComesBackAsItWasWritten) {
    const TemporaryFolder folder;
    const CheckpointManifest manifest = writtenAt(folder.path(), 50);
    ASSERT_TRUE(commitCheckpoint(folder.path(), manifest).ok());
    const fs::path checkpoint = newestCheckpoint(folder.path()).value();
    EXPECT_EQ(checkpoint.filename(), "step-00000050");
    EXPECT_EQ(readManifest(checkpoint).value(), manifest);
    EXPECT_TRUE(verifyFile(checkpoint, manifest.files.front()).ok());
    EXPECT_EQ(newestCheckpoint(checkpoint).value(), checkpoint);
}

TEST(TrainingCheckpoint, AManifestWithoutValidationsIsRead) {
    const TemporaryFolder folder;
    CheckpointManifest manifest = writtenAt(folder.path(), 50);
    manifest.bestValidation.reset();
    ASSERT_TRUE(commitCheckpoint(folder.path(), manifest).ok());
    const fs::path file = folder.path() / "step-00000050" / "manifest.json";
    std::string text = readFile(file).value();
    const std::string line = " \"best_validation\": null,\n";
    ASSERT_NE(text.find(line), std::string::npos) << text;
    text.erase(text.find(line), line.size());
    std::ofstream(file) << text;  // as it was written before there were any
    EXPECT_EQ(readManifest(file.parent_path()).value(), manifest);
}

TEST(TrainingCheckpoint, WhatARankWroteIsTextBetweenRanks) {
    const CheckpointFile file = writtenAt(TemporaryFolder().path(), 3).files.front();
    EXPECT_EQ(parseWritten(toText(Result<CheckpointFile>(file))).value(), file);
    const Result<CheckpointFile> failed =
        parseWritten(toText(Result<CheckpointFile>(Error{ErrorCode::Failed, "the disk is full"})));
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().message, "the disk is full");
    EXPECT_FALSE(parseWritten("[").ok());
}

TEST(TrainingCheckpoint, AHalfIsNoCheckpoint) {
    const TemporaryFolder folder;
    ASSERT_TRUE(commitCheckpoint(folder.path(), writtenAt(folder.path(), 4)).ok());
    writtenAt(folder.path(), 8);
    EXPECT_EQ(newestCheckpoint(folder.path()).value().filename(), "step-00000004");
    sweepHalves(folder.path());
    EXPECT_FALSE(fs::exists(halfFolder(folder.path(), 8)));
    EXPECT_EQ(checkpointsIn(folder.path()).size(), 1U);
}

TEST(TrainingCheckpoint, TheNewestStay) {
    const TemporaryFolder folder;
    for (const std::int64_t step : {100, 8, 12, 4})
        ASSERT_TRUE(commitCheckpoint(folder.path(), writtenAt(folder.path(), step)).ok());
    ASSERT_TRUE(keepNewest(folder.path(), 2).ok());
    const std::vector<StoredCheckpoint> left = checkpointsIn(folder.path());
    ASSERT_EQ(left.size(), 2U);
    EXPECT_EQ(left[0].step, 100);
    EXPECT_EQ(left[1].step, 12);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
}

TEST(TrainingCheckpoint, WhatIsDamagedIsNamed) {
    const TemporaryFolder folder;
    const CheckpointManifest manifest = writtenAt(folder.path(), 5);
    ASSERT_TRUE(commitCheckpoint(folder.path(), manifest).ok());
    const fs::path checkpoint = newestCheckpoint(folder.path()).value();
    const fs::path file = checkpoint / "rank-00000.safetensors";
    std::ofstream(file) << "step 6";
    EXPECT_THAT(verifyFile(checkpoint, manifest.files.front()).error().message,
                HasSubstr("rank-00000.safetensors' is damaged"));
    std::ofstream(file) << "step";
    EXPECT_THAT(readManifest(checkpoint).error().message,
                HasSubstr("has 4 bytes and was written with 6"));
    fs::remove(file);
    EXPECT_THAT(readManifest(checkpoint).error().message, HasSubstr("is missing"));
    std::ofstream(checkpoint / "manifest.json") << "{}";
    EXPECT_THAT(readManifest(checkpoint).error().message, HasSubstr("is no manifest"));
}

TEST(TrainingCheckpoint, FilesOfOtherFoldersAreNotRead) {
    const TemporaryFolder folder;
    CheckpointManifest manifest = writtenAt(folder.path(), 5);
    manifest.files.front().name = "../other";
    ASSERT_TRUE(commitCheckpoint(folder.path(), manifest).ok());
    EXPECT_THAT(readManifest(newestCheckpoint(folder.path()).value()).error().message,
                HasSubstr("outside of its folder"));
}

}  // namespace
}  // namespace ringscope
