#include "backend/serve/api_key.h"

#include "tests/support/program.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace ringscope {
namespace {

using std::filesystem::perms;
using ::testing::HasSubstr;

class KeyFile : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& text, perms mode) {
        const std::filesystem::path file = folder_.path() / "key";
        std::ofstream(file) << text;
        std::filesystem::permissions(file, mode);
        return file;
    }
    std::string refusal(const std::string& text) {
        const Result<std::string> key =
            readApiKey(write(text, perms::owner_read | perms::owner_write));
        return key.ok() ? "" : key.error().message;
    }

private:
    test::TemporaryFolder folder_;
};

TEST_F(KeyFile, HasOneLine) {
    const perms own = perms::owner_read | perms::owner_write;
    EXPECT_EQ(readApiKey(write("0123456789abcdef\n", own)).value(), "0123456789abcdef");
    EXPECT_THAT(refusal("short"), HasSubstr("has a key of 5 characters; expected 16 at least"));
    EXPECT_THAT(refusal("0123456789abcdef\nsecond"), HasSubstr("expected one line"));
    EXPECT_THAT(refusal(""), HasSubstr("has a key of 0 characters"));
    EXPECT_THAT(refusal(std::string(5000, 'a')), HasSubstr("4"));
}

TEST_F(KeyFile, IsForItsUserAlone) {
    const Result<std::string> key = readApiKey(
        write("0123456789abcdef", perms::owner_read | perms::owner_write | perms::group_read));
    ASSERT_FALSE(key.ok());
    EXPECT_THAT(key.error().message, HasSubstr("that other users may read; chmod 600 it"));
}

TEST(ApiKey, IsSentAsABearer) {
    EXPECT_TRUE(hasKey("Bearer 0123456789abcdef", "0123456789abcdef"));
    EXPECT_TRUE(hasKey("bearer 0123456789abcdef", "0123456789abcdef"));
    for (const char* wrong : {"", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdeg",
                              "Bearer 0123456789abcdef0123456789abcdef", "Basic 0123456789abcdef",
                              "0123456789abcdef", "Bearer  0123456789abcdef"})
        EXPECT_FALSE(hasKey(wrong, "0123456789abcdef")) << wrong;
}

TEST(Loopback, IsKnownByItsNames) {
    for (const char* host :
         {"127.0.0.1", "127.0.0.1:8000", "localhost:80", "LOCALHOST", "[::1]:8000", "127.1.2.3"})
        EXPECT_TRUE(namesLoopback(host)) << host;
    for (const char* host : {"", "127.0.0.1.example.com:80", "example.com", "localhost.example.com",
                             "[2001:db8::1]:80", "0.0.0.0", "1127.0.0.1"})
        EXPECT_FALSE(namesLoopback(host)) << host;
}

}  // namespace
}  // namespace ringscope
