"""Times this project's code beside other libraries on the same arrays, one family of rows a run.

Called by `cargo xtask peers FAMILY`, which makes the environment and builds the Rust side. The folder of
the family holds `rows.py` with its tables.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path

import cv2

from row import PLAIN_READ, finite, relative_difference
from server import Server
from timing import FULL, QUICK, Local, Remote, compare


def chosen(tables, text):
    """Pairs of a table's title and one of its rows, those whose label holds the text."""
    pairs = [(title, row) for title, rows in tables.items() for row in rows]
    found = [(title, row) for title, row in pairs if text.lower() in row.label.lower()]
    if not found:
        sys.exit(f"no row holds `{text}`; the first row's label is `{pairs[0][1].label}`")
    return found


class Arrays:
    """The arrays of the rows, made once and kept on both sides until other ones are needed."""

    def __init__(self, server):
        self.server, self.pixels, self.made = server, None, {}

    def of(self, pixels):
        if pixels != self.pixels:
            for name in self.made:
                self.server.drop(name)
            self.pixels, self.made = pixels, {}
            self.made = pixels.arrays()
            for name, array in self.made.items():
                self.server.load(name, array)
        return self.made


def measure(family, title, row, arrays, effort):
    """One line of the result."""
    made = arrays.of(row.pixels)
    ours = remote(family, row, row.kernel, row.takes, arrays.server)
    if row.build:
        peer = Local(row.build(*(made[name] for name in row.takes)))
    else:
        takes = row.peer_takes or row.takes
        peer = remote(family, row, row.peer_kernel, takes, arrays.server)
    return result(title, row, compare(ours, peer, effort))


def remote(family, row, kernel, takes, server):
    kernel = kernel if kernel == PLAIN_READ else {family: kernel}
    return Remote(server, {"arrays": takes, "kernel": kernel, "threads": row.threads})


def result(title, row, found):
    """The line as it is written; the first of a row's compared values stands for them."""
    count, ours = row.pixels.count, row.compared(found.values_ours)
    line = {
        "table": title,
        "case": row.case,
        "dtype": row.pixels.dtype,
        "size": row.pixels.size,
        "content": row.pixels.content,
        "threads": row.threads,
        "ours_ns_px": found.ours / count,
        "peer": row.peer,
        "peer_ns_px": found.peer / count,
        "ratio": found.ratio,
        "ratio_min": found.ratio_min,
        "ratio_max": found.ratio_max,
        "bar": row.bar,
        "value_ours": first(ours),
        "value_peer": first(found.values_peer),
        "relative_difference": None,
        "tolerance": row.tolerance,
        "note": row.note,
    }
    if row.tolerance is not None:
        line["relative_difference"] = relative_difference(ours, found.values_peer)
    return line


def first(values):
    return finite(values[0]) if values else None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", choices=["quality", "segmetrics"], help="which rows")
    parser.add_argument("--server", required=True, help="the program that runs the Rust side")
    parser.add_argument("--out", required=True, type=Path, help="file for the rows, in JSON")
    parser.add_argument("--rows", default="", help="only rows whose label holds this text")
    parser.add_argument("--quick", action="store_true", help="fewer rows and shorter timings")
    return parser.parse_args()


def main():
    options = arguments()
    cv2.setNumThreads(1)
    sys.path.append(str(Path(__file__).parent / options.family))
    tables = importlib.import_module("rows").tables(options.quick)
    rows = chosen(tables, options.rows)
    effort = QUICK if options.quick else FULL
    lines = []
    with Server(options.server) as server:
        arrays = Arrays(server)
        for number, (title, row) in enumerate(rows, 1):
            print(f"[{number}/{len(rows)}] {row.label}", file=sys.stderr, flush=True)
            lines.append(measure(options.family, title, row, arrays, effort))
    options.out.write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    main()
