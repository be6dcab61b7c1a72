#include "backend/generate/end_tokens.h"

#include "tests/support/program.h"

#include <gmock/gmock.h>

#include <fstream>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EndTokens : public ::testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder.path() / name) << text;
    }
    test::TemporaryFolder folder;
};

TEST_F(EndTokens, AreThoseOfTheGenerationFileBeforeThoseOfTheModel) {
    EXPECT_THAT(endTokensOf(folder.path()).value(), IsEmpty());
    write("config.json", R"({"eos_token_id": 2})");
    EXPECT_THAT(endTokensOf(folder.path()).value(), ElementsAre(2));
    write("generation_config.json", R"({"do_sample": true})");
    EXPECT_THAT(endTokensOf(folder.path()).value(), ElementsAre(2));
    write("generation_config.json", R"({"eos_token_id": [151645, 151643]})");
    EXPECT_THAT(endTokensOf(folder.path()).value(), ElementsAre(151645, 151643));
}

TEST_F(EndTokens, SaysWhichFileHasSomethingElse) {
    write("config.json", R"({"eos_token_id": "</s>"})");
    EXPECT_THAT(endTokensOf(folder.path()).error().message,
                ::testing::HasSubstr("config.json: eos_token_id is \"</s>\"; expected a token id"));
    write("config.json", R"({"eos_token_id": null})");
    EXPECT_THAT(endTokensOf(folder.path()).value(), IsEmpty());
}

}  // namespace
}  // namespace ringscope
