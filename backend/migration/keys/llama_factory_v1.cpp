// LLaMA-Factory v1's YAML: context parallelism as cp_mode and cp_size.
#include "backend/migration/keys/trainer_rows.h"

namespace ringscope {
namespace {

using namespace migration_rows;

constexpr std::array v1Rows = {
    plays("model", Role::Model, "model"),
    holds("model_class", "Ringscope trains decoder-only language models"),
    plays("cp_mode", Role::Mode, "parallel.mode", "", "LLaMA-Factory 0.9.5"),
    plays("cp_size", Role::Size, "parallel.sp", sharedBy, "LLaMA-Factory 0.9.5"),
    plays("dp_size", Role::Replicas, "parallel.dp", ownGroups),
    plays("dist_config.cp_mode", Role::Mode, "parallel.mode"),
    plays("dist_config.cp_size", Role::Size, "parallel.sp", sharedBy),
    plays("dist_config.dp_size", Role::Replicas, "parallel.dp", ownGroups),
    plays("dist_config.mp_shard_size", Role::Shards, "parallel.dp", ownGroups),
    plays("dist_config.mp_replicate_size", Role::Replicas, "parallel.dp", ownGroups),
    plays("dist_config.name", Role::FsdpStrategy, "memory.zero"),
    plays("dist_config.config_file", Role::Companion),
    plays("dist_config.reshard_after_forward", Role::FsdpReshard, "memory.zero"),
    plays("dist_config.offload_params", Role::OffloadBoth, "memory.offload_optimizer"),
    plays("dist_config.mixed_precision", Role::Precision, "train.precision"),
    keepsHouse("dist_config.dcp_path", "where the old stack's checkpoint lies"),
    drops("dist_config.", "memory.zero says what ranks divide besides the sequence"),
    plays("train_dataset", Role::Data, "data.source"),
    plays("eval_dataset", Role::ValidationData, "data.validation"),
    plays("template", Role::Template, "data.chat_template"),
    keepsHouse("output_dir", storeKeeps),
    plays("micro_batch_size", Role::Batch, "train.batch", ranksPerGroup),
    plays("global_batch_size", Role::GlobalBatch, "train.grad_accum"),
    plays("cutoff_len", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("enable_activation_checkpointing", Role::Recompute, "memory.recompute"),
    plays("enable_activation_cpu_offload", Role::OffloadActivations, "memory.offload_activations"),
    keepsHouse("batching_", "sequences are full and all of the same length"),
    keepsHouse("num_workers", loaderSpeed),
    plays("lr_scheduler_config.name", Role::Scheduler, "train.lr_schedule"),
    plays("lr_scheduler_config.type", Role::Scheduler, "train.lr_schedule"),
    plays("lr_scheduler_config.warmup_steps", Role::LrWarmup, "train.lr_warmup"),
    plays("lr_scheduler_config.num_warmup_steps", Role::LrWarmup, "train.lr_warmup"),
    plays("lr_scheduler_config.warmup_ratio", Role::LrWarmupShare, "train.lr_warmup"),
    plays("lr_scheduler_config.min_lr", Role::LrLeast, "train.lr_final"),
    takes("lr_scheduler_config.min_lr_ratio", "train.lr_final", finalShare),
    takes("lr_scheduler_config.min_lr_rate", "train.lr_final", finalShare),
    plays("lr_scheduler_config.num_decay_steps", Role::LrDecay, "train.lr_decay"),
    plays("lr_scheduler_config.decay_steps", Role::LrDecay, "train.lr_decay"),
    drops("lr_scheduler_config.", wholeCourse),
    plays("optim_config.name", Role::Optimizer, "train.optimizer"),
    plays("optim_config.type", Role::Optimizer, "train.optimizer"),
    takes("optim_config.lr", "train.lr", firstRate),
    takes("optim_config.learning_rate", "train.lr", firstRate),
    takes("optim_config.weight_decay", "train.weight_decay", decoupled),
    plays("optim_config.betas", Role::Betas, "train.beta1"),
    takes("optim_config.eps", "train.eps", "added to the root of the mean square"),
    drops("optim_config.", "Ringscope's AdamW has no such setting"),
    plays("peft_config.name", Role::Finetuning, "adapter.kind"),
    plays("peft_config.type", Role::Finetuning, "adapter.kind"),
    plays("peft_config.r", Role::LoraRank, "adapter.rank"),
    plays("peft_config.rank", Role::LoraRank, "adapter.rank"),
    plays("peft_config.lora_alpha", Role::LoraAlpha, "adapter.alpha"),
    plays("peft_config.alpha", Role::LoraAlpha, "adapter.alpha"),
    plays("peft_config.lora_dropout", Role::LoraDropout, "adapter.dropout"),
    plays("peft_config.target_modules", Role::LoraTargets, "adapter.targets"),
    drops("peft_config.", "an adapter is a product of two matrices, without this addition"),
    holds("quant_config", "weights are kept in train.precision"),
    plays("quant_config.quantization_bit", Role::LoadBits, "adapter.kind"),
    plays("quant_config.bits", Role::LoadBits, "adapter.kind"),
    holds("quant_config.name", "qlora keeps weights in 4 bits, as bitsandbytes does"),
    drops("quant_config.", "qlora keeps weights in nf4, and computes in train.precision"),
    holds("kernel_config.", fusedInside),
    keepsHouse("init_config.", "how the old stack makes a model before it is read"),
};

constexpr auto v1Table = joinedRules(v1Rows, models, adapters, trainer);

}  // namespace

std::span<const KeyRule> llamaFactoryV1Rules() { return v1Table; }

}  // namespace ringscope
