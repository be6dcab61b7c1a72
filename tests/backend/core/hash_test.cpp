#include "backend/core/base64.h"
#include "backend/core/sha256.h"

#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

TEST(Sha256, MeetsThePublishedExamples) {
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Base64, MeetsThePublishedExamplesAndReadsBack) {
    EXPECT_EQ(toBase64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(toBase64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(toBase64("foob"), "Zm9vYg==");
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
        EXPECT_EQ(fromBase64(toBase64(all)), all);
    }
    for (const char* broken : {"A", "AAA", "A===", "AA=A", "AA\nA", "====AAAA"})
        EXPECT_FALSE(fromBase64(broken)) << broken;
}

}  // namespace
}  // namespace ringscope
