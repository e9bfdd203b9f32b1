"""Times this project's image-quality kernels beside OpenCV, SciPy, scikit-image and NumPy.

Called by `cargo xtask peers quality`, which makes the environment and builds the Rust side.
"""

import argparse
import json
import sys
from itertools import chain
from pathlib import Path

import cv2

import contrast
import laplacian
import region
import stack
from row import finite, relative_difference
from server import Server
from timing import FULL, QUICK, Local, Remote, compare

# Sides of the plot of nanoseconds per pixel against size; 512 is among the other rows.
SIDES = (64, 128, 256, 1024, 2048)


def tables(quick):
    """The rows by the title of their table."""
    sides = (64, 2048) if quick else SIDES
    all_types, of_median = ("u8", "u16", "i16", "f32"), ("u8", "u16", "f32")
    return {
        "Variance of Laplacian": laplacian.rows(),
        "Inverse PSNR, windows 3 and 5": contrast.small_windows(),
        "Inverse PSNR, other windows": contrast.other_windows(quick),
        "Within a region of interest": region.rows(),
        "All metrics of a stack": stack.rows(quick),
        "At other sizes of the image": chain(
            laplacian.sizes(sides, all_types),
            contrast.sizes(sides, of_median),
            region.sizes(sides, all_types),
        ),
    }


def chosen(text, quick):
    """Pairs of a table's title and one of its rows, those whose label holds the text."""
    pairs = [(title, row) for title, rows in tables(quick).items() for row in rows]
    found = [(title, row) for title, row in pairs if text.lower() in row.label.lower()]
    if not found:
        sys.exit(f"no row holds `{text}`; the first row's label is `{pairs[0][1].label}`")
    return found


class Arrays:
    """The pixels of the rows, made once and kept on both sides until other ones are needed."""

    def __init__(self, server):
        self.server, self.pixels, self.made = server, None, None

    def of(self, pixels):
        if pixels != self.pixels:
            if self.made:
                self.server.drop("pixels")
                self.server.drop("roi")
            self.pixels, self.made = pixels, None
            self.made = pixels.make(), pixels.roi()
            self.server.load("pixels", self.made[0])
            self.server.load("roi", self.made[1])
        return self.made


def measure(title, row, arrays, effort):
    """One line of the result."""
    pixels, roi = arrays.of(row.pixels)
    request = {"array": "pixels", "roi": "roi" if row.roi else None, "threads": row.threads}
    ours = Remote(arrays.server, {**request, "kernel": row.kernel})
    if row.build:
        peer = Local(row.build(pixels, roi))
    else:
        peer = Remote(arrays.server, {**request, "kernel": row.peer_kernel})
    return result(title, row, compare(ours, peer, effort))


def result(title, row, found):
    """The line as it is written; the first of a row's values stands for them."""
    count = row.pixels.count
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
        "value_ours": first(found.values_ours),
        "value_peer": first(found.values_peer),
        "relative_difference": None,
        "tolerance": row.tolerance,
        "note": row.note,
    }
    if row.tolerance is not None:
        line["relative_difference"] = relative_difference(found.values_ours, found.values_peer)
    return line


def first(values):
    return finite(values[0]) if values else None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the program that runs the Rust side")
    parser.add_argument("--out", required=True, type=Path, help="file for the rows, in JSON")
    parser.add_argument("--rows", default="", help="only rows whose label holds this text")
    parser.add_argument("--quick", action="store_true", help="fewer rows and shorter timings")
    return parser.parse_args()


def main():
    options = arguments()
    cv2.setNumThreads(1)
    rows = chosen(options.rows, options.quick)
    effort = QUICK if options.quick else FULL
    lines = []
    with Server(options.server) as server:
        arrays = Arrays(server)
        for number, (title, row) in enumerate(rows, 1):
            print(f"[{number}/{len(rows)}] {row.label}", file=sys.stderr, flush=True)
            lines.append(measure(title, row, arrays, effort))
    options.out.write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    main()
