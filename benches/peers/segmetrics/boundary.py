"""HD95, ASSD and NSD (surface Dice at a tolerance) of one pair of masks, together."""

from importlib.util import find_spec

import cv2
import edt
import mikan
import numpy as np
import SimpleITK
import surface_distance
from medpy.metric import binary

from masks import PAIR, TYPICAL, Masks, Slices
from row import EXACT, SINGLE, Row

CASE = "HD95, ASSD, NSD"
TOLERANCE = 2.0

# Slices are thicker than their pixels are wide.
SPACING_3D = (2.0, 1.0, 1.0)


def spacing_of(axes):
    return SPACING_3D[3 - axes :] if axes == 3 else (1.0,) * axes


def kernel(axes, definition="pooled", slices=False):
    """The Rust side's; with `slices`, of each slice of a stack."""
    options = {"definition": definition, "spacing": spacing_of(axes), "tolerance": TOLERANCE}
    return {"slice_distances" if slices else "surface_distances": options}


def metrics(to_truth, to_prediction):
    """From the distances of both surfaces, as arrays."""
    both = np.concatenate([to_truth, to_prediction])
    within = np.count_nonzero(both <= TOLERANCE) / both.size
    return [float(np.percentile(both, 95)), float(both.mean(dtype=np.float64)), within]


def cropped(prediction, truth):
    """Both masks within the smallest box around their foreground."""
    box = []
    either = prediction | truth
    for axis in range(either.ndim):
        others = tuple(other for other in range(either.ndim) if other != axis)
        places = np.flatnonzero(either.any(axis=others))
        box.append(slice(places[0], places[-1] + 1))
    return prediction[tuple(box)], truth[tuple(box)]


def opencv_pair(prediction, truth):
    """Erode, then the exact distance transform of the other surface; images only."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    edges, distances = [], []
    for mask in (prediction, truth):
        mask = np.ascontiguousarray(mask).view(np.uint8)
        inner = cv2.erode(mask, cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        edges.append(cv2.subtract(mask, inner))
        free = cv2.subtract(1, edges[-1])
        distances.append(cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    return metrics(distances[1][edges[0] == 1], distances[0][edges[1] == 1])


def edges_of(mask):
    """The mask without the pixels whose face neighbours are all in it; beyond the image is background."""
    padded = np.pad(mask, 1)
    inner = mask.copy()
    middle = [slice(1, -1)] * mask.ndim
    for axis in range(mask.ndim):
        for shifted in (slice(0, -2), slice(2, None)):
            place = list(middle)
            place[axis] = shifted
            inner &= padded[tuple(place)]
    return mask & ~inner


def edt_pair(prediction, truth):
    """Edges by NumPy, then the exact distance transforms of `edt`."""
    spacing = spacing_of(truth.ndim)
    edges = [edges_of(mask) for mask in (prediction, truth)]
    distances = [edt.edt(~edge, anisotropy=spacing, parallel=1) for edge in edges]
    return metrics(distances[1][edges[0]], distances[0][edges[1]])


def deepmind_pair(prediction, truth):
    found = surface_distance.compute_surface_distances(truth, prediction, spacing_of(truth.ndim))
    averages = surface_distance.compute_average_surface_distance(found)
    return [
        float(surface_distance.compute_robust_hausdorff(found, 95)),
        float(sum(averages) / 2),
        float(surface_distance.compute_surface_dice_at_tolerance(found, TOLERANCE)),
    ]


def medpy_pair(prediction, truth):
    """It computes the distances anew for each metric and has no NSD."""
    spacing = spacing_of(truth.ndim)
    return [float(metric(prediction, truth, spacing)) for metric in (binary.hd95, binary.assd)]


def simple_itk_pair(prediction, truth):
    images = [SimpleITK.GetImageFromArray(mask.view(np.uint8)) for mask in (prediction, truth)]
    for image in images:
        image.SetSpacing(spacing_of(truth.ndim)[::-1])
    hausdorff = SimpleITK.HausdorffDistanceImageFilter()
    hausdorff.SetNumberOfThreads(1)
    hausdorff.Execute(*images)
    return [hausdorff.GetHausdorffDistance(), hausdorff.GetAverageHausdorffDistance()]


def mikan_pair(prediction, truth):
    """It knows volumes of bytes only; spacing as x, y, z."""
    volumes = [mask.view(np.uint8).reshape((-1, *mask.shape[-2:])) for mask in (truth, prediction)]
    spacing = (*spacing_of(truth.ndim)[::-1], 1.0)[:3]
    names = ["hausdorff_distance_95", "assd"]
    return mikan.ArrayEvaluator(*volumes, spacing).labels(1).metrics(names)


def monai_pair(prediction, truth):
    import torch
    from monai import metrics as monai

    torch.set_num_threads(1)
    spacing = spacing_of(truth.ndim)
    masks = [torch.from_numpy(mask)[None, None] for mask in (prediction, truth)]
    return [
        float(monai.compute_hausdorff_distance(*masks, percentile=95, spacing=spacing)),
        float(monai.compute_average_surface_distance(*masks, symmetric=True, spacing=spacing)),
        float(monai.compute_surface_dice(*masks, [TOLERANCE], spacing=spacing)),
    ]


def crop_first(pair):
    return lambda prediction, truth: pair(*cropped(prediction, truth))


def of_pair(pair):
    """The peer's function of a pair of masks."""
    return lambda prediction, truth: lambda: pair(prediction, truth)


