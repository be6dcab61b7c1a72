#!/usr/bin/env python3
"""Real dumps of PyTorch's flight recorder: four Gloo ranks, of which rank 2 leaves out one all-reduce.

    python3 tests/peers/flight_dumps_of_torch.py FOLDER        # needs torch from PyPI

The dumps of torch 2.11.0 in tests/fixtures/trace/flight/torch-gloo were written by it; the
folder of the Python they ran under is another one there.
"""
import os
import pathlib
import sys
import threading
import time

os.environ.setdefault("TORCH_FR_BUFFER_SIZE", "2000")

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from torch._C import _distributed_c10d as c10d

RANKS = 4


def train_step(size):
    dist.all_reduce(torch.ones(size))


def rank_main(rank, folder):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=os.environ.get("MASTER_PORT", "29555"))
    dist.init_process_group("gloo", rank=rank, world_size=RANKS)
    for _ in range(3):
        train_step(8)
    if rank != 2:  # they stand in it until the process ends
        threading.Thread(target=train_step, args=(1024,), daemon=True).start()
    time.sleep(2)
    (pathlib.Path(folder) / f"rank_{rank}").write_bytes(c10d._dump_fr_trace())
    time.sleep(1)  # until the others have written theirs
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pathlib.Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    processes.start_processes(rank_main, (sys.argv[1],), RANKS, start_method="spawn")
