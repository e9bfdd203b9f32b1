"""Two ways to the same value, timed in turns, so that a busy machine slows both alike."""

import math
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns

# A timing covers as many calls as fill this many nanoseconds: clocks are too coarse for fewer.
SHORTEST_RUN = 50_000

# A run shorter than this is preceded by an untimed one, which fetches the pixels from memory again.
WARMED_UP = 50_000_000


# A pair of blocks that takes longer than this many nanoseconds is measured `FEWEST_LONG` times at least.
LONG_PAIR = 2_000_000_000
FEWEST_LONG = 3


@dataclass(frozen=True)
class Effort:
    """How long to measure: `pairs` of blocks, each of about `block` nanoseconds a side.

    Where one call is longer than a block, fewer pairs fit into the time: `fewest` at least.
    """

    pairs: int
    fewest: int
    block: int

    def pairs_of(self, ours, peer):
        time_of_pair = sum(side.typical * side.repeat * side.runs for side in (ours, peer))
        fitting = int(2 * self.pairs * self.block / time_of_pair)
        fewest = min(self.fewest, FEWEST_LONG) if time_of_pair > LONG_PAIR else self.fewest
        return max(fewest, min(self.pairs, fitting))


FULL = Effort(pairs=15, fewest=5, block=30_000_000)
QUICK = Effort(pairs=5, fewest=2, block=10_000_000)


@dataclass(frozen=True)
class Comparison:
    """Nanoseconds per call of both sides (medians of their blocks) and the ratio peer / ours."""

    ours: float
    peer: float
    ratio: float
    ratio_min: float
    ratio_max: float
    values_ours: list
    values_peer: list


class Local:
    """A Python function that returns a list of values, timed as the Rust side times its own."""

    def __init__(self, call):
        self.call = call

    def run(self, runs, repeat):
        values, times = self.once(repeat)
        times = [times] if times >= WARMED_UP else []
        while len(times) < runs:
            values, elapsed = self.once(repeat)
            times.append(elapsed)
        return values, times

    def once(self, repeat):
        call = self.call
        start = perf_counter_ns()
        for _ in range(repeat):
            values = call()
        return values, (perf_counter_ns() - start) / repeat


class Remote:
    """A kernel of the Rust side."""

    def __init__(self, server, request):
        self.server, self.request = server, request

    def run(self, runs, repeat):
        return self.server.run(self.request, runs, repeat)


class Side:
    """One side with as many calls a block as fill the block's time."""

    def __init__(self, runner, effort):
        self.runner, self.blocks, self.values = runner, [], None
        typical = median(runner.run(1, 1)[1])
        if typical < SHORTEST_RUN:
            typical = median(runner.run(3, math.ceil(SHORTEST_RUN / typical))[1])
        self.typical = typical
        self.repeat = max(1, math.ceil(SHORTEST_RUN / typical))
        self.runs = max(1, round(effort.block / (typical * self.repeat)))

    def block(self):
        self.values, times = self.runner.run(self.runs, self.repeat)
        self.blocks.append(median(times))


def compare(ours, peer, effort):
    """Blocks of both sides in turns; who begins a pair changes from pair to pair."""
    ours, peer = Side(ours, effort), Side(peer, effort)
    for pair in range(effort.pairs_of(ours, peer)):
        for side in (ours, peer) if pair % 2 == 0 else (peer, ours):
            side.block()
    ratios = [slow / fast for slow, fast in zip(peer.blocks, ours.blocks)]
    return Comparison(
        ours=median(ours.blocks),
        peer=median(peer.blocks),
        ratio=median(ratios),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        values_ours=ours.values,
        values_peer=peer.values,
    )
