#!/usr/bin/env python3
"""Tiny models of every family ringscope reads, with what transformers says of them, and the check of it.

    python3 tests/peers/model_families.py                      # into tests/fixtures/models
    python3 tests/peers/model_families.py --only llama,gemma2 [--into FOLDER]
    python3 tests/peers/model_families.py --check DUMPS        # DUMPS/<name>/ as `--dump` writes it
    python3 tests/peers/model_families.py --run build/bin/ringscope [--modes none,ring] [--ranks 2,4]

Making needs transformers 5, torch, safetensors and numpy; checking only the last two. --run evaluates
every model under every mode and number of ranks (`none` has one), checks each and prints a table; it
ends with 1 if any differs. A mode that cannot do a model (exit code 8) is shown and is no failure.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from safetensors.numpy import load_file, save_file

from model_configs import FAMILIES

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures/models"
MOST_BYTES = 300_000
CANNOT = 8  # exit code of a mode that cannot run

LOGITS_ERROR = 1e-4    # absolute
LOSS_ERROR = 1e-5      # relative
GRADIENT_ERROR = 1e-3  # relative, by norm

HEAD = """\
# models

Tiny models with random weights, one per folder, as `save_pretrained` of transformers writes them,
and what transformers computes with them. Written by `tests/peers/model_families.py`, which also
holds a program against them (`--run`).

| file | what it holds |
|---|---|
| `config.json`, `model.safetensors` | the checkpoint, fp32 (`llama-shards`: bf16, three files and an index) |
| `config.old.json` | the same configuration as transformers 4.4x and the hub spell it; where that differs most |
| `tokens.npy` | int64 (2, 24), none of them 0, 1 or 2 |
| `expected.safetensors` | `logits` (2, 24, vocabulary) of fp32; `gradient.<name>` by the checkpoint's names |
| `expected.json` | `loss` (mean, nats), `losses_adamw` before each of three steps, the version of transformers |

Labels are the tokens shifted by one; the last token of a row has none. The gradient is that of the
mean over labelled tokens. Loss, gradients and steps are computed in fp64 throughout; gradients are
stored as fp32. AdamW: lr 1e-2, betas 0.9 and 0.95, eps 1e-8, no decay, no clipping; dropout is off,
whatever the config says. Epsilons of norms are large (3e-3), so that a wrong one is seen.

