"""One line of the comparison: what is computed, on which pixels, beside whom."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Both sides compute exactly, or in 64-bit floats.
EXACT = 1e-9

# The peer computes in 32-bit floats.
SINGLE = 1e-4

# The kernel of the Rust side that every family has: it reads the arrays and computes nothing.
PLAIN_READ = "plain_read"


@dataclass(frozen=True)
class Row:
    """`pixels` describes the arrays: `arrays()` makes them by name, `dtype`, `size` and `content` are words
    for them, `count` is what times are divided by.

    `build(*takes)` gives the peer's function, which returns the values that `kernel` finds on the same
    arrays, or those at the places `values` of them. Without `build` the peer is another kernel of the Rust
    side, `peer_kernel`, on `peer_takes` if other arrays are named. `tolerance` is the relative difference
    allowed between the values, None where the two define the metric differently (`note` says how). `bar` is
    the ratio peer / ours to reach.
    """

    case: str
    pixels: Any
    peer: str
    kernel: object
    build: Callable | None = None
    peer_kernel: object = None
    takes: tuple = ("pixels",)
    peer_takes: tuple = ()
    values: tuple | None = None
    threads: int = 1
    bar: float | None = None
    tolerance: float | None = EXACT
    note: str | None = None

    @property
    def label(self):
        """What `--rows` is looked for in."""
        pixels = self.pixels
        threads = f"{self.threads} thread" + "s" * (self.threads > 1)
        return f"{self.case}, {pixels.dtype} {pixels.size} {pixels.content}, {threads}, {self.peer}"

    def compared(self, ours):
        """Those of our values that the peer finds too."""
        return ours if self.values is None else [ours[place] for place in self.values]


def relative_difference(ours, peer):
    """The largest among the values; 1 where one side has a value and the other has none."""
    if len(ours) != len(peer):
        return 1.0
    return max((difference(a, b) for a, b in zip(ours, peer)), default=0.0)


def difference(a, b):
    a, b = finite(a), finite(b)
    if a is None or b is None:
        return 0.0 if a is b else 1.0
    largest = max(abs(a), abs(b))
    return abs(a - b) / largest if largest > 0 else 0.0


def finite(value):
    """The value, or None where it is no number: JSON has no other word for it."""
    return value if value is not None and math.isfinite(value) else None
