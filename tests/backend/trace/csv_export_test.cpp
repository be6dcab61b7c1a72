#include "backend/trace/csv_export.h"

#include "backend/core/files.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using test::TemporaryFolder;
using ::testing::HasSubstr;

// The table of a trace with one span of this name.
std::string tableWith(const std::string& name) {
    RankTrace rank;
    rank.names = {name};
    rank.spans = {{100, 250, {.kind = SpanKind::Compute}}};
    rank.spanNames = {0};
    Trace trace;
    trace.ranks = {rank};
    const TemporaryFolder folder;
    EXPECT_TRUE(writeTraceCsv(trace, folder.path() / "spans.csv").ok());
    return readFile(folder.path() / "spans.csv").value();
}

TEST(TraceCsv, IsALineForEachSpanBelowItsHead) {
    EXPECT_THAT(tableWith("gemm"), ::testing::StartsWith("rank,where,begin_ns,duration_ns,kind,"));
    EXPECT_THAT(tableWith("gemm"), HasSubstr("\n0,host,100,150,"));
    EXPECT_THAT(tableWith("gemm"), ::testing::EndsWith(",gemm\n"));
}

TEST(TraceCsv, QuotesANameThatHoldsAComma) {
    EXPECT_THAT(tableWith("gemm<4, 2>"), ::testing::EndsWith(",\"gemm<4, 2>\"\n"));
}

TEST(TraceCsv, LetsNoNameOfAnotherToolBeAFormula) {
    EXPECT_THAT(tableWith("=1+1"), ::testing::EndsWith(",'=1+1\n"));
    EXPECT_THAT(tableWith("@SUM(A1)"), ::testing::EndsWith(",'@SUM(A1)\n"));
    EXPECT_THAT(tableWith("=A1,B1"), ::testing::EndsWith(",\"'=A1,B1\"\n"));
}

}  // namespace
}  // namespace ringscope
