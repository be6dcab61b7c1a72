#include "backend/verify/npy.h"

#include "backend/core/files.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

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
    const testing::TemporaryFolder folder;
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

}  // namespace
}  // namespace ringscope
