// What transformers' Trainer takes, as scripts of TRL and others give it.
#include "backend/migration/keys/trainer_rows.h"

namespace ringscope {
namespace {

using namespace migration_rows;

constexpr std::array scriptRows = {
    plays("max_length", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("max_seq_length", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("model_max_length", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("block_size", Role::SeqLen, "train.seq_len", allRanksTokens),
    plays("sequence_parallel_size", Role::Size, "parallel.sp", sharedBy),
    plays("dataset_name", Role::Data, "data.source"),
    plays("dataset_path", Role::Data, "data.source"),
    plays("data_path", Role::Data, "data.source"),
    plays("train_file", Role::Data, "data.source"),
    drops("dataset_config", "data.source names files"),
    drops("dataset_", "data.source names files"),
    plays("validation_file", Role::ValidationData, "data.validation"),
    plays("seq_parallel_size", Role::Size, "parallel.sp", sharedBy),
    plays("model_name", Role::Model, "model"),
    takes("min_lr_ratio", "train.lr_final", finalShare),
    plays("config_overrides", Role::ConfigOverrides, "model.rope_theta"),
    plays("tokenized_mds_train", Role::Data, "data.source"),
    plays("per_device_max_tokens", Role::SeqLen, "train.seq_len", allRanksTokens),
    keepsHouse("cuda_empty_cache", "memory is measured at the allocator"),
    plays("packing", Role::Packing, "data.packing"),
    holds("padding_free", "sequences are full; there is no padding"),
    holds("pad_to_multiple_of", "sequences are full; there is no padding"),
    holds("packing_strategy", "sequences are filled from one text; a document may be cut"),
    holds("truncation_mode", "a document that is too long is cut into several sequences"),
    plays("dtype", Role::Precision, "train.precision"),
    plays("sp_size", Role::Size, "parallel.sp", sharedBy),
    plays("context_parallel_size", Role::Size, "parallel.sp", sharedBy),
    plays("ulysses_degree", Role::UlyssesDegree, "parallel.ulysses",
          "ranks of a group that split the heads"),
    plays("ring_degree", Role::RingDegree),
    holds("low_rank_training", "an adapter is trained where use_peft says so"),
    drops("loss_type", "train.task says which tokens are learned, by their cross entropy",
          "nll|null"),
    drops("beta", noPairs),
    drops("max_prompt_length", noPairs),
    drops("max_completion_length", noPairs),
    drops("num_generations", noLearner, switchedOff),
    drops("num_iterations", noLearner, switchedOff),
    drops("steps_per_generation", noLearner, switchedOff),
    drops("generation_batch_size", noLearner, switchedOff),
    drops("epsilon", noLearner, switchedOff),
    drops("epsilon_high", noLearner, switchedOff),
    drops("reward_", noLearner, switchedOff),
    drops("scale_rewards", noLearner, switchedOff),
    drops("mask_truncated_completions", noLearner, switchedOff),
    drops("use_vllm", noLearner, switchedOff),
    drops("vllm_", noLearner, switchedOff),
    keepsHouse("temperature", sampling),
    keepsHouse("top_p", sampling),
    keepsHouse("top_k", sampling),
    drops("precompute_ref_log_probs", noPairs),
    drops("ref_model_", noSecondModel),
    drops("rpo_alpha", noPairs),
    drops("label_smoothing", noPairs),
    drops("chat_template_path", "data.chat_template names one of the known forms"),
    holds("model_init_kwargs", "the checkpoint's own config.json is read"),
    plays("use_peft", Role::Finetuning, "adapter.kind"),
    holds("lora_task_type", "Ringscope trains decoder-only language models"),
    holds("assistant_only_loss", "train.task sft learns answers alone"),
    holds("completion_only_loss", "train.task sft learns answers alone"),
    plays("activation_offloading", Role::OffloadActivations, "memory.offload_activations"),
    keepsHouse("eos_token", "a document's end is the tokenizer's own token"),
};

constexpr auto scriptTable = joinedRules(scriptRows, models, adapters, trainer);

}  // namespace

std::span<const KeyRule> trainerRules() { return scriptTable; }

}  // namespace ringscope
