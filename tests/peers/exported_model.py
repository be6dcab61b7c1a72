#!/usr/bin/env python3
"""Whether transformers loads what `ringscope model export` wrote, and computes the same with it.

    python3 tests/peers/exported_model.py FOLDER --run build/bin/ringscope

Every weight must be found, none left over; logits of a random batch must be those of `model eval`
within 1e-4 (of weights with two bytes: within 2 % of the largest). Where the folder has a
tokenizer.json, it must give a text the ids of `tokenize` and give the text back. Needs
transformers 5 and torch.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

WORDS = {torch.float32: "fp32", torch.float64: "fp64", torch.bfloat16: "bf16", torch.float16: "fp16"}


def check_tokenizer(folder, program, text):
    if not (folder / "tokenizer.json").exists():
        return "no tokenizer"
    peer = AutoTokenizer.from_pretrained(folder)
    ids = peer(text, add_special_tokens=False)["input_ids"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        said = subprocess.run([program, "tokenize", file.name, "--tokenizer", str(folder), "--plain",
                               "--json"], capture_output=True, text=True, check=True).stdout
    ours = json.loads(said)["ids"]
    if ids != ours or peer.decode(ids) != text:
        sys.exit(f"ids differ: {ids[:12]} of transformers, {ours[:12]} of ours")
    return f"{len(ids)} tokens alike"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--run", required=True)
    parser.add_argument("--text", default="the sea, the land", help="of known characters")
    arguments = parser.parse_args()
    model, info = AutoModelForCausalLM.from_pretrained(
        arguments.folder, output_loading_info=True, experts_implementation="eager")
    wrong = {key: value for key, value in info.items() if value}
    if wrong:
        sys.exit(f"transformers does not find its weights: {wrong}")
    tokens = torch.randint(3, model.config.vocab_size, (2, 24), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits = model.eval()(tokens, use_cache=False).logits.float().numpy()
    with tempfile.TemporaryDirectory() as scratch:
        ids, dump = pathlib.Path(scratch) / "ids.npy", pathlib.Path(scratch) / "dump"
        numpy.save(ids, tokens.numpy())
        subprocess.run([arguments.run, "model", "eval", arguments.folder, "--tokens", ids, "--dtype",
                        WORDS[model.dtype], "--dump", dump, "--quiet"], check=True)
        difference = numpy.abs(numpy.load(dump / "logits.npy") - logits).max()
    limit = 1e-4 if model.dtype in (torch.float32, torch.float64) else 0.02 * numpy.abs(logits).max()
    tokenizer = check_tokenizer(pathlib.Path(arguments.folder), arguments.run, arguments.text)
    print(f"{type(model).__name__} in {WORDS[model.dtype]}: logits differ by {difference:.1e}; "
          f"tokenizer: {tokenizer}")
    sys.exit(int(difference > limit))


if __name__ == "__main__":
    main()
