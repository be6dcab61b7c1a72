// `ringscope migrate` as a user types it: files, exit codes, and a source that stays as it was.
#include "backend/core/files.h"
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <filesystem>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;

const std::string oldConfig =
    "model_name_or_path: /models/mine  # unknown\n"
    "stage: sft\nfinetuning_type: full\n"
    "sequence_parallel_size: 2\ncutoff_len: 512\n"
    "per_device_train_batch_size: 1\nmax_steps: 2\nneat_packing: true\n";

std::string content(const fs::path& file) { return readFile(file).value(); }

class Migrating : public ::testing::Test {
protected:
    Ended migrate(std::vector<std::string> more) const {
        more.insert(more.begin(), {"migrate", source.string()});
        Ended ended = cli.run(more);
        EXPECT_EQ(content(source), oldConfig) << "the source was changed";
        return ended;
    }

    Cli cli;
    fs::path source = cli.write("old.yaml", oldConfig);
    fs::path target = cli.folder() / "new.yaml";
};

TEST_F(Migrating, AsksForDecisionsWithExitCodeEightAndWritesNothing) {
    const Ended ended = migrate({"-o", target.string()});
    EXPECT_EQ(ended.exitCode, 8);
    EXPECT_NE(ended.err.find("decisions are open: packing, model"), std::string::npos);
    EXPECT_FALSE(fs::exists(target));
}

TEST_F(Migrating, WritesAnExperimentThatIsValid) {
    const Ended ended =
        migrate({"-o", target.string(), "--decide", "model=nano", "--decide", "packing=apart"});
    EXPECT_EQ(ended.exitCode, 0) << ended.err;
    EXPECT_EQ(ended.out, target.string() + "\n");
    EXPECT_EQ(cli.run({"config", "validate", target.string()}).exitCode, 0);
}

TEST_F(Migrating, PrintsTheExperimentWhereNoOutputIsNamed) {
    const Ended ended = migrate({"--accept-defaults", "-q"});
    EXPECT_EQ(ended.exitCode, 0);
    EXPECT_TRUE(ended.out.starts_with("# Made by `ringscope migrate` from old.yaml"));
    EXPECT_EQ(ended.err, "");
}

TEST_F(Migrating, ReplacesAnotherFileOnlyWhenForced) {
    cli.write("new.yaml", "mine: true\n");
    const Ended refused = migrate({"-o", target.string(), "--accept-defaults"});
    EXPECT_EQ(refused.exitCode, 3);
    EXPECT_NE(refused.err.find("-mine: true"), std::string::npos) << "shows what would be lost";
    EXPECT_NE(refused.err.find("--force"), std::string::npos);
    EXPECT_EQ(content(target), "mine: true\n");

    EXPECT_EQ(migrate({"-o", target.string(), "--accept-defaults", "--force"}).exitCode, 0);
    const auto written = fs::last_write_time(target);
    EXPECT_EQ(migrate({"-o", target.string(), "--accept-defaults"}).exitCode, 0);
    EXPECT_EQ(fs::last_write_time(target), written) << "an equal output is left alone";
}

TEST_F(Migrating, NeverWritesOverTheSource) {
    fs::create_symlink(source, cli.folder() / "link.yaml");
    for (const fs::path& name : {source, cli.folder() / "link.yaml"}) {
        EXPECT_EQ(migrate({"-o", name.string(), "--accept-defaults", "--force"}).exitCode, 3);
        EXPECT_TRUE(fs::is_symlink(cli.folder() / "link.yaml"));
    }
    fs::rename(source, cli.folder() / "old.json");
    const Ended ended = cli.run({"migrate", "old.json", "--report", "old.json"});
    EXPECT_EQ(ended.exitCode, 2);
    EXPECT_EQ(content(cli.folder() / "old.json"), oldConfig);
    fs::rename(cli.folder() / "old.json", source);
}

TEST_F(Migrating, PrintsOneJsonObject) {
    const nlohmann::json object = cli.json({"migrate", source.string(), "--json"});
    EXPECT_EQ(object["schema_version"], 1);
    EXPECT_EQ(object["source"]["kind"], "360-llama-factory");
    EXPECT_EQ(object["decisions"].size(), 2U);
    EXPECT_EQ(object["changed"], true);
    EXPECT_EQ(object["keys"][3]["path"], "sequence_parallel_size");
    EXPECT_EQ(object["keys"][3]["line"], 4);
    EXPECT_EQ(object["keys"][3]["new_path"], "parallel.sp");
}

TEST_F(Migrating, OfItsOwnOutputChangesNothing) {
    ASSERT_EQ(migrate({"-o", target.string(), "--accept-defaults"}).exitCode, 0);
    const nlohmann::json object = cli.json({"migrate", target.string(), "--json"});
    EXPECT_EQ(object["changed"], false);
    EXPECT_EQ(object["experiment"], content(target));
}

TEST_F(Migrating, WritesReports) {
    for (const char* name : {"r.md", "r.html", "r.json"}) {
        const fs::path report = cli.folder() / name;
        EXPECT_EQ(migrate({"--accept-defaults", "--report", report.string()}).exitCode, 0);
        EXPECT_NE(content(report).find("sequence_parallel_size"), std::string::npos) << name;
    }
    EXPECT_EQ(migrate({"--report", "r.pdf"}).exitCode, 2);
}

TEST_F(Migrating, RefusesAnswersThatFitNothing) {
    for (const char* answer : {"packing=up", "colour=red", "packing", "=apart"}) {
        const Ended ended = migrate({"--decide", answer});
        EXPECT_EQ(ended.exitCode, 2) << answer;
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
    }
}

TEST_F(Migrating, OfWhatCannotBeReadIsOneSentence) {
    cli.write("broken.yaml", "stage: [sft\n");
    cli.write("twice.yaml", "stage: sft\nstage: sft\n");
    cli.write("junk.yaml", std::string("\x7f"
                                       "ELF\x02\x01\x01\0\0",
                                       9));
    for (const std::string name :
         {"broken.yaml", "twice.yaml", "junk.yaml", "none.yaml", "/dev/null"}) {
        const Ended ended = cli.run({"migrate", name, "--json"});
        EXPECT_EQ(ended.exitCode, name == "none.yaml" ? 4 : 3) << name;
        EXPECT_EQ(ended.out, "") << name;
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
    }
    EXPECT_EQ(content(cli.folder() / "broken.yaml"), "stage: [sft\n");
}

TEST_F(Migrating, OfAFolderGoesOnAfterAFileThatCannotBeRead) {
    cli.write("broken.yaml", "stage: [sft\n");
    const Ended ended = cli.run({"migrate", ".", "--json", "--accept-defaults"});
    EXPECT_EQ(ended.exitCode, 3) << ended.err;
    EXPECT_NE(ended.out.find("\"error\": \"./broken.yaml:2:1: not YAML"), std::string::npos);
    EXPECT_NE(ended.out.find("\"new_path\": \"parallel.sp\""), std::string::npos) << ended.out;
}

}  // namespace
}  // namespace ringscope::test
