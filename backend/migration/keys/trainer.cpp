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
    drops("validation_file", "data.validation keeps a share of the same data out of training"),
    plays("packing", Role::Packing, "data.packing"),
    holds("padding_free", "sequences are full; there is no padding"),
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
