"""Skeletons and clDice by MONAI: `python centerline.py > centerline.json` (monai, torch).

A mask is true where (7 x + 13 y + 29 z + x y // 4 + y z // 3) // 8 mod 5 < 3."""
import json

import monai
import numpy as np
import torch
from monai.losses.cldice import soft_skel

cases = []
for shape in [(20, 31), (9, 14, 17)]:
    z, y, x = np.meshgrid(*[np.arange(n) for n in (1,) * (3 - len(shape)) + shape], indexing="ij")
    mask = lambda shift: ((7 * (x + shift) + 13 * y + 29 * z + x * y // 4 + y * z // 3) // 8 % 5 < 3).reshape(shape)
    prediction, truth = mask(0), mask(1)
    skeletons = [soft_skel(torch.tensor(m.astype(np.float64))[None, None], 40)[0, 0].numpy() > 0.5
                 for m in (prediction, truth)]
    precision = (skeletons[0] & truth).sum() / skeletons[0].sum()
    sensitivity = (skeletons[1] & prediction).sum() / skeletons[1].sum()
    cases.append({"shape": shape, "skeletons": [np.flatnonzero(s).tolist() for s in skeletons],
                  "cl_dice": 2 * precision * sensitivity / (precision + sensitivity)})
print(json.dumps({"monai": monai.__version__, "torch": torch.__version__, "cases": cases}))
