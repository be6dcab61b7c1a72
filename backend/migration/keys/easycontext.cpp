// EasyContext: options of its train.py.
#include "backend/migration/keys/trainer_rows.h"

namespace ringscope {
namespace {

using namespace migration_rows;

constexpr std::array easyContextTable = {
    plays("parallel_mode", Role::Mode, "parallel.mode"),
    plays("batch_size", Role::Batch, "train.batch", ranksPerGroup),
    takes("gradient_accumulate_every", "train.grad_accum", summedBatches),
    plays("max_train_steps", Role::Steps, "train.steps", "optimizer steps of the run"),
    takes("learning_rate", "train.lr", firstRate),
    takes("seed", "train.seed", seedMeaning),
    plays("dataset", Role::Data, "data.source"),
    plays("model", Role::Model, "model"),
    plays("seq_length", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("rope_theta", Role::RopeTheta, "model.rope_theta"),
    takes("weight_decay", "train.weight_decay", decoupled),
    plays("num_epochs", Role::Epochs, "train.epochs"),
    keepsHouse("output_dir", storeKeeps),
    keepsHouse("wandb", storeKeeps),
    keepsHouse("save_", storeKeeps),
    keepsHouse("resume_from_checkpoint", "Ringscope resumes runs of its own store"),
    keepsHouse("checkpointing_steps", "checkpoint.every asks for checkpoints; nothing is set"),
};

}  // namespace

std::span<const KeyRule> easyContextRules() { return easyContextTable; }

}  // namespace ringscope
