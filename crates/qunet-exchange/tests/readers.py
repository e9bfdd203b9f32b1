"""Opens what the exporters wrote with other libraries, and writes with them what the importers are to read.

python tests/readers.py FOLDER, where FOLDER holds one folder for each format and labels.raw. Needs nibabel, SimpleITK,
pynrrd, pycocotools and label-studio-sdk.
"""

import json
import sys

import nibabel
import nrrd
import numpy as np
import SimpleITK as sitk
from label_studio_sdk.converter import brush
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

FOLDER = sys.argv[1]
NAME, ASKED = "case-7", [1, 2, 4]
LABELS = np.fromfile(f"{FOLDER}/labels.raw", np.uint8).reshape(7, 9, 11)
EXPECTED = np.full_like(LABELS, 255)
EXPECTED[ASKED] = LABELS[ASKED]
CLASSES = {1: "ground glass", 2: "consolidation"}


def nifti(folder, labels):
    image, mask = nibabel.load(f"{folder}/{NAME}.nii.gz"), nibabel.load(labels)
    assert np.array_equal(image.affine, mask.affine)
    assert np.array_equal(np.asarray(mask.dataobj).T, EXPECTED)
    image, mask = sitk.ReadImage(f"{folder}/{NAME}.nii.gz"), sitk.ReadImage(labels)
    assert image.GetSpacing() == mask.GetSpacing() and image.GetOrigin() == mask.GetOrigin()
    assert image.GetDirection() == mask.GetDirection()
    assert np.array_equal(sitk.GetArrayFromImage(mask), EXPECTED)
    sitk.WriteImage(mask, f"{FOLDER}/foreign.nii.gz")


def seg_nrrd(folder):
    values, header = nrrd.read(f"{folder}/{NAME}.seg.nrrd")
    assert np.array_equal(values.T, EXPECTED)
    names = {int(header[f"Segment{i}_LabelValue"]): header[f"Segment{i}_Name"] for i in range(3)}
    assert names == {**CLASSES, 255: "not asked for"}, names
    image, mask = (sitk.ReadImage(f"{folder}/{NAME}.{end}") for end in ("nii.gz", "seg.nrrd"))
    for index in [(0, 0, 0), (10, 8, 6), (3, 5, 2)]:
        there = [image.TransformIndexToPhysicalPoint(index), mask.TransformIndexToPhysicalPoint(index)]
        assert np.allclose(*there, atol=1e-4), there
    nrrd.write(f"{FOLDER}/foreign.seg.nrrd", values, header)


def coco(folder):
    path = f"{folder}/annotations/instances_default.json"
    dataset = COCO(path)
    found = np.full_like(LABELS, 255)
    for image in dataset.loadImgs(dataset.getImgIds()):
        slice_ = int(image["file_name"].split(".")[0])
        found[slice_] = 0
        for annotation in dataset.loadAnns(dataset.getAnnIds(image["id"])):
            mask = dataset.annToMask(annotation)
            assert annotation["area"] == mask.sum()
            assert list(coco_mask.toBbox(dataset.annToRLE(annotation))) == annotation["bbox"]
            found[slice_][mask > 0] = annotation["category_id"]
    assert np.array_equal(found, EXPECTED)
    content = json.load(open(path))
    for annotation in content["annotations"]:
        rle = dataset.annToRLE(annotation)
        annotation["segmentation"] = {"size": rle["size"], "counts": rle["counts"].decode()}
    json.dump(content, open(f"{FOLDER}/foreign-coco.json", "w"))


def label_studio(folder):
    tasks = json.load(open(f"{folder}/tasks.json"))
    for task in tasks:
        slice_, found = task["data"]["slice"], np.zeros((9, 11), np.uint8)
        regions = task.pop("predictions", [{"result": []}])[0]["result"]
        for region in regions:
            size = (region["original_height"], region["original_width"], 4)
            mask = brush.decode_rle(region["value"]["rle"]).reshape(size)[:, :, 3] > 0
            label = {name: label for label, name in CLASSES.items()}[region["value"]["brushlabels"][0]]
            found[mask] = label
            region["value"]["rle"] = brush.mask2rle(mask.astype(np.uint8) * 255)
        assert np.array_equal(found, EXPECTED[slice_])
        task["annotations"] = [{"was_cancelled": False, "result": regions}]
    json.dump(tasks, open(f"{FOLDER}/foreign-tasks.json", "w"), default=int)


nifti(f"{FOLDER}/nifti", f"{FOLDER}/nifti/{NAME}.labels.nii.gz")
nifti(f"{FOLDER}/monai_label", f"{FOLDER}/monai_label/labels/original/{NAME}.nii.gz")
seg_nrrd(f"{FOLDER}/seg_nrrd")
coco(f"{FOLDER}/coco")
label_studio(f"{FOLDER}/label_studio")
print("read and written")
