#include "backend/model/npy.h"

#include "backend/core/files.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ringscope {
namespace {

TEST(Npy, HeaderIsAlignedAndSaysItsOwnLength) {
    const std::vector<std::vector<std::int64_t>> shapes = {
        {}, {4}, {1, 2}, {1, 3824, 5, 128}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
    for (const auto& shape : shapes) {
        const std::string header = npyHeader("<f4", shape);
        EXPECT_EQ(header.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
        EXPECT_EQ(header.size() % 64, 0U);
        const auto low = static_cast<unsigned char>(header[8]);
        const auto high = static_cast<unsigned char>(header[9]);
        EXPECT_EQ(low + 256U * high, header.size() - 10);
        EXPECT_EQ(header.back(), '\n');
    }
}

TEST(Npy, WritesShapesAsPythonDoes) {
    const auto words = [](const std::vector<std::int64_t>& shape) {
        const std::string header = npyHeader("<f8", shape).substr(10);
        return header.substr(0, header.find('}') + 1);
    };
    EXPECT_EQ(words({}), "{'descr': '<f8', 'fortran_order': False, 'shape': (), }");
    EXPECT_EQ(words({4}), "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }");
    EXPECT_EQ(words({1, 20}), "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 20), }");
}

TEST(Npy, NeverOverwrites) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.npy";
    ASSERT_TRUE(writeNpy(path, {.type = "<f4", .shape = {1}, .bytes = "abcd"}).ok());
    const Result<void> again = writeNpy(path, {.type = "<f4", .shape = {1}, .bytes = "efgh"});
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().message, "cannot write '" + path.string() + "': File exists");
    EXPECT_EQ(readFile(path).value(), npyHeader("<f4", {1}) + "abcd");
}

TEST(Npy, SaysWhereItCannotWrite) {
    EXPECT_EQ(writeNpy("/nowhere/a.npy", {.type = "<f4", .shape = {}, .bytes = ""}).error().message,
              "cannot write '/nowhere/a.npy': No such file or directory");
}

void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string fileOf(std::string_view type, const std::vector<std::int64_t>& shape,
                   const std::string& bytes) {
    return npyHeader(type, shape) + bytes;
}

TEST(NpyIntegers, AreReadInEveryWidth) {
    const test::TemporaryFolder folder;
    const auto read = [&](std::string_view type, const std::string& bytes) {
        const auto path = folder.path() / "ids.npy";
        write(path, fileOf(type, {2}, bytes));
        return readNpyIntegers(path).value().values;
    };
    using Values = std::vector<std::int64_t>;
    EXPECT_EQ(read("|u1", std::string("\x01\xff", 2)), (Values{1, 255}));
    EXPECT_EQ(read("|i1", std::string("\x01\xff", 2)), (Values{1, -1}));
    EXPECT_EQ(read("<u2", std::string("\x01\x00\xff\xff", 4)), (Values{1, 65535}));
    EXPECT_EQ(read("<i4", std::string("\x02\x00\x00\x00\xff\xff\xff\xff", 8)), (Values{2, -1}));
    EXPECT_EQ(read("<i8", std::string("\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0", 16)), (Values{3, 4}));
}

TEST(NpyIntegers, AreRefusedInASentence) {
    const test::TemporaryFolder folder;
    const auto refusal = [&](const std::string& text) {
        const auto path = folder.path() / "ids.npy";
        write(path, text);
        const std::string message = readNpyIntegers(path).error().message;
        const std::string begin = "'" + path.string() + "' ";
        EXPECT_TRUE(message.starts_with(begin)) << message;
        EXPECT_TRUE(message.ends_with("; write it with numpy.save(), as integers")) << message;
        return message.substr(begin.size(), message.find(';') - begin.size());
    };
    EXPECT_EQ(refusal("1 2 3"), "is no .npy file");
    EXPECT_EQ(refusal(fileOf("<i8", {2}, "").substr(0, 40)), "ends within its header");
    EXPECT_EQ(refusal(fileOf("<f4", {1}, "abcd")), "holds elements of type '<f4', not integers");
    EXPECT_EQ(refusal(fileOf("<i4", {2}, "abcd")),
              "has 4 bytes behind its header, and its shape needs 8");
    EXPECT_EQ(refusal(fileOf("<i4", {1L << 39, 1L << 39}, "")), "has a header without a shape");
    EXPECT_EQ(refusal(fileOf("<i4", {-1}, "")), "has a header without a shape");
}

}  // namespace
}  // namespace ringscope
