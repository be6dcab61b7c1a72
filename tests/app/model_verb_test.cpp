// model: what a model is and costs.
#include "app/cli/command.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace ringscope::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelVerb : public CommandLineTest {
protected:
    static std::string fixture(const std::string& name) {
        return std::string(RINGSCOPE_MODEL_FIXTURES) + "/" + name;
    }
};

TEST_F(ModelVerb, ShowsAFolderWithoutAStore) {
    const Ran ran = run({"model", "show", fixture("gemma2")});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("Gemma 2 (gemma2)"));
    EXPECT_THAT(ran.out, HasSubstr("see 5 tokens before their own"));
    EXPECT_THAT(ran.err, IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(ModelVerb, ShowsTheModelOfARun) {
    const RunRecord ring = addRun("ring");
    const Ran ran = run({"model", "show", "--json"});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    const json object = json::parse(ran.out);
    EXPECT_EQ(object["name"], ring.name);
    EXPECT_EQ(object["model"]["layers"], ring.config.model.layers);
    EXPECT_TRUE(object["family"].is_null());
}

TEST_F(ModelVerb, AsksForOneRunWhereModelsDiffer) {
    const RunRecord ring = addRun("ring");
    addRun("zigzag");
    EXPECT_EQ(run({"model", "show"}).exit, cli::Ok);
    RunRecord wider = ring;
    wider.id = RunId::random();
    wider.config.model.hiddenSize *= 2;
    wider.name += "-wider";
    ASSERT_TRUE(open()->created(wider).ok());
    ASSERT_TRUE(open()->ended(wider).ok());
    const Ran ran = run({"model", "show", "@last"});
    EXPECT_EQ(ran.exit, cli::NotFound);
    EXPECT_THAT(ran.err, HasSubstr("runs of different models"));
    EXPECT_THAT(ran.err, HasSubstr("; name one run"));
}

TEST_F(ModelVerb, SaysWhatIsNoModel) {
    const Ran none = run({"model", "show", at("none/")});
    EXPECT_EQ(none.exit, cli::NotFound);
    EXPECT_THAT(none.err, HasSubstr("config.json': No such file or directory"));
    std::filesystem::create_directory(at("broken"));
    write("broken/config.json", R"({"model_type": "lama"})");
    const Ran broken = run({"model", "show", at("broken")});
    EXPECT_EQ(broken.exit, cli::BadConfig);
    EXPECT_THAT(broken.err, HasSubstr("models of the type 'lama' are not known, did you mean "
                                      "'llama'?"));
    write("broken/config.json", std::string("{\"\x1b[31m\": 1, \"model_type\": \"llama\"}"));
    EXPECT_EQ(run({"model", "show", at("broken")}).err.find('\x1b'), std::string::npos);
}

TEST_F(ModelVerb, ListsTheComponents) {
    EXPECT_THAT(run({"model", "components"}).out, HasSubstr("model.expert_group_score\n"));
    EXPECT_TRUE(json::parse(run({"model", "components", "--json"}).out)["components"].is_array());
}

}  // namespace
}  // namespace ringscope::test
