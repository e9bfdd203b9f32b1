"""Writes boundary_elements.json: surface-distance on noise, which has every one of the 256 cells.

    pip install surface-distance==0.1 scipy numpy
    python boundary_elements.py > boundary_elements.json
"""
import json

import numpy as np
import scipy
from scipy import ndimage

# Names that surface-distance 0.1 uses and newer NumPy and SciPy no longer have.
np.Inf = np.inf
for name, function in (("filters", "correlate"), ("morphology", "distance_transform_edt")):
    setattr(ndimage, name, type(name, (), {function: staticmethod(getattr(ndimage, function))}))
import surface_distance as sd


def runs(mask):
    flat = np.concatenate([[False], mask.ravel()])
    edges = np.flatnonzero(np.diff(flat))
    return np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()


rng = np.random.default_rng(7)
cases = []
for shape, spacing in [((10, 10, 10), (1.0, 1.0, 1.0)), ((10, 9, 11), (2.5, 0.7, 1.1)), ((24, 20), (0.5, 2.0))]:
    prediction, truth = (rng.random(shape) < share for share in (0.5, 0.4))
    found = sd.compute_surface_distances(truth, prediction, spacing)
    to_prediction, to_truth = sd.compute_average_surface_distance(found)
    cases.append(dict(
        shape=shape, spacing=spacing, prediction_runs=runs(prediction), truth_runs=runs(truth),
        sum_prediction=found["surfel_areas_pred"].sum(), sum_truth=found["surfel_areas_gt"].sum(),
        average_from_truth=to_prediction, average_from_prediction=to_truth,
        hd95=sd.compute_robust_hausdorff(found, 95.0), hd50=sd.compute_robust_hausdorff(found, 50.0),
        hd100=sd.compute_robust_hausdorff(found, 100.0),
        nsd=sd.compute_surface_dice_at_tolerance(found, 0.6)))
print(json.dumps(dict(
    versions={"surface-distance": "0.1", "numpy": np.__version__, "scipy": scipy.__version__},
    cases=cases), separators=(",", ":")))
