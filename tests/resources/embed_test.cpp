#include "embedded/awkwardBytes.h"
#include "embedded/severalFiles.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace ringscope {
namespace {

std::string bytesOf(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(Embed, KeepsEveryByteOfALongFile) {
    const std::string onDisk = bytesOf(RINGSCOPE_AWKWARD_FILE);
    ASSERT_GT(onDisk.size(), 65536u);
    EXPECT_EQ(std::string(embedded::awkwardBytes), onDisk);
}

TEST(Embed, ListsFilesInTheOrderGivenUnderTheirNames) {
    ASSERT_EQ(embedded::severalFiles.size(), 3u);
    EXPECT_EQ(embedded::severalFiles[0].name, "empty.txt");
    EXPECT_TRUE(embedded::severalFiles[0].text.empty());
    EXPECT_EQ(embedded::severalFiles[1].name, "CMakeLists.txt");
    EXPECT_EQ(std::string(embedded::severalFiles[1].text),
              bytesOf(RINGSCOPE_THIS_FOLDER "/CMakeLists.txt"));
    EXPECT_EQ(embedded::severalFiles[2].text, embedded::awkwardBytes);
}

}  // namespace
}  // namespace ringscope
