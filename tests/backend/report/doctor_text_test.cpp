#include "backend/report/doctor_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

HostCheck ready() {
    return {.name = "node1",
            .slots = 2,
            .label = "node1:2",
            .address = "10.0.0.1",
            .version = "ringscope 0.1.0",
            .cores = 16,
            .gpus = 4,
            .reachesRankZero = true,
            .clock = ClockOffset{.ms = -0.25, .errorMs = 0.5}};
}

HostCheck unreachable() {
    return {.name = "node2", .label = "node2", .problem = "ssh: connection refused"};
}

const std::vector<DoctorCheck> threeChecks = {
    {.name = "store", .state = CheckState::Ok, .detail = "/x/ringscope.db"},
    {.name = "gpu", .state = CheckState::Absent, .detail = "none: ranks compute on the CPU"},
    {.name = "launch", .state = CheckState::Failed, .detail = "no ringscope-rank"}};

TEST(DoctorText, HasALineForEachCheck) {
    EXPECT_EQ(doctorText(threeChecks),
              "ok      store      /x/ringscope.db\n"
              "absent  gpu        none: ranks compute on the CPU\n"
              "FAIL    launch     no ringscope-rank\n");
    EXPECT_EQ(doctorText({}), "");
}

TEST(DoctorJson, IsOkWhereNoCheckFailed) {
    const json bad = json::parse(doctorJson(threeChecks));
    EXPECT_EQ(bad["schema_version"], 2);
    EXPECT_EQ(bad["ok"], false);
    EXPECT_TRUE(bad["version"].is_string());
    EXPECT_EQ(
        bad["checks"][0],
        (json{{"name", "store"}, {"ok", true}, {"state", "ok"}, {"detail", "/x/ringscope.db"}}));
    EXPECT_EQ(bad["checks"][2]["state"], "failed");
    const json good = json::parse(doctorJson({threeChecks[0], threeChecks[1]}));
    EXPECT_EQ(good["ok"], true);
    EXPECT_EQ(good["checks"][1]["ok"], false);
    EXPECT_EQ(good["checks"][1]["state"], "absent");
}

TEST(HostsText, SaysOfEachHostWhatARunNeedsToKnow) {
    const std::string text = hostsText({ready()});
    EXPECT_THAT(text, HasSubstr("ok    node1:2      2     16     4  10.0.0.1              "
                                "-0.2 ± 0.5 ms  there\n"));
    EXPECT_THAT(text, HasSubstr("every host reaches a port of node1, where rank 0 will be\n"));
}

TEST(HostsText, NamesWhatStandsInTheWay) {
    const std::string text = hostsText({ready(), unreachable()});
    EXPECT_THAT(text, HasSubstr("FAIL  node2        –      0     0"));
    EXPECT_THAT(text, HasSubstr("\nnode2: ssh: connection refused\n"));
    EXPECT_THAT(text, Not(HasSubstr("every host reaches")));
}

TEST(HostsJson, HasNullForAClockThatWasNotCompared) {
    const json object = json::parse(hostsJson({ready(), unreachable()}));
    EXPECT_EQ(object["ok"], false);
    EXPECT_EQ(object["hosts"][0]["clock"]["offset_ms"], -0.25);
    EXPECT_EQ(object["hosts"][0]["reaches_rank_0"], true);
    EXPECT_TRUE(object["hosts"][1]["clock"].is_null());
    EXPECT_EQ(object["hosts"][1]["problem"], "ssh: connection refused");
    for (const char* key :
         {"name", "slots", "ok", "address", "version", "copied", "libtorch", "cores", "gpus"})
        EXPECT_TRUE(object["hosts"][1].contains(key)) << key;
}

TEST(VersionJson, NamesTheProgramAndWhatItsLinesSpeak) {
    const json object = json::parse(versionJson());
    EXPECT_EQ(object["schema_version"], 2);
    EXPECT_TRUE(object["ringscope"].is_string());
    EXPECT_TRUE(object["protocol"].is_number_integer());
}

}  // namespace
}  // namespace ringscope
