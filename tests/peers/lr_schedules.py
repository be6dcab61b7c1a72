#!/usr/bin/env python3
"""What transformers and torch make of a training's recipe: tests/fixtures/lr_schedules.json.

    python3 tests/peers/lr_schedules.py [--into FILE]

Needs transformers 5 and torch; no GPU.

| member | what it holds |
|---|---|
| `schedules` | fields of `train` that say a course, and the learning rate of every step under it |
| `adamw` | two parameters, a matrix that decays and a vector that does not, after each step of torch's AdamW |

transformers' wsd with a final share begins its warm-up there, Ringscope's at 0: no course here has both.
Values and gradients are cosines of their place, so that the test makes the same
(tests/kernels/train/recipe_test.cpp).
"""
import argparse
import json
import math
import pathlib

import torch
import transformers
from transformers import optimization

FIXTURE = pathlib.Path(__file__).resolve().parent.parent / "fixtures/lr_schedules.json"
LR, MATRIX, VECTOR, STEPS = 3e-3, (4, 6), 5, 12
ADAMW = {"betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1}

COURSES = [
    {"lr_schedule": "constant", "steps": 12, "lr_warmup": 0},
    {"lr_schedule": "constant", "steps": 12, "lr_warmup": 5},
    {"lr_schedule": "linear", "steps": 20, "lr_warmup": 0},
    {"lr_schedule": "linear", "steps": 20, "lr_warmup": 6},
    {"lr_schedule": "linear", "steps": 4, "lr_warmup": 4},
    {"lr_schedule": "cosine", "steps": 25, "lr_warmup": 0},
    {"lr_schedule": "cosine", "steps": 25, "lr_warmup": 3, "lr_final": 0.1},
    {"lr_schedule": "cosine", "steps": 3, "lr_warmup": 8},
    {"lr_schedule": "wsd", "steps": 30, "lr_warmup": 4, "lr_decay": 10},
    {"lr_schedule": "wsd", "steps": 30, "lr_warmup": 0, "lr_decay": 12, "lr_final": 0.25},
    {"lr_schedule": "wsd", "steps": 30, "lr_warmup": 2, "lr_decay": 28},
]


def schedule_of(course, optimizer):
    warmup, steps = course["lr_warmup"], course["steps"]
    kind, final = course["lr_schedule"], course.get("lr_final", 0.0)
    if kind == "constant":
        return optimization.get_constant_schedule_with_warmup(optimizer, warmup)
    if kind == "linear":
        return optimization.get_linear_schedule_with_warmup(optimizer, warmup, steps)
    if kind == "cosine":
        return optimization.get_cosine_with_min_lr_schedule_with_warmup(optimizer, warmup, steps, min_lr_rate=final)
    decay = course["lr_decay"]
    return optimization.get_wsd_schedule(
        optimizer, warmup, decay, num_stable_steps=steps - warmup - decay, decay_type="linear", min_lr_ratio=final)


def rates(course):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=LR)
    schedule = schedule_of(course, optimizer)
    found = []
    for _ in range(course["steps"]):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def made(stream, count):
    return torch.tensor([math.cos(1 + 7 * stream + 3 * i) for i in range(count)], dtype=torch.float64)


def trained(course):
    matrix = torch.nn.Parameter(made(0, math.prod(MATRIX)).view(MATRIX))
    vector = torch.nn.Parameter(made(1, VECTOR))
    groups = [{"params": [matrix]}, {"params": [vector], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LR, **ADAMW)
    schedule = schedule_of(course, optimizer)
    after = []
    for step in range(STEPS):
        matrix.grad = made(2 + 2 * step, matrix.numel()).view(MATRIX)
        vector.grad = made(3 + 2 * step, VECTOR)
        optimizer.step()
        schedule.step()
        after.append(torch.cat([matrix.detach().flatten(), vector.detach()]).tolist())
    return after


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", default=FIXTURE, type=pathlib.Path)
    into = parser.parse_args().into
    course = {"lr_schedule": "cosine", "steps": STEPS, "lr_warmup": 3, "lr_final": 0.1}
    answers = {
        "versions": {"transformers": transformers.__version__, "torch": torch.__version__},
        "lr": LR,
        "schedules": [{"train": each, "lr": rates(each)} for each in COURSES],
        "adamw": {"train": course, "lr": LR, "beta1": ADAMW["betas"][0], "beta2": ADAMW["betas"][1],
                  "eps": ADAMW["eps"], "weight_decay": ADAMW["weight_decay"], "matrix": math.prod(MATRIX),
                  "after": trained(course)},
    }
    into.write_text(json.dumps(answers) + "\n")
    print(f"{len(COURSES)} courses and {STEPS} steps into {into}")


if __name__ == "__main__":
    main()
