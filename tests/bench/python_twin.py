"""The same training step in Python, to compare with: torch.distributed over gloo, ATen's kernels.

One small decoder (RMSNorm, rotary positions, grouped keys, gated feed-forward), its sequence shared
by ranks in one of four ways, AdamW and clipping, one flat all-reduce of the gradients. Written the
way such code is written by hand: keys repeated for grouped heads, isend and irecv while a block
computes, all_to_all_single for ulysses, half-precision weights beside fp32 ones that are trained.

    python3 -m pip install torch==2.11.0 numpy
    python3 tests/bench/python_twin.py --mode zigzag --ranks 2

Prints one line of JSON: tokens/s after the first step, peak memory of the busiest rank, losses.
"""

import argparse
import json
import os
import resource
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
import torch.nn.functional as F

HIDDEN, LAYERS, HEADS, KV_HEADS, FFN, VOCABULARY, EPS = 256, 4, 8, 4, 688, 256, 1e-5
HEAD_DIM = HIDDEN // HEADS

block_forward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
block_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def positions(mode, rank, ranks, length):
    """The places of a rank's tokens in the whole sequence."""
    if mode == "zigzag":
        chunk = length // (2 * ranks)
        return torch.cat([torch.arange(c * chunk, (c + 1) * chunk) for c in (rank, 2 * ranks - 1 - rank)])
    share = length // ranks
    return torch.arange(rank * share, (rank + 1) * share)


def merge(out, lse, block_out, block_lse):
    if out is None:
        return block_out.float(), block_lse
    both = torch.logaddexp(lse, block_lse)
    old, new = torch.exp(lse - both).unsqueeze(-1), torch.exp(block_lse - both).unsqueeze(-1)
    return out * old + block_out * new, both


class Neighbours:
    """Sends tensors to the next rank and receives the previous one's, while others compute."""

    def __init__(self):
        self.rank, self.ranks = dist.get_rank(), dist.get_world_size()

    def pass_on(self, tensors):
        received = [torch.empty_like(t) for t in tensors]
        todo = [dist.isend(t, (self.rank + 1) % self.ranks) for t in tensors]
        todo += [dist.irecv(t, (self.rank - 1) % self.ranks) for t in received]
        return received, todo


def wait(todo):
    for work in todo:
        work.wait()


