#include "tests/kernels/train/family_models.h"

#include "backend/model/checkpoint.h"
#include "backend/model/npy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringscope::test {
namespace fs = std::filesystem;

fs::path modelFolder(const std::string& family) { return fs::path(RINGSCOPE_MODELS) / family; }

std::vector<std::string> modelFamilies() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(RINGSCOPE_MODELS))
        if (entry.is_directory()) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

RunConfig familyRun(const std::string& family, NumberFormat precision, std::int64_t steps) {
    RunConfig config;
    const Result<Checkpoint> checkpoint = Checkpoint::open(modelFolder(family));
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    if (!checkpoint.ok()) return config;
    config.model = checkpoint->description().model;
    config.attention = checkpoint->description().attention;
    config.model.from = modelFolder(family).string();
    config.train.seqLen = 24;
    config.train.batch = 2;
    config.train.steps = steps;
    config.train.warmupSteps = 0;
    config.train.precision = precision;
    config.train.lr = 1e-2;
    config.train.gradClip = 0;
    config.parallel.mode = "none";
    config.parallel.sp = 1;
    return config;
}

TokenBatch familyBatch(const std::string& family) {
    const NpyIntegers tokens = readNpyIntegers(modelFolder(family) / "tokens.npy").value();
    TokenBatch batch{.rows = tokens.shape[0], .tokens = tokens.shape[1], .inputs = tokens.values};
    for (std::size_t token = 0; token < tokens.values.size(); ++token) {
        const bool last = (static_cast<std::int64_t>(token) + 1) % batch.tokens == 0;
        batch.labels.push_back(last ? ignoredLabel : tokens.values[token + 1]);
    }
    return batch;
}

std::string familyTestName(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace ringscope::test
