"""Writes boundary.json from segmentation.json, a file of NumPy mask expressions and of the values that
MedPy, MONAI, SciPy and surface-distance gave for them: python boundary.py segmentation.json > boundary.json

A mask is kept as the lengths of its row-major runs, background first, so that a test need not read Python."""
import json
import sys

import numpy as np

LIBRARIES = ("medpy", "MONAI", "scipy edges + distance_transform_edt", "MONAI NSD use_subvoxels",
             "surface-distance (DeepMind)")
VERSIONS = ("numpy", "scipy", "MedPy", "monai", "torch", "surface-distance")
ABOUT = ("Surface metrics of medpy.metric.binary (hd, hd95, assd), monai.metrics (hd, hd95, assd, nsd at tolerances "
         "1 and 2) and SciPy (binary_erosion + distance_transform_edt); MONAI compute_surface_dice with use_subvoxels; "
         "surface-distance with compute_robust_hausdorff at 95. Masks are the NumPy expressions of x, y, z; the runs are "
         "their row-major lengths, background first.")
LONGEST = 3000


def mask(expression, shape):
    names = dict(np=np, abs=np.abs, z=np.zeros(shape, int))
    names.update(zip("zyx"[-len(shape):], np.indices(shape)))
    return np.broadcast_to(np.asarray(eval(expression, names)), shape).astype(bool)


def runs(pixels):
    flat = pixels.ravel()
    ends = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff(np.concatenate([[0], ends, [flat.size]])).tolist()
    return [0] + lengths if flat[0] else lengths


def numbers(values):
    return {name: value for name, value in values.items() if isinstance(value, (int, float))}


def case(source):
    try:
        masks = [mask(source[name], source["shape"]) for name in ("pred", "truth")]
    except (NameError, SyntaxError, TypeError):
        return None
    counts = source["counts"]
    both, first, second = masks[0] & masks[1], masks[0] & ~masks[1], ~masks[0] & masks[1]
    if [both.sum(), first.sum(), second.sum()] != [counts["tp"], counts["fp"], counts["fn"]]:
        return None
    lengths = [runs(pixels) for pixels in masks]
    if sum(map(len, lengths)) > LONGEST:
        return None
    surface = source["surface"]
    return dict(name=source["name"], shape=source["shape"], spacing=source["spacing"],
                prediction=source["pred"], truth=source["truth"],
                prediction_runs=lengths[0], truth_runs=lengths[1], edge_pixels=source["edge_pixels"],
                expected={name: numbers(surface.get(name, {})) for name in LIBRARIES})


with open(sys.argv[1]) as file:
    source = json.load(file)
versions = {name: source["versions"][name] for name in VERSIONS}
cases = [kept for kept in map(case, source["cases"]) if kept]
json.dump(dict(about=ABOUT, versions=versions, cases=cases), sys.stdout, separators=(",", ":"))
