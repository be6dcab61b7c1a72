#include "backend/model/safetensors.h"

#include "backend/core/files.h"
#include "tests/backend/model/made_tensors.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {
using test::madeTensor;
using test::tensorFile;

std::string problemOf(std::string_view header, std::size_t data) {
    const Result<TensorTable> table = readTensorTable(tensorFile(header, data));
    return table.ok() ? "" : table.error().message;
}

TEST(Safetensors, ReadsNamesTypesShapesAndPlaces) {
    const TensorTable table =
        readTensorTable(
            tensorFile(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,3],)"
                       R"("data_offsets":[4,16]},"a":{"dtype":"F32","shape":[],)"
                       R"("data_offsets":[0,4]},"none":{"dtype":"U8","shape":[0,7],)"
                       R"("data_offsets":[16,16]}}   )",
                       16))
            .value();
    ASSERT_EQ(table.tensors.size(), 3U);
    EXPECT_EQ(table.tensors[0].name, "a");
    EXPECT_EQ(table.tensors[1].type, TensorType::Bf16);
    EXPECT_EQ(table.tensors[1].shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(table.tensors[1].end - table.tensors[1].begin, 12U);
    EXPECT_EQ(table.metadata, (TensorMetadata{{"format", "pt"}}));
}

TEST(Safetensors, ReadsAFileWithoutTensors) { EXPECT_EQ(problemOf("{}", 0), ""); }

TEST(Safetensors, SaysWhichTensorIsWrong) {
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"F9","shape":[1],"data_offsets":[0,1]}})", 1),
              "tensor 'a' has the type 'F9', which the format does not know");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
              "tensor 'a' of type F32 and shape [2] has 8 bytes; data_offsets give it 4");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8),
              "tensor 'a' begins at byte 66, behind a hole: the tensor before it ends at 62");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                        R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                        6),
              "tensor 'b' begins at byte 115, within another: the tensor before it ends at 117");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 3),
              "tensor 'a' ends at byte 65 and the file at 64; it was cut off, copy it again");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 5),
              "the last tensor ends at byte 65 and the file at 66; nothing may follow the tensors");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"U8","data_offsets":[0,4]}})", 4),
              "tensor 'a' has no dtype or no shape; the file was not written whole");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2),
              "tensor 'a' of type F4 and shape [3] has no whole number of bytes that fits");
    EXPECT_EQ(problemOf(R"({"a":{"dtype":"F64","shape":[9223372036854775807,9],)"
                        R"("data_offsets":[0,2]}})",
                        2),
              "tensor 'a' of type F64 and shape [9223372036854775807, 9] has no whole number of "
              "bytes that fits");
}

TEST(Safetensors, RefusesWhatTheFormatForbids) {
    const std::string_view tensor = R"({"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
    const auto with = [&](std::string_view before, std::string_view behind) {
        return std::string(before) + "\"a\":" + std::string(tensor) + std::string(behind);
    };
    EXPECT_EQ(problemOf(with("{", "}"), 4), "");
    EXPECT_EQ(problemOf(with("{", "}  "), 4), "");
    for (const std::string& header :
         {with(" {", "}"), with("{", "}\n"), with("{", "} x"),
          with("{", ",\"a\":" + std::string(tensor) + "}"),
          with("{\"__metadata__\":{\"a\":1},", "}"), with("{\"__metadata__\":[],", "}"),
          with("[", "]"), std::string("{\"a\":4}"),
          std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1}})"),
          std::string(R"({"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})"),
          std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}})"),
          std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}})"),
          std::string(R"({"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}})")})
        EXPECT_NE(problemOf(header, 4), "") << header;
}

TEST(Safetensors, RefusesALengthThatCannotBe) {
    EXPECT_EQ(readTensorTable("abc").error().message,
              "a safetensors file begins with 8 bytes; this one has 3");
    EXPECT_EQ(readTensorTable(std::string(8, '\xff')).error().message,
              "its header would have 18446744073709551615 bytes, and 100000000 are allowed; is "
              "this a safetensors file?");
    EXPECT_EQ(readTensorTable(tensorFile("{}", 0).substr(0, 9)).error().message,
              "its header has 2 bytes and the file 9; it was cut off, copy it again");
}

// The bytes are those of the format's own writer.
TEST(Safetensors, WritesWideTypesFirstAndThenByName) {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "a.safetensors";
    std::vector<OutgoingTensor> tensors;
    tensors.push_back(madeTensor("z", TensorType::F16, {1}, "ab"));
    tensors.push_back(madeTensor("b", TensorType::F32, {}, "1234"));
    tensors.push_back(madeTensor("a", TensorType::F32, {0, 3}, ""));
    tensors.push_back(madeTensor("y", TensorType::Bf16, {1}, "cd"));
    ASSERT_TRUE(writeTensorFile(path, tensors, {{"format", "pt"}}).ok());
    std::string header = R"({"__metadata__":{"format":"pt"},)"
                         R"("a":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},)"
                         R"("b":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                         R"("y":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]},)"
                         R"("z":{"dtype":"F16","shape":[1],"data_offsets":[6,8]}})";
    header.append((8 - header.size() % 8) % 8, ' ');
    EXPECT_EQ(readFile(path).value(), tensorFile(header, 0) + "1234cdab");
}

TEST(Safetensors, WritesNothingWhereATensorHasOtherBytes) {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "a.safetensors";
    const Result<void> written =
        writeTensorFile(path, {madeTensor("a", TensorType::F32, {1}, "12345")}, {});
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().message,
              "'" + path.string() + "': tensor 'a' has 4 bytes and 5 were written");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Safetensors, WritesNoNameTwice) {
    const test::TemporaryFolder folder;
    for (const std::string name : {"a", "", "__metadata__"})
        EXPECT_FALSE(writeTensorFile(folder.path() / "a",
                                     {madeTensor(name, TensorType::U8, {1}, "1"),
                                      madeTensor("a", TensorType::U8, {1}, "1")},
                                     {})
                         .ok())
            << name;
}

}  // namespace
}  // namespace ringscope
