// The calls in known_calls.cpp and their arguments.
#include "backend/migration/keys/trainer_rows.h"

namespace ringscope {
namespace {

using namespace migration_rows;

constexpr std::string_view pooledBuffers =
    "buffers of messages are taken from a pool and used again, always";
constexpr std::string_view alwaysOverlaps = "messages travel while blocks are computed, always";
constexpr std::string_view measuresAll = "bytes and times of every message are measured and kept";
constexpr std::string_view endsRun =
    "Ringscope ends a run whose rank dies; launch.retries goes on from a checkpoint";
constexpr std::string_view hilbertOrder =
    "the old classes permuted q, k and v under the causal mask, so queries saw later tokens; here "
    "parallel.token_order hilbert orders how tokens are shared out, and dilated-ring does not take "
    "it";
constexpr std::string_view hilbertLevel =
    "the curve of parallel.token_order hilbert, which dilated-ring does not take, fits any image "
    "and has no level; the old one permuted q, k and v under the mask";
constexpr std::string_view droppedShare = "share of attention weights that are dropped";
constexpr std::string_view seesNoLater = "a query sees no later keys";
constexpr std::string_view ringDropout =
    "ring kernels of the old stack accept it and do not replay it in the backward pass";

constexpr std::array callRows = {
    // Rings of dilated attention, and dilated attention on one rank.
    plays("ring_class", Role::RingClass, "parallel.mode"),
    holds("ring_config", "its arguments are listed"),
    holds("ring_preset", "its argument is listed"),
    plays("dilated_call", Role::DilatedCall, "attention.pattern.kind"),
    plays("ring.segment_lengths", Role::Segments, "attention.pattern.segments"),
    plays("ring.dilation_rates", Role::Rates, "attention.pattern.rates"),
    takes("ring.dropout", "attention.dropout", droppedShare),
    takes("ring.attention_dropout", "attention.dropout", droppedShare),
    takes("ring.causal", "attention.causal", seesNoLater),
    takes("ring.is_causal", "attention.causal", seesNoLater),
    plays("ring.ring_size", Role::Size, "parallel.sp", sharedBy),
    plays("ring.world_size", Role::Size, "parallel.sp", sharedBy),
    takes("ring.embed_dim", "model.hidden_size", "width of the residual stream"),
    takes("ring.num_heads", "model.heads", "query heads"),
    warns("ring.use_hilbert", hilbertOrder),
    holds("ring.hilbert_curve_level", hilbertLevel),
    holds("ring.communication_backend", knownTransport),
    holds("ring.overlap_communication", alwaysOverlaps),
    holds("ring.use_fused_kernels", fusedInside),
    drops("ring.compile_mode", "Ringscope runs its own schedule, uncompiled"),
    holds("ring.use_memory_pool", pooledBuffers),
    holds("ring.enable_memory_pool", pooledBuffers),
    holds("ring.preallocate_buffers", pooledBuffers),
    keepsHouse("ring.enable_error_recovery", endsRun),
    keepsHouse("ring.log_communication_stats", measuresAll),
    keepsHouse("ring.enable_profiling", measuresAll),
    holds("ring.use_flash_attention", ownKernels),
    holds("ring.use_sdpa", ownKernels),
    holds("ring.memory_efficient", ownKernels),
    plays("ring.use_gradient_checkpointing", Role::Recompute, "memory.recompute"),
    plays("ring.dtype", Role::Precision, "train.precision"),
    keepsHouse("ring.device", "launch.device says what ranks compute on"),
    holds("ring.kind", "one implementation has all their features"),
    holds("ring.config", "its own arguments are listed"),
    plays("ring.preset", Role::RingPreset),
    drops("ring.sparsity_ratio", "a pattern says which blocks of keys a query sees"),
    drops("ring.", "Ringscope's attention has no such argument"),
    // Functions that compute one attention.
    plays("attention_call", Role::CallMode, "parallel.mode"),
    plays("gathering_call", Role::CallMode, "parallel.mode"),
    plays("varlen_call", Role::CallMode, "parallel.mode"),
    takes("attention.causal", "attention.causal", seesNoLater),
    plays("attention.window_size", Role::Window, "attention.window"),
    takes("attention.softmax_scale", "attention.scale", "factor of the scores"),
    takes("attention.softcap", "attention.softcap", "scores are squashed to this size"),
    plays("attention.dropout_p", Role::CallDropout, "attention.dropout", ringDropout),
    takes("attention.alibi_slopes", "attention.alibi", "scores fall with distance"),
    holds("attention.deterministic", "the same ranks add up in the same order every time"),
    keepsHouse("attention.return_attn_probs", "`ringscope verify` compares results"),
    keepsHouse("attention.group", "parallel.sp says which ranks share a sequence"),
    keepsHouse("attention.process_group", "parallel.sp says which ranks share a sequence"),
    holds("attention.heads_k_stride", "llama3 gathers some heads at a time; bytes are the same"),
    drops("attention.bias", "attention.alibi is the one bias there is"),
    holds("attention.", "lengths of documents come from the data"),
    // Groups of ranks that split heads within a ring.
    plays("hybrid_call", Role::CallMode, "parallel.mode"),
    plays("ulysses_call", Role::CallMode, "parallel.mode"),
    holds("hybrid_groups", "its arguments are listed"),
    plays("hybrid.ulysses_degree", Role::UlyssesDegree, "parallel.ulysses",
          "ranks of a group that split the heads"),
    plays("hybrid.ring_degree", Role::RingDegree),
    holds("hybrid.world_size", "the degrees say which ranks share a sequence"),
    keepsHouse("hybrid.rank", "Ringscope gives ranks their numbers"),
    plays("hybrid.use_ulysses_low", Role::UlyssesLow, "parallel.ulysses_order"),
    plays("hybrid.ring_impl_type", Role::RingImplementation),
    drops("hybrid.use_pack_qkv", "keys and values travel in messages of their own"),
    holds("hybrid.attn_type", ownKernels),
    holds("hybrid.scatter_idx", "heads are split, tokens gathered"),
    holds("hybrid.gather_idx", "heads are split, tokens gathered"),
    keepsHouse("hybrid.", "parallel.sp says which ranks share a sequence"),
    // DeepSpeed's Ulysses for transformers.
    plays("ulysses_hf", Role::CallMode, "parallel.mode"),
    plays("ulysses.model_name_or_path", Role::Model, "model"),
    holds("ulysses.core_attn_implementation", ownKernels),
    plays("ulysses.sequence_parallel_size", Role::Size, "parallel.sp", sharedBy,
          "from DeepSpeed 0.17.0"),
    plays("ulysses.micro_batch_size", Role::Batch, "train.batch", ranksPerGroup),
    plays("ulysses.seq_length", Role::SeqLen, "train.seq_len", allRanksTokens,
          "from DeepSpeed 0.17.0"),
    plays("ulysses.max_length", Role::SeqLen, "train.seq_len", allRanksTokens,
          "deprecated since DeepSpeed 0.17.0; seq_length"),
    holds("ulysses.seq_length_is_variable", "sequences are full and all of the same length"),
    KeyRule{"ulysses.disable_in_eval", Verdict::Dropped, "", "validations run under the run's mode",
            Role::None, "false", KeyUse::Needed, "from DeepSpeed 0.18.6"},
    keepsHouse("ulysses.", "parallel.sp says which ranks share a sequence"),
    // transformers' and accelerate's own classes.
    holds("trainer_call", "its arguments are listed"),
    holds("parallelism_call", "its arguments are listed"),
    holds("accelerator_call", "its arguments are listed"),
    plays("parallelism.sp_size", Role::Size, "parallel.sp", sharedBy, "from accelerate 1.12"),
    plays("parallelism.cp_size", Role::Size, "parallel.sp", sharedBy, "from accelerate 1.10"),
    plays("parallelism.cp_comm_strategy", Role::CpRotate, "parallel.mode"),
    plays("parallelism.sp_seq_length", Role::SeqLen, "train.seq_len", allRanksTokens,
          "from accelerate 1.12"),
    holds("parallelism.sp_seq_length_is_variable", "sequences are full and all of the same length"),
    holds("parallelism.sp_attn_implementation", ownKernels),
    plays("parallelism.sp_backend", Role::CpBackend, "parallel.mode"),
    plays("parallelism.cp_backend", Role::CpBackend, "parallel.mode"),
    holds("parallelism.cp_handler", "its own arguments are listed"),
    holds("parallelism.sp_handler", "its own arguments are listed"),
    plays("parallelism.dp_replicate_size", Role::Replicas, "parallel.dp", ownGroups),
    plays("parallelism.dp_shard_size", Role::Shards, "parallel.dp", ownGroups),
    plays("parallelism.tp_size", Role::TensorRanks),
    keepsHouse("parallelism.", "Ringscope starts its ranks itself; see `launch:`"),
    plays("accelerator.mixed_precision", Role::Precision, "train.precision"),
    takes("accelerator.gradient_accumulation_steps", "train.grad_accum", summedBatches),
    holds("accelerator.parallelism_config", "its own arguments are listed"),
    holds("accelerator.fsdp_plugin", "memory.zero says what ranks divide"),
    holds("accelerator.deepspeed_plugin", "memory.zero says what ranks divide"),
    keepsHouse("accelerator.", storeKeeps),
    // torch's context parallelism, EasyContext.
    plays("torch_cp", Role::CallMode, "parallel.mode"),
    holds("torch_rotate", "its argument is read"),
    plays("torch.rotate_method", Role::CpRotate, "parallel.mode"),
    keepsHouse("torch.", "parallel.sp says which ranks share a sequence"),
    holds("easy_call", "its argument is read"),
    plays("easy.seq_algo", Role::Mode, "parallel.mode"),
    holds("easy.", "the data and the model are split by the mode"),
};

}  // namespace

std::span<const KeyRule> pythonCallRules() { return callRows; }

}  // namespace ringscope
