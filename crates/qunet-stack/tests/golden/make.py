"""Small stacks written and read by other libraries.

python3 -m venv v && v/bin/pip install numpy nibabel pydicom SimpleITK tifffile pillow imagecodecs && v/bin/python make.py
"""
import json, pathlib, datetime
import imagecodecs, nibabel as nib, numpy as np, pydicom, SimpleITK as sitk, tifffile
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian,
                         JPEGLosslessSV1, JPEG2000Lossless, JPEGLSLossless, JPEGLSNearLossless, RLELossless)

HERE = pathlib.Path(__file__).parent
OUT = {}
Z, Y, X = np.mgrid[0:3, 0:4, 0:5]
N = 40 * Z + 10 * Y + X


def put(name, values, affine=None):
    values = np.asarray(values)
    OUT[name] = {"shape": list(values.shape), "values": [float(v) for v in values.ravel()],
                 "affine": None if affine is None else np.asarray(affine)[:3].tolist()}


AFFINE = np.array([[-3.0, 2, 0, 90.5], [4, 1.5, 0, -126], [0, 0, 2.5, -72.25], [0, 0, 0, 1]])


def nifti(name, dtype, scale=None, kind=nib.Nifti1Image, big=False):
    data = (N.T - 60 if np.dtype(dtype).kind == "i" else N.T).astype(dtype)
    header = kind.header_class(endianness=">" if big else "<")
    image = kind(data, AFFINE, header)
    image.set_data_dtype(dtype)
    if scale:
        image.header.set_slope_inter(*scale)
    nib.save(image, HERE / name)
    read = nib.load(HERE / name)
    put(name, np.asarray(read.dataobj).T.astype(np.float32), read.affine)


for dtype in ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "uint64", "float32", "float64"]:
    nifti(f"{dtype}.nii.gz", dtype)
nifti("big.nii", "int16", big=True)
nifti("scaled.nii", "int16", scale=(0.5, -10))
nifti("pair.hdr", "int16", kind=nib.Nifti1Pair)
nifti("packed.hdr.gz", "float32", kind=nib.Nifti1Pair)

np.save(HERE / "i32.npy", (N - 60).astype("<i4")); put("i32.npy", np.load(HERE / "i32.npy"))
np.save(HERE / "f64.npy", (N / 8).astype(">f8")); put("f64.npy", np.load(HERE / "f64.npy"))
np.save(HERE / "bool.npy", N[0] % 2 == 0); put("bool.npy", np.load(HERE / "bool.npy")[None])
np.save(HERE / "fortran.npy", np.asfortranarray((N - 60).astype("<i2"))); put("fortran.npy", np.load(HERE / "fortran.npy"))
np.save(HERE / "fortran_flat.npy", np.asfortranarray((N[1] / 8).astype(">f4"))); put("fortran_flat.npy", np.load(HERE / "fortran_flat.npy")[None])

for dtype, options in [("uint8", {}), ("uint16", {"compression": "lzw"}), ("int16", {"byteorder": ">"}),
                       ("float32", {"compression": "zlib", "predictor": 3}), ("uint32", {"bigtiff": True}),
                       ("float64", {"compression": "deflate"}), ("uint16", {"compression": "packbits", "rowsperstrip": 2})]:
    name = f"{dtype}{''.join('_' + str(v).replace('>', 'big') for k, v in options.items() if k != 'bigtiff')}.tif"
    tifffile.imwrite(HERE / name, N.astype(dtype), photometric="minisblack", **options)
    put(name, tifffile.imread(HERE / name))

# One page, and the planes behind it.
for name, dtype, options in [("behind_one_page.tif", "int16", {}), ("behind_one_page_imagej.tif", "float32", {"imagej": True, "metadata": {"axes": "ZYX"}})]:
    tifffile.imwrite(HERE / name, N.astype(dtype), truncate=True, byteorder=">", photometric="minisblack", **options)
    assert len(tifffile.TiffFile(HERE / name).pages) == 1
    put(name, tifffile.imread(HERE / name))

