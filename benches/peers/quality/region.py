"""Mean, variance and maximum within a region of interest."""

import cv2
import numpy as np

from arrays import WITH_ROI, Pixels
from row import EXACT, SINGLE, Row

CASE = "mean, variance, maximum within the ROI"
KERNEL = "region_statistics"


def numpy(pixels, roi):
    def call():
        inside = pixels[roi]
        return [float(inside.mean()), float(inside.var()), float(inside.max())]

    return call


def opencv(pixels, roi):
    mask = roi.view(np.uint8)

    def call():
        mean, deviation = cv2.meanStdDev(pixels, mask=mask)
        maximum = cv2.minMaxLoc(pixels, mask)[1]
        return [float(mean[0, 0]), float(deviation[0, 0]) ** 2, maximum]

    return call


def rows():
    for dtype in ("u8", "u16", "i16", "f32"):
        pixels, single = Pixels(dtype), SINGLE if dtype == "f32" else EXACT
        yield Row(CASE, pixels, "NumPy", KERNEL, numpy, takes=WITH_ROI, bar=5, tolerance=single)
        yield opencv_row(pixels)


def opencv_row(pixels):
    return Row(CASE, pixels, "OpenCV", KERNEL, opencv, takes=WITH_ROI)


def sizes(sides, dtypes):
    for dtype in dtypes:
        for side in sides:
            yield opencv_row(Pixels(dtype, side))
