// Rows that several sources share: what transformers' Trainer takes, and adapters.
#pragma once

#include "backend/migration/key_rules.h"

#include <array>

namespace ringscope::migration_rows {

inline constexpr std::string_view storeKeeps = "results are kept in Ringscope's store";
inline constexpr std::string_view loaderSpeed =
    "how fast samples are prepared; Ringscope reads its data ahead of the steps";
inline constexpr std::string_view noOtherEvaluation =
    "data.validation keeps data out of training for validations, under the run's mode; there is no "
    "other evaluation";
inline constexpr std::string_view finalShare = "share of the learning rate that it ends at";
inline constexpr std::string_view wholeCourse =
    "train.lr_schedule, lr_warmup, lr_decay and lr_final say all of the learning rate's course";
inline constexpr std::string_view ownKernels =
    "Ringscope takes the attention kernel of its device; results are the same";
inline constexpr std::string_view ranksPerGroup =
    "sequences that ranks which share them train on at once";
inline constexpr std::string_view summedBatches =
    "batches whose gradients are summed before a step";
inline constexpr std::string_view firstRate = "the rate that train.lr_schedule begins with";
inline constexpr std::string_view decoupled = "decoupled, as AdamW has it";
inline constexpr std::string_view seedMeaning =
    "decides initial weights and data order, though not the old stack's ones";
inline constexpr std::string_view sharedBy = "ranks that share one sequence";
inline constexpr std::string_view allRanksTokens = "tokens of one sequence, over all ranks";
inline constexpr std::string_view onlyText = "only text is trained on, by a model of text alone";
inline constexpr std::string_view ownColumns = "a document's form is found by its columns";
inline constexpr std::string_view wholeCheckpoint =
    "a checkpoint has all that a run needs to go on, in Ringscope's own form";
inline constexpr std::string_view fusedInside =
    "Ringscope has kernels of its own; results are the same";
inline constexpr std::string_view sampling = "how answers are drawn, which no run does";
inline constexpr std::string_view knownTransport = "ranks talk over NCCL on GPUs and Gloo on CPUs";
inline constexpr std::string_view trainsItself = "Ringscope trains by itself";
inline constexpr std::string_view ownGroups = "groups of ranks with sequences of their own";

inline constexpr std::array trainer = {
    plays("per_device_train_batch_size", Role::Batch, "train.batch", ranksPerGroup),
    takes("gradient_accumulation_steps", "train.grad_accum", summedBatches),
    takes("learning_rate", "train.lr", firstRate),
    takes("weight_decay", "train.weight_decay", decoupled),
    takes("max_grad_norm", "train.grad_clip", "largest gradient norm"),
    takes("seed", "train.seed", seedMeaning),
    plays("max_steps", Role::Steps, "train.steps", "optimizer steps of the run"),
    plays("num_train_epochs", Role::Epochs, "train.epochs"),
    plays("lr_scheduler_type", Role::Scheduler, "train.lr_schedule"),
    drops("lr_scheduler_kwargs", "train.lr_final and train.lr_decay are not set", "{}|null"),
    drops("lr_scheduler_kwargs.", wholeCourse),
    takes("lr_scheduler_kwargs.min_lr_rate", "train.lr_final", finalShare),
    takes("lr_scheduler_kwargs.min_lr_ratio", "train.lr_final", finalShare),
    plays("lr_scheduler_kwargs.min_lr", Role::LrLeast, "train.lr_final"),
    plays("lr_scheduler_kwargs.num_decay_steps", Role::LrDecay, "train.lr_decay"),
    plays("warmup_ratio", Role::LrWarmupShare, "train.lr_warmup"),
    plays("warmup_steps", Role::LrWarmup, "train.lr_warmup"),
    plays("optim", Role::Optimizer, "train.optimizer"),
    takes("adam_beta1", "train.beta1", "of the gradient's mean"),
    takes("adam_beta2", "train.beta2", "of the gradient's mean square"),
    takes("adam_epsilon", "train.eps", "added to the root of the mean square"),
    plays("bf16", Role::Bf16, "train.precision"),
    plays("fp16", Role::Fp16, "train.precision"),
    plays("pure_bf16", Role::PureBf16, "train.precision"),
    plays("tf32", Role::Tf32),
    keepsHouse("bf16_full_eval", noOtherEvaluation),
    keepsHouse("fp16_full_eval", noOtherEvaluation),
    keepsHouse("ddp_timeout",
               "Ringscope ends a run whose rank dies, and names the rank; no timeout is needed"),
    holds("ddp_", "Ringscope sums gradients itself, and every parameter has one"),
    holds("data_seed", "train.seed decides the order of the data"),
    drops("torch_compile", "Ringscope runs its own schedule, uncompiled"),
    takes("label_smoothing_factor", "train.label_smoothing",
          "share of a label's weight that all tokens get alike"),
    drops("neftune_noise_alpha", "no noise is added to embeddings: losses differ"),
    holds("average_tokens_across_devices",
          "the loss is always weighted by the tokens of all ranks"),
    keepsHouse("use_cpu", "launch.device says what ranks compute on"),
    keepsHouse("no_cuda", "launch.device says what ranks compute on"),
    keepsHouse("accelerator_config", "every group of ranks reads sequences of its own"),
    keepsHouse("accelerator_config.", "every group of ranks reads sequences of its own"),
    keepsHouse("dispatch_batches", "every group of ranks reads sequences of its own"),
    keepsHouse("split_batches", "every group of ranks reads sequences of its own"),
    keepsHouse("ignore_data_skip", "a run that goes on reads where it stopped"),
    keepsHouse("torch_empty_cache_steps", "memory is measured at the allocator"),
    keepsHouse("skip_memory_metrics", "memory is measured at the allocator"),
    keepsHouse("jit_mode_eval", noOtherEvaluation),
    holds("full_determinism", "the same ranks add up in the same order every time"),
    drops("optim_args", "Ringscope's AdamW has no such setting"),
    drops("optim_target_modules", "all weights that train have an optimizer state", "null|none"),
    plays("gradient_checkpointing", Role::Recompute, "memory.recompute"),
    holds("gradient_checkpointing_kwargs",
          "how the old stack computes again; the result is the same"),
    holds("gradient_checkpointing_kwargs.",
          "how the old stack computes again; the result is the same"),
    plays("deepspeed", Role::Companion),
    plays("fsdp", Role::FsdpStrategy, "memory.zero"),
    plays("fsdp_config", Role::Companion),
    holds("fsdp_", "memory.zero says what ranks divide; how is Ringscope's own"),
    KeyRule{"run_name",
            Verdict::Renamed,
            "name",
            "the experiment's name",
            Role::Name,
            {},
            KeyUse::Housekeeping},
    keepsHouse("output_dir", storeKeeps),
    keepsHouse("overwrite_output_dir", storeKeeps),
    keepsHouse("logging_", "every step is measured and kept"),
    keepsHouse("log_on_each_node", "messages of all ranks are kept with the run"),
    keepsHouse("log_", "every step is measured and kept"),
    keepsHouse("include_tokens_per_second", "tokens are always counted"),
    keepsHouse("include_effective_tokens_per_second", "tokens are always counted"),
    keepsHouse("include_", noOtherEvaluation),
    keepsHouse("project", storeKeeps),
    keepsHouse("trackio_", storeKeeps),
    keepsHouse("swanlab_", storeKeeps),
    keepsHouse("use_swanlab", storeKeeps),
    keepsHouse("wandb_", storeKeeps),
    keepsHouse("ray_", "Ringscope starts its ranks itself; see `launch:`"),
    keepsHouse("placement_strategy", "Ringscope starts its ranks itself; see `launch:`"),
    keepsHouse("resources_per_worker", "Ringscope starts its ranks itself; see `launch:`"),
    keepsHouse("print_param_status", "`ringscope plan` lists a model's parameters"),
    keepsHouse("no_remove_unused_columns", "a document's other columns are not read"),
    keepsHouse("log_level", "every step is measured and kept"),
    keepsHouse("disable_tqdm", "every step is measured and kept"),
    keepsHouse("plot_loss", "`ringscope report` draws the losses"),
    keepsHouse("report_to", storeKeeps),
    keepsHouse("push_to_hub", "nothing is uploaded"),
    keepsHouse("hub_", "nothing is uploaded"),
    keepsHouse("include_num_input_tokens_seen", "tokens are always counted"),
    plays("save_strategy", Role::SaveWhen, "checkpoint.every"),
    plays("save_steps", Role::SaveSteps, "checkpoint.every"),
    plays("save_total_limit", Role::SaveMost, "checkpoint.keep"),
    keepsHouse("save_", "a checkpoint has all that a run needs to go on, in Ringscope's own form"),
    drops("resume_from_checkpoint",
          "Ringscope resumes runs of its own store: `ringscope run --resume`"),
    plays("per_device_eval_batch_size", Role::ValidationBatch),
    keepsHouse("eval_", noOtherEvaluation),
    plays("eval_steps", Role::ValidationSteps, "train.validate_every"),
    plays("eval_strategy", Role::ValidationWhen, "train.validate_every"),
    plays("evaluation_strategy", Role::ValidationWhen, "train.validate_every", "",
          "up to transformers 4.45; eval_strategy since 4.41"),
    holds("do_eval", noOtherEvaluation),
    keepsHouse("predict_with_generate", noOtherEvaluation),
    keepsHouse("compute_accuracy", noOtherEvaluation),
    keepsHouse("load_best_model_at_end", "a run keeps its newest checkpoints; nothing is loaded"),
    keepsHouse("metric_for_best_model", "a run keeps its newest checkpoints; nothing is loaded"),
    keepsHouse("greater_is_better", "a run keeps its newest checkpoints; nothing is loaded"),
    plays("early_stopping_patience", Role::Patience, "train.stop_patience"),
    keepsHouse("dataloader_", loaderSpeed),
    holds("group_by_length", "sequences are full; all have the same length"),
    keepsHouse("remove_unused_columns", "a document's other columns are not read"),
    holds("do_train", "a Ringscope run trains"),
    keepsHouse("do_predict", noOtherEvaluation),
    holds("local_rank", "Ringscope gives ranks their numbers"),
    holds("use_liger_kernel", "the loss and a feed-forward are computed some rows at a time"),
};

inline constexpr std::array adapters = {
    plays("lora_rank", Role::LoraRank, "adapter.rank"),
    plays("lora_r", Role::LoraRank, "adapter.rank"),
    plays("lora_alpha", Role::LoraAlpha, "adapter.alpha"),
    plays("lora_dropout", Role::LoraDropout, "adapter.dropout"),
    plays("lora_target", Role::LoraTargets, "adapter.targets"),
    plays("lora_target_modules", Role::LoraTargets, "adapter.targets"),
    plays("target_modules", Role::LoraTargets, "adapter.targets"),
    drops("lora_", "an adapter is a product of two matrices, without this addition"),
    drops("use_dora", "an adapter is a product of two matrices, without this addition"),
    drops("use_rslora",
          "adapter.alpha / adapter.rank scales the product; rslora divides by the "
          "rank's root"),
    drops("pissa_", "adapters begin at 0, as LoRA has it"),
    plays("quantization_bit", Role::LoadBits, "adapter.kind"),
    plays("quant_bits", Role::LoadBits, "adapter.kind"),
    plays("load_in_4bit", Role::Load4bit, "adapter.kind"),
    plays("load_in_8bit", Role::Load8bit, "adapter.kind"),
    holds("quantization_method", "qlora keeps weights in 4 bits, as bitsandbytes does"),
    holds("quantization_type", "qlora keeps weights in nf4"),
    holds("double_quantization", "qlora's own factors are in 8 bits, too"),
    holds("bnb_4bit_", "qlora keeps weights in nf4, and computes in train.precision"),
};

inline constexpr std::array models = {
    plays("model_name_or_path", Role::Model, "model"),
    holds("attn_implementation", ownKernels),
    holds("flash_attn", ownKernels),
    holds("use_flash_attn", ownKernels),
    holds("use_flash_attention", ownKernels),
    keepsHouse("trust_remote_code", "Ringscope runs no code of a model"),
    keepsHouse("cache_dir", "nothing is downloaded"),
    keepsHouse("hf_hub_token", "nothing is downloaded"),
    keepsHouse("model_revision", "nothing is downloaded; model.from names a folder"),
    keepsHouse("use_fast_tokenizer", "there is one tokenizer for a tokenizer's file"),
    plays("tokenizer_name", Role::Tokenizer, "data.tokenizer"),
    plays("tokenizer_name_or_path", Role::Tokenizer, "data.tokenizer"),
    plays("tokenizer_path", Role::Tokenizer, "data.tokenizer"),
    plays("torch_dtype", Role::LoadedPrecision, "train.precision"),
};

}  // namespace ringscope::migration_rows
