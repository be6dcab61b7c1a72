"""What transformers and torch say of one tiny model; model_families.py writes it down.

transformers computes norms, softmax, routers and rotary angles in torch.float32 whatever the model's
type is. in_doubles() makes that name mean float64, so the fp64 loss and gradients are fp64 all through;
directional_error() would show a rest of fp32.
"""
import contextlib
import json
import os
import pathlib
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)

BATCH, TOKENS = 2, 24
EAGER = {"attn_implementation": "eager", "experts_implementation": "eager"}


@contextlib.contextmanager
def in_doubles():
    names = torch.float32, torch.float, torch.Tensor.float
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.float32, torch.float, torch.Tensor.float = names


@contextlib.contextmanager
def watched_choices():
    """Yields a list of how far, in each top-k, the last chosen one stood above the first not chosen."""
    margins = []
    function, method = torch.topk, torch.Tensor.topk

    def watched(values, k, dim=-1, **more):
        if k < values.shape[dim]:
            ordered = values.detach().sort(dim=dim, descending=True).values
            gap = ordered.select(dim, k - 1) - ordered.select(dim, k)
            margins.append(gap.min().item())
        return function(values, k, dim=dim, **more)

    torch.topk, torch.Tensor.topk = watched, watched
    try:
        yield margins
    finally:
        torch.topk, torch.Tensor.topk = function, method


def config_of(keys):
    keys = dict(keys)
    return AutoConfig.for_model(keys.pop("model_type"), **keys)


def random_value(name, value, family, tied, generator):
    """Random enough that every bias, gain and router is seen in the logits."""
    noise = torch.randn(value.shape, generator=generator, dtype=torch.float32)
    if name.endswith("e_score_correction_bias"):  # scores below 0, where a group left out must not have 0
        return 0.3 * noise - 0.7
    if name.endswith("bias"):
        return 0.2 * noise
    if value.dim() == 1:  # the gain of a norm
        return 0.3 * noise + (0.0 if family.config["model_type"].startswith("gemma") else 1.0)
    if name.endswith(("gate.weight", "router.weight")):  # experts should differ
        return 0.5 * noise
    if name.endswith("experts.gate_up_proj") and family.config["model_type"] == "gpt_oss":  # some are cut at 7
        return 1.0 * noise
    if name.endswith(("embed_tokens.weight", "wte.weight", "embed_in.weight")):
        return (0.25 if tied else 0.5) * noise
    return 0.2 * noise


def write_model(family, seed, folder):
    """config.json and model.safetensors, as save_pretrained writes them; returns the tokens."""
    generator = torch.Generator().manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config_of(family.config), dtype=torch.float32)
    tied = model.config.tie_word_embeddings
    with torch.no_grad():
        for name, value in [*model.named_parameters(), *persistent_buffers(model)]:
            value.copy_(random_value(name, value, family, tied, generator))
    save(model, folder, family)
    vocabulary = model.config.vocab_size  # 0, 1, 2 stay out: pad, begin and end have rules of their own
    return torch.randint(3, vocabulary, (BATCH, TOKENS), generator=generator)


def persistent_buffers(model):
    kept = model.state_dict().keys()
    return [(name, value) for name, value in model.named_buffers() if name in kept]


def save(model, folder, family):
    folder = pathlib.Path(folder)
    if family.shard_bytes is None:
        model.save_pretrained(folder)
    else:
        model.to(torch.bfloat16).save_pretrained(folder, max_shard_size=family.shard_bytes)
    if family.hub_names:
        rename_as_hub(folder / "model.safetensors", model.config)
    (folder / "generation_config.json").unlink(missing_ok=True)
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)


def rename_as_hub(file, config):
    named = {name.removeprefix("transformer."): value for name, value in load_file(file).items()}
    mask = torch.ones(config.n_positions, config.n_positions).tril()[None, None]
    masks = {f"h.{layer}.attn.bias": mask.clone() for layer in range(config.n_layer)}
    save_file(named | masks, file, metadata={"format": "pt"})


def tensors_of(folder):
    tensors = {}
    for file in sorted(pathlib.Path(folder).glob("*.safetensors")):
        tensors |= load_file(file)
    return tensors


def load(folder, config=None, **how):
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, config=config, dtype=torch.float32, output_loading_info=True, **EAGER | how)
    wrong = {key: value for key, value in info.items() if value}
    assert not wrong, wrong
    return model.eval()


def doubles_of(single):
    """The same model in fp64; within in_doubles(), for safetensors cannot read there."""
    model = AutoModelForCausalLM.from_config(single.config, dtype=torch.float64, **EAGER).eval()
    model.load_state_dict(single.state_dict())
    kinds = {value.dtype for value in [*model.parameters(), *model.buffers()] if value.is_floating_point()}
    assert kinds == {torch.float64}, kinds
    return model


def logits_of(model, tokens):
    with torch.no_grad():
        return model(tokens, use_cache=False).logits


def mean_loss(model, tokens):
    logits = model(tokens, use_cache=False).logits[:, :-1]
    return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))


