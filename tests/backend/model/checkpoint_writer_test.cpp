#include "backend/core/files.h"
#include "backend/model/checkpoint.h"
#include "tests/backend/model/made_tensors.h"
#include "tests/support/program.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {
namespace fs = std::filesystem;

// Every tensor of a checkpoint, to be written as it is.
std::vector<OutgoingTensor> tensorsOf(const Checkpoint& checkpoint) {
    std::vector<OutgoingTensor> tensors;
    for (const StoredTensor& tensor : checkpoint.files().tensors())
        tensors.push_back({std::string(tensor.name),
                           tensor.type,
                           {tensor.shape.begin(), tensor.shape.end()},
                           [bytes = tensor.bytes](TensorSink& sink) { sink.write(bytes); }});
    return tensors;
}

TEST(CheckpointWriter, WritesTheSameFilesAgain) {
    const test::TemporaryFolder folder;
    const fs::path original = fs::path(RINGSCOPE_FIXTURES) / "mixtral";
    const fs::path copy = folder.path() / "copy";
    const Checkpoint checkpoint = Checkpoint::open(original).value();
    const Result<void> written =
        writeCheckpoint(copy, checkpoint.configText(), tensorsOf(checkpoint),
                        {.metadata = checkpoint.files().metadata()});
    ASSERT_TRUE(written.ok()) << written.error().message;
    for (const std::string_view name : {"config.json", "model.safetensors"})
        EXPECT_TRUE(readFile(original / name).value() == readFile(copy / name).value()) << name;
}

TEST(CheckpointWriter, WritesShardsWithTheirIndex) {
    const test::TemporaryFolder folder;
    const Checkpoint checkpoint = Checkpoint::open(fs::path(RINGSCOPE_FIXTURES) / "llama").value();
    const fs::path copy = folder.path() / "copy";
    ASSERT_TRUE(writeCheckpoint(copy, checkpoint.configText(), tensorsOf(checkpoint),
                                {.shardBytes = 20'000})
                    .ok());
    EXPECT_FALSE(fs::exists(copy / "model.safetensors"));
    EXPECT_TRUE(fs::exists(copy / "model.safetensors.index.json"));
    const auto files = std::distance(fs::directory_iterator(copy), fs::directory_iterator());
    EXPECT_GE(files, 5);
    EXPECT_TRUE(fs::exists(copy / fmt::format("model-00002-of-{:05}.safetensors", files - 2)));
    const Result<Checkpoint> read = Checkpoint::open(copy);
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(read->files().tensors().size(), checkpoint.files().tensors().size());
    for (const StoredTensor& tensor : checkpoint.files().tensors())
        EXPECT_TRUE(std::ranges::equal(read->files().find(tensor.name)->bytes, tensor.bytes));
}

TEST(CheckpointWriter, ReplacesNoModel) {
    const test::TemporaryFolder folder;
    const Checkpoint checkpoint = Checkpoint::open(fs::path(RINGSCOPE_FIXTURES) / "llama").value();
    ASSERT_TRUE(
        writeCheckpoint(folder.path(), checkpoint.configText(), tensorsOf(checkpoint)).ok());
    EXPECT_EQ(writeCheckpoint(folder.path(), checkpoint.configText(), {}).error().message,
              fmt::format("'{}' holds the tensors of a model already; name another folder",
                          folder.path().string()));
}

}  // namespace
}  // namespace ringscope
