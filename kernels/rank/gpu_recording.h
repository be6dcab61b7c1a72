// profile.cupti on this rank: the GPU's own records of the recorded steps.
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
    // Starts CUPTI once to see whether it works; its first start is slow and would otherwise fall
    // into the recorded steps. Fails only where it does not work and `wanted` is On.
    static Result<GpuRecording> prepare(CuptiUse wanted, c10::Device device);

    // Must be called before the GPU is used: end() then returns the segments taken from its driver
    // from now on. Where that is impossible, prepare() says why.
    static void watchSegments(CuptiUse wanted, c10::Device device);

    // "on", or "off: " and the reason. Stands in the trace's header.
    const std::string& state() const { return state_; }
    bool on() const { return state_ == "on"; }

    Result<void> begin();
    // Waits for the device. Empty where begin() was not called.
    Result<GpuActivity> end();

private:
    GpuRecording(std::string state, c10::Device device)
        : state_(std::move(state)), device_(device) {}

    std::string state_;
    c10::Device device_;
    std::unique_ptr<CuptiCapture> capture_{};
};

}  // namespace ringscope
