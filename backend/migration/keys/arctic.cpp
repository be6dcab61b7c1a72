// ArcticTraining's YAML; its `deepspeed:` section has DeepSpeed's keys.
#include "backend/migration/key_rules.h"

#include <array>

namespace ringscope {
namespace {

using enum Verdict;

constexpr std::array arcticTable = {
    KeyRule{"type", Dropped, "", "", Role::Stage},
    KeyRule{"micro_batch_size", Renamed, "train.batch",
            "sequences a group of ranks trains on at a time", Role::Field},
    KeyRule{"gradient_accumulation_steps", Renamed, "train.grad_accum",
            "batches whose gradients are summed before a step", Role::Field},
    KeyRule{"sequence_parallel_size", Renamed, "parallel.sp", "ranks that share one sequence",
            Role::Size},
    KeyRule{"exit_iteration", Renamed, "train.steps", "optimizer steps of the run", Role::Steps},
    KeyRule{"min_iterations", Dropped, "", "a run is as long as train.steps says"},
    KeyRule{"epochs", Converted, "train.epochs", "", Role::Epochs},
    KeyRule{"seed", Renamed, "train.seed",
            "decides initial weights and data order, though not the old stack's ones", Role::Field},
    KeyRule{"activation_checkpoint_cpu_offload", Converted, "memory.offload_activations", "",
            Role::OffloadActivations},
    KeyRule{"tiled_mlp_compute", Converted, "memory.tile_mlp", "", Role::TiledMlp},
    KeyRule{"model.name_or_path", NeedsDecision, "model", "", Role::Model},
    KeyRule{"model.", Dropped, "", "Ringscope has kernels of its own"},
    KeyRule{"optimizer.type", Dropped, "", "", Role::Optimizer},
    KeyRule{"optimizer.learning_rate", Renamed, "train.lr",
            "the rate that train.lr_schedule begins with", Role::Field},
    KeyRule{"optimizer.lr", Renamed, "train.lr", "the rate that train.lr_schedule begins with",
            Role::Field},
    KeyRule{"optimizer.weight_decay", Renamed, "train.weight_decay", "decoupled, as AdamW has it",
            Role::Field},
    KeyRule{"optimizer.betas", Converted, "train.beta1", "", Role::Betas},
    KeyRule{"optimizer.", Dropped, "", "Ringscope's AdamW has no such setting"},
    KeyRule{"scheduler.name", Converted, "train.lr_schedule", "", Role::Scheduler},
    KeyRule{"scheduler.warmup_ratio", Converted, "train.lr_warmup", "", Role::LrWarmupShare},
    KeyRule{"scheduler.", Dropped, "",
            "train.lr_schedule, lr_warmup and lr_final say all of the learning rate's course"},
    KeyRule{"data.max_length", Renamed, "train.seq_len", "tokens of one sequence, over all ranks",
            Role::SeqLen},
    KeyRule{"data.", Dropped, "", textOnly},
    KeyRule{"tokenizer.", Dropped, "", "tokens are bytes"},
    KeyRule{"logger.", Dropped, "", "messages of all ranks are kept with the run"},
    KeyRule{"wandb.", Dropped, "", "results are kept in Ringscope's store"},
    KeyRule{"checkpoint.", Dropped, "", "Ringscope writes no checkpoints"},
    KeyRule{"eval_", Dropped, "",
            "data.validation keeps data out of training for validations; nothing is set"},
    KeyRule{"train_log_iter_interval", Dropped, "", "every step is measured and kept"},
    KeyRule{"gradient_clipping", Renamed, "train.grad_clip", "largest gradient norm", Role::Field},
};

}  // namespace

std::span<const KeyRule> arcticRules() { return arcticTable; }

}  // namespace ringscope
