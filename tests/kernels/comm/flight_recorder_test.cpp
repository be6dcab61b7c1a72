// The flight recorder of this libtorch, read as `ringscope trace flight` reads it. With
// RINGSCOPE_WRITE_FLIGHT_DUMP=FILE the dump is kept: so tests/fixtures/trace/flight/gloo was made.
#include "backend/trace/flight/flight_report.h"
#include "kernels/comm/group.h"
#include "tests/kernels/comm/rank_threads.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <cstdlib>
#include <fstream>
#include <string>

// Of <torch/csrc/distributed/c10d/FlightRecorder.hpp>, which includes all of ATen.
namespace c10d {
std::string dump_fr_trace(bool includeCollectives, bool includeStackTraces, bool onlyActive);
}

namespace ringscope {
namespace {

using ::testing::Contains;
using testing::runRanks;

TEST(FlightRecorderOfTorch, IsReadWithItsGroupsOperationsAndSizes) {
    runRanks(2, [](Group& group) {
        at::Tensor all = at::zeros({2, 6});
        group.allGather(all, at::full({6}, 1.0))->wait();
        group.barrier();
    });
    const std::string bytes = c10d::dump_fr_trace(true, false, false);
    if (const char* file = std::getenv("RINGSCOPE_WRITE_FLIGHT_DUMP"); file != nullptr)
        std::ofstream(file, std::ios::binary) << bytes;
    Result<FlightDump> dump = parseFlightDump(bytes);
    ASSERT_TRUE(dump.ok()) << dump.error().message;
    EXPECT_TRUE(dump->version.starts_with("2.")) << dump->version;
    std::vector<std::string> calls;
    for (const FlightEntry& entry : dump->entries)
        calls.push_back(entry.library + " " + entry.operation + " " + entry.inputWords());
    EXPECT_THAT(calls, Contains("gloo all_gather [6] Float"));
}

}  // namespace
}  // namespace ringscope
