// ArcticTraining's YAML; its `deepspeed:` section has DeepSpeed's keys.
#include "backend/migration/keys/trainer_rows.h"

namespace ringscope {
namespace {

using namespace migration_rows;

constexpr std::array arcticTable = {
    plays("type", Role::Stage, "train.task"),
    plays("micro_batch_size", Role::Batch, "train.batch", ranksPerGroup),
    takes("gradient_accumulation_steps", "train.grad_accum", summedBatches),
    plays("sequence_parallel_size", Role::Size, "parallel.sp", sharedBy),
    plays("exit_iteration", Role::Steps, "train.steps", "optimizer steps of the run"),
    drops("min_iterations", "a run is as long as train.steps says"),
    plays("epochs", Role::Epochs, "train.epochs"),
    takes("seed", "train.seed", seedMeaning),
    plays("activation_checkpoint_cpu_offload", Role::OffloadActivations,
          "memory.offload_activations"),
    plays("tiled_mlp_compute", Role::TiledMlp, "memory.tile_mlp"),
    plays("model.name_or_path", Role::Model, "model"),
    holds("model.type", "Ringscope has kernels of its own; results are the same"),
    holds("model.attn_implementation", ownKernels),
    plays("model.disable_activation_checkpoint", Role::NoRecompute, "memory.recompute"),
    plays("model.dtype", Role::Precision, "train.precision"),
    plays("model.peft_config.peft_type", Role::Finetuning, "adapter.kind"),
    plays("model.peft_config.r", Role::LoraRank, "adapter.rank"),
    plays("model.peft_config.lora_alpha", Role::LoraAlpha, "adapter.alpha"),
    plays("model.peft_config.lora_dropout", Role::LoraDropout, "adapter.dropout"),
    plays("model.peft_config.target_modules", Role::LoraTargets, "adapter.targets"),
    drops("model.", "Ringscope has kernels of its own"),
    plays("optimizer.type", Role::Optimizer, "train.optimizer"),
    takes("optimizer.learning_rate", "train.lr", firstRate),
    takes("optimizer.lr", "train.lr", firstRate),
    takes("optimizer.weight_decay", "train.weight_decay", decoupled),
    plays("optimizer.betas", Role::Betas, "train.beta1"),
    takes("optimizer.eps", "train.eps", "added to the root of the mean square"),
    drops("optimizer.", "Ringscope's AdamW has no such setting"),
    plays("scheduler.name", Role::Scheduler, "train.lr_schedule"),
    plays("scheduler.type", Role::Scheduler, "train.lr_schedule"),
    plays("scheduler.warmup_ratio", Role::LrWarmupShare, "train.lr_warmup"),
    plays("scheduler.warmup_steps", Role::LrWarmup, "train.lr_warmup"),
    plays("scheduler.min_lr", Role::LrLeast, "train.lr_final"),
    drops("scheduler.", wholeCourse),
    plays("data.max_length", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("data.sources", Role::Data, "data.source"),
    drops("data.eval_sources", "data.validation keeps a share of the same data out of training"),
    plays("data.pack_samples", Role::Packing, "data.packing"),
    holds("data.always_max_length", "sequences are full and all of the same length"),
    takes("data.seed", "train.seed", seedMeaning),
    keepsHouse("data.cache_dir", loaderSpeed),
    keepsHouse("data.use_data_cache", loaderSpeed),
    keepsHouse("data.cache_", loaderSpeed),
    keepsHouse("data.num_proc", loaderSpeed),
    keepsHouse("data.dl_num_workers", loaderSpeed),
    drops("data.type", "a document's form is found by its columns"),
    drops("data.", textOnly),
    plays("tokenizer.name_or_path", Role::Tokenizer, "data.tokenizer"),
    drops("tokenizer.", "a tokenizer is read from its file"),
    keepsHouse("logger.", "messages of all ranks are kept with the run"),
    keepsHouse("wandb.", storeKeeps),
    keepsHouse("checkpoint", "nothing is set; checkpoint.every asks for checkpoints"),
    keepsHouse("checkpoint.", "nothing is set; checkpoint.every asks for checkpoints"),
    keepsHouse("eval_", noOtherEvaluation),
    keepsHouse("train_log_iter_interval", "every step is measured and kept"),
    keepsHouse("step_timer", "every step is measured and kept"),
    keepsHouse("code", "Ringscope runs no code of a configuration"),
    takes("gradient_clipping", "train.grad_clip", "largest gradient norm"),
};

}  // namespace

std::span<const KeyRule> arcticRules() { return arcticTable; }

}  // namespace ringscope
