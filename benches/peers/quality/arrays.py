"""Reproducible pixels: a smooth picture under noise, or noise alone, as an image or as a stack."""

from dataclasses import dataclass

import numpy as np

# The lowest and the highest pixel of each type; i16 holds Hounsfield units.
RANGES = {
    "u8": (np.uint8, 0, 255),
    "u16": (np.uint16, 0, 65535),
    "i16": (np.int16, -1024, 3071),
    "f32": (np.float32, 0, 1),
}

# What kernels within a region take.
WITH_ROI = ("pixels", "roi")

# Share of an image that its region of interest covers.
ROI_SHARE = 0.35


@dataclass(frozen=True)
class Pixels:
    """Which pixels: `slices` is 0 for an image, else the depth of a stack."""

    dtype: str
    side: int = 512
    content: str = "smooth"
    slices: int = 0

    @property
    def shape(self):
        plane = (self.side, self.side)
        return (self.slices, *plane) if self.slices else plane

    @property
    def count(self):
        return int(np.prod(self.shape))

    @property
    def size(self):
        return "x".join(map(str, self.shape))

    def arrays(self):
        return {"pixels": self.make(), "roi": self.roi()}

    def make(self):
        if not self.slices:
            return image(self.dtype, self.side, self.content, seed=1)
        stack = np.empty(self.shape, RANGES[self.dtype][0])
        for index in range(self.slices):
            stack[index] = image(self.dtype, self.side, self.content, seed=1 + index)
        return stack

    def roi(self):
        mask = disc(self.side)
        return np.repeat(mask[None], self.slices, axis=0) if self.slices else mask


def image(dtype, side, content, seed):
    """One picture, scaled to the range of its pixel type."""
    unit = noise(side, seed)
    if content == "smooth":
        unit = np.clip(smooth(side, seed) + np.float32(0.12) * (unit - np.float32(0.5)), 0, 1)
    kind, low, high = RANGES[dtype]
    scaled = low + unit * np.float32(high - low)
    return scaled if kind is np.float32 else np.rint(scaled).astype(kind)


def noise(side, seed):
    """Independent values in [0, 1) from a hash of the place, the same wherever NumPy runs."""
    state = np.arange(side * side, dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 % 2**32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        state ^= state >> np.uint32(shift)
        state *= np.uint32(factor)
    state ^= state >> np.uint32(16)
    unit = (state >> np.uint32(8)).astype(np.float32) / np.float32(2**24)
    return unit.reshape(side, side)


def smooth(side, seed):
    """A body with soft structures before a dark background; `seed` shifts the structures."""
    place = np.linspace(-1, 1, side, dtype=np.float32)
    y, x = place[:, None], place[None, :]
    inside = 0.5 + 0.3 * np.sin(14 * x + 0.1 * seed) * np.cos(17 * y)
    return np.where(x * x + 1.4 * y * y < 0.9, inside, 0.08).astype(np.float32)


def disc(side):
    """A disc in the middle that covers `ROI_SHARE` of the image."""
    place = np.arange(side) - (side - 1) / 2
    return place[:, None] ** 2 + place[None, :] ** 2 <= ROI_SHARE * side * side / np.pi
