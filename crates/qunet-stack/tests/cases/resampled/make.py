"""A mask on other voxels than its stack, and what SimpleITK 2.5 makes of it: pip install simpleitk numpy, python make.py"""
import numpy as np, SimpleITK as sitk

image = sitk.ReadImage("../ct.nii.gz")
z, y, x = np.mgrid[0:14, 0:24, 0:30]
mask = sitk.GetImageFromArray((((z - 6) / 5) ** 2 + ((y - 9) / 7) ** 2 + ((x - 17) / 11) ** 2 < 1).astype(np.uint8))
turn = 0.2
mask.SetDirection([np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1])
mask.SetSpacing([0.53, 0.61, 2.3])
first = np.array(image.GetOrigin())
mask.SetOrigin(list(first + [0.9, -0.4, 1.1]))
sitk.WriteImage(mask, "mask.nii.gz")
mask = sitk.ReadImage("mask.nii.gz")
expected = sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
covered = sitk.Resample(mask * 0 + 1, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
sitk.WriteImage(expected, "expected.nii.gz")
print(sitk.GetArrayFromImage(expected).sum(), "inside,", (sitk.GetArrayFromImage(covered) == 0).sum(), "of", covered.GetNumberOfPixels(), "outside")
