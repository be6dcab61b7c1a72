#!/usr/bin/env python3
"""Ringscope's tokenizers and Hugging Face's, in turn on one thread, and how they compare.

    python3 tests/bench/against_tokenizers.py TOKENIZER_FOLDER TEXT [ROUNDS]

Needs `pip install tokenizers`, and build/bin/tokenizer_bench. Both encode the same documents of 2,000
characters, one after the other; of the peer's calls the faster one counts. Printed are medians of the
rounds, and the median of the rounds' ratios.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

from tokenizers import Tokenizer  # noqa: E402

program = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "bin" / "tokenizer_bench"


def peer_seconds(tokenizer, documents):
    begin = time.perf_counter()
    ids = sum(len(tokenizer.encode(document).ids) for document in documents)
    middle = time.perf_counter()
    tokenizer.encode_batch_fast(documents)
    return min(middle - begin, time.perf_counter() - middle), ids


def main(folder, file, rounds):
    tokenizer = Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json"))
    text = pathlib.Path(file).read_bytes().decode()
    documents = [text[i:i + 2000] for i in range(0, len(text), 2000)]
    size = len(text.encode()) / 1e6
    ours, peers = [], []
    for _ in range(rounds):
        peer, ids = peer_seconds(tokenizer, documents)
        ran = json.loads(subprocess.run([program, folder, file, "1"], capture_output=True, check=True).stdout)
        if ran["ids"] != ids:
            sys.exit(f"{ran['ids']} ids where the peer has {ids}")
        ours.append(ran["seconds"][0])
        peers.append(peer)
    ratio = statistics.median(p / o for p, o in zip(peers, ours))
    print(f"{folder}: {size / statistics.median(ours):.1f} MB/s against {size / statistics.median(peers):.1f} MB/s: "
          f"{ratio:.1f} x, {ids} ids of {size:.1f} MB")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3)
