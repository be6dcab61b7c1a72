// profile.cupti on this rank: whether the GPU's own records are taken, and from which step to
// which.
#pragma once

#include "backend/config/choices.h"
#include "backend/core/result.h"
#include "profiler/cupti_capture.h"

#include <c10/core/Device.h>
#include <memory>
#include <string>

namespace ringscope {

class GpuRecording {
public:
    // Tries CUPTI once, which also takes its first, slow start out of
    // the recorded steps. An Error only where GPU activity cannot be recorded and
    // `wanted` is On.
    static Result<GpuRecording> prepare(CuptiUse wanted, c10::Device device);

    // Before the GPU is used: the segments that are taken from its driver from now on will be in
    // end()'s answer. Where that cannot be, prepare() says why.
    static void watchSegments(CuptiUse wanted, c10::Device device);

    // "on", or "off: " and why: what the trace's header says.
    const std::string& state() const { return state_; }
    bool on() const { return state_ == "on"; }

    Result<void> begin();
    // Waits for the device. Nothing happened where begin() was not called.
    Result<GpuActivity> end();

private:
    GpuRecording(std::string state, c10::Device device)
        : state_(std::move(state)), device_(device) {}

    std::string state_;
    c10::Device device_;
    std::unique_ptr<CuptiCapture> capture_{};
};

}  // namespace ringscope
