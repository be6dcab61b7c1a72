#!/usr/bin/env python3
"""Every family in bf16: how far from fp32 ringscope is, and how far transformers is.

    python3 tests/peers/model_bf16.py --run build/bin/ringscope [--only llama,gemma2] [--modes none,zigzag] [--ranks 4]

An error is the largest difference from the fixture's fp32 logits, or from a parameter's fp64 gradient, over the
largest of these. Ours may be 2.5 times that of transformers in bf16, plus 0.002. A token that bf16 sends to
another expert is no rounding: models with experts are also told with the share of logits that is off.
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy
import torch
from safetensors.numpy import load_file

import model_oracle
from model_configs import FAMILIES
from model_families import CANNOT, FIXTURES, run_once

FACTOR, FLOOR = 2.5, 2e-3


def error(told, expected):
    return float(numpy.abs(told.astype(numpy.float64) - expected).max() / numpy.abs(expected).max())


def expected_of(name):
    tensors = load_file(FIXTURES / name / "expected.safetensors")
    gradients = {key.removeprefix("gradient."): value for key, value in tensors.items() if key != "logits"}
    return tensors["logits"], gradients


def errors(logits, gradients, name):
    exact, exact_gradients = expected_of(name)
    worst = {"logits": error(logits.reshape(exact.shape), exact)}
    return worst | {key: error(gradients[key], value) for key, value in exact_gradients.items()}


def theirs(family):
    folder = FIXTURES / family.name
    tokens = torch.from_numpy(numpy.load(folder / "tokens.npy"))
    model = model_oracle.load(folder).to(torch.bfloat16)
    logits = model_oracle.logits_of(model, tokens).float().numpy()
    model_oracle.mean_loss(model, tokens).backward()
    gradients = model_oracle.gradients_by_checkpoint_name(model, folder)
    if family.hub_names:
        gradients = {name.removeprefix("transformer."): value for name, value in gradients.items()}
    return errors(logits, {key: value.float().numpy() for key, value in gradients.items()}, family.name)


def ours(dump, name):
    rows, tokens = numpy.load(FIXTURES / name / "tokens.npy").shape
    gradients = {key: value / (rows * (tokens - 1)) for key, value in load_file(dump / "gradients.safetensors").items()}
    return errors(numpy.load(dump / "logits.npy").astype(numpy.float64), gradients, name)


def judge(row, mine, peer):
    over = {key: value for key, value in mine.items() if not value <= FACTOR * peer[key] + FLOOR}
    share = max(mine[key] / (FACTOR * peer[key] + FLOOR) for key in mine)
    gradient = max(value for key, value in mine.items() if key != "logits")
    print("  ".join([*row, f"{mine['logits']:.1e} ({peer['logits']:.1e})", f"{gradient:.1e}", f"{share:6.0%}",
                     "differs" if over else "agrees"]), flush=True)
    for key, value in list(over.items())[:6]:
        print(f"    {key}: {value:.1e}, transformers {peer[key]:.1e}")
    return bool(over)


def main():
    words = lambda text: text.split(",")
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--run", metavar="PROGRAM", required=True)
    options.add_argument("--only", type=words, default=[family.name for family in FAMILIES])
    options.add_argument("--modes", type=words, default=["none"])
    options.add_argument("--ranks", default="4")
    options = options.parse_args()
    print(f"{'model':20}  {'mode':14}  logits (transformers)  gradient  of what is granted")
    bad = 0
    for family in FAMILIES:
        if family.name not in options.only:
            continue
        peer = theirs(family)
        for mode in options.modes:
            with tempfile.TemporaryDirectory() as scratch:
                ranks = "1" if mode == "none" else options.ranks
                done = run_once(options.run, family.name, mode, ranks, pathlib.Path(scratch), ["--dtype", "bf16"])
                row = [f"{family.name:20}", f"{mode:14}"]
                if done.returncode == 0:
                    bad += judge(row, ours(pathlib.Path(scratch), family.name), peer)
                else:
                    print("  ".join([*row, (done.stderr.strip().splitlines() or ["nothing said"])[-1]]))
                    bad += done.returncode != CANNOT
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
