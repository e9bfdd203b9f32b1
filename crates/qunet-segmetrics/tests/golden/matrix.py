"""Scores of three classes by scikit-learn: `python matrix.py > matrix.json`."""
import json

import numpy as np
import sklearn
from sklearn import metrics

i = np.arange(600)
truth, prediction = (i * 7 // 5) % 3, (i * i // 11 + i // 3) % 3
prediction[::2] = truth[::2]
binary = truth == 1, prediction == 1
print(json.dumps({
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "truth": "(i * 7 // 5) % 3 for i in 0..600",
    "prediction": "(i * i // 11 + i // 3) % 3, the truth where i is even",
    "matrix": metrics.confusion_matrix(truth, prediction).tolist(),
    "accuracy": metrics.accuracy_score(truth, prediction),
    "kappa": metrics.cohen_kappa_score(truth, prediction),
    "matthews": metrics.matthews_corrcoef(truth, prediction),
    "frequency_weighted_jaccard": metrics.jaccard_score(truth, prediction, average="weighted"),
    "macro_jaccard": metrics.jaccard_score(truth, prediction, average="macro"),
    "macro_precision": metrics.precision_score(truth, prediction, average="macro"),
    "micro_f1_of_1_and_2": metrics.f1_score(truth, prediction, labels=[1, 2], average="micro"),
    "weighted_f1_of_1_and_2": metrics.f1_score(truth, prediction, labels=[1, 2], average="weighted"),
    "class_1": {
        "kappa": metrics.cohen_kappa_score(*binary),
        "matthews": metrics.matthews_corrcoef(*binary),
        "f_2": metrics.fbeta_score(*binary, beta=2),
        "balanced_accuracy": metrics.balanced_accuracy_score(*binary),
    },
}, indent=1))