| folder | what it exercises | bytes |
|---|---|---|
"""


def bytes_of(folder):
    return sum(file.stat().st_size for file in folder.iterdir())


def make(names, into):
    import model_oracle
    for family in FAMILIES:
        if family.name not in names:
            continue
        folder = into / family.name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for seed in range(1, 41):
            try:
                tokens, tensors, facts = model_oracle.expectations(family, seed, folder)
                break
            except AssertionError as error:
                print(f"{family.name:20} seed {seed} will not do: {error}", flush=True)
        else:
            sys.exit(f"{family.name}: no seed of 40 will do")
        numpy.save(folder / "tokens.npy", tokens)
        save_file(tensors, folder / "expected.safetensors")
        (folder / "expected.safetensors").chmod(0o644)
        (folder / "expected.json").write_text(json.dumps(facts, indent=2) + "\n")
        if bytes_of(folder) > MOST_BYTES:
            sys.exit(f"{family.name} has {bytes_of(folder)} bytes; at most {MOST_BYTES}")


def write_readme(into):
    rows = [f"| `{family.name}` | {family.exercises} | {bytes_of(into / family.name):,} |\n"
            for family in FAMILIES if (into / family.name / "expected.json").exists()]
    (into / "README.md").write_text(HEAD + "".join(rows))


def relative(told, expected, floor=0.0):
    scale = max(float(numpy.linalg.norm(expected)), floor)
    return float(numpy.linalg.norm(told.astype(numpy.float64) - expected)) / scale


def differences(name, dump):
    """What `dump` (logits.npy, gradients.safetensors, result.json) says otherwise than the fixture."""
    expected = load_file(FIXTURES / name / "expected.safetensors")
    facts = json.loads((FIXTURES / name / "expected.json").read_text())
    found = []
    worst = {"logits": None, "loss": None, "gradient": None}
    logits, told = expected.pop("logits"), numpy.load(dump / "logits.npy")
    if told.size != logits.size:
        found.append(f"logits have shape {told.shape}, not {logits.shape}")
    else:
        worst["logits"] = float(numpy.abs(told.reshape(logits.shape) - logits).max())
        if not worst["logits"] <= LOGITS_ERROR:
            found.append(f"logits differ by {worst['logits']:.2e}")
    result = dump / "result.json"
    if result.exists():
        said = json.loads(result.read_text())
        worst["loss"] = abs(said["loss"] / said["labelled_tokens"] / facts["loss"] - 1)
        if not worst["loss"] <= LOSS_ERROR:
            found.append(f"loss is {said['loss'] / said['labelled_tokens']:.7f}, not {facts['loss']:.7f}")
    rows, tokens = numpy.load(FIXTURES / name / "tokens.npy").shape
    labelled = rows * (tokens - 1)  # the dump's gradients are those of the summed loss
    gradients = {key: value / labelled for key, value in load_file(dump / "gradients.safetensors").items()}
    expected = {key.removeprefix("gradient."): value for key, value in expected.items()}
    largest = max(float(numpy.linalg.norm(value)) for value in expected.values())
    worst["gradient"] = 0.0
    for key in sorted(expected.keys() | gradients.keys()):
        if key not in gradients or key not in expected:
            found.append(f"{key} {'is missing' if key in expected else 'should not be there'}")
        elif gradients[key].shape != expected[key].shape:
            found.append(f"{key} has shape {gradients[key].shape}, not {expected[key].shape}")
        else:
            error = relative(gradients[key], expected[key], floor=1e-4 * largest)
            worst["gradient"] = max(worst["gradient"], error)
            if not error <= GRADIENT_ERROR:
                found.append(f"{key} differs by {error:.2e}")
    return worst, found


def show(row, worst, found):
    cells = ["-" if value is None else f"{value:.1e}" for value in worst.values()]
    print("  ".join([*row, *(f"{cell:>8}" for cell in cells), "differs" if found else "agrees"]), flush=True)
    for line in found[:12]:
        print(f"    {line}")
    if len(found) > 12:
        print(f"    and {len(found) - 12} more")


def check(names, dumps):
    bad = 0
    for name in names:
        if (dumps / name).is_dir():
            worst, found = differences(name, dumps / name)
            show([f"{name:20}"], worst, found)
            bad += bool(found)
        else:
            print(f"{name:20}  no dump")
            bad += 1
    return bad


def run_once(program, name, mode, ranks, dump, more):
    folder = FIXTURES / name
    command = [program, "model", "eval", str(folder), "--tokens", str(folder / "tokens.npy"), "--gradients",
               "--dump", str(dump), "--json", "--mode", mode, "--ranks", str(ranks), *more]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        (dump / "result.json").write_text(done.stdout)
    return done


def run(names, program, modes, ranks, more):
    bad = 0
    print(f"{'model':20}  {'mode':14}  {'ranks':5}    logits      loss  gradient")
    for name in names:
        for mode in modes:
            for count in [1] if mode == "none" else ranks:
                row = [f"{name:20}", f"{mode:14}", f"{count:5}"]
                with tempfile.TemporaryDirectory() as scratch:
                    done = run_once(program, name, mode, count, pathlib.Path(scratch), more)
                    if done.returncode == 0:
                        worst, found = differences(name, pathlib.Path(scratch))
                        show(row, worst, found)
                        bad += bool(found)
                    else:
                        words = (done.stderr.strip() or done.stdout.strip() or "nothing said").splitlines()
                        kind = "cannot" if done.returncode == CANNOT else f"exit {done.returncode}"
                        print("  ".join([*row, f"{kind}: {words[-1]}"]), flush=True)
                        bad += done.returncode != CANNOT
    return bad


def main():
    words = lambda text: text.split(",")
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", type=words, default=[family.name for family in FAMILIES])
    options.add_argument("--into", type=pathlib.Path, default=FIXTURES)
    options.add_argument("--check", type=pathlib.Path, metavar="DUMPS")
    options.add_argument("--run", metavar="PROGRAM")
    options.add_argument("--modes", type=words, default=["none"])
    options.add_argument("--ranks", type=words, default=["2", "4"])
    options.add_argument("--with", dest="more", type=str.split, default=[], help="more words for the program")
    options = options.parse_args()
    if unknown := set(options.only) - {family.name for family in FAMILIES}:
        sys.exit(f"no such model: {', '.join(sorted(unknown))}")
    if options.check:
        sys.exit(check(options.only, options.check) > 0)
    if options.run:
        sys.exit(run(options.only, options.run, options.modes, options.ranks, options.more) > 0)
    make(options.only, options.into)
    write_readme(options.into)


if __name__ == "__main__":
    main()
