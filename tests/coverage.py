"""Which lines the tests run, by folder: a table in Markdown.

    cmake --preset coverage && cmake --build --preset coverage
    ctest --preset coverage
    python3 tests/coverage.py [build/coverage] [--below 80] [--files]

Reads what GCC's gcov says of each object the tests left counts for. A line counts as run if any test
ran it; lines of headers count in their own folder. --files adds the files below the bound.
"""

import argparse
import collections
import concurrent.futures
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

repository = pathlib.Path(__file__).resolve().parent.parent
folders = ("app", "backend", "kernels", "launcher", "profiler", "ui")


def lines_of(counts):
    """(file, line) -> times run, of one .gcda."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["gcov", "--json-format", str(counts)], cwd=scratch, check=True, capture_output=True)
        ran = collections.Counter()
        for path in pathlib.Path(scratch).glob("*.gcov.json.gz"):
            for source in json.loads(gzip.decompress(path.read_bytes()))["files"]:
                file = os.path.relpath(source["file"], repository)
                if file.startswith(tuple(folder + "/" for folder in folders)):
                    for line in source["lines"]:
                        ran[file, line["line_number"]] += line["count"]
        return ran


def room_of(file):
    parts = file.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def percent(ran, lines):
    return 100 * ran / lines if lines else 100


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build", nargs="?", default=repository / "build/coverage", type=pathlib.Path)
    arguments.add_argument("--below", default=80, type=float)
    arguments.add_argument("--files", action="store_true")
    options = arguments.parse_args()

    counted = sorted(options.build.resolve().rglob("*.gcda"))
    if not counted:
        sys.exit(f"{options.build} holds no counts: run ctest --preset coverage first")
    total = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for ran in pool.map(lines_of, counted):
            for place, times in ran.items():
                total[place] += times

    by_room, by_file = {}, {}
    for (file, _), times in total.items():
        for table, key in ((by_room, room_of(file)), (by_file, file)):
            ran, lines = table.get(key, (0, 0))
            table[key] = (ran + (times > 0), lines + 1)

    print("| folder | lines | run |\n|---|---|---|")
    for room, (ran, lines) in sorted(by_room.items()):
        mark = " (below)" if percent(ran, lines) < options.below else ""
        print(f"| `{room}` | {lines:,} | {percent(ran, lines):.0f} %{mark} |")
    ran = sum(count for count, _ in by_room.values())
    lines = sum(count for _, count in by_room.values())
    print(f"| all | {lines:,} | {percent(ran, lines):.0f} % |")
    if options.files:
        print(f"\nfiles below {options.below:.0f} %, the most lines first")
        low = [(n - r, file, r, n) for file, (r, n) in by_file.items() if percent(r, n) < options.below]
        for missing, file, r, n in sorted(low, reverse=True):
            print(f"{missing:5} of {n:4} lines not run  {file}")


if __name__ == "__main__":
    main()
