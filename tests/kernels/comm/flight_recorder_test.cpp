// The flight recorder of this libtorch, read as `ringscope trace flight` reads it: the bytes are of
// torch's own pickler. Its process groups of Gloo write no entries (2.11), so those of
// tests/peers/flight_dumps.py stand for them.
#include "backend/trace/flight/flight_report.h"
#include "kernels/comm/group.h"
#include "tests/kernels/comm/rank_threads.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <string>

// Of <torch/csrc/distributed/c10d/FlightRecorder.hpp>, which includes all of ATen.
namespace c10d {
std::string dump_fr_trace(bool includeCollectives, bool includeStackTraces, bool onlyActive);
}

namespace ringscope {
namespace {

using test::runRanks;

TEST(FlightRecorderOfTorch, IsReadAsItDumps) {
    runRanks(2, [](Group& group) {
        at::Tensor all = at::zeros({2, 6});
        group.allGather(all, at::full({6}, 1.0))->wait();
    });
    const Result<FlightDump> dump = parseFlightDump(c10d::dump_fr_trace(true, false, false));
    ASSERT_TRUE(dump.ok()) << dump.error().message;
    EXPECT_TRUE(dump->version.starts_with("2.")) << dump->version;
    for (const FlightEntry& entry : dump->entries) EXPECT_EQ(entry.library, "gloo");
}

}  // namespace
}  // namespace ringscope
