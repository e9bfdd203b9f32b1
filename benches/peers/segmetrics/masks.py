"""Reproducible pairs of masks: discs, lesion-like blobs, and the worst cases of a surface."""

from dataclasses import dataclass

import numpy as np

# What a kernel of two masks takes.
PAIR = ("prediction", "truth")

# The pair of the same shape that a worst case is held against.
TYPICAL = ("typical_prediction", "typical_truth")


@dataclass(frozen=True)
class Masks:
    """Masks of one shape: `lesions` are two discs in an image, blobs in a volume, and `checkerboard` and
    `full` come with a pair of lesions; `spots` and `noise` are one mask of many objects.
    """

    shape: tuple
    content: str = "lesions"
    dtype: str = "bool"

    @property
    def count(self):
        return int(np.prod(self.shape))

    @property
    def size(self):
        return "x".join(map(str, self.shape))

    def arrays(self):
        if self.content == "lesions":
            return dict(zip(PAIR, self.lesions()))
        if self.content in ("spots", "noise"):
            return {"prediction": spots(self.shape, 1 if self.content == "noise" else 6)}
        worst = {"checkerboard": checkerboard, "full": full}[self.content](self.shape)
        return {**dict(zip(PAIR, worst)), **dict(zip(TYPICAL, self.lesions()))}

    def lesions(self):
        return slices(self.shape) if len(self.shape) == 2 else blobs(self.shape)


@dataclass(frozen=True)
class Slices(Masks):
    """A stack whose slices are images of their own: a pair of discs in each, of changing place and size."""

    def lesions(self):
        return slices(self.shape)


def slices(shape):
    """Two overlapping discs in every image, the truth's and the prediction's."""
    *depth, height, width = shape
    y, x = np.ogrid[:height, :width]
    pairs = [disc_pair(y, x, height, index) for index in range(depth[0] if depth else 1)]
    prediction, truth = (np.stack(masks) for masks in zip(*pairs))
    return prediction.reshape(shape), truth.reshape(shape)


def disc_pair(y, x, side, index):
    radius = side * (0.10 + 0.12 * ((index * 37) % 101) / 100)
    middle = side * (0.35 + 0.30 * ((index * 53) % 97) / 96)

    def disc(cy, cx, r):
        return (y - cy) ** 2 + (x - cx) ** 2 <= r * r

    return disc(middle, middle - 4, radius), disc(middle - 2, middle + 5, 0.96 * radius)


def blobs(shape, count=24, seed=5):
    """Ellipsoids scattered over the volume; the prediction moves and swells each a little, and adds one."""
    masks = np.zeros(shape, bool), np.zeros(shape, bool)
    for index in range(count):
        place, radius, shift = lesion(shape, seed + index)
        if index > 0:
            ellipsoid(masks[1], place, radius)
        ellipsoid(masks[0], place + shift, 1.05 * radius)
    return masks


def lesion(shape, seed):
    """Middle, radii and error of a lesion from a hash of its number."""
    numbers = hashed(seed, 3 * len(shape)).reshape(3, len(shape))
    extent = np.array(shape, float)
    place = (0.15 + 0.7 * numbers[0]) * extent
    radius = (0.03 + 0.06 * numbers[1]) * extent
    return place, radius, np.rint(4 * numbers[2] - 2)


def ellipsoid(mask, place, radius):
    """Sets the voxels of one ellipsoid, looking only where it lies."""
    low = np.maximum(np.floor(place - radius).astype(int), 0)
    high = np.minimum(np.ceil(place + radius).astype(int) + 1, mask.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high))
    axes = np.ogrid[box]
    mask[box] |= sum(((axis - c) / r) ** 2 for axis, c, r in zip(axes, place, radius)) <= 1


def spots(shape, side):
    """Squares or cubes of a side in some of their places, at random; a side of 1 is noise."""
    places = tuple(-(-n // side) for n in shape)
    taken = hashed(11, int(np.prod(places))).reshape(places) < (0.3 if side > 1 else 0.2)
    for axis in range(len(shape)):
        taken = np.repeat(taken, side, axis=axis)
    return np.ascontiguousarray(taken[tuple(slice(n) for n in shape)])


def checkerboard(shape):
    """Every pixel of the foreground is a surface pixel, and the masks share none."""
    odd = sum(np.ogrid[tuple(slice(n) for n in shape)]) % 2 == 1
    return odd, ~odd


def full(shape):
    """The whole volume against the volume without its last slice."""
    truth = np.ones(shape, bool)
    truth[-1] = False
    return np.ones(shape, bool), truth


def hashed(seed, count):
    """Values in [0, 1) from a hash of their place, the same wherever NumPy runs."""
    state = np.arange(count, dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 % 2**32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        state ^= state >> np.uint32(shift)
        state *= np.uint32(factor)
    state ^= state >> np.uint32(16)
    return (state >> np.uint32(8)) / 2.0**24
