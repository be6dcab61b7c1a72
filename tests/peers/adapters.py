#!/usr/bin/env python3
"""Adapters of tiny models with what PEFT and bitsandbytes say of them, and the check of a program.

    python3 tests/peers/adapters.py                         # into tests/fixtures/adapters
    python3 tests/peers/adapters.py --run build/bin/ringscope

Needs: pip install torch transformers peft bitsandbytes safetensors numpy
(last used: transformers 5.24.0, peft 0.21.2, bitsandbytes 0.50.2, torch 2.15.0)

Making: of each model of tests/fixtures/models named below, an adapter with random matrices as PEFT
saves it, its loss, gradients and three steps of AdamW in fp64 (`kind lora`), and the same beside
weights that bitsandbytes rounded to 4 bits (`kind qlora`). Also what bitsandbytes makes of some
tensors in NF4 with double quantisation.

Experts lie in one tensor in transformers 5. Of "mixtral" and "qwen3-moe" each expert's matrices are made
linear layers again, under the names of their checkpoints, and have adapters as PEFT gives them to any linear
layer; in 4 bits each is a tensor of its own in every model. --run reads such folders of "mixtral" into
transformers' own model, whose matrices PEFT puts together itself.

--run: a program's own adapter is trained, exported and read by PEFT, PEFT's are read by the program,
both compute the same logits, and a merged folder is loaded by transformers.
"""
import argparse
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import model_oracle
import numpy
import torch
from bitsandbytes.functional import create_dynamic_map, dequantize_4bit, quantize_4bit, quantize_blockwise
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers.pytorch_utils import Conv1D

PEERS = pathlib.Path(__file__).resolve().parent
MODELS = PEERS.parent / "fixtures/models"
FIXTURES = PEERS.parent / "fixtures/adapters"
WITH_EXPERTS = ["mixtral", "qwen3-moe"]  # whose experts are adapted
FAMILIES = ["llama", "qwen2", "gemma2", "gpt2", "gpt-neox", "phi3", "deepseek-v2", "qwen2-moe", *WITH_EXPERTS]
RANK, ALPHA, SEED = 3, 6, 11
SINGLE = torch.float32  # in_doubles() gives the name another meaning
NOT_ADAPTED = ("lm_head", "embed_out", ".gate", "shared_expert_gate")
MOST_BYTES = 300_000

HEAD = """\
# adapters

Adapters of models of `../models`, one per folder, as `save_pretrained` of PEFT writes them, and what
PEFT computes with them. Written by `tests/peers/adapters.py`, which also holds a program against PEFT
(`--run`).

| file | what it holds |
|---|---|
| `adapter_config.json`, `adapter_model.safetensors` | the adapter, fp32; rank 3, alpha 6 |
| `expected.safetensors` | `logits` of fp32; `gradient.<key>` of each matrix, computed in fp64 |
| `expected.json` | `loss`, `losses_adamw` before each of three steps; the same in 4 bits (`loss_4bit`, …) |

`nf4.safetensors` has tensors (`<name>.numbers`) and what bitsandbytes makes of them: `codes`,
`largest` (8 bits), `scales`, `mean`, and `again`, the numbers that come back.

Tokens, labels and AdamW are those of `../models`.
"""


class Expert(torch.nn.Module):
    def __init__(self, matrices, activation):
        super().__init__()
        self.names = list(matrices)
        self.activation = activation
        for name, weight in matrices.items():
            layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
            layer.weight.data = weight.detach().clone()
            self.add_module(name, layer)

    def forward(self, rows):
        gate, up, down = (getattr(self, name) for name in self.names)
        return down(self.activation(gate(rows)) * up(rows))


class Experts(torch.nn.ModuleList):
    def forward(self, rows, chosen, weights):
        out = torch.zeros_like(rows)
        for number, expert in enumerate(self):
            row, place = torch.where(chosen == number)
            out = out.index_add(0, row, expert(rows[row]) * weights[row, place, None])
        return out


def stacked_experts(model):
    return [(name, module) for name, module in model.named_modules() if hasattr(module, "gate_up_proj")
            and isinstance(module.gate_up_proj, torch.nn.Parameter)]


def matrices_of_expert(model_type, module, number):
    names = ("w1", "w3", "w2") if model_type == "mixtral" else ("gate_proj", "up_proj", "down_proj")
    return dict(zip(names, (*module.gate_up_proj[number].chunk(2), module.down_proj[number])))


