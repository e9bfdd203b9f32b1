"""Masks as pycocotools and Label Studio write them, and polygons as pycocotools fills them; makes codes.json.

python tests/golden/make.py > tests/golden/codes.json, with numpy, pycocotools and label-studio-sdk.
"""

import json

import numpy as np
from label_studio_sdk.converter import brush
from pycocotools import mask as coco

random = np.random.default_rng(7)


def runs(mask):
    """Lengths of runs row by row, the first outside."""
    flat = np.concatenate([[0], mask.ravel().astype(np.uint8), [2]])
    edges = np.flatnonzero(np.diff(flat) != 0)
    return np.diff(np.concatenate([[0], edges])).tolist() if mask.any() else [mask.size]


masks = [np.zeros((5, 7), bool), np.ones((5, 7), bool), np.ones((1, 1), bool)]
masks += [random.random(shape) < share for shape, share in [((5, 7), 0.4), ((3, 90), 0.5), ((60, 50), 0.02)]]
masks.append(np.arange(300 * 400).reshape(300, 400) > 70_000)
codes = []
for mask in masks:
    encoded = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    codes.append({
        "size": mask.shape,
        "runs": runs(mask),
        "coco": encoded["counts"].decode(),
        "brush": [int(byte) for byte in brush.mask2rle(mask.astype(np.uint8) * 255)],
    })

polygons = [[1, 0, 3, 0, 3, 1, 1, 1], [0, 0, 10, 0, 0, 10], [2.5, 1.5, 9.3, 2.2, 4.4, 11.8], [-3, -2, 26, 4, 8, 26]]
polygons += [(random.random(2 * corners) * 16 - 1).round(2).tolist() for corners in (3, 4, 5, 8, 12) for _ in range(4)]
filled = []
for polygon in polygons:
    mask = coco.decode(coco.frPyObjects([polygon], 14, 15))[:, :, 0].astype(bool)
    filled.append({"size": mask.shape, "polygon": polygon, "runs": runs(mask)})
print(json.dumps({"codes": codes, "polygons": filled}))
