#include "kernels/train/unit_memory.h"

#include "backend/model/parameter_share.h"

#include <utility>

namespace ringscope {

void UnitMemory::useValues(int unit, SpanPass pass) {
    for (SharedPart* part : parts(unit)) part->useValues();
    fetchNext(unit, pass);
}

// Layers that are computed again go up, and the backward pass that follows goes down: what is next
// shows there.
void UnitMemory::fetchNext(int unit, SpanPass pass) {
    int next = -1;
    if (pass == SpanPass::Forward && unit + 1 < std::ssize(units_)) next = unit + 1;
    if (pass == SpanPass::Backward && unit > layerUnit(0)) next = unit - 1;
    if (next < 0) return;
    for (SharedPart* part : parts(next)) part->fetchValues();
}

void UnitMemory::dropValues(int unit) {
    for (SharedPart* part : parts(unit)) part->dropValues();
}

void UnitMemory::openGradients(int unit) {
    for (SharedPart* part : parts(unit)) part->openGradients();
}

void UnitMemory::closeGradients(int unit) {
    settle();
    for (SharedPart* part : parts(unit)) part->closeGradients();
    closed_ = unit;
}

void UnitMemory::settle() {
    if (const int unit = std::exchange(closed_, -1); unit >= 0)
        for (SharedPart* part : parts(unit)) part->settleGradients();
}

void UnitMemory::finish() {
    closeGradients(embeddingUnit);
    settle();
}

}  // namespace ringscope
