// The tokens that transformers goes on with, always the likeliest one
// (tests/peers/generate.py, tests/fixtures/generated.json).
#include "kernels/generate/cached_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/family_models.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope {
namespace {

// Where the two likeliest tokens are closer than this, rounding decides, and the texts part.
constexpr double smallestMargin = 1e-4;

nlohmann::json generatedBy(const std::string& family) {
    return nlohmann::json::parse(std::ifstream(RINGSCOPE_GENERATED)).at("models").at(family);
}

class GreedyFamily : public ::testing::TestWithParam<std::string> {};

TEST_P(GreedyFamily, GoesOnAsTransformersDoes) {
    const nlohmann::json expected = generatedBy(GetParam());
    const auto prompt = expected["prompt"].get<std::vector<std::int64_t>>();
    const auto wanted = expected["tokens"].get<std::vector<std::int64_t>>();
    const auto margins = expected["margins"].get<std::vector<double>>();
    const std::int64_t clear =
        std::ranges::find_if(margins, [](double each) { return each < smallestMargin; }) -
        margins.begin();
    EXPECT_GE(clear, 20) << "too few tokens to compare";

    RunConfig config = test::familyRun(GetParam(), NumberFormat::Fp32);
    config.train.batch = 1;
    std::vector<std::int64_t> found;
    test::runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(config, group, c10::Device(c10::kCPU)).value();
        at::Tensor logits = model->prefill(prompt, {.more = std::ssize(wanted)}).value();
        while (std::ssize(found) < clear) {
            found.push_back(logits.argmax(1).item<std::int64_t>());
            if (std::ssize(found) < clear) logits = model->decode({found.back()}).value();
        }
    });
    EXPECT_EQ(found, std::vector(wanted.begin(), wanted.begin() + clear));
}

INSTANTIATE_TEST_SUITE_P(Of, GreedyFamily, ::testing::ValuesIn(test::modelFamilies()),
                         test::familyTestName);

}  // namespace
}  // namespace ringscope
