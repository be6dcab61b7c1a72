// LLaMA-Factory's YAML with the sequence-parallel keys of its 360 branch.
#include "backend/migration/key_rules.h"

#include <array>

namespace ringscope {
namespace {

using enum Verdict;

constexpr std::string_view noFiles =
    "Ringscope keeps results in its store and writes no such files";
constexpr std::string_view loader =
    "how fast samples are prepared; Ringscope reads its text into memory before the first step";
constexpr std::string_view noEvaluation =
    "data.validation keeps data out of training for validations, under the run's mode; there is no "
    "other evaluation";
constexpr std::string_view finalShare = "share of the learning rate that it ends at";
constexpr std::string_view otherCourse =
    "train.lr_schedule, lr_warmup, lr_decay and lr_final say all of the learning rate's course";
constexpr std::string_view loraOnly =
    "not taken over: adapter.kind, rank, alpha, dropout and targets say what trains beside the "
    "model";
constexpr std::string_view underShards =
    "the old stack's sequence-parallel attention leaves this out without a message, so its runs "
    "never "
    "had it; Ringscope has no such setting";
constexpr std::string_view windowUnderShards =
    "the old stack's sequence-parallel attention leaves this out without a message, so its runs "
    "never "
    "had it; attention.window computes it in every mode";

constexpr std::array sequenceParallel = {
    KeyRule{"sequence_parallel_size", Renamed, "parallel.sp", "ranks that share one sequence",
            Role::Size},
    KeyRule{"sequence_parallel_mode", Converted, "parallel.mode", "", Role::Mode},
    KeyRule{"sequence_parallel_ulysses_degree", Renamed, "parallel.ulysses",
            "ranks of a group that split the heads", Role::UlyssesDegree},
    KeyRule{"sequence_parallel_ring_degree", Dropped, "",
            "follows from parallel.sp and parallel.ulysses"},
    KeyRule{"shuffle_for_sequence_parallel", Dropped, "",
            "every step takes the next piece of the text; the order does not depend on this"},
    KeyRule{"cutoff_len", Renamed, "train.seq_len", "tokens of one sequence, over all ranks",
            Role::SeqLen},
};

constexpr std::array model = {
    KeyRule{"model_name_or_path", NeedsDecision, "model", "", Role::Model},
    KeyRule{"flash_attn", Dropped, "",
            "Ringscope takes the attention kernel of its device; results are the same"},
    KeyRule{"gradient_checkpointing", Converted, "memory.recompute", "", Role::Recompute},
    KeyRule{"disable_gradient_checkpointing", Converted, "memory.recompute", "", Role::NoRecompute},
    KeyRule{"use_unsloth_gc", Dropped, "", "memory.recompute says what is computed again"},
    KeyRule{"use_reentrant_gc", Dropped, "", "memory.recompute says what is computed again"},
    KeyRule{"use_unsloth", Dropped, "", "Ringscope has kernels of its own"},
    KeyRule{"rope_scaling", Dropped, "",
            "rotary positions are not stretched: beyond the model's own length losses differ"},
    KeyRule{"enable_liger_kernel", Dangerous, "",
            "known to change losses together with sequence parallelism; Ringscope computes the "
            "loss itself",
            Role::None, "false"},
    KeyRule{"shift_attn", Dangerous, "", underShards, Role::None, "false"},
    KeyRule{"sliding_window", Dangerous, "", windowUnderShards, Role::None, "null|false"},
    KeyRule{"use_sliding_window", Dangerous, "", windowUnderShards, Role::None, "false"},
    KeyRule{"attention_dropout", Dangerous, "",
            "the old stack sets it to 0 under sequence parallelism, without a message; so does "
            "this experiment",
            Role::None, "0|0.0|null"},
    KeyRule{"quantization_", Dropped, "", "Ringscope trains unquantised weights"},
    KeyRule{"adapter_", Dropped, "", loraOnly},
    KeyRule{"trust_remote_code", Dropped, "", "Ringscope runs no code of a model"},
    KeyRule{"cache_dir", Dropped, "", "nothing is downloaded"},
    KeyRule{"hf_hub_token", Dropped, "", "nothing is downloaded"},
    KeyRule{"resize_vocab", Dropped, "", "the vocabulary is model.vocab_size"},
    KeyRule{"use_fast_tokenizer", Dropped, "", "tokens are bytes"},
    KeyRule{"upcast_", Dropped, "", "Ringscope has one number format for everything"},
    KeyRule{"train_from_scratch", Dropped, "", "Ringscope always starts from random weights"},
    KeyRule{"model_revision", Dropped, "", "Ringscope always starts from random weights"},
};

constexpr std::array method = {
    KeyRule{"stage", Dropped, "", "", Role::Stage},
    KeyRule{"finetuning_type", Dropped, "", "", Role::Finetuning},
    KeyRule{"do_train", Dropped, "", "a Ringscope run trains"},
    KeyRule{"do_eval", Dropped, "", noEvaluation},
    KeyRule{"do_predict", Dropped, "", noEvaluation},
    KeyRule{"lora_", Dropped, "", loraOnly},
    KeyRule{"additional_target", Dropped, "", loraOnly},
    KeyRule{"use_dora", Dropped, "", loraOnly},
    KeyRule{"use_rslora", Dropped, "", loraOnly},
    KeyRule{"pissa_", Dropped, "", loraOnly},
    KeyRule{"freeze_", Dropped, "", "Ringscope trains all weights"},
    KeyRule{"pref_", Dropped, "", "Ringscope has no preference loss"},
    KeyRule{"dpo_", Dropped, "", "Ringscope has no preference loss"},
    KeyRule{"kto_", Dropped, "", "Ringscope has no preference loss"},
    KeyRule{"ref_model", Dropped, "", "Ringscope runs no second model beside the trained one"},
    KeyRule{"reward_model", Dropped, "", "Ringscope runs no second model beside the trained one"},
    KeyRule{"ppo_", Dropped, "", "Ringscope has no reinforcement learning"},
    KeyRule{"use_galore", Dropped, "", "AdamW is Ringscope's optimizer"},
    KeyRule{"galore_", Dropped, "", "AdamW is Ringscope's optimizer"},
    KeyRule{"use_badam", Dropped, "", "AdamW is Ringscope's optimizer"},
    KeyRule{"badam_", Dropped, "", "AdamW is Ringscope's optimizer"},
    KeyRule{"deepspeed", Dropped, "", "", Role::Companion},
    KeyRule{"fsdp", Dropped, "",
            "every rank holds all weights; nothing is sharded but the sequence"},
    KeyRule{"fsdp_", Dropped, "",
            "every rank holds all weights; nothing is sharded but the sequence"},
};

constexpr std::array data = {
    KeyRule{"dataset", Dropped, "", textOnly},
    KeyRule{"dataset_dir", Dropped, "", textOnly},
    KeyRule{"eval_dataset", Dropped, "", noEvaluation},
    KeyRule{"tokenized_path", Dropped, "", textOnly},
    KeyRule{"template", Dropped, "", "plain text has no chat template"},
    KeyRule{"max_samples", Dropped, "", textOnly},
    KeyRule{"streaming", Dropped, "", loader},
    KeyRule{"buffer_size", Dropped, "", loader},
    KeyRule{"mix_strategy", Dropped, "", textOnly},
    KeyRule{"interleave_probs", Dropped, "", textOnly},
    KeyRule{"overwrite_cache", Dropped, "", loader},
    KeyRule{"preprocessing_", Dropped, "", loader},
    KeyRule{"dataloader_", Dropped, "", loader},
    KeyRule{"packing", Converted, "data.packing", "", Role::Packing},
    KeyRule{"neat_packing", NeedsDecision, "data.packing", "", Role::NeatPacking},
    KeyRule{"train_on_prompt", Dropped, "", "every token of the text is a target"},
    KeyRule{"mask_history", Dropped, "", "every token of the text is a target"},
    KeyRule{"ignore_pad_token_for_loss", Dropped, "", "sequences are full; there is no padding"},
    KeyRule{"group_by_length", Dropped, "", "sequences are full; all have the same length"},
    KeyRule{"remove_unused_columns", Dropped, "", textOnly},
};

constexpr std::array training = {
    KeyRule{"per_device_train_batch_size", Renamed, "train.batch",
            "sequences a group of ranks trains on at a time; the number of groups is not in this "
            "file, so parallel.dp is 1",
            Role::Field},
    KeyRule{"gradient_accumulation_steps", Renamed, "train.grad_accum",
            "batches whose gradients are summed before a step", Role::Field},
    KeyRule{"learning_rate", Renamed, "train.lr", "the rate that train.lr_schedule begins with",
            Role::Field},
    KeyRule{"weight_decay", Renamed, "train.weight_decay", "decoupled, as AdamW has it",
            Role::Field},
    KeyRule{"max_grad_norm", Renamed, "train.grad_clip", "largest gradient norm", Role::Field},
    KeyRule{"seed", Renamed, "train.seed",
            "decides initial weights and data order, though not the old stack's ones", Role::Field},
    KeyRule{"max_steps", Renamed, "train.steps", "optimizer steps of the run", Role::Steps},
    KeyRule{"num_train_epochs", Converted, "train.epochs", "", Role::Epochs},
    KeyRule{"lr_scheduler_type", Converted, "train.lr_schedule", "", Role::Scheduler},
    KeyRule{"lr_scheduler_kwargs", Dropped, "", "train.lr_final and train.lr_decay are not set"},
    KeyRule{"lr_scheduler_kwargs.", Dropped, "", otherCourse},
    KeyRule{"lr_scheduler_kwargs.min_lr_rate", Renamed, "train.lr_final", finalShare, Role::Field},
    KeyRule{"lr_scheduler_kwargs.min_lr_ratio", Renamed, "train.lr_final", finalShare, Role::Field},
    KeyRule{"lr_scheduler_kwargs.num_decay_steps", Converted, "train.lr_decay", "", Role::LrDecay},
    KeyRule{"warmup_ratio", Converted, "train.lr_warmup", "", Role::LrWarmupShare},
    KeyRule{"warmup_steps", Converted, "train.lr_warmup", "", Role::LrWarmup},
    KeyRule{"optim", Dropped, "", "", Role::Optimizer},
    KeyRule{"adam_beta1", Renamed, "train.beta1", "of the gradient's mean", Role::Field},
    KeyRule{"adam_beta2", Renamed, "train.beta2", "of the gradient's mean square", Role::Field},
    KeyRule{"adam_epsilon", Renamed, "train.eps", "added to the root of the mean square",
            Role::Field},
    KeyRule{"bf16", Converted, "train.precision", "", Role::Bf16},
    KeyRule{"fp16", Converted, "train.precision", "", Role::Fp16},
    KeyRule{"pure_bf16", Converted, "train.precision", "", Role::Bf16},
    KeyRule{"tf32", Dropped, "", "Ringscope multiplies in the precision of train.precision"},
    KeyRule{"bf16_full_eval", Dropped, "", noEvaluation},
    KeyRule{"fp16_full_eval", Dropped, "", noEvaluation},
    KeyRule{"ddp_timeout", Dropped, "",
            "Ringscope ends a run whose rank dies, and names the rank; no timeout is needed"},
    KeyRule{"ddp_", Dropped, "", "Ringscope sums gradients itself"},
    KeyRule{"data_seed", Dropped, "", "train.seed decides the order of the data"},
    KeyRule{"torch_compile", Dropped, "", "Ringscope runs its own schedule, uncompiled"},
    KeyRule{"label_smoothing_factor", Renamed, "train.label_smoothing",
            "share of a label's weight that all tokens get alike", Role::Field},
    KeyRule{"neftune_noise_alpha", Dropped, "", "no noise is added to embeddings"},
    KeyRule{"average_tokens_across_devices", Dropped, "",
            "the loss is always weighted by the tokens of all ranks"},
    KeyRule{"use_cpu", Dropped, "", "launch.device says what ranks compute on"},
};

constexpr std::array output = {
    KeyRule{"run_name", Renamed, "name", "the experiment's name", Role::Name},
    KeyRule{"output_dir", Dropped, "", noFiles},
    KeyRule{"overwrite_output_dir", Dropped, "", noFiles},
    KeyRule{"logging_", Dropped, "", "every step is measured and kept"},
    KeyRule{"save_", Dropped, "", noFiles},
    KeyRule{"plot_loss", Dropped, "", "`ringscope report` draws the losses"},
    KeyRule{"report_to", Dropped, "", noFiles},
    KeyRule{"include_num_input_tokens_seen", Dropped, "", "tokens are always counted"},
    KeyRule{"resume_from_checkpoint", Dropped, "", "Ringscope always starts from random weights"},
    KeyRule{"val_size", Converted, "data.validation", "", Role::ValidationShare},
    KeyRule{"per_device_eval_batch_size", Dropped, "",
            "a validation takes batches of train.batch sequences"},
    KeyRule{"eval_", Dropped, "", noEvaluation},
    KeyRule{"eval_steps", Converted, "train.validate_every", "", Role::ValidationSteps},
    KeyRule{"eval_strategy", Dropped, "", "", Role::ValidationWhen},
    KeyRule{"evaluation_strategy", Dropped, "", "", Role::ValidationWhen},
    KeyRule{"predict_with_generate", Dropped, "", noEvaluation},
    KeyRule{"compute_accuracy", Dropped, "", noEvaluation},
    KeyRule{"load_best_model_at_end", Dropped, "", noEvaluation},
};

constexpr std::array alst = {
    KeyRule{"alst_sequence_backend", Dropped, "", "Ringscope runs its own schedules"},
    KeyRule{"alst_sequence_tiling", Converted, "memory.tile_mlp", "", Role::TiledMlpAndLoss},
    KeyRule{"alst_memory_optimizations", Dropped, "",
            "memory.recompute and memory.offload_activations say what is not kept; nothing is set"},
    KeyRule{"alst_ulysses_degree", Renamed, "parallel.sp", "ranks that split the heads",
            Role::UlyssesDegree},
    KeyRule{"enable_profiling", Converted, "profile.steps", "", Role::Profiling},
    KeyRule{"profiling_wait_steps", Converted, "profile.steps", "", Role::ProfilingWait},
    KeyRule{"profiling_warmup_steps", Converted, "profile.steps", "", Role::ProfilingWarmup},
    KeyRule{"profiling_active_steps", Converted, "profile.steps", "", Role::ProfilingActive},
    KeyRule{"profiling_profile_memory", Renamed, "profile.memory",
            "memory is measured at the allocator", Role::Field},
    KeyRule{"profiling_repeat", Dropped, "", "one range of steps is traced"},
    KeyRule{"profiling_record_shapes", Dropped, "",
            "a schedule's shapes are known without tracing"},
    KeyRule{"profiling_with_stack", Dropped, "", "spans name layer, pass and ring step instead"},
    KeyRule{"profiling_output_dir", Dropped, "", noFiles},
};

constexpr std::array defaults = {
    ImpliedDefault{"per_device_train_batch_size", "train.batch", "8"},
    ImpliedDefault{"learning_rate", "train.lr", "5e-05"},
    ImpliedDefault{"lr_scheduler_type", "train.lr_schedule", "linear"},
    ImpliedDefault{"adam_beta2", "train.beta2", "0.999"},
    ImpliedDefault{"seed", "train.seed", "42"},
    ImpliedDefault{"cutoff_len", "train.seq_len", "2048"},
};

// One array of several, at compile time.
template <std::size_t... Sizes>
constexpr auto joined(const std::array<KeyRule, Sizes>&... parts) {
    std::array<KeyRule, (Sizes + ...)> all{};
    std::size_t next = 0;
    const auto append = [&](const auto& part) {
        for (const KeyRule& rule : part) all[next++] = rule;
    };
    (append(parts), ...);
    return all;
}

constexpr auto base = joined(sequenceParallel, model, method, data, training, output);
constexpr auto withAlst = joined(alst, sequenceParallel, model, method, data, training, output);

}  // namespace

std::span<const KeyRule> llamaFactoryRules() { return base; }
std::span<const KeyRule> llamaFactoryAlstRules() { return withAlst; }
std::span<const ImpliedDefault> trainerDefaults() { return defaults; }

}  // namespace ringscope
