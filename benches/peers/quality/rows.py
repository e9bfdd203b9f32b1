"""This project's image-quality kernels beside OpenCV, SciPy, scikit-image and NumPy."""

from itertools import chain

import contrast
import laplacian
import region
import stack

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
