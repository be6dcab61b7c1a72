#!/usr/bin/env python3
"""What the old package did, and what this engine does: whether a later token moves earlier rows.

usage: dilated_leak.py build/bin/ringscope     (needs torch, einops 0.6 and, installed with
                                                --no-deps, dilated-attention-pytorch 0.2.0)

Changes V of the last token under a causal mask and looks at all earlier rows, first of the package
dilated-attention-pytorch, whose code is not LongNet's, then of `ringscope verify`, whose probe
does the same. Its attention op, which runs on GPUs alone, is PyTorch's here.
"""
import json
import subprocess
import sys
import types

import torch


def stub_xformers():
    """The two names that the package takes of xformers, on PyTorch's attention."""
    ops = types.ModuleType("xformers.ops")

    class LowerTriangularMask:
        pass

    def memory_efficient_attention(query, key, value, attn_bias=None, p=0.0, scale=None, op=None):
        swapped = [tensor.transpose(1, 2) for tensor in (query, key, value)]
        out = torch.nn.functional.scaled_dot_product_attention(
            *swapped, is_causal=attn_bias is not None)
        return out.transpose(1, 2)

    ops.LowerTriangularMask = LowerTriangularMask
    ops.memory_efficient_attention = memory_efficient_attention
    ops.AttentionOp = object
    xformers = types.ModuleType("xformers")
    xformers.ops = ops
    sys.modules["xformers"] = xformers
    sys.modules["xformers.ops"] = ops


def old_package():
    stub_xformers()
    from dilated_attention_pytorch.dilated_attention import DilatedAttention

    torch.manual_seed(1)
    tokens, heads = 64, 4
    q, k, v = (torch.randn(1, tokens, heads, 8) for _ in range(3))
    attend = DilatedAttention(segment_lengths=[16, 64], dilation_rates=[1, 2])
    before = attend(q, k, v, is_causal=True)
    v[:, -1] += 100
    after = attend(q, k, v, is_causal=True)
    moved = (after - before).abs().amax(dim=(0, 2, 3))
    uncovered = int((before.abs().amax(dim=(0, 3)) == 0).sum())
    print(f"old package: {int((moved[:-1] > 1e-4).sum())} of {tokens - 1} earlier rows move with the "
          f"last token, row 0 by {moved[0]:.2f}; {uncovered} of {tokens * heads} rows of a head "
          f"are zero")
    return int((moved[:-1] > 1e-4).sum())


def ours(ringscope):
    said = subprocess.run(
        [ringscope, "verify", "--json", "--ranks", "2", "--shape", "S=64,Hq=4,Hk=4,D=8",
         "--pattern", "dilated", "-s", "attention.pattern.segments=[16, 64]",
         "-s", "attention.pattern.rates=[1, 2]"],
        capture_output=True, text=True, check=True)
    leaked = 0
    for each in json.loads(said.stdout)["cases"]:
        leaked += each["probe"]["rows_leaked"]
        print(f"ringscope {each['mode']}: {each['probe']['rows_leaked']} rows leak")
    return leaked


def main():
    leaks = old_package()
    if leaks == 0:
        sys.exit("the old package does not leak here; its version is another one")
    if ours(sys.argv[1]) > 0:
        sys.exit("ringscope leaks")


if __name__ == "__main__":
    main()
