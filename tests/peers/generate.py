#!/usr/bin/env python3
"""What transformers goes on with: the tiny models' likeliest tokens, and what its logits processors leave.

    python3 tests/peers/generate.py                              # into tests/fixtures/generated.json
    python3 tests/peers/generate.py --run build/bin/ringscope [--with '--mode ring --sp 2']

Making needs transformers 5, torch and numpy. Each model of tests/fixtures/models goes on with the beginning
of its first sequence, in fp32, up to 200 tokens and the end of its learned positions; `margins` says how far
the likeliest logit stood above the next one, so that a reader knows where rounding decides. --run has a
program go on with the same prompts and compares up to the first margin below 1e-4.
"""
import argparse
import json
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
PROMPT, MOST = 11, 200
CLEAR = 1e-4


def go_on(folder, prompt):
    import torch
    from transformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                                 experts_implementation="eager").eval()
    longest = getattr(model.config, "n_positions", None)
    more = MOST if longest is None else min(MOST, longest - len(prompt))
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    with torch.no_grad():
        made = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                              do_sample=False, max_new_tokens=more, return_dict_in_generate=True,
                              output_logits=True)
    tokens = made.sequences[0, len(prompt):].tolist()
    best = [step[0].double().topk(2).values for step in made.logits]
    return {"prompt": prompt, "tokens": tokens, "margins": [round((two[0] - two[1]).item(), 6) for two in best]}


# Settings of sampling, each of which leaves some of the tokens.
SETTINGS = [{}, {"temperature": 0.7}, {"temperature": 1.8}, {"top_k": 5}, {"top_k": 1}, {"top_p": 0.9},
            {"top_p": 0.2}, {"min_p": 0.1}, {"repetition_penalty": 1.3}, {"repetition_penalty": 0.8},
            {"temperature": 1.3, "top_k": 12, "top_p": 0.8, "min_p": 0.02, "repetition_penalty": 1.1}]


def processed(logits, seen, settings):
    """The probabilities that transformers samples from."""
    import torch
    from transformers import (LogitsProcessorList, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor,
                              TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper)
    kinds = {"repetition_penalty": RepetitionPenaltyLogitsProcessor, "temperature": TemperatureLogitsWarper,
             "top_k": TopKLogitsWarper, "top_p": TopPLogitsWarper, "min_p": MinPLogitsWarper}
    steps = LogitsProcessorList([kind(settings[key]) for key, kind in kinds.items() if key in settings])
    return torch.softmax(steps(torch.tensor([seen]), torch.tensor([logits])), dim=-1)[0].tolist()


def sampling_cases():
    import torch
    generator = torch.Generator().manual_seed(7)
    cases = []
    for settings in SETTINGS:
        logits = [round(each, 4) for each in (3 * torch.randn(40, generator=generator)).tolist()]
        seen = torch.randint(0, 40, (9,), generator=generator).tolist()
        probabilities = [round(each, 8) for each in processed(logits, seen, settings)]
        cases.append({"settings": settings, "logits": logits, "seen": seen, "probabilities": probabilities})
    return cases


def record(into):
    import numpy
    import transformers
    models = {}
    for folder in sorted(path for path in (FIXTURES / "models").iterdir() if path.is_dir()):
        prompt = numpy.load(folder / "tokens.npy")[0, :PROMPT].tolist()
        models[folder.name] = go_on(folder, prompt)
        print(f"{folder.name:20} {len(models[folder.name]['tokens'])} tokens, least margin "
              f"{min(models[folder.name]['margins'])}", flush=True)
    parts = [f'"transformers": "{transformers.__version__}"',
             '"models": {\n' + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in models.items()) + "\n}",
             '"sampling": [\n' + ",\n".join(json.dumps(case) for case in sampling_cases()) + "\n]"]
    into.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def check(program, more):
    bad = 0
    for name, expected in json.loads((FIXTURES / "generated.json").read_text())["models"].items():
        clear = next((i for i, margin in enumerate(expected["margins"]) if margin < CLEAR), len(expected["margins"]))
        done = subprocess.run([program, "generate", "--model", str(FIXTURES / "models" / name), "--prompt-ids",
                               ",".join(map(str, expected["prompt"])), "--max-tokens", str(clear), "--ignore-end",
                               "--json", *more], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"{name:20} exit {done.returncode}: {done.stderr.strip()}")
            bad += done.returncode != 8
            continue
        same = json.loads(done.stdout)["texts"][0]["tokens"] == expected["tokens"][:clear]
        print(f"{name:20} {clear} tokens {'agree' if same else 'differ'}", flush=True)
        bad += not same
    return bad


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--into", type=pathlib.Path, default=FIXTURES / "generated.json")
    options.add_argument("--run", metavar="PROGRAM")
    options.add_argument("--with", dest="more", type=str.split, default=[], help="more words for the program")
    options = options.parse_args()
    if options.run:
        sys.exit(check(options.run, options.more) > 0)
    record(options.into)


if __name__ == "__main__":
    main()