def apart(model):
    """The model, each matrix of its experts a linear layer."""
    model_type = model.config.model_type
    stacked = stacked_experts(model)
    for name, module in stacked:
        experts = [Expert(matrices_of_expert(model_type, module, number), module.act_fn)
                   for number in range(module.num_experts)]
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, Experts(experts))
    if stacked:
        model.config = copy.deepcopy(model.config)
        model.config.model_type = "apart"  # PEFT would look for the one tensor
    return model


def linear_modules(model):
    names = [name for name, module in model.named_modules() if isinstance(module, (torch.nn.Linear, Conv1D))]
    return [name for name in names if not name.endswith(NOT_ADAPTED)]


def adapted(model, modules):
    config = LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules=modules,
                        fan_in_fan_out=any(isinstance(m, Conv1D) for m in model.modules()))
    return get_peft_model(model, config, autocast_adapter_dtype=False)


def randomize(model):
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_" in name:
                value.copy_(0.15 * torch.randn(value.shape, generator=generator, dtype=SINGLE))


def matrices(model):
    return {name: value for name, value in model.named_parameters() if "lora_" in name}


def stored_name(name, model_type):
    name = name.replace(".default", "")
    return name.replace(".mlp.experts.", ".block_sparse_moe.experts.") if model_type == "mixtral" else name


def rename_as_checkpoint(file, model_type):
    save_file({stored_name(name, model_type): value for name, value in load_file(file).items()}, file,
              metadata={"format": "pt"})


def losses_of_adamw(model, tokens, steps=3):
    optimizer = torch.optim.AdamW(list(matrices(model).values()), lr=1e-2, betas=(0.9, 0.95), eps=1e-8,
                                  weight_decay=0.0)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model_oracle.mean_loss(model, tokens)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


def compressed(largest):
    """Codes, scales and mean of the blocks' largest numbers: the nearest of the 8-bit map's, as the format has it.

    Where two are about as near, the CPU kernel of bitsandbytes takes either.
    """
    table = create_dynamic_map(signed=True)
    mean = largest.mean()
    blocks = (largest - mean).split(256)
    scales = torch.stack([block.abs().max() for block in blocks])
    shares = [block * (1.0 / scale.clamp(min=1e-38)) for block, scale in zip(blocks, scales)]
    codes = torch.bucketize(torch.cat(shares), (table[:-1] + table[1:]) / 2)
    theirs = quantize_blockwise(largest - mean, blocksize=256)[0].to(torch.int64)
    assert scales.max() == 0 or ((codes - theirs).abs() <= 1).all(), (codes, theirs)
    assert scales.max() == 0 or (codes != theirs).float().mean() < 0.1
    return codes.to(torch.uint8), scales, mean


def in_nf4(numbers):
    """What becomes of a tensor. Rows are given as blocks of 64, with the same codes: the CPU kernel that makes
    numbers of them again takes a wrong block's scale where a row ends within one."""
    blocks = numbers.contiguous().view(-1, 64) if numbers.numel() % 64 == 0 else numbers.contiguous()
    codes, state = quantize_4bit(blocks, compress_statistics=False, quant_type="nf4")
    largest, scales, mean = compressed(state.absmax)
    table = create_dynamic_map(signed=True)
    state.absmax = table[largest.long()] * scales.repeat_interleave(256)[:largest.numel()] + mean
    again = dequantize_4bit(codes, state).view(numbers.shape)
    return {"codes": codes.flatten(), "largest": largest, "scales": scales, "mean": mean.reshape(1), "again": again}


def again(weight):
    return in_nf4(weight)["again"]


def as_the_kernel(weight):
    return dequantize_4bit(*quantize_4bit(weight.contiguous(), compress_statistics=True, quant_type="nf4"))


def weight_of(module):
    return (module.weight.t() if isinstance(module, Conv1D) else module.weight).detach().float()


def in_four_bits(model):
    with torch.no_grad():
        for name in linear_modules(model):
            module = model.get_submodule(name)
            rounded = again(weight_of(module))
            module.weight.copy_(rounded.t() if isinstance(module, Conv1D) else rounded)
        for _, module in stacked_experts(model):
            for number in range(module.num_experts):
                for weight in matrices_of_expert(model.config.model_type, module, number).values():
                    weight.copy_(again(weight.float()))
    return model


