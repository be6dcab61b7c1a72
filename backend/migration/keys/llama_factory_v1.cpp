// LLaMA-Factory v1's YAML: context parallelism as cp_mode and cp_size.
#include "backend/migration/key_rules.h"

#include <array>

namespace ringscope {
namespace {

using enum Verdict;

constexpr std::array llamaFactoryV1Table = {
    KeyRule{"model", NeedsDecision, "model", "", Role::Model},
    KeyRule{"model_class", Dropped, "", "Ringscope trains decoder-only language models"},
    KeyRule{"trust_remote_code", Dropped, "", "Ringscope runs no code of a model"},
    KeyRule{"flash_attn", Dropped, "",
            "Ringscope takes the attention kernel of its device; results are the same"},
    KeyRule{"cp_mode", Converted, "parallel.mode", "", Role::Mode},
    KeyRule{"cp_size", Renamed, "parallel.sp", "ranks that share one sequence", Role::Size},
    KeyRule{"dp_size", Renamed, "parallel.dp", "groups of ranks with sequences of their own",
            Role::Field},
    KeyRule{"dist_config.cp_mode", Converted, "parallel.mode", "", Role::Mode},
    KeyRule{"dist_config.cp_size", Renamed, "parallel.sp", "ranks that share one sequence",
            Role::Size},
    KeyRule{"dist_config.", Dropped, "",
            "every rank holds all weights; nothing is sharded but the sequence"},
    KeyRule{"train_dataset", Dropped, "", textOnly},
    KeyRule{"eval_dataset", Dropped, "",
            "data.validation keeps data out of training for validations; nothing is set"},
    KeyRule{"template", Dropped, "", "plain text has no chat template"},
    KeyRule{"output_dir", Dropped, "",
            "Ringscope keeps results in its store and writes no such files"},
    KeyRule{"micro_batch_size", Renamed, "train.batch",
            "sequences a group of ranks trains on at a time", Role::Field},
    KeyRule{"global_batch_size", Dropped, "",
            "the product of batch, accumulation and groups: train.batch, train.grad_accum and "
            "parallel.dp"},
    KeyRule{"gradient_accumulation_steps", Renamed, "train.grad_accum",
            "batches whose gradients are summed before a step", Role::Field},
    KeyRule{"cutoff_len", Renamed, "train.seq_len", "tokens of one sequence, over all ranks",
            Role::SeqLen},
    KeyRule{"learning_rate", Renamed, "train.lr", "the rate that train.lr_schedule begins with",
            Role::Field},
    KeyRule{"weight_decay", Renamed, "train.weight_decay", "decoupled, as AdamW has it",
            Role::Field},
    KeyRule{"max_grad_norm", Renamed, "train.grad_clip", "largest gradient norm", Role::Field},
    KeyRule{"seed", Renamed, "train.seed",
            "decides initial weights and data order, though not the old stack's ones", Role::Field},
    KeyRule{"max_steps", Renamed, "train.steps", "optimizer steps of the run", Role::Steps},
    KeyRule{"num_train_epochs", Converted, "train.epochs", "", Role::Epochs},
    KeyRule{"bf16", Converted, "train.precision", "", Role::Bf16},
    KeyRule{"enable_activation_checkpointing", Converted, "memory.recompute", "", Role::Recompute},
    KeyRule{"batching_", Dropped, "", "sequences are full and all of the same length"},
    KeyRule{
        "lr_scheduler_config.", Dropped, "",
        "train.lr_schedule, lr_warmup and lr_final say the learning rate's course; nothing is set"},
    KeyRule{"optim_config.", Dropped, "", "AdamW is Ringscope's optimizer"},
    KeyRule{
        "peft_config.", Dropped, "",
        "not taken over: adapter.kind, rank, alpha, dropout and targets say what trains beside the "
        "model"},
    KeyRule{"quant_config.", Dropped, "", "Ringscope trains unquantised weights"},
    KeyRule{"logging_steps", Dropped, "", "every step is measured and kept"},
    KeyRule{"save_", Dropped, "", "Ringscope writes no checkpoints"},
};

}  // namespace

std::span<const KeyRule> llamaFactoryV1Rules() { return llamaFactoryV1Table; }

}  // namespace ringscope
