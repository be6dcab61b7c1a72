#include "kernels/train/rank_optimizers.h"

#include "backend/plan/optimizer_pieces.h"
#include "kernels/train/offload_folder.h"

#include <cstddef>
#include <utility>

namespace ringscope {
namespace {

AdamWOptions optimizerOptions(const TrainConfig& train) {
    return {.lr = train.lr,
            .beta1 = train.beta1,
            .beta2 = train.beta2,
            .eps = train.eps,
            .weightDecay = train.weightDecay};
}

std::vector<OptimizerPiece> piecesOf(const TrainConfig& train, const RankModel& model,
                                     const SharedPart& part) {
    return optimizerPieces(model.parameters().list(), train, part.owned());
}

}  // namespace

Result<std::unique_ptr<RecordFile>> optimizerFileOf(const RunPlan& plan, RankModel& model) {
    if (plan.config.memory.offloadOptimizer == OffloadPlace::None)
        return std::unique_ptr<RecordFile>();
    std::vector<std::int64_t> records;
    for (const std::unique_ptr<SharedPart>& part : model.parts()) {
        if (part->isFrozen()) continue;
        for (const OptimizerPiece& piece : piecesOf(plan.config.train, model, *part))
            records.push_back(piece.record.bytes());
    }
    return RecordFile::make(offloadFolderOf(plan.config.memory),
                            {"memory.offload_optimizer disk", "the optimizer's state"}, records,
                            MemoryCategory::Optimizer);
}

std::vector<ShardedOptimizer> optimizersOf(const TrainConfig& train, RankModel& model,
                                           RecordFile* file) {
    const AdamWOptions options = optimizerOptions(train);
    std::vector<ShardedOptimizer> optimizers;
    std::size_t record = 0;
    for (const std::unique_ptr<SharedPart>& part : model.parts()) {
        if (part->isFrozen()) continue;
        if (file == nullptr) {
            optimizers.emplace_back(model.parameters(), *part, options,
                                    trainedRanges(model.parameters().list(), train, part->owned()));
            continue;
        }
        std::vector<OptimizerPiece> pieces = piecesOf(train, model, *part);
        const std::size_t first = std::exchange(record, record + pieces.size());
        optimizers.emplace_back(model.parameters(), *part, options, std::move(pieces), *file,
                                first);
    }
    if (file != nullptr) file->settle();
    return optimizers;
}

void stepAll(std::vector<ShardedOptimizer>& optimizers, double factor, double lrShare) {
    for (std::size_t i = 0; i < optimizers.size(); ++i) {
        optimizers[i].part().readAhead();
        if (i + 1 < optimizers.size()) optimizers[i + 1].part().readAhead();
        optimizers[i].step(factor, lrShare);
    }
}

}  // namespace ringscope
