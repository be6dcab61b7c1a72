"""The tiny models that model_families.py makes: one row per folder of tests/fixtures/models.

`config` is what the family's own config.json holds, in the names of transformers 5. `matters` lists
changes of single keys; each must move some logit by more than 1e-3, or a reader of config.json that
overlooks the key would pass. `same` lists keys that a reader is tempted to obey and must not.
"""
import dataclasses

PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512, "beta_fast": 32,
        "beta_slow": 1, "rope_theta": 100.0, "mscale": 0.9, "mscale_all_dim": 0.7}


@dataclasses.dataclass
class Family:
    name: str
    exercises: str
    config: dict
    matters: list = dataclasses.field(default_factory=list)
    same: list = dataclasses.field(default_factory=list)
    old: dict | None = None  # keys of config.old.json that config.json spells otherwise or has not
    dropped: tuple = ()  # keys of config.json that config.old.json leaves to their defaults
    shard_bytes: int | None = None  # weights in bf16 files of at most so many bytes, and their index
    hub_names: bool = False  # tensors named as in the first GPT-2 files, causal masks among them


def sizes(model_type, vocab, hidden, ffn, layers, heads, kv_heads, **more):
    keys = {"model_type": model_type, "vocab_size": vocab, "hidden_size": hidden,
            "intermediate_size": ffn, "num_hidden_layers": layers, "num_attention_heads": heads,
            "num_key_value_heads": kv_heads, "max_position_embeddings": 64, "rms_norm_eps": 3e-3,
            "pad_token_id": None, "bos_token_id": 1, "eos_token_id": 2,
            "rope_parameters": dict(PLAIN)}
    return keys | more


def rope(kind, theta, **more):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": theta} | more}


EPS = {"rms_norm_eps": 1e-6}
PLAIN_ROPE = {"rope_parameters": dict(PLAIN)}
LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}


def without(rope_parameters, *keys):
    return {"rope_parameters": {k: v for k, v in rope_parameters.items() if k not in keys}}


