"""Soft overlap by MONAI and label quality by cleanlab:
`python soft.py soft > soft.json` (monai, torch), `python soft.py labels > label_quality.json` (cleanlab)."""
import json
import sys

import numpy as np

i = np.arange(600)
probability = ((i * 37 % 65) / 64).reshape(20, 30)
truth = ((i * 29 % 64) / 64 < probability.ravel() ** 2).reshape(20, 30)
if sys.argv[1] == "soft":
    import monai
    import torch

    def loss(**options):
        dice = monai.losses.DiceLoss(smooth_nr=0.0, smooth_dr=0.0, **options)
        shaped = lambda array: torch.tensor(array.astype(np.float64))[None, None]
        return 1 - dice(shaped(probability), shaped(truth)).item()

    print(json.dumps({
        "versions": {"monai": monai.__version__, "torch": torch.__version__},
        "dice": loss(), "jaccard": loss(jaccard=True), "squared_dice": loss(squared_pred=True),
    }, indent=1))
else:
    import cleanlab
    from cleanlab.segmentation.rank import get_label_quality_scores

    first, second = ((i * 31 % 63) / 128).reshape(20, 30), ((i * 17 % 61) / 128).reshape(20, 30)
    three = np.stack([first, second, 1 - first - second])
    labels = (i * 7 // 5 % 3).reshape(20, 30)
    pairs = np.stack([1 - probability, probability])

    def score(label, probabilities, temperature):
        return get_label_quality_scores(label[None].astype(int), probabilities[None],
                                        temperature=temperature, verbose=False)[0][0]

    print(json.dumps({
        "versions": {"cleanlab": cleanlab.__version__, "numpy": np.__version__},
        "mask_0.1": score(truth, pairs, 0.1), "mask_1": score(truth, pairs, 1.0),
        "labels_0.1": score(labels, three, 0.1),
    }, indent=1))
