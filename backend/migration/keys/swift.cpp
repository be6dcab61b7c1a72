// ms-swift: options of `swift sft`, and its YAML.
#include "backend/migration/keys/trainer_rows.h"

namespace ringscope {
namespace {

using namespace migration_rows;

constexpr std::array swiftRows = {
    plays("model", Role::Model, "model"),
    plays("model_id_or_path", Role::Model, "model"),
    holds("model_type", "the checkpoint's own config.json says the family"),
    plays("sequence_parallel_size", Role::Size, "parallel.sp", sharedBy),
    plays("rlhf_type", Role::Stage, "train.task"),
    plays("train_type", Role::Finetuning, "adapter.kind"),
    plays("tuner_type", Role::Finetuning, "adapter.kind"),
    plays("sft_type", Role::Finetuning, "adapter.kind"),
    holds("tuner_backend", "Ringscope has adapters of its own"),
    plays("dataset", Role::Data, "data.source"),
    drops("val_dataset", "data.validation keeps a share of the same data out of training"),
    plays("split_dataset_ratio", Role::ValidationShare, "data.validation"),
    holds("dataset_shuffle", "documents are shuffled"),
    keepsHouse("dataset_num_proc", loaderSpeed),
    keepsHouse("lazy_tokenize", loaderSpeed),
    keepsHouse("streaming", loaderSpeed),
    keepsHouse("load_from_cache_file", loaderSpeed),
    plays("max_length", Role::SeqLen, "train.seq_len", allRanksTokens),
    drops("truncation_strategy", "a document that is too long is cut into several sequences"),
    plays("packing", Role::NeatPacking, "data.packing"),
    holds("padding_free", "sequences are full; there is no padding"),
    plays("template", Role::Template, "data.chat_template"),
    drops("system", "a conversation's own system message is used"),
    drops("loss_scale", "train.task sft learns answers alone", "default|last_round"),
    plays("torch_dtype", Role::Precision, "train.precision"),
    holds("attn_impl", ownKernels),
    drops("freeze_", "all weights, or an adapter's, are trained: memory and losses differ"),
    keepsHouse("model_author", storeKeeps),
    keepsHouse("model_name", storeKeeps),
    keepsHouse("use_hf", "nothing is downloaded"),
    keepsHouse("check_model", "nothing is downloaded"),
    keepsHouse("create_checkpoint_symlink", storeKeeps),
    keepsHouse("max_new_tokens", "for answers after the training"),
    keepsHouse("temperature", "for answers after the training"),
    // Of `megatron sft`.
    plays("context_parallel_size", Role::Size, "parallel.sp", sharedBy),
    plays("tensor_model_parallel_size", Role::TensorRanks),
    plays("pipeline_model_parallel_size", Role::PipelineRanks),
    warns("sequence_parallel",
          "it shards norms over the ranks of tensor parallelism and splits no attention", "false"),
    plays("micro_batch_size", Role::Batch, "train.batch", ranksPerGroup),
    plays("global_batch_size", Role::GlobalBatch, "train.grad_accum"),
    plays("recompute_granularity", Role::Recompute, "memory.recompute"),
    plays("max_epochs", Role::Epochs, "train.epochs"),
    takes("lr", "train.lr", firstRate),
    plays("min_lr", Role::LrLeast, "train.lr_final"),
    plays("lr_warmup_fraction", Role::LrWarmupShare, "train.lr_warmup"),
};

constexpr auto swiftTable = joinedRules(swiftRows, models, adapters, trainer);

}  // namespace

std::span<const KeyRule> swiftRules() { return swiftTable; }

}  // namespace ringscope
