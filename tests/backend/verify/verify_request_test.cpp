#include "backend/verify/verify_request.h"

#include "backend/verify/tolerance.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

VerifyRequest sample() {
    VerifyRequest request{.modes = {"ring", "usp"}, .ranks = 6, .device = DeviceChoice::Cuda};
    request.problem.type = NumberFormat::Bf16;
    request.problem.documents = {0, 100, 1024};
    request.dump = "/tmp/a \"dump\"";
    return request;
}

TEST(VerifyRequest, TravelsAsOneLineOfTextUnchanged) {
    const std::string text = requestText(sample());
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const std::optional<VerifyRequest> back = requestFromText(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->problem, sample().problem);
    EXPECT_EQ(back->modes, sample().modes);
    EXPECT_EQ(back->ranks, 6);
    EXPECT_EQ(back->device, DeviceChoice::Cuda);
    EXPECT_EQ(back->dump, sample().dump);
}

TEST(VerifyRequest, CarriesALayoutThatIsNotTheModes) {
    VerifyRequest request = sample();
    request.layout = {.order = TokenOrder::Hilbert, .image = {8, 16}};
    const std::optional<VerifyRequest> back = requestFromText(requestText(request));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->layout.order, TokenOrder::Hilbert);
    EXPECT_EQ(back->layout.image, (std::vector<std::int64_t>{8, 16}));
    EXPECT_TRUE(requestFromText(requestText(sample()))->layout.isModes());
}

// As version 0.1.0 wrote it.
TEST(VerifyRequest, IsReadAsItWasRecorded) {
    const std::optional<VerifyRequest> request = requestFromText(
        R"({"case":{"B":1,"D":64,"Hk":4,"Hq":8,"S":1024,"alibi":false,"causal":true,)"
        R"("documents":[],"dropout":0.0,"dtype":"fp16","scale":null,"seed":0,"softcap":null,)"
        R"("window":null},"device":"cpu","dump":"","modes":["zigzag"],"ranks":4})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->problem.type, NumberFormat::Fp16);
    EXPECT_EQ(request->device, DeviceChoice::Cpu);
}

TEST(VerifyRequest, IsNothingWhereAMemberIsMissingOrNoneOfOurs) {
    const nlohmann::json good = nlohmann::json::parse(requestText(sample()));
    for (const auto& [name, value] : good.items()) {
        nlohmann::json without = good;
        without.erase(name);
        EXPECT_FALSE(requestFromText(without.dump())) << name;
    }
    nlohmann::json other = good;
    other["device"] = "tpu";
    EXPECT_FALSE(requestFromText(other.dump()));
    other = good;
    other["case"]["dtype"] = "fp8";
    EXPECT_FALSE(requestFromText(other.dump()));
    for (const char* text : {"", "null", "[]", "{", "yaml: true"})
        EXPECT_FALSE(requestFromText(text)) << text;
}

TEST(VerifyRequest, RunsOnOneRankWhatIsNotSharded) {
    EXPECT_EQ(ranksOf(*findMode("none"), 8), 1);
    EXPECT_EQ(ranksOf(*findMode("ring"), 8), 8);
}

TEST(VerifyRequest, PlansBytesOfItsNumberFormat) {
    VerifyRequest request = sample();
    request.problem.documents = {};
    const auto sent = [&](NumberFormat type) {
        request.problem.type = type;
        return sentBytes(planMode(*findMode("ulysses"), request).value(), 0);
    };
    request.ranks = 4;
    EXPECT_EQ(sent(NumberFormat::Fp32), 2 * sent(NumberFormat::Bf16));
    EXPECT_EQ(sent(NumberFormat::Fp64), 2 * sent(NumberFormat::Fp32));
}

TEST(VerifyRequest, WaitsLongerForMoreWorkAndNeverForever) {
    AttentionCase problem;
    auto last = patience(problem);
    EXPECT_GE(last, std::chrono::minutes(3));
    for (const std::int64_t tokens : {1LL << 14, 1LL << 18, 1LL << 24}) {
        problem.tokens = tokens;
        EXPECT_GE(patience(problem), last);
        last = patience(problem);
    }
    EXPECT_LE(last, std::chrono::hours(24 * 30));
}

TEST(Tolerance, GrowsAsNumbersGetCoarser) {
    const auto row = [](NumberFormat format) { return toleranceOf(format); };
    using enum NumberFormat;
    for (const auto& [finer, coarser] : {std::pair{Fp64, Fp32}, {Fp32, Fp16}, {Fp16, Bf16}}) {
        EXPECT_LT(row(finer).floor, row(coarser).floor) << nameOf(finer);
        EXPECT_LT(row(finer).ceiling, row(coarser).ceiling) << nameOf(finer);
        EXPECT_LT(row(finer).rounding, row(coarser).rounding) << nameOf(finer);
    }
    for (const NumberFormatRow& format : numberFormats)
        EXPECT_LT(toleranceOf(format.value).floor, toleranceOf(format.value).ceiling);
}

}  // namespace
}  // namespace ringscope
