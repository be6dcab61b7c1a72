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

TEST(DoctorText, HasALineForEachCheck) {
    EXPECT_EQ(doctorText({{.name = "store", .ok = true, .detail = "/x/ringscope.db"},
                          {.name = "launch", .ok = false, .detail = "no ringscope-rank"}}),
              "ok    store      /x/ringscope.db\nFAIL  launch     no ringscope-rank\n");
    EXPECT_EQ(doctorText({}), "");
}

TEST(DoctorJson, IsOkWhereEveryCheckIs) {
    const json good = json::parse(doctorJson({{.name = "a", .ok = true, .detail = "d"}}));
    EXPECT_EQ(good["schema_version"], 1);
    EXPECT_EQ(good["ok"], true);
    EXPECT_TRUE(good["version"].is_string());
    EXPECT_EQ(good["checks"][0], (json{{"name", "a"}, {"ok", true}, {"detail", "d"}}));
    EXPECT_EQ(json::parse(doctorJson({{.name = "a", .ok = false, .detail = ""}}))["ok"], false);
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
    EXPECT_EQ(object["schema_version"], 1);
    EXPECT_TRUE(object["ringscope"].is_string());
    EXPECT_TRUE(object["protocol"].is_number_integer());
}

}  // namespace
}  // namespace ringscope
