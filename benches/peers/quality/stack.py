"""Every metric of every slice of a stack, and the floor that the memory sets for it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import contrast
import laplacian
import region
from arrays import WITH_ROI, Pixels
from row import EXACT, PLAIN_READ, SINGLE, Row

CASE = "all metrics of a stack with ROI"
SLICES = 829


def opencv_with(statistics, threads):
    """OpenCV for the whole slice, `statistics` within the ROI; every thread keeps its buffers."""

    def build(stack, roi):
        scorers = threading.local()

        def score(index):
            if not hasattr(scorers, "score"):
                scorers.score = slice_scorer(stack[0], statistics)
            return scorers.score(stack[index], roi[index])

        if threads == 1:
            return lambda: flat(map(score, range(len(stack))))
        pool = ThreadPoolExecutor(threads)
        return lambda: flat(pool.map(score, range(len(stack)), chunksize=8))

    return build


def slice_scorer(like, statistics):
    """A function of one slice with buffers of its own."""
    sharpness, noise = laplacian.reusable(like), contrast.reusable(like, 3)

    def score(pixels, roi):
        mean, variance, maximum = statistics(pixels, roi)()
        return [sharpness(pixels), noise(pixels), mean, variance / maximum]

    return score


def flat(scores):
    return [value for score in scores for value in score]


def rows(quick):
    statistics = {"OpenCV": region.opencv, "OpenCV + NumPy": region.numpy}
    for dtype in ("u8",) if quick else ("u8", "u16", "f32"):
        pixels = Pixels(dtype, slices=SLICES)
        for threads in (1, 2):
            common = {"kernel": "score_volume", "takes": WITH_ROI, "threads": threads}
            for peer, inside in statistics.items():
                build = opencv_with(inside, threads)
                tolerance = SINGLE if dtype == "f32" else EXACT
                yield Row(CASE, pixels, peer, build=build, bar=5, tolerance=tolerance, **common)
            yield Row(
                CASE,
                pixels,
                "plain read",
                peer_kernel=PLAIN_READ,
                peer_takes=("pixels",),
                bar=0.25,
                tolerance=None,
                note="reads every pixel, computes nothing",
                **common,
            )