def doubles(single, modules):
    model = adapted(apart(model_oracle.doubles_of(single)), modules)
    randomize(model)
    return model


def make(name, into):
    base = MODELS / name
    folder = into / name
    folder.mkdir(parents=True, exist_ok=True)
    tokens = torch.from_numpy(numpy.load(base / "tokens.npy"))
    single = model_oracle.load(base)
    model_type = single.config.model_type
    modules = linear_modules(apart(copy.deepcopy(single)))
    if "experts" in str(single) and name not in WITH_EXPERTS:
        modules = [module for module in modules if ".self_attn." in module]
    kinds = sorted({module.rsplit(".", 1)[1] for module in modules})
    peft_model = adapted(apart(copy.deepcopy(single)), kinds)
    assert (model_oracle.logits_of(peft_model, tokens) - model_oracle.logits_of(single, tokens)).abs().max() < 1e-5
    assert len(matrices(peft_model)) == 2 * len(modules), (len(matrices(peft_model)), len(modules))
    randomize(peft_model)
    peft_model.peft_config["default"].base_model_name_or_path = f"../../models/{name}"
    peft_model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    rename_as_checkpoint(folder / "adapter_model.safetensors", model_type)
    (folder / "adapter_model.safetensors").chmod(0o644)
    tensors = {"logits": model_oracle.logits_of(peft_model, tokens)}
    facts = {"transformers": model_oracle.transformers.__version__}
    with model_oracle.in_doubles():
        model = doubles(single, kinds)
        loss = model_oracle.mean_loss(model, tokens)
        loss.backward()
        facts["loss"] = loss.item()
        for key, value in matrices(model).items():
            tensors["gradient." + stored_name(key, model_type)] = value.grad.to(SINGLE).detach().clone()
        facts["losses_adamw"] = losses_of_adamw(doubles(single, kinds), tokens)
    single_loss = model_oracle.mean_loss(peft_model, tokens).item()
    assert abs(single_loss / facts["loss"] - 1) < 2e-6, (single_loss, facts["loss"])
    rounded = in_four_bits(copy.deepcopy(single))
    with model_oracle.in_doubles():
        facts["losses_adamw_4bit"] = losses_of_adamw(doubles(rounded, kinds), tokens)
    facts["loss_4bit"] = facts["losses_adamw_4bit"][0]
    checked = check_linear4bit(single, tokens, kinds, facts["loss_4bit"])
    tensors = {key: value.to(torch.float32).contiguous() for key, value in tensors.items()}
    save_file(tensors, folder / "expected.safetensors")
    (folder / "expected.safetensors").chmod(0o644)
    (folder / "expected.json").write_text(json.dumps(facts, indent=2) + "\n")
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert size <= MOST_BYTES, (name, size)
    print(f"{name:16} {len(modules):3} modules  loss {facts['loss']:.6f}  4 bits {facts['loss_4bit']:.6f}  {size:,}"
          f"{'  Linear4bit agrees' if checked else ''}")


def check_linear4bit(single, tokens, kinds, wanted):
    """bitsandbytes' own layer, in fp32, gives the loss that is recorded; False where its kernel is wrong."""
    import bitsandbytes
    model = apart(copy.deepcopy(single))
    weights = [weight_of(model.get_submodule(name)) for name in linear_modules(model)]
    if not all(torch.equal(again(weight), as_the_kernel(weight)) for weight in weights):
        return False
    for name in linear_modules(model):
        module = model.get_submodule(name)
        weight = weight_of(module).contiguous()
        layer = bitsandbytes.nn.Linear4bit(weight.shape[1], weight.shape[0], bias=module.bias is not None,
                                           compute_dtype=torch.float32, quant_type="nf4")
        layer.weight = bitsandbytes.nn.Params4bit(weight, requires_grad=False, quant_type="nf4",
                                                  compress_statistics=True)
        if module.bias is not None:
            layer.bias = torch.nn.Parameter(module.bias.detach())
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.to("cpu"))
    model = adapted(model.eval(), kinds)
    for module in model.modules():  # its kernels for inference want rows of 64 and more
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            module.training = True
    randomize(model)
    loss = model_oracle.mean_loss(model, tokens).item()
    assert abs(loss / wanted - 1) < 1e-4, (loss, wanted)
    return True


