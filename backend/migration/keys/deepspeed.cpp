// DeepSpeed's JSON: alone, beside a YAML that names it, or inside another file.
#include "backend/migration/key_rules.h"

#include <array>

namespace ringscope {
namespace {

using enum Verdict;

constexpr std::string_view howDivided =
    "memory.zero says what ranks divide: a layer's gradients are summed while the next one "
    "computes, "
    "and its parameters are gathered a layer ahead";
constexpr std::string_view neverRead =
    "DeepSpeed has no such key and never read it, so it changed nothing in the old runs either";

constexpr std::array deepSpeedTable = {
    KeyRule{"train_micro_batch_size_per_gpu", Renamed, "train.batch",
            "sequences a group of ranks trains on at a time", Role::Field},
    KeyRule{"gradient_accumulation_steps", Renamed, "train.grad_accum",
            "batches whose gradients are summed before a step", Role::Field},
    KeyRule{"gradient_clipping", Renamed, "train.grad_clip", "largest gradient norm", Role::Field},
    KeyRule{"train_batch_size", Dropped, "",
            "the product of batch, accumulation and groups: train.batch, train.grad_accum and "
            "parallel.dp"},
    KeyRule{"bf16.enabled", Converted, "train.precision", "", Role::Bf16},
    KeyRule{"bfloat16.enabled", Converted, "train.precision", "", Role::Bf16},
    KeyRule{"fp16.enabled", Converted, "train.precision", "", Role::Fp16},
    KeyRule{"bf16.", Dropped, "", "gradients are summed in fp32, and small steps add up in fp32"},
    KeyRule{"fp16.", Dropped, "",
            "Ringscope's loss scale begins at 65536, is halved by a step that does not fit, and "
            "doubled after 2000 that do"},
    KeyRule{"data_types.", Dropped, "", "gradients are summed in fp32"},
    KeyRule{"communication_data_type", Dropped, "", "gradients travel in fp32"},
    KeyRule{"zero_optimization.stage", Renamed, "memory.zero", zeroLevels, Role::Field},
    KeyRule{"zero_optimization.", Dropped, "", howDivided},
    KeyRule{"zero_optimization.offload_", Dropped, "",
            "memory.offload_optimizer and memory.offload_parameters let them wait on the disk; "
            "nothing is "
            "set"},
    KeyRule{"zero_allow_untested_optimizer", Dropped, "",
            "AdamW is Ringscope's optimizer at every level"},
    KeyRule{"zero_force_ds_cpu_optimizer", Dropped, "",
            "the optimizer's state stays where the rank computes"},
    KeyRule{"optimizer.type", Dropped, "", "", Role::Optimizer},
    KeyRule{"optimizer.params.lr", Renamed, "train.lr",
            "the rate that train.lr_schedule begins with", Role::Field},
    KeyRule{"optimizer.params.weight_decay", Renamed, "train.weight_decay",
            "decoupled, as AdamW has it", Role::Field},
    KeyRule{"optimizer.params.betas", Converted, "train.beta1", "", Role::Betas},
    KeyRule{"optimizer.params.eps", Renamed, "train.eps", "added to the root of the mean square",
            Role::Field},
    KeyRule{"optimizer.params.", Dropped, "", "Ringscope's AdamW has no such setting"},
    KeyRule{"optimizer.", Dropped, "", "AdamW is Ringscope's optimizer"},
    KeyRule{"scheduler.type", Converted, "train.lr_schedule", "", Role::Scheduler},
    KeyRule{"scheduler.params.warmup_num_steps", Converted, "train.lr_warmup", "", Role::LrWarmup},
    KeyRule{"scheduler.params.cos_min_ratio", Renamed, "train.lr_final",
            "share of the learning rate that it ends at", Role::Field},
    KeyRule{"scheduler.params.warmup_type", Dropped, "", "the learning rate grows linearly"},
    KeyRule{"scheduler.", Dropped, "",
            "train.lr_schedule, lr_warmup and lr_final say all of the learning rate's course"},
    KeyRule{
        "activation_checkpointing.", Dropped, "",
        "how DeepSpeed's own checkpointing works; memory.recompute says what is computed again"},
    KeyRule{"sequence_parallel_size", Renamed, "parallel.sp", "ranks that share one sequence",
            Role::Size},
    KeyRule{"data_parallel_size", Renamed, "parallel.dp",
            "groups of ranks with sequences of their own", Role::Field},
    KeyRule{"seq_parallel_communication_data_type", Dropped, "",
            "messages have the tensors' own precision"},
    KeyRule{"sequence_parallel.", Dangerous, "", neverRead},
    KeyRule{"ulysses.", Dangerous, "", neverRead},
    KeyRule{"sequence_tiling.", Dangerous, "", neverRead},
    KeyRule{"compile.", Dropped, "", "Ringscope runs its own schedule, uncompiled"},
    KeyRule{"steps_per_print", Dropped, "", "every step is measured and kept"},
    KeyRule{"wall_clock_breakdown", Dropped, "", "every step is measured and kept"},
    KeyRule{"dump_state", Dropped, "", "`ringscope config show` prints what a run uses"},
    KeyRule{"flops_profiler.", Dropped, "", "FLOPs follow from the schedule"},
    KeyRule{"comms_logger.", Dropped, "", "bytes are measured and compared with the schedule"},
    KeyRule{"tensorboard.", Dropped, "", "results are kept in Ringscope's store"},
    KeyRule{"wandb.", Dropped, "", "results are kept in Ringscope's store"},
    KeyRule{"csv_monitor.", Dropped, "", "results are kept in Ringscope's store"},
    KeyRule{"prescale_gradients", Dropped, "",
            "gradients are summed over ranks, weighted by tokens"},
    KeyRule{"gradient_predivide_factor", Dropped, "",
            "gradients are summed over ranks, weighted by tokens"},
    KeyRule{"elasticity.", Dropped, "", "the number of ranks of a run is fixed"},
    KeyRule{"autotuning.", Dropped, "", "a matrix in the experiment tries values out"},
    KeyRule{"aio.", Dropped, "", "files of memory.offload_activations need no settings"},
    KeyRule{"checkpoint.", Dropped, "", "Ringscope writes no checkpoints"},
    KeyRule{"data_efficiency.", Dropped, "", "sequences are full and all of the same length"},
};

}  // namespace

std::span<const KeyRule> deepSpeedRules() { return deepSpeedTable; }

}  // namespace ringscope