def llama():
    return [
        Family("llama", "Llama 3.1: rope of type llama3 (one frequency kept, one blended, two divided), untied head",
               sizes("llama", 79, 32, 52, 3, 4, 2, **rope("llama3", 500.0, **LLAMA3)),
               [EPS, rope("default", 500.0),
                rope("llama3", 500.0, **LLAMA3 | {"original_max_position_embeddings": 64})],
               old={"rope_theta": 500.0, "rope_scaling": LLAMA3 | {"rope_type": "llama3"}},
               dropped=("head_dim", "attention_bias", "mlp_bias", "pad_token_id")),
        Family("llama-shards", "weights in bf16, in three files and model.safetensors.index.json; 8 heads over 4",
               sizes("llama", 61, 32, 44, 2, 8, 4), [EPS], shard_bytes=16_000),
        Family("llama-tied", "Llama 3.2: head tied to the embedding, head_dim 12 of hidden 36 / 4, one key/value head",
               sizes("llama", 61, 36, 44, 2, 4, 1, head_dim=12, tie_word_embeddings=True,
                     **rope("llama3", 500.0, **LLAMA3)),
               [EPS, rope("default", 500.0)]),
        Family("llama-bias", "attention_bias and mlp_bias, other rope_theta, as many key/value heads as heads",
               sizes("llama", 67, 32, 44, 2, 4, 4, attention_bias=True, mlp_bias=True,
                     **rope("default", 300.0)),
               [EPS, PLAIN_ROPE]),
        Family("llama-linear", "rope of type linear, factor 3",
               sizes("llama", 67, 32, 44, 2, 4, 2, **rope("linear", 10000.0, factor=3.0)),
               [PLAIN_ROPE],
               old={"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 3.0}}),
        Family("llama-dynamic", "rope of type dynamic: 24 tokens over max_position_embeddings 16",
               sizes("llama", 67, 32, 44, 2, 4, 2, **rope("dynamic", 10000.0, factor=2.0)
                     | {"max_position_embeddings": 16}),
               [PLAIN_ROPE, {"max_position_embeddings": 20}],
               old={"rope_theta": 10000.0, "rope_scaling": {"type": "dynamic", "factor": 2.0}}),
        Family("mistral", "sliding_window 7 in every layer, head_dim 12 of hidden 40 / 4",
               sizes("mistral", 61, 40, 48, 2, 4, 2, head_dim=12, sliding_window=7),
               [EPS, {"sliding_window": None}, {"sliding_window": 8}, {"sliding_window": 6}]),
        Family("mixtral", "5 experts, top 2, softmax over the chosen two; names block_sparse_moe.experts.N.w1/w2/w3",
               sizes("mixtral", 61, 32, 20, 2, 4, 2, num_local_experts=5, num_experts_per_tok=2,
                     **rope("default", 1000.0)),
               [EPS, {"num_experts_per_tok": 3}, PLAIN_ROPE]),
    ]


def qwen():
    yarn = rope("yarn", 1000.0, factor=4.0, original_max_position_embeddings=256)
    return [
        Family("qwen2", "biases of q, k and v (none of o), tied head, head_dim 10",
               sizes("qwen2", 97, 40, 56, 2, 4, 2, tie_word_embeddings=True, **rope("default", 1000.0)),
               [EPS, PLAIN_ROPE]),
        Family("qwen2-window", "use_sliding_window: layers from max_window_layers on have window 5; untied",
               sizes("qwen2", 61, 32, 44, 3, 4, 2, use_sliding_window=True, sliding_window=5,
                     max_window_layers=1),
               [{"use_sliding_window": False}, {"max_window_layers": 2}, {"sliding_window": 6}]),
        Family("qwen2-yarn", "rope of type yarn: a ramp of three, attention factor 0.1 ln(4) + 1",
               sizes("qwen2", 61, 40, 44, 2, 4, 2, max_position_embeddings=1024, **yarn),
               [rope("default", 1000.0),
                {"rope_parameters": yarn["rope_parameters"] | {"attention_factor": 1.0}},
                {"rope_parameters": yarn["rope_parameters"] | {"truncate": False}}],
               old={"rope_theta": 1000.0, "rope_scaling": {
                   "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 256}},
               dropped=("layer_types",)),
        Family("qwen2-moe", "decoder_sparse_step 2: layer 1 has 5 experts, top 2 unnormalised, a gated shared expert",
               sizes("qwen2_moe", 61, 32, 44, 3, 4, 2, num_experts=5, num_experts_per_tok=2,
                     moe_intermediate_size=16, shared_expert_intermediate_size=24,
                     decoder_sparse_step=2),
               [EPS, {"norm_topk_prob": True}]),
        Family("qwen3", "norms of q and k over head_dim 6, 8 heads over 4, hidden 32",
               sizes("qwen3", 83, 32, 44, 2, 8, 4, head_dim=6), [EPS]),
        Family("qwen3-moe", "layer 0 dense (mlp_only_layers), 6 experts, top 3, norm_topk_prob, norms of q and k",
               sizes("qwen3_moe", 61, 28, 44, 3, 4, 2, head_dim=10, num_experts=6,
                     num_experts_per_tok=3, moe_intermediate_size=12, norm_topk_prob=True,
                     mlp_only_layers=[0]),
               [EPS, {"norm_topk_prob": False}, {"num_experts_per_tok": 2}],
               old={"rope_theta": 10000.0, "rope_scaling": None, "num_experts": 6,
                    "max_window_layers": 3},
               dropped=("num_local_experts",)),
    ]


def gemma():
    return [
        Family("gemma", "gains stored minus 1, embedding times sqrt(hidden), gelu (tanh), tied, one key/value head",
               sizes("gemma", 97, 32, 44, 2, 4, 1, head_dim=12), [EPS, {"hidden_act": "silu"}],
               old={"rope_theta": 10000.0, "rope_scaling": None, "hidden_act": "gelu"},
               dropped=("use_bidirectional_attention", "tie_word_embeddings", "pad_token_id")),
        Family("gemma2", "layers with window 6 and without by turns, caps of scores and logits, four norms a layer",
               sizes("gemma2", 83, 32, 44, 3, 4, 2, head_dim=10, query_pre_attn_scalar=13,
                     sliding_window=6, attn_logit_softcapping=5.0, final_logit_softcapping=4.0),
               [EPS, {"attn_logit_softcapping": None}, {"final_logit_softcapping": None},
                {"query_pre_attn_scalar": 10}, {"sliding_window": 7},
                {"layer_types": ["full_attention", "sliding_attention", "full_attention"]}],
               old={"rope_theta": 10000.0, "hidden_act": "gelu_pytorch_tanh",
                    "cache_implementation": "hybrid"},
               dropped=("layer_types", "use_bidirectional_attention", "tie_word_embeddings",
                        "pad_token_id")),
    ]


def others():
    factors = {"short_factor": [1.0, 1.1, 1.3], "long_factor": [1.2, 2.5, 7.0]}
    long_rope = rope("longrope", 10000.0, partial_rotary_factor=0.75, **factors)
    old_long_rope = {"rope_theta": 10000.0, "partial_rotary_factor": 0.75,
                     "rope_scaling": factors | {"type": "longrope"}}
    neox = {"model_type": "gpt_neox", "vocab_size": 71, "hidden_size": 32, "intermediate_size": 52,
            "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64,
            "layer_norm_eps": 3e-3, "bos_token_id": 1, "eos_token_id": 2,
            **rope("default", 10000.0, partial_rotary_factor=0.25)}
    gpt2 = {"model_type": "gpt2", "vocab_size": 61, "n_embd": 32, "n_head": 4, "n_layer": 2,
            "n_positions": 40, "layer_norm_epsilon": 3e-3, "bos_token_id": 1, "eos_token_id": 2}
    norm_eps = {"layer_norm_eps": 1e-6}
    return [
        Family("phi3", "qkv_proj and gate_up_proj in one matrix each, sliding_window 9",
               sizes("phi3", 71, 32, 48, 2, 4, 2, sliding_window=9),
               [EPS, {"sliding_window": None}]),
        Family("phi3-longrope", "rope of type longrope, long factors (24 tokens over 16), 0.75 of each head rotated",
               sizes("phi3", 71, 32, 48, 2, 4, 2, original_max_position_embeddings=16, **long_rope),
               [{"original_max_position_embeddings": 32},
                rope("default", 10000.0, partial_rotary_factor=0.75),
                {"max_position_embeddings": 32}],
               old=old_long_rope),
        Family("phi3-longrope-short", "the same with the short factors (24 tokens under 32)",
               sizes("phi3", 71, 32, 48, 2, 4, 2, original_max_position_embeddings=32, **long_rope),
               [{"original_max_position_embeddings": 16}, {"max_position_embeddings": 32}],
               old=old_long_rope),
        Family("olmo2", "norms after attention and ffn, not before; norms of q and k over all heads at once",
               sizes("olmo2", 67, 32, 44, 2, 4, 2), [EPS]),
        Family("gpt-neox", "one matrix for q, k, v by head; a quarter of each head rotated; parallel residual",
               neox, [norm_eps, {"use_parallel_residual": False}, {"hidden_act": "gelu_new"},
                      rope("default", 10000.0, partial_rotary_factor=0.5),
                      rope("default", 100.0, partial_rotary_factor=0.25)]),
        Family("gpt-neox-serial", "use_parallel_residual false, half of each of 4 heads rotated",
               neox | {"num_attention_heads": 4, "use_parallel_residual": False}
               | rope("default", 1000.0, partial_rotary_factor=0.5),
               [{"use_parallel_residual": True}],
               old={"rotary_emb_base": 1000, "rotary_pct": 0.5},
               dropped=("attention_bias", "pad_token_id")),
        Family("gpt2", "learned positions, c_attn/c_fc/c_proj as (in, out), gelu_new, tied; ffn 4 x hidden by default",
               gpt2, [{"layer_norm_epsilon": 1e-6}, {"activation_function": "relu"}]),
        Family("gpt2-hub", "names without 'transformer.', masks h.N.attn.bias to pass over, n_inner 60",
               gpt2 | {"n_embd": 28, "n_inner": 60, "n_head": 2}, hub_names=True),
    ]


def deepseek():
    mla = {"kv_lora_rank": 12, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 10,
           "max_position_embeddings": 2048, "num_experts_per_tok": 3, "first_k_dense_replace": 1}
    v2 = sizes("deepseek_v2", 61, 28, 40, 3, 4, 4, q_lora_rank=None, n_routed_experts=6,
               n_shared_experts=2, moe_intermediate_size=8, routed_scaling_factor=1.7, **mla)
    v3 = sizes("deepseek_v3", 61, 28, 32, 3, 4, 4, q_lora_rank=16, n_routed_experts=12,
               n_shared_experts=1, moe_intermediate_size=6, n_group=4, topk_group=2,
               routed_scaling_factor=2.5, norm_topk_prob=True, **mla)
    yarn = {"rope_parameters": dict(YARN)}
    scales = [without(YARN, "mscale", "mscale_all_dim"), rope("default", 100.0)]
    return [
        Family("deepseek-v2", "latent attention without q_lora, yarn with both mscales, softmax router by groups (max)",
               v2 | yarn | {"topk_method": "group_limited_greedy", "n_group": 3, "topk_group": 2},
               [EPS, {"topk_method": "greedy"}, {"routed_scaling_factor": 1.0}, *scales],
               same=[{"norm_topk_prob": True}]),
        Family("deepseek-v2-greedy", "greedy router (top 3 of 6, unnormalised), plain rope, q_lora",
               v2 | {"q_lora_rank": 16, "n_group": 1, "topk_group": 1, "topk_method": "greedy"},
               [EPS, {"num_experts_per_tok": 2}, {"routed_scaling_factor": 1.0}]),
        Family("deepseek-v3", "q_lora, sigmoid router with negative biases, best 2 of 4 groups (top-2 sums), yarn",
               v3 | yarn,
               [EPS, {"n_group": 1, "topk_group": 1}, {"topk_group": 3},
                {"routed_scaling_factor": 1.0}, {"norm_topk_prob": False},
                {"rope_interleave": False}, *scales],
               old={"rope_theta": 100.0, "scoring_func": "sigmoid", "topk_method": "noaux_tc",
                    "rope_scaling": {"type": "yarn", "factor": 4, "beta_fast": 32, "beta_slow": 1,
                                     "original_max_position_embeddings": 512, "mscale": 0.9,
                                     "mscale_all_dim": 0.7},
                    "num_nextn_predict_layers": 1, "moe_layer_freq": 1, "ep_size": 1,
                    "aux_loss_alpha": 0.001, "seq_aux": True, "auto_map": {
                        "AutoConfig": "configuration_deepseek.DeepseekV3Config"}},
               dropped=("rope_interleave", "qk_head_dim", "head_dim",
                        "output_router_logits", "pad_token_id", "pretraining_tp")),
    ]


def gpt_oss():
    yarn = rope("yarn", 1000.0, factor=8.0, beta_fast=32.0, beta_slow=1.0, truncate=False,
                original_max_position_embeddings=64)
    config = sizes("gpt_oss", 61, 28, 12, 3, 4, 2, head_dim=10, num_local_experts=5,
                   num_experts_per_tok=2, sliding_window=6, max_position_embeddings=512, **yarn)
    return [
        Family("gpt-oss", "sinks, windows by turns, yarn, experts with clamped swiglu and biases, a router with one",
               config,
               [EPS, {"num_experts_per_tok": 3}, {"sliding_window": 7}, {"swiglu_limit": 6.0}, {"swiglu_alpha": 1.0},
                {"layer_types": ["full_attention", "sliding_attention", "full_attention"]},
                {"rope_parameters": yarn["rope_parameters"] | {"truncate": True}}, rope("default", 1000.0)],
               old={"rope_theta": 1000.0, "rope_scaling": without(yarn["rope_parameters"], "rope_theta")[
                        "rope_parameters"], "experts_per_token": 2, "initial_context_length": 64,
                    "attention_dropout": 0.0},
               dropped=("layer_types", "swiglu_alpha", "pad_token_id", "tie_word_embeddings")),
    ]


FAMILIES = llama() + qwen() + gemma() + others() + deepseek() + gpt_oss()
