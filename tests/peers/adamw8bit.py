#!/usr/bin/env python3
"""What bitsandbytes makes of 20 steps of AdamW, in 8 bits and in 32: tests/fixtures/adamw8bit.safetensors.

    python3 tests/peers/adamw8bit.py [--into FILE]

Needs bitsandbytes 0.50, torch, safetensors and numpy; no GPU. Values and gradients are made of integers,
so that the test makes the same (tests/kernels/train/adamw_8bit_test.cpp).

| tensor | what it holds |
|---|---|
| `map.signed`, `map.unsigned` | the 256 numbers of a code |
| `numbers.<map>`, `codes.<map>`, `scales.<map>` | numbers in blocks of 256, and what they are written as |
| `<run>.values`, `.mean`, `.square` | after 20 steps: a parameter of LARGE elements, then one of SMALL |

Runs: `bits32`; `bits8`, as bitsandbytes' CPU kernels compute it; `nearest`, the same where every number is
written as the nearest of its map. The CPU kernel of 0.50 finds codes in a table of coarse steps, so numbers below
1e-4 of their block's largest are written as too large a one; for types other than fp32, fp16 and bf16 bitsandbytes
searches the map, and `nearest` and `codes` have it do so. Where gradients differ by more than here (1 to 2^-9
instead of 2^-6), the table alone puts `bits8` three times as far from `bits32` as `nearest` is.
"""
import argparse
import pathlib

import numpy
import torch
import bitsandbytes
from bitsandbytes.backends.cpu import ops
from bitsandbytes.functional import create_dynamic_map, dequantize_blockwise
from bitsandbytes.optim import AdamW, AdamW8bit
from safetensors.numpy import save_file

FIXTURE = pathlib.Path(__file__).resolve().parent.parent / "fixtures/adamw8bit.safetensors"
LARGE, SMALL, STEPS, BLOCK = 4096 + 300, 100, 20, 256
SETTINGS = {"lr": 1e-2, "betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 0.1}


def mixed(words):
    """backend/core/mix.h"""
    words = numpy.asarray(words, dtype=numpy.uint64)
    factor, half = numpy.uint64(0xd6e8feb86659fd93), numpy.uint64(32)
    with numpy.errstate(over="ignore"):
        for _ in range(2):
            words = (words ^ (words >> half)) * factor
    return words ^ (words >> half)


def numbers(stream, count):
    """In [-0.5, 0.5), in steps of 2^-20; number i of a stream is the mixed word stream * 2^32 + i."""
    words = mixed(numpy.uint64(stream << 32) + numpy.arange(count, dtype=numpy.uint64))
    return ((words >> numpy.uint64(44)).astype(numpy.float64) / 2**20 - 0.5).astype(numpy.float32)


def gradient(step, count):
    """Each element has a size of its own, from 1 down to 2^-6, and leans to one side."""
    size = 2.0 ** -(mixed(numpy.arange(count, dtype=numpy.uint64)) % numpy.uint64(7)).astype(numpy.float64)
    return ((numbers(1 + step, count) + 0.125) * size).astype(numpy.float32)


def nearest(values, code, scales, codes, block):
    found, largest = torch.ops.bitsandbytes.quantize_blockwise(values.double(), code, block)
    codes.copy_(found)
    scales.copy_(largest)


def whole(state, name):
    values = state["state" + name]
    if values.dtype == torch.float32:
        return values
    return dequantize_blockwise(values, absmax=state["absmax" + name], code=state["qmap" + name], blocksize=BLOCK)


def trained(kind):
    start = numbers(0, LARGE + SMALL)
    parameters = [torch.nn.Parameter(torch.from_numpy(part.copy())) for part in numpy.split(start, [LARGE])]
    optimizer = kind(parameters, **SETTINGS)
    for step in range(STEPS):
        for parameter, part in zip(parameters, numpy.split(gradient(step, LARGE + SMALL), [LARGE])):
            parameter.grad = torch.from_numpy(part.copy())
        optimizer.step()
    states = [optimizer.state[parameter] for parameter in parameters]
    return {"values": torch.cat([p.data for p in parameters]).numpy(),
            "mean": torch.cat([whole(state, "1") for state in states]).numpy(),
            "square": torch.cat([whole(state, "2") for state in states]).numpy()}


def written(name, signed):
    """Numbers of all sizes that the map knows, and what they are written as."""
    count = 4 * BLOCK
    size = 10.0 ** -(mixed(numpy.arange(count, dtype=numpy.uint64)) % numpy.uint64(6)).astype(numpy.float64)
    values = (numbers(99, count) * size).astype(numpy.float32)
    values = values if signed else numpy.abs(values)
    code = create_dynamic_map(signed=signed)
    codes, scales = torch.ops.bitsandbytes.quantize_blockwise(torch.from_numpy(values).double(), code, BLOCK)
    return {f"map.{name}": code.numpy(), f"numbers.{name}": values,
            f"codes.{name}": codes.numpy().astype(numpy.float32), f"scales.{name}": scales.numpy()}


def apart(one, other):
    return float(numpy.linalg.norm(one - other) / numpy.linalg.norm(other))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", default=FIXTURE, type=pathlib.Path)
    into = parser.parse_args().into
    torch.set_num_threads(1)
    runs = {"bits32": trained(AdamW), "bits8": trained(AdamW8bit)}
    ops._quant_blockwise_fp32_direct = nearest
    runs["nearest"] = trained(AdamW8bit)
    for what in "values", "mean", "square":
        print(f"{what:7} bits8 {apart(runs['bits8'][what], runs['bits32'][what]):.2e}"
              f"  nearest {apart(runs['nearest'][what], runs['bits32'][what]):.2e} from bits32,"
              f" {apart(runs['nearest'][what], runs['bits8'][what]):.2e} from each other")
    tensors = {f"{run}.{what}": held for run, each in runs.items() for what, held in each.items()}
    tensors |= written("signed", True) | written("unsigned", False)
    save_file(tensors, into, {"bitsandbytes": bitsandbytes.__version__, "torch": torch.__version__})


if __name__ == "__main__":
    main()
