"""Writes objects.json: python tests/golden/objects.py > tests/golden/objects.json (NumPy, SciPy).

A mask is true where (7 x + 13 y + 29 z + x y + y z) mod 11 < 4."""
import json
import numpy as np
import scipy
from scipy import ndimage

cases = []
for shape in [(9, 14), (24, 31), (5, 7, 9), (8, 16, 12)]:
    z, y, x = np.meshgrid(*[np.arange(n) for n in (1,) * (3 - len(shape)) + shape], indexing="ij")
    mask = ((7 * x + 13 * y + 29 * z + x * y + y * z) % 11 < 4).reshape(shape)
    for name, steps in [("faces", 1), ("edges", 2), ("full", 3)]:
        near = ndimage.generate_binary_structure(len(shape), min(steps, len(shape)))
        labels, count = ndimage.label(mask, near)
        cases.append({"shape": shape, "connectivity": name,
                      "sizes": np.bincount(labels.ravel())[1:].tolist()})
print(json.dumps({"numpy": np.__version__, "scipy": scipy.__version__, "cases": cases}))
