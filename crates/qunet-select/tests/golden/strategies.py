"""Core-set picks and PowerBALD's law by NumPy and SciPy, for tests/strategies_golden.rs.

    python strategies.py > strategies.json        # NumPy 2.4.6, SciPy 1.17.1
"""
import json

import numpy as np
from scipy.spatial.distance import cdist

N, D = 60, 37
i, j = np.meshgrid(np.arange(N), np.arange(D), indexing="ij")
features = (((i * 7919 + j * 104729 + i * i * j * 31) % 1009).astype(np.float32)) / np.float32(1024)
distances = cdist(features.astype(float), features.astype(float))


def core_set(annotated, count):
    taken, picks = list(annotated), []
    for _ in range(count):
        if taken:
            nearest = distances[:, taken].min(axis=1)
            nearest[taken] = -1
            place, distance = int(nearest.argmax()), float(nearest.max())
        else:
            mean = features.astype(float).mean(axis=0, keepdims=True)
            place, distance = int(cdist(features.astype(float), mean).argmin()), None
        taken.append(place)
        picks.append([place, distance])
    return picks


weights = np.array([0.1, 0.2, 0.3, 0.4])
print(json.dumps({
    "core_set": core_set([], 12),
    "core_set_after_3_and_40": core_set([3, 40], 12),
    "share_of_first_power_1": (weights / weights.sum()).tolist(),
    "share_of_first_power_2": (weights**2 / (weights**2).sum()).tolist(),
}, indent=1))
