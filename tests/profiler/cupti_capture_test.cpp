#include "profiler/cupti_capture.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

#ifdef RINGSCOPE_TEST_WITHOUT_CUPTI
TEST(CuptiCapture, OfABuildWithoutCudaSaysSo) {
    const auto capture = CuptiCapture::start();
    ASSERT_FALSE(capture.ok());
    EXPECT_EQ(capture.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(capture.error().message,
              "this build has no CUPTI; build with RINGSCOPE_CUDA=ON to record GPU activity");
}
#else
// On a machine with a GPU the same two starts succeed: then the first gave CUPTI back.
TEST(CuptiCapture, StartsAgainOrSaysInOneSentenceWhyNot) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto capture = CuptiCapture::start();
        if (capture.ok()) {
            EXPECT_EQ(CuptiCapture::start().error().code, ErrorCode::Unavailable)
                << "one tool per process";
            continue;
        }
        EXPECT_EQ(capture.error().code, ErrorCode::Unavailable);
        EXPECT_THAT(capture.error().message,
                    ::testing::AnyOf(::testing::StartsWith("there is no GPU here: "),
                                     ::testing::StartsWith("libcupti is version "),
                                     ::testing::StartsWith("another tool uses CUPTI "),
                                     ::testing::StartsWith("CUPTI cannot ")));
    }
}
#endif

}  // namespace
}  // namespace ringscope
