"""Writes further.json: values of tests/further.rs by NumPy, SciPy, OpenCV, scikit-image, PyWavelets.

    python further.py > further.json
"""
import json
import warnings
from importlib.metadata import version

import cv2
import numpy as np
from scipy import ndimage
from skimage.measure import blur_effect
from skimage.restoration import estimate_sigma

warnings.simplefilter("ignore")
PACKAGES = ["numpy", "scipy", "scikit-image", "PyWavelets", "opencv-python-headless"]
IMMERKAER = np.outer([1, -2, 1], [1, -2, 1])


def mixed(x, y, seed):
    h = (x * 2654435761 + y * 2246822519 + seed * 668265263) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 3266489917) & 0xFFFFFFFF
    return h ^ (h >> 16)


# The formulas of tests/support/mod.rs; f32 images are the formula / 65536.
FORMULAS = {
    "ramp_noise_u8": (96, 128, lambda x, y: (96 + ((5 * x + 3 * y) // 8) % 64 + mixed(x, y, 1) % 41) % 256),
    "ramp_noise_f32": (64, 80, lambda x, y: (1000 + 9 * x + 4 * y + mixed(x, y, 1) % 1021) % 65536),
    "odd_size_u8": (37, 53, lambda x, y: (7 * x + 11 * y + mixed(x, y, 2) % 50) % 256),
    "odd_size_u16": (37, 53, lambda x, y: (700 * x + 110 * y + mixed(x, y, 2) % 5000) % 65536),
    "full_range_noise_u8": (64, 64, lambda x, y: mixed(x, y, 3) % 256),
    "full_range_noise_u16": (64, 63, lambda x, y: mixed(x, y, 3) % 65536),
    "one_bright_u8": (32, 32, lambda x, y: ((x == 15) & (y == 16)) * 200),
    "steps_u8": (64, 64, lambda x, y: (x // 8 + y // 8) % 2 * 128 + 40),
    "constant_u8": (16, 17, lambda x, y: 77 + 0 * x),
    "zero_u8": (16, 17, lambda x, y: 0 * x),
}


def disc(height, width):
    y, x = np.indices((height, width))
    radius = min(height, width)
    return ((x - width // 2) ** 2 + (y - height // 2) ** 2) * 16 <= radius**2


def finite(value):
    return float(value) if np.isfinite(value) else None


def tenengrad(image, border):
    along = [cv2.Sobel(image, cv2.CV_64F, *order, ksize=3, borderType=border) for order in [(1, 0), (0, 1)]]
    return float(np.mean(along[0] ** 2 + along[1] ** 2))


def efc(values):  # MRIQC's formula
    peak = np.sqrt((values**2).sum())
    largest = values.size / np.sqrt(values.size) * np.log(1 / np.sqrt(values.size))
    return float(np.sum(values / peak * np.log((values + 1e-16) / peak)) / largest) if peak > 0 else None


def focus_ratio(image):
    laplacian = ndimage.convolve(image, [[0, 1, 0], [1, -4, 1], [0, 1, 0]], mode="nearest")
    gradient = (np.diff(image, axis=0) ** 2).sum() + (np.diff(image, axis=1) ** 2).sum()
    return finite(np.divide((laplacian**2).sum(), gradient))


def immerkaer(image):
    response = ndimage.convolve(image, IMMERKAER)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(response).mean())


def psnr(image):  # np.float64 keeps unsigned differences from wrapping
    error = image - ndimage.median_filter(image, 20)
    mse = np.mean(error**2)
    return float(20 * np.log10(255 / np.sqrt(mse))) if mse > 0 else None


def case(name, height, width, formula):
    y, x = np.indices((height, width))
    image = formula(x, y).astype(np.float64) / (65536 if name.endswith("f32") else 1)
    mask = disc(height, width)
    inside, outside, product = image[mask], image[~mask], image * mask
    noise = outside.std()
    percents = [0, 1, 12.5, 50, 99, 100]
    return {
        "name": name,
        "dtype": name.rsplit("_", 1)[1],
        "height": height,
        "width": width,
        "focus_ratio": focus_ratio(image),
        "tenengrad_reflect101": tenengrad(image, cv2.BORDER_REFLECT_101),
        "tenengrad_replicate": tenengrad(image, cv2.BORDER_REPLICATE),
        "tenengrad_constant": tenengrad(image, cv2.BORDER_CONSTANT),
        "blur_effect": {size: finite(blur_effect(image, h_size=size)) for size in (2, 3, 11, 40)},
        "estimate_sigma": finite(estimate_sigma(image)),
        "immerkaer": immerkaer(image),
        "snr": finite(np.divide(inside.mean(), noise)),
        "cnr": finite(np.divide(abs(inside.mean() - outside.mean()), noise)),
        "efc": efc(image.ravel()),
        "efc_inside": efc(inside),
        "percents": percents,
        "percentiles": np.percentile(image, percents).tolist(),
        "percentiles_inside": np.percentile(inside, percents).tolist(),
        "at_or_below_100": float(np.mean(image <= 100)),
        "at_or_above_200_inside": float(np.mean(inside >= 200)),
        "textbook_cov": finite(np.divide(inside.std(), inside.mean())),
        "notebook_cov": finite(np.divide(product.std(), product.mean())),
        "notebook_psnr_db": psnr(image),
    }


cases = [json.dumps(case(name, *formula)) for name, formula in FORMULAS.items()]
versions = json.dumps({package: version(package) for package in PACKAGES})
print('{"versions": %s,\n"cases": [\n%s\n]}' % (versions, ",\n".join(cases)))
