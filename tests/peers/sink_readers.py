#!/usr/bin/env python3
"""Reads what `ringscope run --sink` writes with the programs that it is written for.

usage: sink_readers.py build/bin/ringscope     (needs tensorboard, wandb, prometheus_client)

Trains a tiny model under two modes with every sink at once, then holds the JSON lines against what
TensorBoard, wandb and an OpenMetrics parser found.
"""
import glob
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

EXPERIMENT = """
name: sinks
model: {preset: nano}
data: {validation: 0.1}
train: {steps: 30, seq_len: 256, validate_every: 10}
matrix: {parallel.mode: [ring, zigzag]}
"""


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def watch(port, found, over):
    """The last page of figures that could be read."""
    while not over.is_set():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as answer:
                found.append((answer.headers["Content-Type"], answer.read().decode()))
        except OSError:
            pass
        time.sleep(0.05)


def same(what, left, right):
    assert abs(left - right) <= 1e-6 * max(1, abs(left)), f"{what}: {left} is not {right}"


def check_tensorboard(folder, steps):
    for name, expected in steps.items():
        (own,) = glob.glob(f"{folder}/{name.replace('/', '-')}-*")
        read = EventAccumulator(own)
        read.Reload()
        assert "config/text_summary" in read.Tags()["tensors"] or "config" in read.Tags()["tensors"]
        for tag, key in (("train/loss", "loss"), ("train/grad_norm", "grad_norm"),
                         ("speed/step_ms", "step_ms"), ("speed/tokens_per_s", "tokens_per_s")):
            scalars = read.Scalars(tag)
            assert len(scalars) == len(expected), (tag, len(scalars))
            for scalar, event in zip(scalars, expected):
                assert scalar.step == event["step"]
                same(tag, event[key], scalar.value)
        assert [scalar.step for scalar in read.Scalars("validation/loss")] == [9, 19, 29]


def check_metrics(pages, steps):
    kind, page = pages[-1]
    assert kind.startswith("application/openmetrics-text"), kind
    families = {family.name: family for family in text_string_to_metric_families(page)}
    for name in ("ringscope_loss", "ringscope_steps", "ringscope_tokens", "ringscope_run"):
        assert name in families, f"{name} is not in the figures"
    for sample in families["ringscope_steps"].samples:
        assert sample.value <= len(steps[sample.labels["name"]])


def events_of(file):
    """Without the time, which each sink has its own of."""
    events = [json.loads(line) for line in file.read_text().splitlines()]
    for event in events:
        assert event.pop("time_us") > 0
    return events


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "sinks.yaml").write_text(EXPERIMENT)
        port = free_port()
        pages, over = [], threading.Event()
        watcher = threading.Thread(target=watch, args=(port, pages, over))
        watcher.start()
        environment = dict(os.environ, WANDB_MODE="offline", WANDB_DIR=folder, WANDB_SILENT="true",
                           PATH=f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")
        ended = subprocess.run(
            [program, "--db", str(place / "store.db"), "run", str(place / "sinks.yaml"),
             "--sink", f"jsonl:{place}/steps.jsonl", "--sink", f"program:cat > '{place}/piped.jsonl'",
             "--sink", f"tensorboard:{place}/logs", "--sink", f"openmetrics:{port}",
             "--sink", "wandb:ringscope"],
            env=environment, capture_output=True, text=True, timeout=300)
        over.set()
        watcher.join()
        assert ended.returncode == 0, ended.stderr
        events = events_of(place / "steps.jsonl")
        assert events == events_of(place / "piped.jsonl"), "a program is told the same"
        steps = {}
        for event in events:
            if event["event"] == "step":
                steps.setdefault(event["name"], []).append(event)
        assert all(len(each) == 30 for each in steps.values()), {k: len(v) for k, v in steps.items()}
        assert [e["event"] for e in events].count("ended") == len(steps)
        check_tensorboard(place / "logs", steps)
        check_metrics(pages, steps)
        kept = glob.glob(f"{place}/wandb/offline-run-*/run-*.wandb")
        assert len(kept) == len(steps), f"{len(kept)} offline runs of wandb; {ended.stderr}"
        print(f"{len(steps)} runs: JSON lines, TensorBoard, OpenMetrics ({len(pages)} pages) and "
              f"wandb agree")


if __name__ == "__main__":
    main()
