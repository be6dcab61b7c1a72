"""Ringscope's attention for PyTorch programs: what `ringscope run` measures, called from Python.

    import torch.distributed as dist
    from ringscope_attention import ringscope_attention, shard

    dist.init_process_group("gloo")
    q, k, v = (shard(x, mode="zigzag") for x in (q, k, v))   # this rank's tokens of the sequence
    out = ringscope_attention(q, k, v, mode="zigzag", causal=True)
    out.sum().backward()

Tensors are (batch, tokens, heads, head size) on the CPU. All ranks of a group must make the same
calls, and run their backward passes, in the same order.
"""
import itertools
import os
import pathlib

import torch
import torch.distributed as dist

BUILT_FOR = "2.11.0"
__all__ = ["ringscope_attention", "held_tokens", "shard", "wrap_ring_attn_func",
           "wrap_ring_attn_varlen_func", "wrap_zigzag_attn_func"]


def _library():
    """libringscope_attention.so: of $RINGSCOPE_LIBRARY, beside this file, or in a build folder."""
    here = pathlib.Path(__file__).resolve().parent
    name = "libringscope_attention.so"
    wanted = os.environ.get("RINGSCOPE_LIBRARY")
    places = [pathlib.Path(wanted)] if wanted else [here / name, here.parents[1] / "build/bin" / name]
    for place in places:
        if place.is_file():
            return str(place)
    raise ImportError(f"{name} is not in {' or '.join(str(place.parent) for place in places)}; build it "
                      "with cmake -DRINGSCOPE_LIBRARY=ON, or name it in RINGSCOPE_LIBRARY")


if torch.__version__.split("+")[0] != BUILT_FOR:
    raise ImportError(f"ringscope_attention is built for torch {BUILT_FOR}, and this is torch "
                      f"{torch.__version__}; install torch=={BUILT_FOR}")
torch.ops.load_library(_library())

_seeds = itertools.count(1)  # of the dropout of each call; the same on all ranks, which call alike


def _ranks(group):
    """Name, size and own rank of a group; one rank by itself where nothing is distributed."""
    if group is None and not (dist.is_available() and dist.is_initialized()):
        return "", 1, 0
    group = group or dist.group.WORLD
    return group.group_name, group.size(), group.rank()


def _settings(pattern):
    return [f"attention.pattern.{name}={value}" for name, value in (pattern or {}).items()]


def ringscope_attention(q, k, v, mode=None, pattern=None, causal=True, group=None, *, window=(-1, -1),
                        documents=None, scale=None, dropout=0.0, seed=None):
    """Attention of the whole sequence, of which this rank holds the tokens held_tokens() names.

    mode       of `ringscope modes`; "none" with one rank and "ring" with several, unless it is given
    pattern    settings of attention.pattern as a dict: {"kind": "dilated", "segments": [64, 256],
               "rates": [1, 4]}; the result is another model's than that of dense attention
    window     a query sees so many keys before and behind its own; -1: all
    documents  boundaries in the whole sequence, 0 and its end included; none sees another
    seed       of the dropout, the same on all ranks; each call has another one unless it is given
    """
    name, size, _ = _ranks(group)
    seed = next(_seeds) if seed is None else seed
    bounds = [] if documents is None else [int(each) for each in documents]
    return torch.ops.ringscope.attention(
        q, k, v, name, mode or ("none" if size == 1 else "ring"), size, _settings(pattern), causal,
        list(window), bounds, scale, dropout, seed)


def held_tokens(tokens, mode, heads, kv_heads=None, group=None):
    """Which of the sequence's tokens this rank holds, as indices in the order of its rows."""
    _, size, rank = _ranks(group)
    return torch.ops.ringscope.held_tokens(mode, tokens, heads, kv_heads or heads, size, rank)


def shard(whole, mode, group=None, heads=None, kv_heads=None):
    """This rank's rows of (batch, tokens, heads, head size), the whole sequence."""
    heads = heads or whole.size(2)
    return whole.index_select(1, held_tokens(whole.size(1), mode, heads, kv_heads, group)).contiguous()


def _refuse(function, **given):
    for name, value in given.items():
        if value:
            raise ValueError(f"{function} does not compute {name}; leave it out")


def wrap_ring_attn_func(q, k, v, causal=True, window_size=(-1, -1), softmax_scale=None, dropout_p=0.0, *,
                        alibi_slopes=None, return_attn_probs=False, process_group=None):
    """A ring over contiguous shards (batch, tokens of this rank, heads, head size)."""
    _refuse("wrap_ring_attn_func", alibi_slopes=alibi_slopes is not None, return_attn_probs=return_attn_probs)
    return ringscope_attention(q, k, v, causal=causal, group=process_group, window=window_size,
                               scale=softmax_scale, dropout=dropout_p)


def wrap_ring_attn_varlen_func(q, k, v, cu_seqlens_q, cu_seqlens_k, bias=None, causal=True,
                               window_size=(-1, -1), softmax_scale=None, dropout_p=0.0, *,
                               alibi_slopes=None, return_attn_probs=False, process_group=None):
    """The same of packed sequences, (tokens of this rank, heads, head size); cu_seqlens bound them in
    the tokens of all ranks together."""
    _refuse("wrap_ring_attn_varlen_func", bias=bias is not None, alibi_slopes=alibi_slopes is not None,
            return_attn_probs=return_attn_probs)
    if not torch.equal(torch.as_tensor(cu_seqlens_q), torch.as_tensor(cu_seqlens_k)):
        raise ValueError("wrap_ring_attn_varlen_func attends within sequences: cu_seqlens_q and "
                         "cu_seqlens_k must be the same")
    out = ringscope_attention(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), causal=causal,
                              group=process_group, window=window_size, documents=cu_seqlens_q,
                              scale=softmax_scale, dropout=dropout_p)
    return out.squeeze(0)


def wrap_zigzag_attn_func(q, k, v, causal=True, window_size=(-1, -1), softmax_scale=None, dropout_p=0.0, *,
                          alibi_slopes=None, return_attn_probs=False, process_group=None):
    """A ring over an early and a late chunk per rank; under a causal mask alone, as its work is even there."""
    _refuse("wrap_zigzag_attn_func", alibi_slopes=alibi_slopes is not None, return_attn_probs=return_attn_probs)
    if not causal or tuple(window_size) != (-1, -1):
        raise ValueError("wrap_zigzag_attn_func takes causal=True and window_size=(-1, -1); got "
                         f"causal={causal}, window_size={tuple(window_size)}")
    _, size, _ = _ranks(process_group)
    return ringscope_attention(q, k, v, mode="none" if size == 1 else "zigzag", group=process_group,
                               scale=softmax_scale, dropout=dropout_p)