def of_slices(pair):
    """The peer's function of a stack, slice by slice."""

    def build(prediction, truth):
        return lambda: [value for masks in zip(prediction, truth) for value in pair(*masks)]

    return build


FORMULATIONS = {"OpenCV": opencv_pair, "edt": edt_pair}

# Why other values are expected, by peer.
NOTES = {
    "SimpleITK": "HD and its average over whole masks",
    "medpy": "no NSD",
    "mikan-rs": "no NSD",
}


def formulations(masks, of, **more):
    axes = 2 if isinstance(masks, Slices) else len(masks.shape)
    for name, pair in FORMULATIONS.items():
        if name == "OpenCV" and axes == 3:
            continue
        for label, way in ((name, pair), (f"{name}, cropped", crop_first(pair))):
            yield row(masks, label, of(way), bar=5, tolerance=SINGLE, **more)


def library(masks, of, peer, pair, **more):
    """A library's row, with what it leaves out and whether its values can be the same."""
    return row(masks, peer, of(pair), bar=10, note=NOTES.get(peer), **more)


def row(masks, peer, build, definition="pooled", **more):
    stacked = isinstance(masks, Slices)
    axes = 2 if stacked else len(masks.shape)
    asked = kernel(axes, definition, stacked)
    return Row(CASE, masks, peer, asked, build, takes=PAIR, **more)


def libraries(masks, of, slow):
    """`slow` adds those that take tens of seconds on large volumes."""
    yield library(masks, of, "surface-distance", deepmind_pair, definition="elements")
    yield library(masks, of, "SimpleITK", simple_itk_pair, tolerance=None)
    if find_spec("monai"):
        yield library(masks, of, "MONAI", monai_pair, definition="max_directed", tolerance=SINGLE)
    if slow:
        leading = (0, 1) if of is of_pair else None
        yield library(masks, of, "medpy", medpy_pair, values=leading, tolerance=EXACT)
        yield library(
            masks, of, "mikan-rs", mikan_pair, definition="max_directed", values=leading, tolerance=SINGLE
        )


def worst(shape, content):
    """Our own time beside our own time on lesions: the peer here is the typical case."""
    return Row(
        f"{CASE}, {content}",
        Masks(shape, content),
        "ours, lesions",
        kernel(len(shape)),
        peer_kernel=kernel(len(shape)),
        takes=PAIR,
        peer_takes=TYPICAL,
        bar=0.2,
        tolerance=None,
        note="other masks: at most five times as long",
    )


def rows(quick):
    image, volume = Masks((256, 256)), Masks((128, 128, 128))
    yield from formulations(image, of_pair)
    yield from libraries(image, of_pair, slow=True)
    stack = Slices((300, 256, 256))
    if not quick:
        yield from formulations(stack, of_slices)
        yield from libraries(stack, of_slices, slow=False)
    yield from formulations(volume, of_pair)
    yield from libraries(volume, of_pair, slow=not quick)
    if not quick:
        large = Masks((200, 512, 512))
        yield from formulations(large, of_pair)
        yield from libraries(large, of_pair, slow=False)


def worst_rows():
    for shape in ((256, 256), (128, 128, 128)):
        for content in ("checkerboard", "full"):
            yield worst(shape, content)
