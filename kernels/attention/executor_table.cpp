#include "kernels/attention/executor_table.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace ringscope {
namespace {

constexpr std::array executors = {
    ExecutorRow{Executor::Full, false, fullForward, fullBackward},
    ExecutorRow{Executor::Ring, false, ringForward, ringBackward},
    ExecutorRow{Executor::AllToAll, true, allToAllForward, allToAllBackward},
    ExecutorRow{Executor::AllGather, true, allGatherForward, allGatherBackward},
    ExecutorRow{Executor::KeyGather, false, keyGatherForward, keyGatherBackward},
    ExecutorRow{Executor::PackedRing, true, packedRingForward, packedRingBackward},
};

}  // namespace

const ExecutorRow& executorRow(Executor executor) {
    const auto found = std::ranges::find(executors, executor, &ExecutorRow::executor);
    if (found == executors.end())
        throw std::logic_error("no executor runs schedules of kind " +
                               std::string(executorName(executor)));
    return *found;
}

}  // namespace ringscope
