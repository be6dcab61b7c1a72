"""Unpacks downloaded wheels side by side, keeping what a C++ build needs.

    python3 unpack_wheels.py SITE WHEEL...

SITE/torch and SITE/nvidia end up beside each other, because libtorch's RUNPATH looks for
../../nvidia/*/lib. Every file is written under another name and renamed, so an interrupted run
can be repeated and a program that has a library open keeps the one it opened. Each wheel is
deleted once it is unpacked.
"""

import os
import shutil
import sys
import zipfile

KEPT = ("torch/include/", "torch/lib/", "torch/share/cmake/", "nvidia/")
LEFT = ("torch/lib/libtorch_python.so",)


def wanted(name):
    return name.startswith(KEPT) and not name.startswith(LEFT) and not name.endswith((".py", "/"))


def unpack(wheel, site):
    root = os.path.realpath(site)
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            # Licences travel with the libraries they cover.
            licence = ".dist-info/" in info.filename and "icense" in info.filename.lower()
            if not (wanted(info.filename) or licence) or info.is_dir():
                continue
            target = os.path.realpath(os.path.join(root, info.filename))
            if os.path.commonpath([root, target]) != root:
                raise SystemExit(f"{wheel}: {info.filename} would leave {site}")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            part = target + ".part"
            with archive.open(info) as source, open(part, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            os.replace(part, target)


if __name__ == "__main__":
    for path in sys.argv[2:]:
        unpack(path, sys.argv[1])
        os.remove(path)
