"""Feeds Weights & Biases with the events that ringscope writes, a line of JSON each.

usage: python3 wandb_bridge.py PROJECT < events.jsonl

A run of ringscope becomes a run of the project. WANDB_MODE=offline writes to a folder alone.
"""
import json
import sys

try:
    import wandb
except ImportError:
    sys.exit("wandb is not installed for this python3; install it with pip")

runs = {}
for line in sys.stdin:
    event = json.loads(line)
    key = event["run"]
    if event["event"] == "began":
        runs[key] = wandb.init(
            project=sys.argv[1],
            name=event["name"],
            group=event["experiment"],
            config={**event["config"], "ranks": event["ranks"], "ringscope_run": key},
            reinit="create_new",
        )
    elif event["event"] == "step":
        figures = ("loss", "grad_norm", "step_ms", "tokens", "tokens_per_s")
        runs[key].log({name: event[name] for name in figures}, step=event["step"])
    elif event["event"] == "validation":
        figures = {f"validation_{name}": event[name] for name in ("loss", "perplexity")}
        runs[key].log(figures, step=event["step"])
    elif event["event"] == "ended":
        run = runs.pop(key)
        for name in ("status", "reason", "steps", "tokens_per_s", "peak_bytes", "final_loss"):
            run.summary[f"ringscope/{name}"] = event[name]
        run.finish(exit_code=0 if event["status"] == "finished" else 1)
for run in runs.values():
    run.finish(exit_code=1)