def ring_blocks(zigzag, rank, origin, q, k, v):
    """(rows of q, rows of k, causal) of what this rank computes with the keys of rank `origin`."""
    n = q.shape[2]
    whole = slice(0, n)
    if not zigzag:
        return [] if origin > rank else [(whole, whole, origin == rank)]
    if origin == rank:
        return [(whole, whole, True)]
    first, second = slice(0, n // 2), slice(n // 2, n)
    return [(whole, first, False)] if origin < rank else [(second, whole, False)]


class Ring(torch.autograd.Function):
    """q, k, v: (B, H, n, D)."""

    @staticmethod
    def forward(ctx, q, k, v, zigzag):
        ring = Neighbours()
        k, v = k.contiguous(), v.contiguous()
        out = torch.zeros(q.shape, dtype=torch.float32)
        lse = torch.full(q.shape[:3], float("-inf"))
        here = [k, v]
        for step in range(ring.ranks):
            if step + 1 < ring.ranks:
                there, todo = ring.pass_on(here)
            for rows, keys, causal in ring_blocks(zigzag, ring.rank, (ring.rank - step) % ring.ranks, q, k, v):
                part, part_lse = block_forward(q[:, :, rows], here[0][:, :, keys], here[1][:, :, keys], 0.0, causal)
                out[:, :, rows], lse[:, :, rows] = merge(out[:, :, rows], lse[:, :, rows], part, part_lse)
            if step + 1 < ring.ranks:
                wait(todo)
                here = there
        out = out.to(q.dtype)
        ctx.save_for_backward(q, k, v, out, lse)
        ctx.zigzag = zigzag
        return out

    @staticmethod
    def backward(ctx, d_out):
        q, k, v, out, lse = ctx.saved_tensors
        ring = Neighbours()
        dq = torch.zeros(q.shape, dtype=torch.float32)
        here, gradients, todo_gradients = [k, v], None, []
        for step in range(ring.ranks):
            if step + 1 < ring.ranks:
                there, todo = ring.pass_on(here)
            own = [torch.zeros(k.shape, dtype=torch.float32) for _ in range(2)]
            for rows, keys, causal in ring_blocks(ctx.zigzag, ring.rank, (ring.rank - step) % ring.ranks, q, k, v):
                part = block_backward(d_out[:, :, rows], q[:, :, rows], here[0][:, :, keys], here[1][:, :, keys],
                                      out[:, :, rows], lse[:, :, rows], 0.0, causal)
                dq[:, :, rows] += part[0]
                own[0][:, :, keys] += part[1]
                own[1][:, :, keys] += part[2]
            if gradients is not None:
                wait(todo_gradients)
                own = [mine + theirs for mine, theirs in zip(own, gradients)]
            gradients, todo_gradients = ring.pass_on(own)
            if step + 1 < ring.ranks:
                wait(todo)
                here = there
        wait(todo_gradients)
        return dq.to(q.dtype), gradients[0].to(k.dtype), gradients[1].to(k.dtype), None


class Exchange(torch.autograd.Function):
    """(B, H, n, D) of all heads and some tokens <-> (B, H / ranks, S, D)."""

    @staticmethod
    def forward(ctx, x, to_heads):
        ctx.to_heads = to_heads
        ranks = dist.get_world_size()
        batch, heads, tokens, dim = x.shape
        if to_heads:
            send = x.view(batch, ranks, heads // ranks, tokens, dim).transpose(0, 1).contiguous()
        else:
            send = x.view(batch, heads, ranks, tokens // ranks, dim).permute(2, 0, 1, 3, 4).contiguous()
        received = torch.empty_like(send)
        dist.all_to_all_single(received, send)
        if to_heads:
            return received.permute(1, 2, 0, 3, 4).reshape(batch, heads // ranks, tokens * ranks, dim)
        return received.permute(1, 0, 2, 3, 4).reshape(batch, heads * ranks, tokens // ranks, dim)

    @staticmethod
    def backward(ctx, gradient):
        return Exchange.apply(gradient, not ctx.to_heads), None


class Flash(torch.autograd.Function):
    @staticmethod
    def forward(ctx, q, k, v):
        out, lse = block_forward(q, k, v, 0.0, True)
        ctx.save_for_backward(q, k, v, out, lse)
        return out

    @staticmethod
    def backward(ctx, d_out):
        q, k, v, out, lse = ctx.saved_tensors
        return block_backward(d_out, q, k, v, out, lse, 0.0, True)


def attention(mode, q, k, v):
    repeats = HEADS // KV_HEADS
    k, v = k.repeat_interleave(repeats, 1), v.repeat_interleave(repeats, 1)
    if mode == "none":
        return Flash.apply(q, k, v)
    if mode == "ulysses":
        q, k, v = (Exchange.apply(t, True) for t in (q, k, v))
        return Exchange.apply(Flash.apply(q, k, v), False)
    return Ring.apply(q, k, v, mode == "zigzag")


def rotate(x, cos, sin):
    one, two = x.chunk(2, -1)
    return torch.cat([one * cos - two * sin, two * cos + one * sin], -1)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm = torch.nn.RMSNorm(HIDDEN, EPS)
        self.qkv = torch.nn.Linear(HIDDEN, (HEADS + 2 * KV_HEADS) * HEAD_DIM, bias=False)
        self.output = torch.nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.ffn_norm = torch.nn.RMSNorm(HIDDEN, EPS)
        self.gate_up = torch.nn.Linear(HIDDEN, 2 * FFN, bias=False)
        self.down = torch.nn.Linear(FFN, HIDDEN, bias=False)

    def forward(self, x, cos, sin, mode):
        batch, tokens, _ = x.shape
        heads = self.qkv(self.attention_norm(x)).view(batch, tokens, -1, HEAD_DIM).transpose(1, 2)
        q, k, v = heads.split([HEADS, KV_HEADS, KV_HEADS], 1)
        attended = attention(mode, rotate(q, cos, sin), rotate(k, cos, sin), v.contiguous())
        x = x + self.output(attended.transpose(1, 2).reshape(batch, tokens, HIDDEN))
        gate, up = self.gate_up(self.ffn_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, HIDDEN)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = torch.nn.RMSNorm(HIDDEN, EPS)
        self.head = torch.nn.Linear(HIDDEN, VOCABULARY, bias=False)

    def forward(self, tokens, cos, sin, mode):
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin, mode)
        return self.head(self.norm(x))


class Trainer:
    """Weights that are trained in fp32; the model's own may be of a smaller type."""

    def __init__(self, model):
        self.weights = list(model.parameters())
        self.masters = [w.detach().float().clone() for w in self.weights]
        self.optimizer = torch.optim.AdamW(self.masters, lr=3e-4, weight_decay=0.1, betas=(0.9, 0.95))

    def step(self):
        flat = torch.cat([w.grad.float().flatten() for w in self.weights])
        if dist.get_world_size() > 1:
            dist.all_reduce(flat)
        norm = flat.norm()
        if norm > 1:
            flat *= 1 / norm
        for master, part in zip(self.masters, flat.split([w.numel() for w in self.weights])):
            master.grad = part.view_as(master)
        self.optimizer.step()
        with torch.no_grad():
            for weight, master in zip(self.weights, self.masters):
                weight.copy_(master)
                weight.grad = None


def train(rank, options, results):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(options.port))
    dist.init_process_group("gloo", rank=rank, world_size=options.ranks)
    torch.manual_seed(0)
    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[options.precision]
    model = Decoder().to(kind)
    trainer = Trainer(model)

    text = torch.randint(0, VOCABULARY, (1, options.tokens + 1), generator=torch.Generator().manual_seed(1))
    own = positions(options.mode, rank, options.ranks, options.tokens)
    tokens, labels = text[:, own], text[:, own + 1]
    frequencies = 10000.0 ** (-torch.arange(0, HEAD_DIM, 2).float() / HEAD_DIM)
    angles = own.float().unsqueeze(1) * frequencies
    cos, sin = angles.cos().to(kind), angles.sin().to(kind)

    losses = []
    for step in range(options.steps):
        if step == 1:
            dist.barrier()
            begin = time.perf_counter()
        logits = model(tokens, cos, sin, options.mode)
        loss = F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), reduction="sum") / options.tokens
        loss.backward()
        trainer.step()
        whole = loss.detach().clone()
        dist.all_reduce(whole)
        losses.append(round(whole.item(), 6))
    dist.barrier()
    seconds = time.perf_counter() - begin
    results.put((options.tokens * (options.steps - 1) / seconds,
                 resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, losses))
    dist.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description="The training step of Ringscope's benchmark, in Python.")
    parser.add_argument("--mode", choices=["none", "ring", "zigzag", "ulysses"], default="ring")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--port", type=int, default=29561)
    options = parser.parse_args()
    context = processes.get_context("spawn")
    results = context.SimpleQueue()
    processes.spawn(train, (options, results), nprocs=options.ranks)
    seen = [results.get() for _ in range(options.ranks)]
    print(json.dumps({"mode": options.mode, "ranks": options.ranks, "precision": options.precision,
                      "tokens_per_s": round(min(s[0] for s in seen)),
                      "peak_bytes": max(s[1] for s in seen), "losses": seen[0][2]}))


if __name__ == "__main__":
    main()
