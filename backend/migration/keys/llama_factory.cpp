// LLaMA-Factory's YAML with the sequence-parallel keys of its 360 branch.
#include "backend/migration/key_rules.h"
#include "backend/migration/keys/trainer_rows.h"

#include <array>

namespace ringscope {
namespace {

using enum Verdict;
using namespace migration_rows;

constexpr std::string_view underShards =
    "the old stack's sequence-parallel attention leaves this out without a message, so its runs "
    "never "
    "had it; Ringscope has no such setting";
constexpr std::string_view windowUnderShards =
    "the old stack's sequence-parallel attention leaves this out without a message, so its runs "
    "never "
    "had it; attention.window computes it in every mode";

constexpr std::string_view allWeights =
    "adapter.targets are kinds of layers; all else stays as it is: fewer weights are trained";

constexpr std::array sequenceParallel = {
    plays("sequence_parallel_size", Role::Size, "parallel.sp", sharedBy),
    plays("sequence_parallel_mode", Role::Mode, "parallel.mode"),
    plays("sequence_parallel_ulysses_degree", Role::UlyssesDegree, "parallel.ulysses",
          "ranks of a group that split the heads"),
    plays("sequence_parallel_ring_degree", Role::RingDegree),
    holds("shuffle_for_sequence_parallel",
          "samples are shuffled alike for all ranks that share a sequence"),
    plays("cutoff_len", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("hyper_parallel_cp_size", Role::Size, "parallel.sp", sharedBy,
          "HyperParallel plugin, from 2026-03"),
};

constexpr std::array model = {
    plays("disable_gradient_checkpointing", Role::NoRecompute, "memory.recompute"),
    plays("use_unsloth_gc", Role::OffloadActivations, "memory.offload_activations"),
    holds("use_reentrant_gc", "how the old stack computes again; the result is the same"),
    holds("use_unsloth", fusedInside),
    plays("rope_scaling", Role::RopeScaling, "model.rope_scaling"),
    plays("enable_liger_kernel", Role::Liger),
    warns("shift_attn", underShards, "false"),
    warns("sliding_window", windowUnderShards, "null|false"),
    warns("use_sliding_window", windowUnderShards, "false"),
    warns("attention_dropout",
          "the old stack sets it to 0 under sequence parallelism, without a message; so does "
          "this experiment",
          "0|0.0|null"),
    drops("adapter_name_or_path", "weights of an adapter are not read; a new one is trained"),
    drops("resize_vocab", "the vocabulary is model.vocab_size"),
    drops("upcast_", "norms and sums are in fp32; other weights are in train.precision"),
    holds("train_from_scratch", "without model.from a run starts from random weights"),
    keepsHouse("infer_", "for answers after the training"),
    keepsHouse("vllm_", "for answers after the training"),
    keepsHouse("sglang_", "for answers after the training"),
    keepsHouse("do_sample", "for answers after the training"),
    keepsHouse("temperature", "for answers after the training"),
    keepsHouse("top_p", "for answers after the training"),
    keepsHouse("top_k", "for answers after the training"),
    keepsHouse("max_new_tokens", "for answers after the training"),
    keepsHouse("export_", "a checkpoint is written in Ringscope's own form"),
    keepsHouse("ms_hub_token", "nothing is downloaded"),
    keepsHouse("om_hub_token", "nothing is downloaded"),
    holds("low_cpu_mem_usage", "a checkpoint is mapped, not copied"),
    holds("use_cache", "training keeps no keys and values of earlier steps"),
    holds("use_kv_cache", "training keeps no keys and values of earlier steps"),
    holds("image_", onlyText),
    holds("video_", onlyText),
    holds("audio_", onlyText),
    holds("crop_to_patches", onlyText),
    holds("use_audio_in_video", onlyText),
    drops("mixture_of_depths", "every token passes every layer: more memory and time", "null"),
    drops("new_special_tokens", "a tokenizer's own tokens are used", "null"),
    drops("add_tokens", "a tokenizer's own tokens are used", "null"),
    drops("add_special_tokens", "a tokenizer's own tokens are used", "null"),
    drops("moe_aux_loss_coef", "train.router_aux_loss is for models with experts"),
};

constexpr std::array method = {
    plays("stage", Role::Stage, "train.task"),
    plays("finetuning_type", Role::Finetuning, "adapter.kind"),
    drops("additional_target", allWeights),
    holds("use_hyper_parallel", "parallel.mode and memory.zero say what ranks divide"),
    plays("hyper_parallel_dp_size", Role::Replicas, "parallel.dp", ownGroups),
    plays("hyper_parallel_tp_size", Role::TensorRanks),
    takes("hyper_parallel_ep_size", "parallel.ep", "ranks that share a model's experts"),
    plays("hyper_parallel_args.tp_size", Role::TensorRanks),
    plays("hyper_parallel_args.dp_size", Role::Replicas, "parallel.dp", ownGroups),
    takes("hyper_parallel_args.ep_size", "parallel.ep", "ranks that share a model's experts"),
    drops("hyper_parallel_args", "parallel.* fields say what ranks divide", "{}|null"),
    drops("hyper_parallel_args.", "parallel.* fields say what ranks divide"),
    holds("freeze_vision_tower", onlyText),
    holds("freeze_multi_modal_projector", onlyText),
    drops("freeze_", noFrozenWeights),
    drops("pref_", noPairs),
    drops("dpo_", noPairs),
    drops("kto_", noPairs),
    drops("simpo_", noPairs),
    drops("ref_model", noSecondModel),
    drops("ref_model_", noSecondModel),
    drops("reward_model", noSecondModel),
    drops("reward_model_", noSecondModel),
    drops("ld_alpha", noPairs),
    drops("ppo_", noLearner, switchedOff),
    drops("use_galore", wholeOptimizer),
    drops("galore_", wholeOptimizer),
    drops("use_apollo", wholeOptimizer),
    drops("apollo_", wholeOptimizer),
    drops("use_badam", wholeOptimizer),
    drops("badam_", wholeOptimizer),
    drops("use_llama_pro", noFrozenWeights),
    drops("use_adam_mini", wholeOptimizer),
    drops("use_asft_loss", "train.task says which tokens are learned, by their cross entropy"),
    drops("use_dft_loss", "train.task says which tokens are learned, by their cross entropy"),
    drops("use_eaft_loss", "train.task says which tokens are learned, by their cross entropy"),
    drops("use_muon", "Ringscope trains with AdamW: losses and optimizer memory differ"),
    drops("loraplus_lr_ratio", "both matrices of an adapter have train.lr"),
    plays("early_stopping_steps", Role::Patience, "train.stop_patience"),
};

constexpr std::array data = {
    plays("dataset", Role::Data, "data.source"),
    holds("dataset_dir", "data.source is a path"),
    keepsHouse("media_dir", "only text is trained on"),
    plays("eval_dataset", Role::ValidationData, "data.validation"),
    plays("tokenized_path", Role::Data, "data.source"),
    plays("template", Role::Template, "data.chat_template"),
    plays("max_samples", Role::MostSamples, "train.steps"),
    keepsHouse("streaming", loaderSpeed),
    keepsHouse("buffer_size", loaderSpeed),
    drops("mix_strategy", "several files are read one after the other"),
    drops("interleave_probs", "several files are read one after the other"),
    keepsHouse("overwrite_cache", loaderSpeed),
    drops("disable_shuffling", "documents are shuffled: their order and losses differ"),
    holds("enable_thinking", "a conversation is trained on as its file has it"),
    holds("preserve_thinking", "a conversation is trained on as its file has it"),
    holds("eval_on_each_dataset", "there is one validation, of data.validation"),
    holds("eval_num_beams", noOtherEvaluation),
    keepsHouse("preprocessing_", loaderSpeed),
    KeyRule{"packing", Converted, "data.packing", "", Role::Packing},
    KeyRule{"neat_packing", NeedsDecision, "data.packing", "", Role::NeatPacking},
    plays("train_on_prompt", Role::LearnsAll, "train.task"),
    drops("mask_history", "every answer of a conversation is learned", "false"),
    holds("ignore_pad_token_for_loss", "padding is never a target"),
    drops("default_system", "a conversation's own system message is used", "null"),
    drops("tool_format", "conversations without tools are trained on", "null"),
    plays("val_size", Role::ValidationShare, "data.validation"),
};

constexpr std::array alst = {
    holds("alst_sequence_backend", "Ringscope runs its own schedules"),
    plays("alst_sequence_tiling", Role::TiledMlpAndLoss, "memory.tile_mlp"),
    plays("alst_memory_optimizations", Role::OffloadActivations, "memory.offload_activations"),
    plays("alst_ulysses_degree", Role::UlyssesDegree, "parallel.sp", "ranks that split the heads"),
    plays("enable_profiling", Role::Profiling, "profile.steps"),
    plays("profiling_wait_steps", Role::ProfilingWait, "profile.steps"),
    plays("profiling_warmup_steps", Role::ProfilingWarmup, "profile.steps"),
    plays("profiling_active_steps", Role::ProfilingActive, "profile.steps"),
    takes("profiling_profile_memory", "profile.memory", "memory is measured at the allocator"),
    keepsHouse("profiling_repeat", "one range of steps is traced"),
    keepsHouse("profiling_record_shapes", "a schedule's shapes are known without tracing"),
    keepsHouse("profiling_with_stack", "spans name layer, pass and ring step instead"),
    keepsHouse("profiling_output_dir", storeKeeps),
};

// Of the Megatron bridge: context_parallel_size is this program's, sequence_parallel is not.
constexpr std::array bridge = {
    plays("context_parallel_size", Role::Size, "parallel.sp", sharedBy,
          "LLaMA-Factory's Megatron bridge, after 0.9.5"),
    warns("sequence_parallel",
          "it shards norms over the ranks of tensor parallelism and splits no attention; without "
          "tensor_model_parallel_size above 1 it does nothing",
          "false"),
    plays("tensor_model_parallel_size", Role::TensorRanks),
    plays("pipeline_model_parallel_size", Role::PipelineRanks),
    drops("virtual_pipeline_model_parallel_size", noLayersDivided),
    takes("expert_model_parallel_size", "parallel.ep", "ranks that share a model's experts"),
    drops("expert_tensor_parallel_size", "an expert is whole on its ranks", "1|null"),
    holds("calculate_per_token_loss", "the loss is always weighted by the tokens of all ranks"),
    plays("recompute_granularity", Role::Recompute, "memory.recompute"),
    plays("recompute_method", Role::RecomputeMethod),
    plays("recompute_num_layers", Role::RecomputeLayers, "memory.recompute_every"),
    plays("use_distributed_optimizer", Role::ZeroStage, "memory.zero"),
    holds("overlap_grad_reduce", "a layer's gradients are summed while the next one computes"),
    holds("overlap_param_gather", "a layer's parameters are gathered a layer ahead"),
    plays("cp_comm_type", Role::Mode, "parallel.mode"),
    holds("moe_grouped_gemm", fusedInside),
    holds("moe_permute_fusion", fusedInside),
    holds("moe_shared_expert_overlap", "what every token uses is computed beside the experts"),
    holds("moe_token_dispatcher_type", "tokens go to their experts' ranks and back"),
    takes("moe_aux_loss_coeff", "train.router_aux_loss",
          "weight of the loss that keeps experts evenly used"),
    takes("moe_aux_loss_coef", "train.router_aux_loss",
          "weight of the loss that keeps experts evenly used"),
    drops("moe_", "Ringscope's experts have no such setting"),
    holds("bias_activation_fusion", fusedInside),
    holds("bias_dropout_fusion", fusedInside),
    holds("masked_softmax_fusion", fusedInside),
    holds("apply_rope_fusion", fusedInside),
    holds("gradient_accumulation_fusion", fusedInside),
    holds("cross_entropy_loss_fusion", "logits are always made for some rows at a time"),
    holds("variable_seq_lengths", "sequences are full and all of the same length"),
    drops("account_for_", noLayersDivided),
    drops("decoder_first_pipeline_num_layers", noLayersDivided),
    drops("decoder_last_pipeline_num_layers", noLayersDivided),
    drops("num_layers_in_", noLayersDivided),
    drops("pipeline_model_parallel_layout", noLayersDivided),
    drops("microbatch_group_size_per_vp_stage", noLayersDivided),
    drops("delay_grad_reduce", "a layer's gradients are summed while the next one computes"),
    holds("align_grad_reduce", "a layer's gradients are summed while the next one computes"),
    holds("align_param_gather", "a layer's parameters are gathered a layer ahead"),
    plays("optimizer_cpu_offload", Role::OffloadOptimizer, "memory.offload_optimizer"),
};

constexpr std::array defaults = {
    ImpliedDefault{"per_device_train_batch_size", "train.batch", "8"},
    ImpliedDefault{"learning_rate", "train.lr", "5e-5"},
    ImpliedDefault{"lr_scheduler_type", "train.lr_schedule", "linear"},
    ImpliedDefault{"adam_beta2", "train.beta2", "0.999"},
    ImpliedDefault{"seed", "train.seed", "42"},
    ImpliedDefault{"cutoff_len", "train.seq_len", "2048"},
};

constexpr auto base = joinedRules(sequenceParallel, model, method, data, models, adapters, trainer);
constexpr auto withAlst =
    joinedRules(alst, sequenceParallel, model, method, data, models, adapters, trainer);
constexpr auto withBridge =
    joinedRules(bridge, sequenceParallel, model, method, data, models, adapters, trainer);

}  // namespace

std::span<const KeyRule> llamaFactoryRules() { return base; }
std::span<const KeyRule> llamaFactoryAlstRules() { return withAlst; }
std::span<const KeyRule> llamaFactoryBridgeRules() { return withBridge; }
std::span<const ImpliedDefault> trainerDefaults() { return defaults; }

}  // namespace ringscope