def make_nf4(into):
    generator = torch.Generator().manual_seed(5)
    tensors = {}
    shapes = {"whole": (48, 64), "tail": (5, 30), "long": (300, 64), "flat": (2, 64), "odd": (3, 7)}
    for name, shape in shapes.items():
        numbers = torch.randn(shape, generator=generator) * torch.rand(shape[0], 1, generator=generator)
        if name == "flat":
            numbers.zero_()
        tensors |= {f"{name}.numbers": numbers} | {f"{name}.{key}": value for key, value in in_nf4(numbers).items()}
    save_file({key: value.contiguous() for key, value in tensors.items()}, into / "nf4.safetensors")
    (into / "nf4.safetensors").chmod(0o644)


def ran(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def program_logits(program, folder, name, scratch, label):
    dump = scratch / label
    ran(program, "model", "eval", folder, "--tokens", MODELS / name / "tokens.npy", "--dump", dump)
    return numpy.load(dump / "logits.npy")


def difference(told, model, tokens):
    logits = model_oracle.logits_of(model, tokens)
    return float(numpy.abs(told.reshape(logits.shape) - logits.numpy()).max())


def target_modules(name):
    return json.loads((FIXTURES / name / "adapter_config.json").read_text())["target_modules"]


def with_adapter(name, folder):
    model = model_oracle.load(MODELS / name)
    # PEFT 0.21 leaves the dense layer's gate_proj, up_proj and down_proj out where it puts experts' together.
    return PeftModel.from_pretrained(apart(model) if name == "qwen3-moe" else model, folder).eval()


def exchange(program, name, scratch):
    """Both ways, merged and taken apart again. Returns the largest differences of logits."""
    tokens = torch.from_numpy(numpy.load(MODELS / name / "tokens.npy"))
    base = MODELS / name
    theirs = with_adapter(name, FIXTURES / name)
    found = {"read": difference(program_logits(program, FIXTURES / name, name, scratch, "read"), theirs, tokens)}

    merged, again, own = scratch / "merged", scratch / "again", scratch / "own"
    ran(program, "model", "merge", base, FIXTURES / name, "-o", merged)
    found["merged"] = (model_oracle.logits_of(model_oracle.load(merged), tokens)
                       - model_oracle.logits_of(theirs, tokens)).abs().max().item()
    ran(program, "model", "merge", merged, FIXTURES / name, "--unmerge", "-o", again)
    found["apart"] = (model_oracle.logits_of(model_oracle.load(again), tokens)
                      - model_oracle.logits_of(model_oracle.load(base), tokens)).abs().max().item()

    store = scratch / "runs.db"
    experiment = scratch / "adapted.yaml"
    experiment.write_text("name: adapted\n")
    settings = {"model.from": base, "adapter.kind": "lora", "adapter.rank": 5, "adapter.alpha": 7,
                "adapter.targets": json.dumps(target_modules(name)) if name in WITH_EXPERTS else "[]",
                "data.source": base / "tokens.npy", "data.tokenizer": "ids", "train.seq_len": 24, "train.steps": 3,
                "train.warmup_steps": 0, "train.lr": 0.02, "parallel.mode": "none", "checkpoint.at_end": "true"}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    ran(program, "--db", store, "run", experiment, *words)
    ran(program, "--db", store, "model", "export", "@last", "-o", own)
    ours = with_adapter(name, own)
    found["written"] = difference(program_logits(program, own, name, scratch, "written"), ours, tokens)
    moved = (model_oracle.logits_of(ours, tokens) - model_oracle.logits_of(model_oracle.load(base), tokens)).abs().max()
    assert moved > 1e-3, f"the adapter of {name} changes nothing"
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", type=lambda text: text.split(","), default=FAMILIES)
    options.add_argument("--into", type=pathlib.Path, default=FIXTURES)
    options.add_argument("--run", metavar="PROGRAM")
    options = options.parse_args()
    if options.run is None:
        for name in options.only:
            make(name, options.into)
        make_nf4(options.into)
        (options.into / "README.md").write_text(HEAD)
        return 0
    bad = 0
    for name in options.only:
        with tempfile.TemporaryDirectory() as scratch:
            found = exchange(options.run, name, pathlib.Path(scratch))
        wrong = max(found.values()) > 1e-4
        bad += wrong
        cells = "  ".join(f"{key} {value:.1e}" for key, value in found.items())
        print(f"{name:16} {cells}  {'differs' if wrong else 'agrees'}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
