"""Seconds that other decoders take to unpack a file, one JSON object.

    python unpack.py STACK.nii.gz [ROUNDS]

Needs zlib-ng, isal and deflate (libdeflate, which unpacks the whole file in memory).
"""
import gzip
import json
import statistics
import sys
import time

import deflate
from isal import igzip
from zlib_ng import gzip_ng

CHUNK = 512 * 512 * 2


def streamed(module):
    def run(path):
        with module.open(path, "rb") as file:
            while file.read(CHUNK):
                pass
    return run


def whole(path):
    with open(path, "rb") as file:
        deflate.gzip_decompress(file.read())


cases = {"Python gzip (zlib)": streamed(gzip), "zlib-ng": streamed(gzip_ng), "ISA-L": streamed(igzip), "libdeflate, whole file": whole}
path, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
seconds = {name: [] for name in cases}
for _ in range(rounds):
    for name, run in cases.items():
        start = time.perf_counter()
        run(path)
        seconds[name].append(time.perf_counter() - start)
print(json.dumps([{"case": name, "seconds": runs, "median_seconds": statistics.median(runs)} for name, runs in seconds.items()]))
