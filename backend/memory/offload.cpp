#include "backend/memory/offload.h"

#include "backend/plan/memory_zero.h"

namespace ringscope {
namespace {

constexpr std::int64_t fileUnit = 4096;  // as kernels/device/async_file.h has them
constexpr std::int64_t lanes = 2;

bool offloadsToDisk(const RunPlan& plan) {
    return plan.config.memory.offloadActivations == OffloadPlace::Disk;
}

std::int64_t inputSpace(const RunPlan& plan) {
    return (layerInputBytes(plan) + fileUnit - 1) / fileUnit * fileUnit;
}

}  // namespace

std::int64_t offloadFileBytes(const RunPlan& plan) {
    return offloadsToDisk(plan) ? keptLayerInputs(plan) * inputSpace(plan) : 0;
}

std::int64_t offloadBufferBytes(const RunPlan& plan) {
    return offloadsToDisk(plan) ? lanes * (inputSpace(plan) + fileUnit) : 0;
}

std::int64_t offloadBytesPerStep(const RunPlan& plan) {
    return 2 * plan.microSteps * offloadFileBytes(plan);
}

}  // namespace ringscope
