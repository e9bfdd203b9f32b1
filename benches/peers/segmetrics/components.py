"""Connected components of one mask, as an array of their numbers; corners connect."""

import cc3d
import cv2
import numpy as np
from scipy import ndimage

from masks import Masks
from row import Row


def cc3d_of(mask):
    connectivity = 8 if mask.ndim == 2 else 26

    def call():
        return [cc3d.connected_components(mask, connectivity=connectivity, return_N=True)[1]]

    return call


def opencv(mask):
    """Images only; it counts the background as one."""
    image = mask.view(np.uint8)
    return lambda: [cv2.connectedComponents(image, connectivity=8)[0] - 1]


def scipy(mask):
    structure = np.ones((3,) * mask.ndim, bool)
    return lambda: [ndimage.label(mask, structure)[1]]


def rows(quick):
    images = [Masks((1024, 1024), content) for content in ("spots", "noise")]
    volumes = [Masks((128, 128, 128), content) for content in ("spots", "noise")]
    large = [] if quick else [Masks((200, 512, 512), "lesions")]
    for masks in images + volumes + large:
        axes = len(masks.shape)
        peers = {"cc3d": cc3d_of, "SciPy": scipy}
        if axes == 2:
            peers["OpenCV"] = opencv
        for peer, build in peers.items():
            bar = 1 if peer == "cc3d" else None
            connectivity = 8 if axes == 2 else 26
            case = f"components, {connectivity} neighbours"
            yield Row(case, masks, peer, "label_objects", build, takes=("prediction",), bar=bar)
