"""Variance of the 4-neighbour Laplacian."""

import cv2
import numpy as np
import skimage.filters
from scipy import ndimage

from arrays import Pixels
from row import EXACT, SINGLE, Row

CASE = "variance of Laplacian"


def kernel(border):
    return {"variance_of_laplacian": {"border": border}}


def reusable(like):
    """The fastest way found: the narrowest type that holds the result, a kept buffer, two passes over it.

    The function it returns takes images of the shape and type of `like`.
    """
    depth = cv2.CV_16S if like.dtype == np.uint8 else cv2.CV_32F
    buffer = cv2.Laplacian(like, depth, ksize=1)
    count = like.size

    def call(pixels):
        cv2.Laplacian(pixels, depth, buffer, ksize=1)
        mean = cv2.sumElems(buffer)[0] / count
        return cv2.norm(buffer, cv2.NORM_L2SQR) / count - mean * mean

    return call


def opencv(pixels):
    call = reusable(pixels)
    return lambda: [call(pixels)]


def opencv_idiom(pixels):
    """The line that everybody writes."""
    depth = cv2.CV_32F if pixels.dtype == np.float32 else cv2.CV_64F
    return lambda: [float(cv2.Laplacian(pixels, depth).var())]


def scipy(pixels):
    return lambda: [float(ndimage.laplace(pixels, output=np.float64, mode="mirror").var())]


def scikit_image(pixels):
    """It scales integers to [0, 1] first, which is undone here, and repeats the edge."""
    high = 1 if pixels.dtype == np.float32 else np.iinfo(pixels.dtype).max
    return lambda: [float(skimage.filters.laplace(pixels).var()) * high**2]


def rows():
    bars = {"u8": 4, "u16": 5, "i16": None, "f32": 3}
    for dtype, bar in bars.items():
        pixels, single = Pixels(dtype), SINGLE if dtype == "f32" else EXACT
        mirror = kernel("reflect101")
        yield Row(CASE, pixels, "OpenCV", mirror, opencv, bar=bar, tolerance=single)
        idiom = 15 if dtype == "u8" else None
        yield Row(CASE, pixels, "OpenCV, idiom", mirror, opencv_idiom, bar=idiom, tolerance=single)
        yield Row(CASE, pixels, "SciPy", mirror, scipy)
        if dtype != "i16":
            yield Row(CASE, pixels, "scikit-image", kernel("reflect"), scikit_image, tolerance=single)


def sizes(sides, dtypes):
    for dtype in dtypes:
        for side in sides:
            pixels, single = Pixels(dtype, side), SINGLE if dtype == "f32" else EXACT
            yield Row(CASE, pixels, "OpenCV", kernel("reflect101"), opencv, tolerance=single)