photo = HERE / "photo"
photo.mkdir(exist_ok=True)
smooth = np.add.outer(np.arange(16) * 6, np.arange(16) * 5).astype(np.uint8)
for i in [10, 9]:
    Image.fromarray(smooth + i).save(photo / f"s{i}.jpg", quality=95)
put("photo", [np.asarray(Image.open(photo / f"s{i}.jpg")) for i in [9, 10]])

for name, values in [("png8", (N + 60).astype(np.uint8)), ("png16", (257 * N).astype(np.uint16))]:
    (HERE / name).mkdir(exist_ok=True)
    for z, number in enumerate([9, 10, 11]):
        Image.fromarray(values[z]).save(HERE / name / f"{number}.png")
    put(name, [np.asarray(Image.open(HERE / name / f"{number}.png")) for number in [9, 10, 11]])


def dataset(syntax, frame, position, number, uid="1.2.3"):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = f"{uid}.{number}"
    ds.file_meta.TransferSyntaxUID = syntax
    ds.Modality, ds.SeriesInstanceUID, ds.StudyInstanceUID = "CT", uid, "1.2"
    ds.PatientName, ds.PatientID, ds.InstanceNumber = "", "", number
    ds.Rows, ds.Columns = frame.shape[-2:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 8 * frame.dtype.itemsize
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(frame.dtype.kind == "i")
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.PixelSpacing, ds.SliceThickness = [0.5, 0.75], 2
    ds.ImageOrientationPatient = [0.8, 0.6, 0, -0.6, 0.8, 0]
    ds.ImagePositionPatient = list(position)
    return ds


def save(ds, path):
    big, implicit = ds.file_meta.TransferSyntaxUID == ExplicitVRBigEndian, ds.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    pydicom.dcmwrite(path, ds, enforce_file_format=True) if not big else ds.save_as(path, little_endian=False, implicit_vr=implicit, enforce_file_format=True)


SERIES = (N + 100).astype(np.uint16)
LARGE = np.kron(SERIES, np.ones((1, 4, 4), np.uint16)) + (np.indices((3, 16, 20)).sum(0) % 3).astype(np.uint16)


def series(name, syntax, values, pack=None, bits=None):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    for z in range(3):
        ds = dataset(syntax, values[z], [10, -20, 30 + 2.5 * z], 3 - z)
        if bits:
            ds.BitsStored, ds.HighBit = bits, bits - 1
        if pack:
            ds.PixelData = encapsulate([pack(values[z])])
            ds["PixelData"].is_undefined_length = True
        else:
            ds.PixelData = values[z].astype(values.dtype.newbyteorder(">") if syntax == ExplicitVRBigEndian else values.dtype).tobytes()
            ds["PixelData"].VR = "OW"
        save(ds, folder / f"{3 - z}")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    put(name, sitk.GetArrayFromImage(image), affine_of(image))


def affine_of(image):
    direction = np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())
    lps = np.column_stack([direction, image.GetOrigin()])
    return np.diag([-1, -1, 1]) @ lps


series("dicom_implicit", ImplicitVRLittleEndian, SERIES)
series("dicom_explicit", ExplicitVRLittleEndian, (N - 60).astype(np.int16))
series("dicom_big", ExplicitVRBigEndian, SERIES)
series("dicom_12bit", ExplicitVRLittleEndian, SERIES, bits=12)
series("dicom_jpeg", JPEGLosslessSV1, LARGE, lambda a: imagecodecs.ljpeg_encode(a, bitspersample=16))
series("dicom_jpeg2000", JPEG2000Lossless, LARGE, lambda a: imagecodecs.jpeg2k_encode(a, level=0, reversible=True, codecformat="j2k"))
series("dicom_jpegls", JPEGLSLossless, LARGE, lambda a: imagecodecs.jpegls_encode(a))
series("dicom_jpegls_near", JPEGLSNearLossless, LARGE, lambda a: imagecodecs.jpegls_encode(a, level=3))
series("dicom_jpegls_8bit", JPEGLSLossless, LARGE.astype(np.uint8), lambda a: imagecodecs.jpegls_encode(a))
series("dicom_deflated", DeflatedExplicitVRLittleEndian, SERIES)
rle = HERE / "dicom_rle"
rle.mkdir(exist_ok=True)
for z in range(3):
    ds = dataset(ExplicitVRLittleEndian, SERIES[z], [10, -20, 30 + 2.5 * z], 3 - z)
    ds.PixelData = SERIES[z].tobytes(); ds["PixelData"].VR = "OW"
    ds.compress(RLELossless, generate_instance_uid=False)
    save(ds, rle / f"{3 - z}")
