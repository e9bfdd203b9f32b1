//! NIfTI-1 in and out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use nalgebra::{Matrix3, Matrix4};
use ndarray::{Array3, ArrayRef3};
use nifti::volume::NiftiVolume;
use nifti::writer::WriterOptions;
use nifti::{DataElement, InMemNiftiVolume, NiftiError, NiftiHeader, NiftiType, XForm};

use crate::files::write_atomically_as;
use crate::geometry::{Geometry, LengthUnit};
use crate::{Error, Pixels};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// `sizeof_hdr` of NIfTI-1 in either byte order.
const HEADER_SIZES: [[u8; 4]; 2] = [348u32.to_le_bytes(), 348u32.to_be_bytes()];

/// Bytes of the header, and the least `vox_offset` of a single file.
const HEADER_BYTES: u64 = 348;
const DATA_START: u64 = 352;
/// `dim` holds signed 16-bit numbers.
const LONGEST_AXIS: usize = i16::MAX as usize;

/// Reads a `.nii` or `.nii.gz` file; compression is seen by content, not by name.
pub(crate) fn read(path: &Path) -> Result<(Pixels, Geometry), Error> {
    let (mut header, volume) = read_volume(path)?;
    header.fix();
    let geometry = geometry(path, &header)?;
    let pixels = pixels(path, &header, volume)?;
    Ok((pixels, geometry))
}

fn read_volume(path: &Path) -> Result<(NiftiHeader, InMemNiftiVolume), Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(cannot_read)?);
    let start = file.fill_buf().map_err(cannot_read)?;
    if start.starts_with(&GZIP_MAGIC) {
        read_plain(path, BufReader::new(MultiGzDecoder::new(file)))
    } else {
        read_plain(path, file)
    }
}

/// The voxels start at `vox_offset`, whatever lies between them and the header.
fn read_plain(
    path: &Path,
    mut reader: impl BufRead,
) -> Result<(NiftiHeader, InMemNiftiVolume), Error> {
    let broken = |source| broken(path, source);
    let start = reader.fill_buf().map_err(|error| broken(error.into()))?;
    if !HEADER_SIZES.iter().any(|size| start.starts_with(size)) {
        return Err(Error::UnknownFormat { path: path.to_owned() });
    }
    let header = NiftiHeader::from_reader(&mut reader).map_err(broken)?;
    if header.magic == *b"ni1\0" {
        return Err(broken(NiftiError::NoVolumeData));
    }
    let between = (header.vox_offset as u64).max(DATA_START) - HEADER_BYTES;
    io::copy(&mut reader.by_ref().take(between), &mut io::sink())
        .map_err(|error| broken(error.into()))?;
    let volume = InMemNiftiVolume::from_reader(reader.by_ref(), &header).map_err(broken)?;
    // gzip keeps its checksum at the very end; damage must not pass for pixels.
    io::copy(&mut reader, &mut io::sink()).map_err(|error| broken(error.into()))?;
    Ok((header, volume))
}

fn broken(path: &Path, source: NiftiError) -> Error {
    match source {
        NiftiError::Io(source) => Error::Read { path: path.to_owned(), source },
        source => Error::Nifti { path: path.to_owned(), source },
    }
}

/// The file's axes as `(slices, height, width)`: x is the column, y the row, z the slice.
fn shape(path: &Path, volume: &InMemNiftiVolume) -> Result<(usize, usize, usize), Error> {
    let axes: Vec<usize> = volume.dim().iter().map(|&length| usize::from(length)).collect();
    match axes[..] {
        [width, height] => Ok((1, height, width)),
        [width, height, slices, ref rest @ ..] if rest.iter().all(|&length| length == 1) => {
            Ok((slices, height, width))
        }
        _ => Err(Error::NotAVolume { path: path.to_owned(), shape: axes }),
    }
}

fn pixels(path: &Path, header: &NiftiHeader, volume: InMemNiftiVolume) -> Result<Pixels, Error> {
    let shape = shape(path, &volume)?;
    let datatype = volume.data_type();
    let unscaled = header.scl_slope == 0.0
        || !header.scl_slope.is_finite()
        || (header.scl_slope == 1.0 && header.scl_inter == 0.0);
    match datatype {
        NiftiType::Uint8 if unscaled => Ok(Pixels::U8(typed(path, shape, volume)?)),
        NiftiType::Uint16 if unscaled => Ok(Pixels::U16(typed(path, shape, volume)?)),
        NiftiType::Int16 if unscaled => Ok(Pixels::I16(typed(path, shape, volume)?)),
        NiftiType::Float32 if unscaled => Ok(Pixels::F32(typed(path, shape, volume)?)),
        _ => {
            let (slope, inter) =
                if unscaled { (1.0, 0.0) } else { (header.scl_slope, header.scl_inter) };
            let scale = |value: f64| (value * f64::from(slope) + f64::from(inter)) as f32;
            Ok(Pixels::F32(widened(path, shape, volume)?.mapv(scale)))
        }
    }
}

fn typed<T: DataElement>(
    path: &Path,
    shape: (usize, usize, usize),
    volume: InMemNiftiVolume,
) -> Result<Array3<T>, Error> {
    let broken = |source| broken(path, source);
    let values = volume.into_nifti_typed_data::<T>().map_err(broken)?;
    let length = values.len();
    Array3::from_shape_vec(shape, values).map_err(|_| {
        let expected = shape.0 * shape.1 * shape.2;
        broken(NiftiError::IncompatibleLength(length, expected))
    })
}

