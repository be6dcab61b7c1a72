#!/usr/bin/env python3
"""How far predictions of this machine's own runs are off: runs modes x ranks x lengths x masks for
real and compares each with `plan check`. Calibrate first, on a machine that does nothing else:

    build/bin/ringscope calibrate
    tests/bench/foresight.py build/bin/ringscope                 # everything: about 50 minutes
    tests/bench/foresight.py build/bin/ringscope --lengths 2k,4k --ranks 1,2 --masks causal
"""
import argparse
import json
import subprocess
import sys
import tempfile

MODES = ["legacy", "ring", "zigzag", "striped", "ulysses", "usp", "llama3", "ring-allgather",
         "double-ring"]
MASKS = {
    "causal": "", "all": "causal: false", "window": "window: 700", "documents": "",
    # not of the whole matrix: name them
    "near": "pattern: {kind: block_sparse, block: 128, local: 2}",
    "chosen": "pattern: {kind: block_sparse, block: 128, top_k: 3}",
    "dilated": "pattern: {kind: dilated, segments: [512, 2048], rates: [1, 4]}",
    "lora": "", "qlora": "",
}
WHOLE = ["causal", "all", "window", "documents"]
# What a mask needs beside the section attention.
BESIDE = {"documents": "data: {packing: true}", "lora": "adapter: {kind: lora}",
          "qlora": "adapter: {kind: qlora}"}

EXPERIMENT = """
name: {name}
model: {{layers: 2}}
train: {{steps: {steps}, warmup_steps: 2}}
attention: {{{attention}}}
{beside}
parallel: {{sp: {ranks}}}
profile: {{steps: [2, {steps}], memory: false}}
matrix:
  parallel.mode: [{modes}]
  train.seq_len: [{lengths}]
"""


def run(program, database, experiment):
    done = subprocess.run([program, "run", "-", "--db", database, "--json", "--quiet",
                           "--no-reference"], input=experiment, capture_output=True, text=True)
    return done.returncode, done.stderr


def ordered_alike(rows, apart):
    """Pairs of modes whose measured steps differ by more than `apart`: how many are in order."""
    right = pairs = 0
    for i, a in enumerate(rows):
        for b in rows[i + 1:]:
            ratio = a["measured_ms"] / b["measured_ms"]
            if 1 / (1 + apart) < ratio < 1 + apart:
                continue
            pairs += 1
            right += (a["predicted_ms"] < b["predicted_ms"]) == (ratio < 1)
    return right, pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--lengths", default="2k,4k,8k,16k")
    parser.add_argument("--masks", default=",".join(WHOLE))
    parser.add_argument("--steps", type=int, default=5)
    arguments = parser.parse_args()
    database = tempfile.mkdtemp(prefix="ringscope-foresight-") + "/runs.db"
    for ranks in map(int, arguments.ranks.split(",")):
        modes = "none" if ranks == 1 else arguments.modes
        for mask in arguments.masks.split(","):
            code, said = run(arguments.program, database, EXPERIMENT.format(
                name=f"{mask}-{ranks}", steps=arguments.steps, attention=MASKS[mask], ranks=ranks,
                beside=BESIDE.get(mask, ""), modes=modes, lengths=arguments.lengths))
            if code not in (0, 8):
                sys.exit(f"{mask}, {ranks} ranks: exit code {code}\n{said}")
    checked = []
    listed = json.loads(subprocess.run([arguments.program, "runs", "ls", "--db", database,
                                        "--json"], capture_output=True, text=True).stdout)
    for name in sorted({run["name"].split("/")[0] for run in listed["runs"]}):
        checked += json.loads(subprocess.run(
            [arguments.program, "plan", "check", name, "--db", database, "--json"],
            capture_output=True, text=True).stdout)["runs"]
    errors = sorted(abs(row["error_pct"]) for row in checked)
    exposed = [abs(row["predicted_exposed_ms"] - row["measured_exposed_ms"]) / row["measured_ms"]
               for row in checked if row["measured_exposed_ms"] is not None and row["ranks"] > 1]
    groups = {}
    for row in checked:
        groups.setdefault((row["ranks"], row["name"].split("/")[0],
                           row["name"].rsplit("seq_len=", 1)[-1]), []).append(row)
    right, pairs = map(sum, zip(*(ordered_alike(rows, 0.05) for rows in groups.values())))
    print(f"{len(checked)} runs: mean error {sum(errors) / len(errors):.1f} %, median "
          f"{errors[len(errors) // 2]:.1f} %, largest {errors[-1]:.1f} %")
    for ranks in sorted({row["ranks"] for row in checked}):
        some = [row["error_pct"] for row in checked if row["ranks"] == ranks]
        print(f"  {ranks} ranks: {sum(some) / len(some):+.1f} % mean, "
              f"{min(some):+.1f} to {max(some):+.1f}")
    masks = {}
    for row in checked:
        masks.setdefault(row["name"].split("/")[0].rsplit("-", 1)[0], []).append(row["error_pct"])
    for mask, some in sorted(masks.items()):
        print(f"  {mask}: {sum(some) / len(some):+.1f} % mean, "
              f"{min(some):+.1f} to {max(some):+.1f}")
    if exposed:
        print(f"exposed communication: off by {100 * sum(exposed) / len(exposed):.1f} % of the "
              f"step, at most {100 * max(exposed):.1f} %")
    print(f"order of modes that differ by more than 5 %: {right} of {pairs} pairs right")
    print(f"runs: {database}")


if __name__ == "__main__":
    main()
