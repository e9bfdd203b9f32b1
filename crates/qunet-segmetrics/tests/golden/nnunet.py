"""Writes nnunet.json with nnU-Net's own code: python tests/golden/nnunet.py NNUNET > tests/golden/nnunet.json

NNUNET is the unpacked source archive of nnunetv2 2.8.1 (pip download nnunetv2==2.8.1 --no-deps --no-binary :all:).
Only its evaluation module runs: what it imports but does not need for arrays is replaced by empty modules.
"""
import json
import math
import sys
import types
import warnings
from unittest import mock

import numpy as np

warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
written = {}

def module(name, **items):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(items)

module("torch", device=type("device", (), {}))
module("batchgenerators")
module("batchgenerators.utilities")
module("batchgenerators.utilities.file_and_folder_operations", subfiles=lambda *a, **k: list(ARRAYS),
       join=lambda folder, name: f"{folder}/{name}", isfile=None, load_json=None,
       save_json=lambda data, path, sort_keys: written.update(data))
module("nnunetv2.configuration", default_num_processes=1)
module("nnunetv2.imageio.base_reader_writer", BaseReaderWriter=object)
module("nnunetv2.imageio.reader_writer_registry", determine_reader_writer_from_dataset_json=None,
       determine_reader_writer_from_file_ending=None)
module("nnunetv2.imageio.simpleitk_reader_writer", SimpleITKIO=object)
module("nnunetv2.utilities.plans_handling.plans_handler", PlansManager=object)
from nnunetv2.evaluation import evaluate_predictions

# 3 x 4 label maps: both classes, class 2 missing in both, class 2 predicted only.
ARRAYS = {
    "a.nii.gz": ([0, 0, 1, 1, 0, 1, 1, 2, 0, 0, 2, 2], [0, 1, 1, 1, 0, 0, 1, 2, 0, 0, 0, 2]),
    "b.nii.gz": ([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    "c.nii.gz": ([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], [2, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
}

class Reader:
    def read_seg(self, path):
        folder, name = path.split("/")
        return np.array(ARRAYS[name][folder == "pred"]).reshape(3, 4), {}

class Pool:
    def __init__(self, *_): pass
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def starmap(self, work, rows): return [work(*row) for row in rows]

def plain(value):
    """NaN as null, which is JSON."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value

def summary(names, labels):
    global ARRAYS
    every, ARRAYS = ARRAYS, {name: ARRAYS[name] for name in names}
    with mock.patch("multiprocessing.get_context", lambda _: types.SimpleNamespace(Pool=Pool)):
        evaluate_predictions.compute_metrics_on_folder(
            "truth", "pred", "summary.json", Reader(), ".nii.gz", labels, num_processes=1)
    ARRAYS = every
    return plain(json.loads(json.dumps(written)))

print(json.dumps({
    "arrays": {name: {"truth": t, "prediction": p} for name, (t, p) in ARRAYS.items()},
    "summaries": [{"cases": names, "labels": labels, "summary": summary(names, labels)}
                  for names, labels in [(list(ARRAYS), [0, 1, 2]), (["b.nii.gz"], [1, 2])]],
}, indent=1))
