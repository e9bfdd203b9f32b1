"""What independent libraries read from stacks: one JSON object a line for each path and reader.

    python read.py PATH...

Values as float32 in the order (slices, height, width), as their CRC-32; the affine in RAS and mm, or null where the
format has none. Needs nibabel, pydicom, SimpleITK, tifffile, pynrrd, Pillow and numpy.
"""
import json
import pathlib
import re
import sys
import zlib

import nibabel
import nrrd
import numpy as np
import pydicom
import SimpleITK
import tifffile
from PIL import Image
from pydicom.pixels import apply_modality_lut

LPS = np.diag([-1.0, -1.0, 1.0])


def row(path, reader, values, affine=None):
    values = np.ascontiguousarray(values, dtype="<f4")
    print(json.dumps({"path": str(path), "reader": reader, "shape": values.shape, "crc": zlib.crc32(values),
                      "affine": None if affine is None else np.asarray(affine)[:3].tolist()}))


def simpleitk(path, image):
    matrix = np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())
    affine = LPS @ np.column_stack([matrix, image.GetOrigin()])
    row(path, "SimpleITK", SimpleITK.GetArrayFromImage(image), affine)


def nifti(path):
    image = nibabel.load(path)
    row(path, "nibabel", np.asarray(image.dataobj).T, image.affine)
    simpleitk(path, SimpleITK.ReadImage(str(path)))


def along(slice):
    x, y = np.array(slice.ImageOrientationPatient, float).reshape(2, 3)
    return np.cross(x, y) @ np.array(slice.ImagePositionPatient, float)


def dicom(path):
    slices = sorted((pydicom.dcmread(file) for file in path.iterdir()), key=along)
    first, last = slices[0], slices[-1]
    x, y = np.array(first.ImageOrientationPatient, float).reshape(2, 3)
    down, across = map(float, first.PixelSpacing)
    origin, end = (np.array(slice.ImagePositionPatient, float) for slice in (first, last))
    affine = LPS @ np.column_stack([x * across, y * down, (end - origin) / (len(slices) - 1), origin])
    row(path, "pydicom", [apply_modality_lut(slice.pixel_array, slice) for slice in slices], affine)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(path)))
    simpleitk(path, reader.Execute())


def pictures(path):
    files = sorted(path.iterdir(), key=lambda file: int(re.sub(r"\D", "", file.stem)))
    row(path, "Pillow", [np.asarray(Image.open(file)) for file in files])


def segmentation(path):
    values, header = nrrd.read(str(path))
    matrix = np.column_stack([*header["space directions"], header["space origin"]])
    row(path, "pynrrd", values.T, LPS @ matrix)
    simpleitk(path, SimpleITK.ReadImage(str(path)))


for path in map(pathlib.Path, sys.argv[1:]):
    if path.name.endswith((".nii", ".nii.gz")):
        nifti(path)
    elif path.suffix == ".nrrd":
        segmentation(path)
    elif path.suffix == ".tif":
        row(path, "tifffile", tifffile.imread(path))
    elif path.suffix == ".npy":
        row(path, "numpy", np.load(path))
    elif any(file.suffix == ".png" for file in path.iterdir()):
        pictures(path)
    else:
        dicom(path)
