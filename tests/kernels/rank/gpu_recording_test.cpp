// profile.cupti where there is no GPU; tests/profiler has those of CUPTI itself.
#include "kernels/rank/gpu_recording.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

const c10::Device cpu(c10::kCPU);

TEST(GpuRecording, IsOffWhereItIsNotWanted) {
    const Result<GpuRecording> recording =
        GpuRecording::prepare(CuptiUse::Off, c10::Device(c10::kCUDA, 0));
    ASSERT_TRUE(recording.ok());
    EXPECT_FALSE(recording->on());
    EXPECT_EQ(recording->state(), "off: profile.cupti is off");
}

TEST(GpuRecording, IsOffOnACpuAndSaysSo) {
    const Result<GpuRecording> recording = GpuRecording::prepare(CuptiUse::Auto, cpu);
    ASSERT_TRUE(recording.ok());
    EXPECT_FALSE(recording->on());
    EXPECT_EQ(recording->state(), "off: the run's device is cpu");
}

TEST(GpuRecording, FailsOnACpuWhereItIsWanted) {
    const Result<GpuRecording> recording = GpuRecording::prepare(CuptiUse::On, cpu);
    ASSERT_FALSE(recording.ok());
    EXPECT_EQ(recording.error().message,
              "profile.cupti is on, but the run's device is cpu; set it to auto or off");
}

TEST(GpuRecording, ThatIsOffRecordsNothing) {
    GpuRecording recording = GpuRecording::prepare(CuptiUse::Auto, cpu).value();
    EXPECT_TRUE(recording.begin().ok());
    const Result<GpuActivity> activity = recording.end();
    ASSERT_TRUE(activity.ok());
    EXPECT_TRUE(activity->streams.empty());
    EXPECT_TRUE(activity->host.empty());
}

}  // namespace
}  // namespace ringscope
