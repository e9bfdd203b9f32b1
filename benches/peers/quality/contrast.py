"""Inverse PSNR: the variance of what a median filter takes away, over the maximum."""

import cv2
import numpy as np
import skimage.filters.rank
from scipy import ndimage

from arrays import Pixels
from row import EXACT, SINGLE, Row

# Windows beyond the paper's small ones; 20 is what the paper's notebook uses.
WINDOWS = (2, 4, 7, 9, 11, 15, 20, 21, 31, 45, 63)


def case(window):
    return f"inverse PSNR, window {window}"


def kernel(window):
    return {"inverse_psnr": {"window": window}}


def reusable(like, window):
    """Buffers kept, the difference in the narrowest type that holds it, sums without another buffer.

    The function it returns takes images of the shape and type of `like`.
    """
    depth = cv2.CV_16S if like.dtype == np.uint8 else cv2.CV_32F
    median = cv2.medianBlur(like, window)
    noise = cv2.subtract(like, median, dtype=depth)
    count = like.size

    def call(pixels):
        cv2.medianBlur(pixels, window, median)
        cv2.subtract(pixels, median, noise, dtype=depth)
        mean = cv2.sumElems(noise)[0] / count
        variance = cv2.norm(noise, cv2.NORM_L2SQR) / count - mean * mean
        return variance / cv2.minMaxLoc(pixels)[1]

    return call


def opencv(window):
    def build(pixels):
        call = reusable(pixels, window)
        return lambda: [call(pixels)]

    return build


def scipy(window):
    def build(pixels):
        def call():
            median = ndimage.median_filter(pixels, size=window, mode="nearest")
            return [float((pixels - median.astype(np.float64)).var() / pixels.max())]

        return call

    return build


def scikit_image(window):
    """Beyond the edge its window has no pixels."""
    footprint = np.ones((window, window), np.uint8)

    def build(pixels):
        def call():
            median = skimage.filters.rank.median(pixels, footprint)
            return [float((pixels - median.astype(np.float64)).var() / pixels.max())]

        return call

    return build


def crop(window):
    """Side of the image for peers that are slow: their cost per pixel is the same on a large one."""
    return 256 if window <= 21 else 128


def small_windows():
    bars = {3: {"u8": 4, "u16": 3, "f32": 2.5}, 5: {"u8": 2, "u16": 2, "f32": 2}}
    for window, of_dtype in bars.items():
        for dtype, bar in of_dtype.items():
            yield opencv_row(Pixels(dtype), window, bar)
            yield scipy_row(dtype, window, 1)


def other_windows(quick):
    for window in (9, 20, 31) if quick else WINDOWS:
        yield from large_window("u8", window)
    for dtype in ("u16", "f32"):
        for window in (9,) if quick else (9, 20, 31):
            yield scipy_row(dtype, window, 1)
    for window in () if quick else (9, 21, 63):
        yield opencv_row(Pixels("u8", content="noise"), window, 1)


def large_window(dtype, window):
    yield scipy_row(dtype, window, 50 if window == 20 else 1)
    if window % 2 == 1:
        yield opencv_row(Pixels(dtype), window, 1)
    yield Row(
        case(window),
        Pixels(dtype, crop(window)),
        "scikit-image",
        kernel(window),
        scikit_image(window),
        bar=1,
        tolerance=None,
        note="no pixels beyond the edge",
    )


def opencv_row(pixels, window, bar):
    tolerance = SINGLE if pixels.dtype == "f32" else EXACT
    build = opencv(window)
    return Row(case(window), pixels, "OpenCV", kernel(window), build, bar=bar, tolerance=tolerance)


def scipy_row(dtype, window, bar):
    pixels = Pixels(dtype, crop(window))
    return Row(case(window), pixels, "SciPy", kernel(window), scipy(window), bar=bar)


def sizes(sides, dtypes):
    for dtype in dtypes:
        for side in sides:
            yield opencv_row(Pixels(dtype, side), 3, None)
