#include "backend/serve/serving_figures.h"

#include <gmock/gmock.h>

#include <chrono>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(ServingFigures, CountDurationsUpToEachBound) {
    DurationCounts counts;
    counts.add(1ms);
    counts.add(30ms);
    counts.add(2min);
    const std::string text = counts.text("a_seconds", "An a.");
    EXPECT_THAT(text, HasSubstr("# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n"
                                "# HELP a_seconds An a.\n"));
    EXPECT_THAT(text, HasSubstr("a_seconds_bucket{le=\"0.001\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("a_seconds_bucket{le=\"0.025\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("a_seconds_bucket{le=\"0.05\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("a_seconds_bucket{le=\"60\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("a_seconds_bucket{le=\"+Inf\"} 3\na_seconds_count 3\n"
                                "a_seconds_sum 120.031\n"));
}

TEST(ServingFigures, SayWhatWasDone) {
    ServingFigures figures;
    figures.answers[{"/v1/completions", 200}] = 2;
    figures.answers[{"/v1/completions", 429}] = 1;
    figures.madeTokens = 17;
    figures.last = {.running = 3, .waiting = 4, .reserved = 96, .kept = 32};
    figures.foundTokens = 288;
    figures.room = {.capacity = 128, .cache = {4096}};
    const std::string text = figures.text();
    EXPECT_THAT(text, HasSubstr("ringscope_serve_requests_total{endpoint=\"/v1/completions\","
                                "status=\"429\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("# UNIT ringscope_serve_made_tokens tokens\n"));
    EXPECT_THAT(text, HasSubstr("ringscope_serve_made_tokens_total 17\n"));
    EXPECT_THAT(text, HasSubstr("ringscope_serve_waiting_texts 4\n"));
    EXPECT_THAT(text, HasSubstr("ringscope_serve_cache_reserved_tokens 96\n"));
    EXPECT_THAT(text, HasSubstr("ringscope_serve_cache_kept_tokens 32\n"));
    EXPECT_THAT(text, HasSubstr("ringscope_serve_found_prompt_tokens_total 288\n"));
    EXPECT_TRUE(text.ends_with("# EOF\n"));
}

}  // namespace
}  // namespace ringscope
