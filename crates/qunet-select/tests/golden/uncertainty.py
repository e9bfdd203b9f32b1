"""Uncertainty of probability maps by NumPy and SciPy, for tests/uncertainty.rs.

    python uncertainty.py > uncertainty.json        # NumPy 2.4.6, SciPy 1.17.1
"""
import json

import numpy as np
from scipy.stats import entropy

SAMPLES, HEIGHT, WIDTH = 5, 9, 14


def maps(classes):
    s, c, i, j = np.meshgrid(*map(np.arange, (SAMPLES, classes, HEIGHT, WIDTH)), indexing="ij")
    raw = ((s * 389 + c * 173 + i * 7919 + j * 104729 + (s + 1) * i * i * j * 31) % 1009 + 1) / 1024
    return (raw if classes == 1 else raw / raw.sum(axis=1, keepdims=True)).astype(np.float32).astype(float)


def scores(p):
    p = np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else p
    # scipy's entropy would scale each pixel to the sum 1; the sums here are 1 to 1e-7 already.
    plain = lambda q, axis: -(q * np.log(q)).sum(axis=axis)
    assert np.allclose(plain(p, 1), entropy(p, axis=1), atol=1e-6)
    mean = p.mean(axis=0)
    high = np.sort(mean, axis=0)
    whole = plain(mean, 0)
    return {
        "entropy": whole.mean(),
        "margin": (high[-1] - high[-2]).mean(),
        "bald": (whole - plain(p, 1).mean(axis=0)).mean(),
        "foreground": float((mean.argmax(axis=0) > 0).sum()),
    }


print(json.dumps({str(classes): scores(maps(classes)) for classes in (1, 2, 4)}, indent=1))
