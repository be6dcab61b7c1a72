#include "backend/memory/offload.h"

#include "backend/memory/record_memory.h"
#include "backend/plan/memory_zero.h"
#include "backend/plan/optimizer_pieces.h"

namespace ringscope {
namespace {

constexpr std::int64_t activationBuffers = 2;  // of kernels/train/activation_files.h

bool isInFile(OffloadPlace place) { return place != OffloadPlace::None; }

std::int64_t activationFile(const RunPlan& plan) {
    if (!isInFile(plan.config.memory.offloadActivations)) return 0;
    return keptLayerInputs(plan) * recordSpace(layerInputBytes(plan));
}

std::int64_t optimizerFile(const RunPlan& plan, int rank) {
    std::int64_t bytes = 0;
    if (isInFile(plan.config.memory.offloadOptimizer))
        for (const std::int64_t record : optimizerRecords(plan, rank)) bytes += recordSpace(record);
    return bytes;
}

// A rank's part of the values: once in the file, and read and written in a step.
struct ValueFile {
    std::int64_t bytes = 0;
    std::int64_t moved = 0;
};
ValueFile valueFile(const RunPlan& plan, int rank) {
    ValueFile file;
    if (!isInFile(plan.config.memory.offloadParameters)) return file;
    const std::vector<std::int64_t> records = valueRecords(plan, rank);
    const ParameterShare share = parameterShareOf(plan);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::int64_t space = recordSpace(records[i]);
        file.bytes += space;
        // Read for each gather, and for the update, which writes it.
        file.moved += space * (plan.microSteps * gathersOfUnit(plan, share.parts[i].unit) +
                               (share.parts[i].frozen ? 0 : 2));
    }
    return file;
}

}  // namespace

std::vector<std::int64_t> valueRecords(const RunPlan& plan, int rank) {
    std::vector<std::int64_t> records;
    const ParameterShare share = parameterShareOf(plan);
    for (const SharePart& part : share.parts)
        records.push_back(partOwner(plan, part, rank).owned.count *
                          rowOf(plan.config.train.precision).bytes);
    return records;
}

std::vector<std::int64_t> optimizerRecords(const RunPlan& plan, int rank) {
    const ParameterShare share = parameterShareOf(plan);
    std::vector<std::int64_t> records;
    for (const SharePart& part : share.parts) {
        if (part.frozen) continue;
        for (const OptimizerPiece& piece :
             optimizerPieces(share.list, plan.config.train, partOwner(plan, part, rank).owned))
            records.push_back(piece.record.bytes());
    }
    return records;
}

std::int64_t offloadFileBytes(const RunPlan& plan, int rank) {
    return activationFile(plan) + optimizerFile(plan, rank) + valueFile(plan, rank).bytes;
}

std::int64_t offloadBufferBytes(const RunPlan& plan) {
    return isInFile(plan.config.memory.offloadActivations)
               ? activationBuffers * recordBuffer(layerInputBytes(plan))
               : 0;
}

// Activations and the optimizer's state are written once and read once; activations in each batch.
std::int64_t offloadBytesPerStep(const RunPlan& plan, int rank) {
    return 2 * (plan.microSteps * activationFile(plan) + optimizerFile(plan, rank)) +
           valueFile(plan, rank).moved;
}

}  // namespace ringscope