# GDCM refuses frames this small; the places are those of the implicit series.
put("dicom_rle", [pydicom.dcmread(rle / f"{n}").pixel_array.astype(int) - 1024 for n in [3, 2, 1]],
    OUT["dicom_implicit"]["affine"])

ds = dataset(ExplicitVRLittleEndian, SERIES, [0, 0, 0], 1)
for tag in ["RescaleSlope", "RescaleIntercept", "PixelSpacing", "SliceThickness", "ImageOrientationPatient", "ImagePositionPatient"]:
    delattr(ds, tag)
ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
ds.NumberOfFrames = 3
shared, measures, orientation, values = Dataset(), Dataset(), Dataset(), Dataset()
measures.PixelSpacing, measures.SliceThickness = [0.5, 0.75], 2
orientation.ImageOrientationPatient = [0.8, 0.6, 0, -0.6, 0.8, 0]
values.RescaleSlope, values.RescaleIntercept, values.RescaleType = 1, -1024, "HU"
shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
shared.PixelValueTransformationSequence = [values]
ds.SharedFunctionalGroupsSequence = [shared]
ds.PerFrameFunctionalGroupsSequence = []
for z in range(3):
    frame, position = Dataset(), Dataset()
    position.ImagePositionPatient = [10, -20, 30 + 2.5 * z]
    frame.PlanePositionSequence = [position]
    ds.PerFrameFunctionalGroupsSequence.append(frame)
ds.PixelData = SERIES.tobytes(); ds["PixelData"].VR = "OW"
save(ds, HERE / "frames.dcm")
image = sitk.ReadImage(str(HERE / "frames.dcm"))
put("frames.dcm", pydicom.dcmread(HERE / "frames.dcm").pixel_array.astype(int) - 1024, affine_of(image))
ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
save(ds, HERE / "deflated_frames.dcm")
OUT["deflated_frames.dcm"] = OUT["frames.dcm"]



def modality(name, values, describe):
    """A series whose modality values pydicom computes, slice by slice."""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    read = []
    for z in range(3):
        ds = dataset(ExplicitVRLittleEndian, values[z], [10, -20, 30 + 2.5 * z], 3 - z)
        describe(ds, z)
        ds.PixelData = values[z].tobytes(); ds["PixelData"].VR = "OW"
        save(ds, folder / f"{3 - z}")
        ds = pydicom.dcmread(folder / f"{3 - z}")
        read.append(np.asarray(apply_modality_lut(ds.pixel_array, ds)).astype(np.float32))
    put(name, read, OUT["dicom_implicit"]["affine"])


def slopes(ds, z):
    ds.RescaleSlope, ds.RescaleIntercept = [0.5, 1.25, 2][z], [-10, 0, 7.5][z]


def table(first, outputs, bits, vr):
    def describe(ds, z):
        del ds.RescaleSlope, ds.RescaleIntercept
        item = Dataset()
        item.add_new("LUTDescriptor", vr, [len(outputs), first, bits])
        item.ModalityLUTType = "US"
        item.add_new("LUTData", "US" if bits == 16 else "OW",
                     (outputs + 3 * z).tolist() if bits == 16 else np.asarray(outputs + 3 * z, "<u2").tobytes())
        ds.ModalityLUTSequence = [item]
    return describe


modality("dicom_slopes", SERIES, slopes)
# Values below the first and above the last entry take those.
modality("dicom_table", SERIES, table(120, np.arange(100) ** 2, 16, "US"))
modality("dicom_table_signed", (N - 60).astype(np.int16), table(-40, 200 - np.arange(80), 8, "SS"))

(HERE / "golden.json").write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in OUT.items()) + "\n}\n")
