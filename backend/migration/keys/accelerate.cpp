// accelerate's launch configuration with its parallelism_config.
#include "backend/migration/key_rules.h"

#include <array>

namespace ringscope {
namespace {

using enum Verdict;

constexpr std::string_view launcherKey = "Ringscope starts its ranks itself; see `launch:`";

constexpr std::array accelerateTable = {
    KeyRule{"compute_environment", Dropped, "", launcherKey},
    KeyRule{"distributed_type", Dropped, "", launcherKey},
    KeyRule{"machine_rank", Dropped, "", launcherKey},
    KeyRule{"main_", Dropped, "", launcherKey},
    KeyRule{"num_machines", Dropped, "", launcherKey},
    KeyRule{"num_processes", Dropped, "",
            "ranks of all groups together: parallel.sp × parallel.dp"},
    KeyRule{"rdzv_backend", Dropped, "", launcherKey},
    KeyRule{"same_network", Dropped, "", launcherKey},
    KeyRule{"gpu_ids", Dropped, "", launcherKey},
    KeyRule{"use_cpu", Dropped, "", "launch.device says what ranks compute on"},
    KeyRule{"debug", Dropped, "", launcherKey},
    KeyRule{"enable_cpu_affinity", Dropped, "", launcherKey},
    KeyRule{"tpu_", Dropped, "", launcherKey},
    KeyRule{"downcast_bf16", Dropped, "", launcherKey},
    KeyRule{"mixed_precision", Converted, "train.precision", "", Role::Precision},
    KeyRule{"deepspeed_config.deepspeed_config_file", Dropped, "", "", Role::Companion},
    KeyRule{"deepspeed_config.gradient_accumulation_steps", Renamed, "train.grad_accum",
            "batches whose gradients are summed before a step", Role::Field},
    KeyRule{"deepspeed_config.gradient_clipping", Renamed, "train.grad_clip",
            "largest gradient norm", Role::Field},
    KeyRule{"deepspeed_config.zero_stage", Renamed, "memory.zero", zeroLevels, Role::Field},
    KeyRule{"deepspeed_config.", Dropped, "",
            "memory.zero says what ranks divide besides the sequence"},
    KeyRule{"fsdp_config.fsdp_activation_checkpointing", Converted, "memory.recompute", "",
            Role::Recompute},
    KeyRule{"fsdp_config.", Dropped, "",
            "ranks divide the optimizer's state; memory.zero 3 divides gradients and parameters, "
            "too, as FSDP does"},
    KeyRule{"use_parallelism_config", Dropped, "", "parallel.sp and parallel.mode say it"},
    KeyRule{"parallelism_config.parallelism_config_sp_size", Renamed, "parallel.sp",
            "ranks that share one sequence", Role::Size},
    KeyRule{"parallelism_config.parallelism_config_sp_seq_length", Renamed, "train.seq_len",
            "tokens of one sequence, over all ranks", Role::SeqLen},
    KeyRule{"parallelism_config.parallelism_config_cp_size", Renamed, "parallel.sp",
            "ranks that share one sequence", Role::Size},
    KeyRule{"parallelism_config.parallelism_config_cp_backend", Dropped, "",
            "parallel.mode says how ranks share a sequence", Role::CpBackend},
    KeyRule{"parallelism_config.parallelism_config_cp_comm_strategy", Dropped, "",
            "the mode decides how keys and values are sent"},
    KeyRule{"parallelism_config.parallelism_config_dp_replicate_size", Renamed, "parallel.dp",
            "groups of ranks with sequences of their own", Role::Field},
    KeyRule{"parallelism_config.", Dropped, "",
            "Ringscope splits the sequence and the batch, and no weights"},
};

}  // namespace

std::span<const KeyRule> accelerateRules() { return accelerateTable; }

}  // namespace ringscope
