// The bytes are those that PyPI's tensorboard 2.21 makes of the same events; that it reads whole
// files is shown by tests/peers/sink_readers.py.
#include "backend/sink/tensorboard_file.h"

#include "backend/core/files.h"
#include "tests/backend/sink/events.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::eventOf;
using test::smallRun;
using test::stepOf;

std::string hexOf(std::string_view bytes) {
    std::string hex;
    for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return hex;
}

TEST(TensorBoard, EventsHaveItsOwnBytes) {
    EXPECT_EQ(hexOf(tensorboard::versionEvent(1.5)),
              "09000000000000f83f1a0d627261696e2e4576656e743a32");
    EXPECT_EQ(hexOf(tensorboard::scalarEvent(1.5, 300, "train/loss", 2.25F)),
              "09000000000000f83f10ac022a130a110a0a747261696e2f6c6f73731500001040");
    EXPECT_EQ(hexOf(tensorboard::textEvent(1.5, "config", "model: {}\n")),
              "09000000000000f83f2a260a240a06636f6e666967421008071200420a6d6f64656c3a207b7d0a4a08"
              "0a060a0474657874");
    EXPECT_EQ(hexOf(tensorboard::record("hello events")),
              "0c00000000000000f4c8fe0a68656c6c6f206576656e7473770cf926");
}

TEST(TensorBoard, CheckSumIsCastagnolis) {
    EXPECT_EQ(tensorboard::crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(tensorboard::crc32c(""), 0U);
}

TEST(TensorBoard, HasAFolderARun) {
    const auto folder = std::filesystem::path(::testing::TempDir()) / RunId::random().text;
    const auto writer = openTensorBoard(folder);
    ASSERT_TRUE(writer.ok());
    RunRecord other = smallRun();
    other.id = RunId{"fedcba9876543210"};
    other.name = "demo/ring seq_len=64";
    for (const RunRecord& run : {smallRun(), other}) {
        ASSERT_TRUE((*writer)->write(eventOf(RunEvent::Kind::Began, run)).ok());
        ASSERT_TRUE((*writer)->write(eventOf(RunEvent::Kind::Step, run, stepOf(1))).ok());
    }
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(folder)) {
        names.push_back(each.path().filename());
        const auto file = std::filesystem::directory_iterator(each.path())->path();
        EXPECT_TRUE(file.filename().string().starts_with("events.out.tfevents.1."));
        const std::string content = readFile(file).value();
        EXPECT_THAT(content, ::testing::HasSubstr("speed/tokens_per_s"));
        EXPECT_THAT(content, ::testing::HasSubstr("seq_len: "));
    }
    EXPECT_THAT(names, ::testing::UnorderedElementsAre("demo-zigzag--two--01234567",
                                                       "demo-ring-seq_len=64-fedcba98"));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ringscope
