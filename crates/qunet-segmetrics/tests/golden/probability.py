"""Scores of probabilities by scikit-learn: `python probability.py > probability.json`."""
import json

import numpy as np
import sklearn
from sklearn import calibration, metrics

i = np.arange(600)
p = (i * 37 % 65) / 64
truth = (i * 29 % 64) / 64 < p * p
hit, mean = calibration.calibration_curve(truth, p, n_bins=10)
size = np.bincount(np.searchsorted(np.linspace(0, 1, 11)[1:-1], p), minlength=10)
gap = np.abs(hit - mean)
print(json.dumps({
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "probability": "(i * 37 % 65) / 64 for i in 0..600",
    "truth": "(i * 29 % 64) / 64 < probability ** 2",
    "brier": metrics.brier_score_loss(truth, p),
    "log_loss": metrics.log_loss(truth, p),
    "roc_auc": metrics.roc_auc_score(truth, p),
    "average_precision": metrics.average_precision_score(truth, p),
    "ece": float(np.average(gap, weights=size[size > 0])),
    "mce": float(gap.max()),
}, indent=1))
