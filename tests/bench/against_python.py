"""The same training step in Ringscope and in python_twin.py, in turn, and how they compare.

    python3 tests/bench/against_python.py [--modes ring zigzag] [--precision bf16] [--rounds 5]

Each round runs every mode once in either program, so that both see the machine's good and bad
minutes; printed are medians, and the median of the rounds' ratios. Memory is the busiest rank's
largest resident set, libraries included, in both.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
repository = here.parent.parent


def ranks_of(mode):
    return 1 if mode == "none" else 2


def resident_peaks():
    """The largest resident set so far of each running rank, by process."""
    peaks = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() != "ringscope-rank":
                continue
            for line in (folder / "status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peaks[folder.name] = int(line.split()[1]) * 1024
        except OSError:
            pass  # it ended meanwhile
    return peaks


def run_ringscope(mode, options):
    with tempfile.TemporaryDirectory() as folder:
        command = [options.ringscope, "--db", f"{folder}/runs.db", "run", here / "python_twin.yaml", "--json", "--no-reference",
                   "--set", f"parallel.mode={mode}", "--set", f"parallel.sp={ranks_of(mode)}",
                   "--set", f"train.precision={options.precision}", "--set", f"train.seq_len={options.tokens}"]
        with open(f"{folder}/out", "w+") as out:
            program = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
            peak = 0
            while program.poll() is None:
                peak = max([peak, *resident_peaks().values()])
                time.sleep(0.2)
            if program.returncode != 0:
                sys.exit(f"ringscope ended with {program.returncode}: {program.stderr.read().decode()[-500:]}")
            out.seek(0)
            figures = json.load(out)["comparison"]["baseline"]
        return figures["tokens_per_s"]["median"], peak


def run_python(mode, options):
    command = [sys.executable, here / "python_twin.py", "--mode", mode, "--ranks", str(ranks_of(mode)),
               "--precision", options.precision, "--tokens", str(options.tokens)]
    program = subprocess.run(command, capture_output=True, text=True)
    if program.returncode != 0:
        sys.exit(f"python_twin.py ended with {program.returncode}: {program.stderr[-500:]}")
    figures = json.loads(program.stdout)
    return figures["tokens_per_s"], figures["peak_bytes"]


def main():
    parser = argparse.ArgumentParser(description="Ringscope's training step against the same one in Python.")
    parser.add_argument("--modes", nargs="+", default=["none", "ring", "zigzag", "ulysses"])
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ringscope", default=str(repository / "build/bin/ringscope"))
    options = parser.parse_args()

    rounds = [{mode: (run_ringscope(mode, options), run_python(mode, options)) for mode in options.modes}
              for _ in range(options.rounds)]
    print(f"{options.precision}, {options.tokens} tokens, {options.rounds} rounds")
    print("| mode | Ringscope tokens/s | Python tokens/s | speed ratio | Ringscope MB | Python MB | memory ratio |")
    print("|---|---|---|---|---|---|---|")
    for mode in options.modes:
        ours, theirs = zip(*(one[mode] for one in rounds))
        speed = statistics.median(a[0] / b[0] for a, b in zip(ours, theirs))
        middle = [statistics.median(values) for values in (*zip(*ours), *zip(*theirs))]
        print(f"| {mode} | {middle[0]:,.0f} | {middle[2]:,.0f} | {speed:.2f} | {middle[1] / 1e6:.0f} | {middle[3] / 1e6:.0f} "
              f"| {middle[1] / middle[3]:.2f} |")


if __name__ == "__main__":
    main()
