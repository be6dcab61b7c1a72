#!/usr/bin/env python3
"""Holds resources/library against PyTorch's own attention of the whole sequence, on two ranks, in fp64.

usage: library_attention.py [RANKS]      (needs torch 2.11.0; RINGSCOPE_LIBRARY names the library)

Outputs and the gradients of q, k and v: every mode that splits a sequence, masks, grouped heads,
patterns, and the functions with the names of nnscaler's. Two calls before the first backward pass, a
group of some of the ranks, and what must be refused are tried, too. Then a program that says it is
another torch must not be able to import it.
"""
import os
import pathlib
import socket
import subprocess
import sys

import torch
import torch.distributed as dist
import torch.multiprocessing

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "resources/library"
TOKENS, HEADS, SIZE = 48, 4, 8
LIMIT = 1e-10


def inputs(kv_heads, seed=0):
    made = torch.Generator().manual_seed(seed)
    shapes = [(2, TOKENS, heads, SIZE) for heads in (HEADS, kv_heads, kv_heads, HEADS)]
    return [torch.randn(shape, generator=made, dtype=torch.float64) for shape in shapes]


def causal_mask():
    return torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril()


def documents_mask(bounds):
    number = torch.bucketize(torch.arange(TOKENS), torch.tensor(bounds[1:]), right=True)
    return number[:, None] == number[None, :]


def window_mask(left):
    place = torch.arange(TOKENS)
    return place[:, None] - place[None, :] <= left


def local_mask(block, local):
    place = torch.arange(TOKENS) // block
    return place[:, None] - place[None, :] <= local


def expected(q, k, v, d_out, mask):
    leaves = [tensor.clone().requires_grad_() for tensor in (q, k, v)]
    grouped = [leaf.repeat_interleave(HEADS // leaf.size(2), dim=2).transpose(1, 2) for leaf in leaves]
    out = torch.nn.functional.scaled_dot_product_attention(*grouped, attn_mask=mask).transpose(1, 2)
    out.backward(d_out)
    return [out.detach()] + [leaf.grad for leaf in leaves]


def compare(what, attend, held, kv_heads, mask):
    """`attend` takes this rank's q, k, v; `held` are the tokens it has."""
    q, k, v, d_out = inputs(kv_heads)
    own = [tensor.index_select(1, held).requires_grad_() for tensor in (q, k, v)]
    out = attend(*own)
    out.backward(d_out.index_select(1, held))
    wanted = [tensor.index_select(1, held) for tensor in expected(q, k, v, d_out, mask)]
    found = [out.detach()] + [tensor.grad for tensor in own]
    error = max(float((a - b).abs().max()) for a, b in zip(found, wanted))
    if dist.get_rank() == 0:
        print(f"{what}: {error:.1e}")
    if not error < LIMIT:
        sys.exit(f"rank {dist.get_rank()}: {what} is off by {error:.3e}")


def expect_refused(what, call, words):
    try:
        call()
    except (ValueError, RuntimeError) as error:
        if words in str(error):
            return
        sys.exit(f"{what} is refused with other words: {error}")
    sys.exit(f"{what} is not refused")


def two_before_backward(library, held):
    both = []
    for seed in (0, 1):
        q, k, v, d_out = inputs(HEADS, seed)
        own = [tensor.index_select(1, held).requires_grad_() for tensor in (q, k, v)]
        both.append((own, library.ringscope_attention(*own, mode="ring"), (q, k, v, d_out)))
    for own, out, (q, k, v, d_out) in both:
        out.backward(d_out.index_select(1, held))
        wanted = expected(q, k, v, d_out, causal_mask())
        error = float((own[1].grad - wanted[2].index_select(1, held)).abs().max())
        if not error < LIMIT:
            sys.exit(f"two calls before a backward pass: dK is off by {error:.3e}")


def run(rank, ranks, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    sys.path.insert(0, str(FOLDER))
    import ringscope_attention as library

    causal = causal_mask()
    everything = torch.ones_like(causal)
    bounds = [0, 10, 11, 40, TOKENS]

    def held(mode, kv_heads=HEADS):
        return library.held_tokens(TOKENS, mode, HEADS, kv_heads)

    def layer(**settings):
        return lambda q, k, v: library.ringscope_attention(q, k, v, **settings)

    for mode in ("ring", "zigzag", "striped", "ulysses", "usp", "llama3", "ring-allgather", "double-ring"):
        for kv_heads in (HEADS, 2):
            own = held(mode, kv_heads)
            compare(f"{mode}, {kv_heads} key heads, causal", layer(mode=mode), own, kv_heads, causal)
        compare(f"{mode}, not causal", layer(mode=mode, causal=False), held(mode), HEADS, everything)
        compare(f"{mode}, documents", layer(mode=mode, documents=bounds), held(mode), HEADS,
                causal & documents_mask(bounds))
        pattern = {"kind": "block_sparse", "block": 4, "local": 1}
        compare(f"{mode}, local blocks", layer(mode=mode, pattern=pattern), held(mode), HEADS,
                causal & local_mask(4, 1))
    compare("dilated of rate 1 is dense within segments",
            layer(mode="ring", pattern={"kind": "dilated", "segments": [12], "rates": [1]}),
            held("ring"), HEADS, causal & documents_mask(list(range(0, TOKENS + 1, 12))))

    contiguous = held("ring")
    compare("wrap_ring_attn_func", library.wrap_ring_attn_func, contiguous, 2, causal)
    compare("wrap_ring_attn_func, window",
            lambda q, k, v: library.wrap_ring_attn_func(q, k, v, window_size=(5, -1)), contiguous, 2,
            causal & window_mask(5))
    compare("wrap_zigzag_attn_func", library.wrap_zigzag_attn_func, held("zigzag"), 2, causal)

    def packed(q, k, v):
        ends = torch.tensor(bounds, dtype=torch.int32)
        rows = [library.wrap_ring_attn_varlen_func(q[item], k[item], v[item], ends, ends)
                for item in range(q.size(0))]
        return torch.stack(rows)

    compare("wrap_ring_attn_varlen_func", packed, contiguous, 2, causal & documents_mask(bounds))
    two_before_backward(library, contiguous)

    alone = [dist.new_group([each]) for each in range(ranks)][rank]
    whole = torch.arange(TOKENS)
    compare("a group of one rank", layer(mode="ring", group=alone), whole, HEADS, causal)

    q, k, v, _ = inputs(HEADS)
    expect_refused("another mode", lambda: library.ringscope_attention(q, k, v, mode="rings"), "'rings'")
    expect_refused("odd tokens", lambda: library.held_tokens(TOKENS + 1, "zigzag", HEADS), "pad them to")
    expect_refused("zigzag, not causal", lambda: library.wrap_zigzag_attn_func(q, k, v, causal=False),
                   "causal=True")
    expect_refused("integers", lambda: library.ringscope_attention(*(x.long() for x in (q, k, v))),
                   "takes float32")
    dist.barrier()
    torch.ops.ringscope.forget()
    dist.destroy_process_group()


def expect_other_torch_refused():
    code = (f"import sys, torch; torch.__version__ = '2.10.1'; sys.path.insert(0, {str(FOLDER)!r}); "
            "import ringscope_attention")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode == 0 or "is built for torch" not in done.stderr:
        sys.exit(f"another torch is not refused: {done.stderr}")
    print(done.stderr.strip().splitlines()[-1])


def main():
    ranks = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(run, (ranks, port), nprocs=ranks)
    expect_other_torch_refused()


if __name__ == "__main__":
    main()
