#!/usr/bin/env python3
"""Writes dumps as PyTorch's flight recorder does, by Python's own pickle, in protocols 2 to 5.

The structure is that of version 2.10 (torch/csrc/distributed/c10d/FlightRecorder.hpp). Two jobs:

    hang      4 ranks; rank 2 leaves the loop before all_reduce 3 and saves a checkpoint
    mismatch  2 ranks; reduce_scatter against all_gather in one group, 1024 against 512 in another

    python3 tests/peers/flight_dumps.py            # into tests/fixtures/trace/flight
    python3 tests/peers/flight_dumps.py FOLDER
"""
import pathlib
import pickle
import sys


def entry(number, group, name, sequence, sizes, state, line, function="train_step", types=None,
          message=False):
    return {
        "frames": [
            {"name": "all_reduce", "filename": "/site/torch/distributed/distributed_c10d.py",
             "line": 2806},
            {"name": function, "filename": "train.py", "line": line},
            {"name": "main", "filename": "train.py", "line": 310},
        ],
        "record_id": number,
        "pg_id": 0 if group == "0" else 1,
        "process_group": (group, "default_pg" if group == "0" else "tp"),
        "thread_name": "MainThread",
        "thread_id": "140213",
        "collective_seq_id": 0 if message else sequence,
        "p2p_seq_id": sequence if message else 0,
        "op_id": number,
        "profiling_name": name,
        "time_created_ns": 1_700_000_000_000_000_000 + number,
        "input_sizes": sizes,
        "input_dtypes": types or ["Float"] * len(sizes),
        "output_sizes": sizes,
        "output_dtypes": types or ["Float"] * len(sizes),
        "state": state,
        "time_discovered_started_ns": None,
        "time_discovered_completed_ns": None,
        "retired": state == "completed",
        "timeout_ms": 600000,
        "is_p2p": message,
    }


def dump(groups, entries):
    return {
        "version": "2.10",
        "comm_lib_version": "2.28.9",
        "pg_config": {name: {"name": name, "desc": desc, "ranks": str(ranks)}
                      for name, desc, ranks in groups},
        "pg_status": {"0": {"last_enqueued_collective": 3, "last_started_collective": 2,
                            "last_completed_collective": 2}},
        "entries": entries,
    }


def hang():
    groups = [("0", "default_pg", [0, 1, 2, 3])]
    for rank in range(4):
        entries = [
            entry(0, "0", "nccl:all_gather", 1, [[8, 4]], "completed", 120),
            entry(1, "0", "nccl:all_reduce", 2, [[1024]], "completed", 131),
        ]
        if rank == 2:
            entries.append(entry(2, "0", "nccl:send 2->3", 1, [[16]], "completed", 205,
                                 "save_checkpoint", message=True))
        else:
            if rank == 3:
                entries.append(entry(2, "0", "nccl:recv 3<-2", 1, [[16]], "completed", 215,
                                     "save_checkpoint", message=True))
            entries.append(entry(3, "0", "nccl:all_reduce", 3, [[1024]], "started", 131))
        yield rank, dump(groups, entries)


def mismatch():
    groups = [("0", "default_pg", [0, 1]), ("1", "tp", [0, 1])]
    for rank in range(2):
        first = ("nccl:reduce_scatter", 140) if rank == 0 else ("nccl:all_gather", 150)
        yield rank, dump(groups, [
            entry(0, "0", first[0], 1, [[64]], "started", first[1]),
            entry(1, "1", "nccl:all_reduce", 1, [[1024 if rank == 0 else 512]], "started", 160),
        ])


def main():
    here = pathlib.Path(__file__).resolve().parent.parent / "fixtures/trace/flight"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    for name, job in (("hang", hang), ("mismatch", mismatch)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for rank, value in job():
            protocol = 2 + rank % 4
            (folder / name / f"nccl_trace_rank_{rank}").write_bytes(pickle.dumps(value, protocol))


if __name__ == "__main__":
    main()
