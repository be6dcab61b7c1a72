#include "backend/report/verify_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ModeVerdict judged(const std::string& mode, bool ok) {
    ModeVerdict verdict{.mode = mode, .ranks = 4, .ok = ok, .judged = true, .bytesSent = 2048};
    for (TensorVerdict& tensor : verdict.tensors) {
        tensor.maxError = 1e-6;
        tensor.tolerance = 4e-6;
        tensor.worstSlice.error = 1e-7;
        tensor.sliceTolerance = 1e-6;
    }
    if (!ok) verdict.reason = "dq differs";
    return verdict;
}

ModeVerdict refused(const std::string& mode) {
    return {.mode = mode, .ranks = 4, .refused = true, .reason = "needs 8 chunks"};
}

TEST(VerdictWord, TellsWhatWasRefusedFromWhatIsWrong) {
    EXPECT_EQ(verdictWord(judged("ring", true)), "ok");
    EXPECT_EQ(verdictWord(judged("ring", false)), "MISMATCH");
    EXPECT_EQ(verdictWord(refused("ring")), "refused");
}

TEST(VerifyTable, HasAColumnForEachResultAndTheLargestShareOfATolerance) {
    const std::string table = verifyTable({judged("ring", true)});
    EXPECT_THAT(table, StartsWith("mode  ranks  verdict        out       lse        dq        dk"
                                  "        dv  tolerance       sent  probe\n"
                                  "ring      4  ok         1.0e-06   1.0e-06 "));
    EXPECT_THAT(table, HasSubstr("     25 %   2.00 KiB  \n"));
}

TEST(VerifyTable, CountsWhatIsRightWrongAndRefused) {
    const std::string table =
        verifyTable({judged("ring", true), judged("zigzag", false), refused("ulysses")});
    EXPECT_THAT(table, HasSubstr("\n  dq differs\n"));
    EXPECT_THAT(table, HasSubstr("\nulysses      4  refused   needs 8 chunks\n"));
    EXPECT_THAT(table, EndsWith("1 of 3 modes computes unsharded attention, forward and backward; "
                                "1 refused; 1 did not.\n"));
}

TEST(VerifyTable, ExplainsNoFiguresWhereThereAreNone) {
    EXPECT_THAT(verifyTable({refused("ring")}), Not(HasSubstr("Largest absolute differences")));
    EXPECT_THAT(verifyTable({}), EndsWith("probe\n"));
}

TEST(VerifyTable, DoesNotWriteAShareThatIsNoNumber) {
    ModeVerdict verdict = judged("ring", false);
    verdict.tensors[0].tolerance = 0;
    EXPECT_THAT(verifyTable({verdict}), HasSubstr("> 100 ×"));
}

TEST(VerifyJson, HasTheKeysOfItsSchema) {
    const VerifyRequest request{.problem = {}, .ranks = 4, .device = DeviceChoice::Cpu};
    const VerifyOutcome outcome{.verdicts = {judged("ring", true), refused("ulysses")},
                                .peakMemory = {4096}};
    const std::string text = verifyJson(request, outcome, 8);
    EXPECT_THAT(text, EndsWith("}\n"));
    const nlohmann::json object = nlohmann::json::parse(text);
    EXPECT_EQ(object["schema_version"], 2);
    EXPECT_EQ(object["device"], "cpu");
    EXPECT_EQ(object["peak_bytes"], 4096);
    EXPECT_EQ(object["exit_code"], 8);
    ASSERT_EQ(object["cases"].size(), 2U);
    EXPECT_EQ(object["cases"][1]["refused"], true);
    EXPECT_TRUE(object["case"].is_object());
}

}  // namespace
}  // namespace ringscope
