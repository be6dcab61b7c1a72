#include "backend/model/config_keys.h"

#include <array>

namespace ringscope {
namespace {

constexpr auto harmlessTable = std::to_array<std::string_view>(
    {// where the file came from, and how weights are stored
     "architectures", "is_llama_config", "auto_map", "dtype", "finetuning_task", "model_type",
     "name_or_path", "quantization_config", "tokenizer_class", "torch_dtype", "torchscript",
     "transformers.js_config", "transformers_version", "unsloth_fixed", "unsloth_version",
     "use_bfloat16",
     // tokens
     "bos_token_id", "cls_token_id", "decoder_start_token_id", "eos_token_id", "mask_token_id",
     "pad_token_id", "prefix", "sep_token_id", "unk_token_id",
     // how text is generated
     "bad_words_ids", "begin_suppress_tokens", "cache_implementation", "diversity_penalty",
     "do_sample", "early_stopping", "encoder_no_repeat_ngram_size",
     "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id",
     "length_penalty", "max_length", "max_new_tokens", "min_length", "no_repeat_ngram_size",
     "num_beam_groups", "num_beams", "num_return_sequences", "output_scores",
     "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "suppress_tokens",
     "task_specific_params", "temperature", "top_k", "top_p", "typical_p", "use_cache",
     // how long sequences may get: told by positions and rotary keys where it matters
     "max_position_embeddings", "max_sequence_length", "model_max_length", "n_ctx", "n_special",
     "seq_length",
     // what is put out besides logits, and heads of other tasks
     "classifier_dropout", "id2label", "is_decoder", "label2id", "num_labels", "num_mtp_layers",
     "num_nextn_predict_layers", "output_attentions", "output_hidden_states", "output_past",
     "output_router_logits", "predict_special_tokens", "problem_type", "return_dict",
     "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
     "summary_use_proj", "tf_legacy_loss", "tie_encoder_decoder",
     // how one trains, which a run says by itself: dropout, the experts' balance
     "attention_dropout", "attention_probs_dropout_prob", "attn_pdrop", "aux_loss_alpha",
     "embd_pdrop", "gradient_checkpointing", "hidden_dropout", "hidden_dropout_prob",
     "initializer_factor", "initializer_range", "resid_pdrop", "router_aux_loss_coef", "seq_aux",
     // which programs compute it, and in which order
     "attn_implementation", "chunk_size_feed_forward", "ep_size", "pretraining_tp",
     "reorder_and_upcast_attn", "use_flash_attn"});

}  // namespace

std::span<const std::string_view> harmlessKeys() { return harmlessTable; }

}  // namespace ringscope
