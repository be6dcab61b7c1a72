"""Where the time of a build goes, read from ninja's log.

    python3 tests/bench/build_time.py [BUILD] [--against OTHER] [--dearest 10]

BUILD is a build folder (default: build) or a .ninja_log. Only a build from nothing, without a
compiler cache, says what compiling costs: CCACHE_DISABLE=1 ninja -C build. Seconds are those each
command took, summed; two commands at once on two cores count twice. With --against, the same of a
second build and the ratio of the two. Compare builds of one machine and one hour only.
"""

import argparse
import collections
import pathlib
import re
import sys


def commands(path):
    """What ran, as (outputs, seconds); the last time each output was made counts."""
    log = path / ".ninja_log" if path.is_dir() else path
    if not log.exists():
        sys.exit(f"{log} does not exist: build first, or name a build folder")
    by_output = {}
    for line in log.read_text().splitlines():
        if not line.startswith("#"):
            start, end, _, output, command = line.split("\t")
            by_output[output] = (int(start), int(end), command)
    runs = {}
    for output, (start, end, command) in by_output.items():
        runs.setdefault((start, end, command), []).append(output)
    return [(sorted(outputs), (end - start) / 1000) for (start, end, _), outputs in runs.items()]


def is_compiled(outputs):
    return any(re.search(r"\.(o|gch|pch)$", output) for output in outputs)


def source_of(output):
    """kernels/train/CMakeFiles/ringscope_train.dir/trainer.cpp.o -> kernels/train/trainer.cpp"""
    return re.sub(r"CMakeFiles/[^/]*\.dir/", "", re.sub(r"\.(o|gch)$", "", output))


def folder_of(output):
    parts = source_of(output).split("/")
    return "/".join(parts[:2]) if parts[0] in ("app", "backend", "kernels", "tests") else parts[0]


def summary(path):
    runs = commands(path)
    compiled = [(outputs[0], seconds) for outputs, seconds in runs if is_compiled(outputs)]
    folders = collections.Counter()
    for output, seconds in compiled:
        folders[folder_of(output)] += seconds
    others = sum(seconds for outputs, seconds in runs if not is_compiled(outputs))
    return compiled, folders, others


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build", nargs="?", default="build", type=pathlib.Path)
    arguments.add_argument("--against", type=pathlib.Path)
    arguments.add_argument("--dearest", default=10, type=int)
    options = arguments.parse_args()

    compiled, folders, others = summary(options.build)
    total = sum(folders.values())
    print(f"{total:8.1f} s of compilers, {len(compiled)} files; {others:.1f} s of all other commands")
    if options.against:
        before, folders_before, _ = summary(options.against)
        total_before = sum(folders_before.values())
        print(f"{total_before:8.1f} s of compilers, {len(before)} files, in {options.against}")
        print(f"{total / total_before:8.2f} × that")
    print("\nby folder")
    for folder, seconds in folders.most_common():
        other = f"{folders_before.get(folder, 0):8.1f} s there" if options.against else ""
        print(f"{seconds:8.1f} s  {folder:24}{other}".rstrip())
    print("\nthe dearest files")
    for output, seconds in sorted(compiled, key=lambda row: -row[1])[: options.dearest]:
        print(f"{seconds:8.1f} s  {source_of(output)}")


if __name__ == "__main__":
    main()
