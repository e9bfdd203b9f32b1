//! Headers of NIfTI-2, whose fields are those of NIfTI-1 in other places and wider types.

use std::io::{self, Read};

use nifti::{Endianness, NiftiError, NiftiHeader};

/// `sizeof_hdr`.
pub(super) const BYTES: u64 = 540;
/// The least `vox_offset` of a single file.
pub(super) const DATA_START: u64 = 544;

/// Reads a header as one of NIfTI-1.
///
/// Fails where an axis is longer than NIfTI-1 can say, which no memory holds.
pub(super) fn read(source: &mut dyn Read) -> Result<NiftiHeader, NiftiError> {
    let mut bytes = [0; BYTES as usize];
    source.read_exact(&mut bytes)?;
    let big_endian = bytes.starts_with(&(BYTES as u32).to_be_bytes());
    let fields = Fields { bytes: &bytes, big_endian };
    let mut header = NiftiHeader {
        endianness: if big_endian { Endianness::Big } else { Endianness::Little },
        datatype: i16::from_ne_bytes(fields.at(12)),
        bitpix: i16::from_ne_bytes(fields.at(14)),
        vox_offset: fields.long(168) as f32,
        scl_slope: fields.float(176),
        scl_inter: fields.float(184),
        qform_code: fields.code(344),
        sform_code: fields.code(348),
        quatern_b: fields.float(352),
        quatern_c: fields.float(360),
        quatern_d: fields.float(368),
        quatern_x: fields.float(376),
        quatern_y: fields.float(384),
        quatern_z: fields.float(392),
        srow_x: fields.row(400),
        srow_y: fields.row(432),
        srow_z: fields.row(464),
        xyzt_units: fields.code(500) as u8,
        // Of a single file and of a pair, as NIfTI-1 has it.
        magic: if bytes[5] == b'i' { *b"ni1\0" } else { *b"n+1\0" },
        ..NiftiHeader::default()
    };
    for axis in 0..8 {
        let length = fields.long(16 + 8 * axis);
        let too_long = |_| NiftiError::Io(io::Error::other("an axis is longer than 65,535 voxels"));
        header.dim[axis] = u16::try_from(length).map_err(too_long)?;
        header.pixdim[axis] = fields.float(104 + 8 * axis);
    }
    Ok(header)
}

struct Fields<'a> {
    bytes: &'a [u8; BYTES as usize],
    big_endian: bool,
}

impl Fields<'_> {
    /// The bytes of a number in the order of this machine.
    fn at<const N: usize>(&self, place: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.bytes[place..place + N]);
        if self.big_endian != cfg!(target_endian = "big") {
            bytes.reverse();
        }
        bytes
    }

    fn long(&self, place: usize) -> i64 {
        i64::from_ne_bytes(self.at(place))
    }

    fn float(&self, place: usize) -> f32 {
        f64::from_ne_bytes(self.at(place)) as f32
    }

    fn code(&self, place: usize) -> i16 {
        i32::from_ne_bytes(self.at(place)) as i16
    }

    fn row(&self, place: usize) -> [f32; 4] {
        [0, 1, 2, 3].map(|column| self.float(place + 8 * column))
    }
}
