// What a command gives the launcher of ranks (torchrun, deepspeed, accelerate launch), and the
// environment of a script.
#include "backend/migration/keys/trainer_rows.h"

namespace ringscope {
namespace {

using namespace migration_rows;

constexpr std::string_view startsRanks = "Ringscope starts its ranks itself; see `launch:`";
constexpr std::string_view settingOfLibrary = "a setting of the old stack's libraries";

constexpr std::array launcherTable = {
    keepsHouse("launcher.", startsRanks),
    KeyRule{"launcher.program",
            Verdict::Dropped,
            {},
            trainsItself,
            Role::Program,
            {},
            KeyUse::Housekeeping},
    plays("launcher.config", Role::Companion),
    plays("launcher.config_file", Role::Companion),
    plays("launcher.deepspeed_config_file", Role::Companion),
    plays("launcher.nproc_per_node", Role::NodeRanks, "parallel.dp"),
    plays("launcher.nproc", Role::NodeRanks, "parallel.dp"),
    plays("launcher.num_gpus", Role::NodeRanks, "parallel.dp"),
    plays("launcher.include", Role::VisibleDevices, "parallel.dp"),
    plays("launcher.nnodes", Role::Nodes, "parallel.dp"),
    plays("launcher.num_nodes", Role::Nodes, "parallel.dp"),
    plays("launcher.num_processes", Role::World, "parallel.dp"),
    plays("launcher.mixed_precision", Role::Precision, "train.precision"),
    plays("launcher.zero_stage", Role::ZeroStage, "memory.zero", zeroLevels),
    plays("launcher.offload_optimizer_device", Role::OffloadOptimizer, "memory.offload_optimizer"),
    plays("launcher.offload_param_device", Role::OffloadParameters, "memory.offload_parameters"),
    takes("launcher.gradient_accumulation_steps", "train.grad_accum", summedBatches),
    takes("launcher.gradient_clipping", "train.grad_clip", "largest gradient norm"),
    plays("launcher.fsdp_sharding_strategy", Role::FsdpStrategy, "memory.zero"),
    plays("launcher.parallelism_config_sp_size", Role::Size, "parallel.sp", sharedBy),
    plays("launcher.parallelism_config_cp_size", Role::Size, "parallel.sp", sharedBy),
    plays("launcher.parallelism_config_cp_comm_strategy", Role::CpRotate, "parallel.mode"),
    plays("launcher.parallelism_config_dp_replicate_size", Role::Replicas, "parallel.dp",
          ownGroups),
    plays("launcher.parallelism_config_dp_shard_size", Role::Shards, "parallel.dp", ownGroups),
    plays("launcher.parallelism_config_tp_size", Role::TensorRanks),
    keepsHouse("env.", settingOfLibrary),
    plays("env.CUDA_VISIBLE_DEVICES", Role::VisibleDevices, "parallel.dp"),
    plays("env.NPROC_PER_NODE", Role::NodeRanks, "parallel.dp"),
    plays("env.GPUS_PER_NODE", Role::NodeRanks, "parallel.dp"),
    plays("env.NNODES", Role::Nodes, "parallel.dp"),
    plays("env.WORLD_SIZE", Role::World, "parallel.dp"),
    plays("env.SEQUENCE_PARALLEL_IMPL", Role::Mode, "parallel.mode"),
    holds("env.CELOSS_PARALLEL_SIZE", "logits are always made for some rows at a time"),
    plays("env.PARALLELISM_CONFIG_SP_SIZE", Role::Size, "parallel.sp", sharedBy),
    plays("env.PARALLELISM_CONFIG_CP_SIZE", Role::Size, "parallel.sp", sharedBy),
    plays("env.PARALLELISM_CONFIG_DP_SHARD_SIZE", Role::Shards, "parallel.dp", ownGroups),
    plays("env.PARALLELISM_CONFIG_DP_REPLICATE_SIZE", Role::Replicas, "parallel.dp", ownGroups),
    plays("env.ACCELERATE_MIXED_PRECISION", Role::Precision, "train.precision"),
    warns("env.DEEPSPEED_SEQUENCE_PARALLEL",
          "DeepSpeed reads no such variable, so it changed nothing in the old runs either", {}),
    warns("env.ULYSSES_DEGREE",
          "DeepSpeed reads no such variable, so it changed nothing in the old runs either", {}),
    warns("env.SEQUENCE_TILING",
          "DeepSpeed reads no such variable, so it changed nothing in the old runs either", {}),
};

}  // namespace

std::span<const KeyRule> launcherRules() { return launcherTable; }

}  // namespace ringscope