/// Any other grey voxel type through f64.
fn widened(
    path: &Path,
    shape: (usize, usize, usize),
    volume: InMemNiftiVolume,
) -> Result<Array3<f64>, Error> {
    let wide = match volume.data_type() {
        NiftiType::Uint8 => typed::<u8>(path, shape, volume)?.mapv(f64::from),
        NiftiType::Int8 => typed::<i8>(path, shape, volume)?.mapv(f64::from),
        NiftiType::Uint16 => typed::<u16>(path, shape, volume)?.mapv(f64::from),
        NiftiType::Int16 => typed::<i16>(path, shape, volume)?.mapv(f64::from),
        NiftiType::Uint32 => typed::<u32>(path, shape, volume)?.mapv(f64::from),
        NiftiType::Int32 => typed::<i32>(path, shape, volume)?.mapv(f64::from),
        NiftiType::Uint64 => typed::<u64>(path, shape, volume)?.mapv(|value| value as f64),
        NiftiType::Int64 => typed::<i64>(path, shape, volume)?.mapv(|value| value as f64),
        NiftiType::Float32 => typed::<f32>(path, shape, volume)?.mapv(f64::from),
        NiftiType::Float64 => typed::<f64>(path, shape, volume)?,
        other => {
            let datatype = format!("{other:?}");
            return Err(Error::VoxelType { path: path.to_owned(), datatype });
        }
    };
    Ok(wide)
}

fn geometry(path: &Path, header: &NiftiHeader) -> Result<Geometry, Error> {
    let matrix = if header.sform_code > 0 {
        header.sform_affine::<f64>()
    } else if header.qform_code > 0 {
        check_qform(path, header)?;
        header.qform_affine()
    } else {
        // Neither is known: the voxel sizes alone, which need three axes.
        let mut header = NiftiHeader { sform_code: 0, qform_code: 0, ..header.clone() };
        if header.dim[0] == 2 {
            (header.dim[0], header.dim[3], header.pixdim[3]) = (3, 1, 1.0);
        }
        header.affine()
    };
    let mut affine = [[0.0; 4]; 3];
    for (row, values) in affine.iter_mut().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            *value = matrix[(row, column)];
        }
    }
    check_affine(path, &affine)?;
    let space = if header.sform_code > 0 { header.sform_code } else { header.qform_code };
    let unit = match header.xyzt_units & 0x07 {
        1 => LengthUnit::Metre,
        2 => LengthUnit::Millimetre,
        3 => LengthUnit::Micrometre,
        _ => LengthUnit::Unknown,
    };
    Ok(Geometry { affine, space: space.clamp(1, 5), unit })
}

/// Voxel sizes above zero and a quaternion that is a rotation.
fn check_qform(path: &Path, header: &NiftiHeader) -> Result<(), Error> {
    let broken = |field, value| Err(Error::BrokenGeometry { path: path.to_owned(), field, value });
    let sizes = header.pixdim[1..4].iter().zip(["pixdim[1]", "pixdim[2]", "pixdim[3]"]);
    for (&size, field) in sizes {
        if !(size > 0.0 && size.is_finite()) {
            return broken(field, f64::from(size));
        }
    }
    let quaternion = [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
    let squares: f64 = quaternion.iter().map(|part| part * part).sum();
    // As far as the reader takes rounding in its stride; NaN shows in the affine.
    if squares > 1.0 + f64::from(f32::EPSILON) {
        return broken("the squared length of the quaternion", squares);
    }
    Ok(())
}

/// Finite in single precision, and three directions that span space.
fn check_affine(path: &Path, affine: &[[f64; 4]; 3]) -> Result<(), Error> {
    let broken = |field, value| Err(Error::BrokenGeometry { path: path.to_owned(), field, value });
    let single = affine.map(|row| row.map(|value| f64::from(value as f32)));
    if let Some(&value) = single.as_flattened().iter().find(|value| !value.is_finite()) {
        return broken("the affine", value);
    }
    let axes = Matrix3::from_fn(|row, column| single[row][column]);
    match axes.determinant() {
        0.0 => broken("the affine's determinant", 0.0),
        _ => Ok(()),
    }
}

/// Writes a volume with sform and qform both set, so that every viewer overlays it on its image.
pub(crate) fn write<T: DataElement + bytemuck::Pod>(
    path: &Path,
    volume: &ArrayRef3<T>,
    geometry: &Geometry,
) -> Result<(), Error> {
    let failed = |source| Error::NiftiWrite { path: path.to_owned(), source };
    check_affine(path, &geometry.affine)?;
    if volume.shape().iter().any(|&length| length > LONGEST_AXIS) {
        return Err(failed(NiftiError::BadVolumeSize));
    }
    let header = header(geometry);
    // The writer goes by the ending of its file, and takes no other memory order.
    let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    let ending = if packed { ".nii.gz" } else { ".nii" };
    let volume = volume.as_standard_layout();
    write_atomically_as(path, ending, |temporary| {
        WriterOptions::new(temporary)
            .reference_header(&header)
            .write_nifti(&volume.t())
            .map_err(failed)
    })
}

fn header(geometry: &Geometry) -> NiftiHeader {
    let [x, y, z] = geometry.affine;
    let matrix = Matrix4::from_row_slice(&[x, y, z, [0.0, 0.0, 0.0, 1.0]].concat());
    let code = match geometry.space {
        2 => XForm::AlignedAnat,
        3 => XForm::Talairach,
        4 => XForm::Mni152,
        5 => XForm::TemplateOther,
        _ => XForm::ScannerAnat,
    };
    let mut header = NiftiHeader {
        xyzt_units: match geometry.unit {
            LengthUnit::Unknown => 0,
            LengthUnit::Metre => 1,
            LengthUnit::Millimetre => 2,
            LengthUnit::Micrometre => 3,
        },
        ..NiftiHeader::default()
    };
    header.set_sform(&matrix, code);
    header.set_qform(&matrix, code);
    header
}
