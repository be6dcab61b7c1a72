// The tiny models of tests/fixtures/models, as runs.
#pragma once

#include "backend/config/run_config.h"
#include "kernels/data/token_batch.h"

#include <gtest/gtest.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::test {

std::vector<std::string> modelFamilies();  // the folders' names, in ascending order
std::filesystem::path modelFolder(const std::string& family);

// What a test of one is called: "deepseek_v3".
std::string familyTestName(const ::testing::TestParamInfo<std::string>& info);

// The folder's model over its two sequences, as the oracle trains it; on one rank.
RunConfig familyRun(const std::string& family, NumberFormat precision, std::int64_t steps = 3);
TokenBatch familyBatch(const std::string& family);

}  // namespace ringscope::test
