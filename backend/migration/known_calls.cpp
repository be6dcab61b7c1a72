#include "backend/migration/known_calls.h"

#include <array>

namespace ringscope {
namespace {

constexpr std::string_view tensors = "q,k,v";
constexpr std::string_view dilation = "segment_lengths,dilation_rates,dropout";

constexpr std::array calls = {
    KnownCall{"RingDilatedAttention*", "ring_class", "ring", "ring", dilation},
    KnownCall{"RingMultiheadDilatedAttention*", "ring_class", "ring", "ring",
              "embed_dim,num_heads"},
    KnownCall{"StandardRingAttention", "ring_class", "ring", "ring", "config"},
    KnownCall{"HilbertRingAttention", "ring_class", "ring", "ring", "config"},
    KnownCall{"DistributedRingAttention", "ring_class", "ring", "ring", "config"},
    KnownCall{"BlockSparseRingAttention", "ring_class", "ring", "ring", "config"},
    KnownCall{"BlockSparseRing*", "ring_class", "ring", "ring", dilation},
    KnownCall{"create_ring_attention", "ring_class", "ring", "ring", "kind,config"},
    KnownCall{"RingAttentionConfig", "ring_config", "ring", "", dilation},
    KnownCall{"get_preset_config", "ring_preset", "ring", "", "preset"},
    KnownCall{"create_dilated_attention", "dilated_call", "ring", "",
              "kind,segment_lengths,dilation_rates"},
    KnownCall{"create_multihead_dilated_attention", "dilated_call", "ring", "",
              "kind,embed_dim,num_heads,segment_lengths,dilation_rates"},
    KnownCall{"DilatedAttention", "dilated_call", "ring", "", dilation},
    KnownCall{"ImprovedDilatedAttention", "dilated_call", "ring", "", dilation},
    KnownCall{"MultiheadDilatedAttention", "dilated_call", "ring", "",
              "embed_dim,num_heads,dilation_rates,segment_lengths"},
    KnownCall{"ImprovedMultiheadDilatedAttention", "dilated_call", "ring", "",
              "embed_dim,num_heads,dilation_rates,segment_lengths"},
    KnownCall{"wrap_ring_attn_func", "gathering_call", "attention", "ring-allgather", tensors},
    KnownCall{"wrap_ring_attn_varlen_func", "varlen_call", "attention", "llama3",
              "q,k,v,cu_seqlens_q,cu_seqlens_k,bias"},
    KnownCall{"wrap_zigzag_attn_func", "attention_call", "attention", "zigzag", tensors},
    KnownCall{"ring_flash_attn_varlen*", "varlen_call", "attention", "ring", tensors},
    KnownCall{"ring_flash_attn_*", "attention_call", "attention", "ring", tensors},
    KnownCall{"zigzag_ring_flash_attn_varlen*", "varlen_call", "attention", "zigzag", tensors},
    KnownCall{"zigzag_ring_flash_attn_*", "attention_call", "attention", "zigzag", tensors},
    KnownCall{"stripe_flash_attn_*", "attention_call", "attention", "striped", tensors},
    KnownCall{"llama3_flash_attn_*", "varlen_call", "attention", "llama3", tensors},
    KnownCall{"substitute_hf_flash_attn", "varlen_call", "attention", "llama3",
              "process_group,heads_k_stride"},
    KnownCall{"RingTransformer", "striped_call", "striped", "ring"},
    KnownCall{"RingAttention", "striped_call", "striped", "ring", "dim"},
    KnownCall{"LongContextAttention*", "hybrid_call", "hybrid", "usp"},
    KnownCall{"AsyncLongContextAttention*", "hybrid_call", "hybrid", "usp"},
    KnownCall{"UlyssesAttention", "ulysses_call", "hybrid", "ulysses"},
    KnownCall{"DistributedAttention", "ulysses_call", "hybrid", "ulysses"},
    KnownCall{"set_seq_parallel_pg", "hybrid_groups", "hybrid", "",
              "ulysses_degree,ring_degree,rank,world_size"},
    KnownCall{"register_with_transformers", "ulysses_hf", "ulysses", "ulysses"},
    KnownCall{"context_parallel", "torch_cp", "torch", "ring-allgather", "mesh"},
    KnownCall{"set_rotate_method", "torch_rotate", "torch", "", "rotate_method"},
    KnownCall{"TrainingArguments", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"Seq2SeqTrainingArguments", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"SFTConfig", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"DPOConfig", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"ORPOConfig", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"KTOConfig", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"RewardConfig", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"GRPOConfig", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"CPOConfig", "trainer_call", "trainer", "", "output_dir"},
    KnownCall{"from_pretrained", "loading_call", "loading", "", "name"},
    KnownCall{"LoraConfig", "lora_call", "lora", ""},
    KnownCall{"AdamW", "adamw_call", "adamw", "", "params,lr"},
    KnownCall{"get_constant_schedule", "schedule_call", "schedule", "", "optimizer"},
    KnownCall{"get_constant_schedule_with_warmup", "schedule_call", "schedule", "",
              "optimizer,num_warmup_steps"},
    KnownCall{"get_linear_schedule_with_warmup", "schedule_call", "schedule", "",
              "optimizer,num_warmup_steps,num_training_steps"},
    KnownCall{"get_cosine_schedule_with_warmup", "schedule_call", "schedule", "",
              "optimizer,num_warmup_steps,num_training_steps"},
    KnownCall{"FullyShardedDataParallelPlugin", "fsdp_call", "fsdp", ""},
    KnownCall{"DeepSpeedPlugin", "engine_call", "engine", ""},
    KnownCall{"ParallelismConfig", "parallelism_call", "parallelism", ""},
    KnownCall{"TorchContextParallelConfig", "parallelism_call", "parallelism", "",
              "cp_comm_strategy"},
    KnownCall{"DeepSpeedSequenceParallelConfig", "parallelism_call", "parallelism", ""},
    KnownCall{"Accelerator", "accelerator_call", "accelerator", ""},
    KnownCall{"prepare_seq_parallel_inputs", "easy_call", "easy", "", "seq_algo"},
    KnownCall{"apply_seq_parallel_monkey_patch", "easy_call", "easy", "", "seq_algo,model"},
};

}  // namespace

std::span<const KnownCall> knownCalls() { return calls; }

const KnownCall* findCall(std::string_view name) {
    const KnownCall* best = nullptr;
    for (const KnownCall& call : calls) {
        const bool many = call.name.ends_with('*');
        const std::string_view known = call.name.substr(0, call.name.size() - (many ? 1 : 0));
        if (!many && known == name) return &call;
        if (many && name.starts_with(known) &&
            (best == nullptr || call.name.size() > best->name.size()))
            best = &call;
    }
    return best;
}

}  // namespace ringscope
