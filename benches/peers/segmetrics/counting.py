"""The five metrics of the paper: precision, recall, Jaccard, Dice and accuracy."""

import warnings
from importlib.util import find_spec

import cv2
import mikan
import numpy as np
import SimpleITK
import sklearn.metrics
import surface_distance
from medpy.metric import binary
from seg_metrics import seg_metrics

from masks import PAIR, Masks, Slices
from row import PLAIN_READ, SINGLE, Row

CASE = "precision, recall, Jaccard, Dice, accuracy"
PRECISION, RECALL, JACCARD, DICE, ACCURACY = range(5)


def scores(true_positives, predicted, actual, pixels):
    """The five from the counts."""
    either = predicted + actual - true_positives
    return [
        true_positives / predicted,
        true_positives / actual,
        true_positives / either,
        2 * true_positives / (predicted + actual),
        (pixels - either + true_positives) / pixels,
    ]


def numpy(prediction, truth):
    both, pixels = np.empty_like(truth), truth.size

    def call():
        np.logical_and(prediction, truth, out=both)
        counts = map(np.count_nonzero, (both, prediction, truth))
        return scores(*map(int, counts), pixels)

    return call


def opencv(prediction, truth):
    """Masks as bytes; a stack as one tall image."""
    flat = [mask.view(np.uint8).reshape(-1, mask.shape[-1]) for mask in (prediction, truth)]
    both, pixels = np.empty_like(flat[0]), truth.size

    def call():
        cv2.bitwise_and(*flat, both)
        return scores(cv2.countNonZero(both), *map(cv2.countNonZero, flat), pixels)

    return call


def medpy(prediction, truth):
    metrics = binary.precision, binary.recall, binary.jc, binary.dc
    return lambda: [float(metric(prediction, truth)) for metric in metrics]


def deepmind(prediction, truth):
    return lambda: [float(surface_distance.compute_dice_coefficient(truth, prediction))]


def simple_itk(prediction, truth):
    """From images that it holds already."""
    images = [SimpleITK.GetImageFromArray(mask.view(np.uint8)) for mask in (prediction, truth)]

    def call():
        overlap = SimpleITK.LabelOverlapMeasuresImageFilter()
        overlap.SetNumberOfThreads(1)
        overlap.Execute(*images)
        misses = overlap.GetFalseDiscoveryRate(), overlap.GetFalseNegativeError()
        found = [1 - miss for miss in misses]
        return [*found, overlap.GetJaccardCoefficient(), overlap.GetDiceCoefficient()]

    return call


def scikit_learn(prediction, truth):
    """One confusion matrix; its five functions one after the other take several times as long."""
    prediction, truth, pixels = prediction.ravel(), truth.ravel(), truth.size

    def call():
        (_, wrong), (missed, hits) = sklearn.metrics.confusion_matrix(truth, prediction)
        return scores(int(hits), int(hits + wrong), int(hits + missed), pixels)

    return call


def mikan_rs(prediction, truth):
    """It knows volumes of bytes only."""
    volumes = [np.atleast_3d(mask.view(np.uint8)) for mask in (truth, prediction)]
    names = ["precision", "recall", "jaccard_score", "dice", "accuracy"]

    def call():
        return mikan.ArrayEvaluator(*volumes, (1.0, 1.0, 1.0)).labels(1).metrics(names)

    return call


def seg(prediction, truth):
    images = [mask.view(np.uint8) for mask in (truth, prediction)]
    names = "precision", "recall", "jaccard", "dice"

    def call():
        found = seg_metrics.write_metrics(
            labels=[1], gdth_img=images[0], pred_img=images[1], metrics=list(names)
        )
        found = found[0] if isinstance(found, list) else found
        return [float(found[name][0]) for name in names]

    return call


def monai(prediction, truth):
    import torch
    from monai.metrics import compute_confusion_matrix_metric, get_confusion_matrix

    torch.set_num_threads(1)
    # MONAI adds masks, and the sum of two booleans would not count to two.
    masks = [torch.from_numpy(mask.view(np.uint8))[None, None] for mask in (prediction, truth)]
    names = "precision", "sensitivity", "threat score", "f1 score", "accuracy"

    def call():
        matrix = get_confusion_matrix(*masks)
        return [float(compute_confusion_matrix_metric(name, matrix)) for name in names]

    return call


def pair_rows(masks, quick):
    """Bars of the formulations, then of the libraries."""
    warnings.filterwarnings("ignore", module="sklearn|seg_metrics|monai")
    yield row(masks, "NumPy", numpy, bar=4)
    yield row(masks, "OpenCV", opencv, bar=4)
    four = PRECISION, RECALL, JACCARD, DICE
    yield row(masks, "medpy", medpy, values=four, note="no accuracy")
    yield row(masks, "surface-distance", deepmind, values=(DICE,), note="Dice only")
    if not quick or len(masks.shape) == 2:
        yield row(masks, "SimpleITK", simple_itk, values=four, note="no accuracy")
        yield row(masks, "scikit-learn", scikit_learn)
        yield row(masks, "mikan-rs", mikan_rs)
        if find_spec("monai"):
            yield row(masks, "MONAI", monai, tolerance=SINGLE)
    if not quick and len(masks.shape) == 2:
        yield row(masks, "seg-metrics", seg, values=four, note="no accuracy")


def row(masks, peer, build, bar=20, **more):
    return Row(CASE, masks, peer, "overlap_scores", build, takes=PAIR, bar=bar, **more)


def rows(quick):
    yield from pair_rows(Masks((256, 256)), quick)
    stack = Slices((300, 256, 256))
    yield from pair_rows(stack, quick)
    yield Row(
        CASE,
        stack,
        "plain read",
        "overlap_scores",
        peer_kernel=PLAIN_READ,
        takes=PAIR,
        bar=0.5,
        tolerance=None,
        note="reads both masks, computes nothing",
    )
