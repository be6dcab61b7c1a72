#include "kernels/rank/gpu_recording.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <utility>

namespace ringscope {

Result<GpuRecording> GpuRecording::prepare(CuptiUse wanted, c10::Device device) {
    const auto off = [&](const std::string& why) -> Result<GpuRecording> {
        if (wanted == CuptiUse::On)
            return Error{ErrorCode::Unavailable,
                         "profile.cupti is on, but " + why + "; set it to auto or off"};
        return GpuRecording("off: " + why, device);
    };
    if (wanted == CuptiUse::Off) return off("profile.cupti is off");
    if (!device.is_cuda()) return off("the run's device is " + device.str());
    const Result<std::unique_ptr<CuptiCapture>> attempt = CuptiCapture::start();
    if (!attempt.ok()) return off(attempt.error().message);
    return GpuRecording("on", device);
}

void GpuRecording::watchSegments(CuptiUse wanted, c10::Device device) {
    if (wanted == CuptiUse::Off || !device.is_cuda()) return;
    [[maybe_unused]] const Result<void> watching = CuptiCapture::watchMemory();
}

Result<void> GpuRecording::begin() {
    if (!on()) return {};
    RINGSCOPE_TRY(capture_, CuptiCapture::start());
    return {};
}

Result<GpuActivity> GpuRecording::end() {
    const std::unique_ptr<CuptiCapture> capture = std::move(capture_);
    if (!capture) return GpuActivity{};
    c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
    return capture->stop();
}

}  // namespace ringscope
