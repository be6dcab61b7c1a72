#!/usr/bin/env python3
"""What transformers says of models whose experts are kept evenly used: tests/fixtures/router_losses.json.

    python3 tests/peers/router_losses.py

The loss that transformers itself adds with output_router_logits, and three AdamW steps on the sum, in
fp64 throughout. Needs what model_families.py needs.
"""
import json

import torch
import transformers

from model_families import FIXTURES
from model_oracle import doubles_of, in_doubles, load

COEFFICIENT = 0.05
MODELS = "mixtral", "qwen2-moe", "qwen3-moe"


def tokens_of(folder):
    import numpy
    return torch.from_numpy(numpy.load(folder / "tokens.npy"))


def total_loss(model, tokens):
    return model(tokens, labels=tokens, output_router_logits=True, use_cache=False)


def expectation(folder):
    single, tokens = load(folder), tokens_of(folder)
    with in_doubles():
        model = doubles_of(single)
        model.router_aux_loss_coef = COEFFICIENT
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)
        losses, auxiliary = [], None
        for _ in range(3):
            optimizer.zero_grad()
            out = total_loss(model, tokens)
            out.loss.backward()
            losses.append(out.loss.item())
            auxiliary = out.aux_loss.item() if auxiliary is None else auxiliary
            if len(losses) == 1:
                norm = sum(p.grad.square().sum() for p in model.parameters()).sqrt().item()
            optimizer.step()
    return {"coefficient": COEFFICIENT, "auxiliary": auxiliary, "gradient_norm": norm, "losses_adamw": losses,
            "transformers": transformers.__version__}


if __name__ == "__main__":
    facts = {name: expectation(FIXTURES / name) for name in MODELS}
    (FIXTURES.parent / "router_losses.json").write_text(json.dumps(facts, indent=1) + "\n")
    for name, each in facts.items():
        print(f"{name:12} {each['auxiliary']:.6f} {each['losses_adamw']}")