def gradients_by_checkpoint_name(model, folder):
    """Saves a model whose weights are the gradients: save_pretrained then names and splits them."""
    carrier = load(folder)
    with torch.no_grad():
        for (name, parameter), (same_name, source) in zip(carrier.named_parameters(), model.named_parameters()):
            assert name == same_name
            parameter.copy_(source.grad)
    with tempfile.TemporaryDirectory() as scratch:
        carrier.save_pretrained(scratch)
        gradients = tensors_of(scratch)
    for name, _ in persistent_buffers(carrier):  # e_score_correction_bias has no gradient
        del gradients[name]
    return gradients


def directional_error(model, tokens):
    """|finite difference - gradient| along a random direction, relative to the gradient's share."""
    generator = torch.Generator().manual_seed(5)
    directions = [torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in model.parameters()]
    told = sum((p.grad * d).sum() for p, d in zip(model.parameters(), directions)).item()
    step, losses = 1e-6, []
    with torch.no_grad():
        for factor in (step, -2 * step, step):  # forth, back, and home again
            for p, d in zip(model.parameters(), directions):
                p.add_(d, alpha=factor)
            losses.append(mean_loss(model, tokens).item())
    return abs((losses[0] - losses[1]) / (2 * step) - told) / abs(told)


def losses_of_adamw(model, tokens, steps=3):
    """Losses before each step, with the defaults of kernels/train/adamw.h but for lr."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = mean_loss(model, tokens)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


def old_config(family, folder):
    """config.old.json: the same model as transformers 4.4x and the hub's files spell it."""
    keys = json.loads((folder / "config.json").read_text())
    for key in ("rope_parameters", "dtype", *family.dropped):
        del keys[key]
    keys |= {"torch_dtype": "float32", "transformers_version": "4.44.2"} | family.old
    text = json.dumps(dict(sorted(keys.items())), indent=2) + "\n"
    (folder / "config.old.json").write_text(text)
    with tempfile.TemporaryDirectory() as scratch:
        (pathlib.Path(scratch) / "config.json").write_text(text)
        return AutoConfig.from_pretrained(scratch)


def sdpa_difference(folder, tokens, logits):
    try:
        model = load(folder, attn_implementation="sdpa")
    except ValueError:  # gemma2 has none: no cap of scores there
        return 0.0
    return (logits_of(model, tokens) - logits).abs().max().item()


def require(holds, *what):
    if not holds:
        raise AssertionError(what)


def check_keys(family, folder, tokens, logits):
    """Each key of `matters` moves the logits, none of `same` does; config.old.json is the same model."""
    for keys, moves in [(k, True) for k in family.matters] + [(k, False) for k in family.same]:
        changed = logits_of(load(folder, config_of(family.config | keys)), tokens)
        moved = (changed - logits).abs().max().item()
        require(moved > 1e-3 if moves else moved == 0, keys, moved)
    if family.old is not None:
        require(torch.equal(logits_of(load(folder, old_config(family, folder)), tokens), logits), "old")


def expectations(family, seed, folder):
    """(tokens, tensors, facts), having written the model into `folder`."""
    tokens = write_model(family, seed, folder)
    logits = logits_of(load(folder), tokens)
    sdpa_error = sdpa_difference(folder, tokens, logits)
    single = load(folder)
    loss = mean_loss(single, tokens).item()
    with in_doubles(), watched_choices() as margins:
        model = doubles_of(single)
        exact = mean_loss(model, tokens)
        exact.backward()
        error = (logits_of(model, tokens) - logits).abs().max().item()
        losses = losses_of_adamw(doubles_of(single), tokens)
        choices = list(margins)
        slope_error = directional_error(model, tokens)
    gradients = gradients_by_checkpoint_name(model, folder)
    if family.hub_names:
        gradients = {name.removeprefix("transformer."): value for name, value in gradients.items()}
    # Where two experts are about equal, fp32 may choose otherwise than fp64.
    margin = min(choices, default=1.0)
    names = tensors_of(folder).keys()
    require(margin > 3e-5, "margin", margin)
    require(error < 2e-5, "logits", error)
    require(sdpa_error < 2e-5, "sdpa", sdpa_error)
    require(slope_error < 1e-6, "slope", slope_error)
    require(abs(loss / exact.item() - 1) < 2e-6, "loss", loss, exact.item())
    norms = {name: value.norm().item() for name, value in gradients.items()}
    require(min(norms.values()) > 1e-4, "gradient", min(norms, key=norms.get), min(norms.values()))
    require(gradients.keys() <= names, "names", gradients.keys() ^ names)
    check_keys(family, folder, tokens, logits)
    tensors = {"logits": logits} | {f"gradient.{name}": value for name, value in gradients.items()}
    facts = {"family": family.config["model_type"], "loss": exact.item(), "losses_adamw": losses,
             "smallest_choice_margin": margin if choices else None,
             "transformers": transformers.__version__}
    print(f"{family.name:20} seed {seed}  loss {exact.item():.6f}  fp32 {error:.1e}  sdpa {sdpa_error:.1e}"
          f"  slope {slope_error:.1e}  margin {margin:.1e}", flush=True)
    return tokens.numpy(), {name: numpy.ascontiguousarray(value.numpy()) for name, value in tensors.items()}, facts
