//! NIfTI-1 in, a slice at a time.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use nifti::{NiftiError, NiftiHeader};

use super::layout::{HEADER_BYTES, Layout};
use super::{broken, geometry::geometry};
use crate::{Error, Geometry, SlicePixels};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// `sizeof_hdr` of NIfTI-1 in either byte order.
const HEADER_SIZES: [[u8; 4]; 2] = [348u32.to_le_bytes(), 348u32.to_be_bytes()];

/// The slices of a `.nii` or `.nii.gz` file in order; its header is checked when it is opened.
pub(crate) struct Slices {
    path: PathBuf,
    source: Box<dyn BufRead + Send>,
    packed: bool,
    geometry: Geometry,
    layout: Layout,
    next: usize,
}

impl Slices {
    /// Compression is seen by content, not by name.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        let mut file = BufReader::new(File::open(path).map_err(cannot_read)?);
        let metadata = file.get_ref().metadata().map_err(cannot_read)?;
        let packed = file.fill_buf().map_err(cannot_read)?.starts_with(&GZIP_MAGIC);
        let mut source: Box<dyn BufRead + Send> = if packed {
            Box::new(BufReader::new(MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        let header = read_header(path, &mut source)?;
        let geometry = geometry(path, &header)?;
        let layout = Layout::of(path, &header)?;
        layout.check_length(path, &metadata, packed)?;
        // Whatever lies between the header and the voxels.
        let between = layout.start - HEADER_BYTES;
        io::copy(&mut source.by_ref().take(between), &mut io::sink()).map_err(cannot_read)?;
        Ok(Self { path: path.to_owned(), source, packed, geometry, layout, next: 0 })
    }

    /// Slices, height and width.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.layout.shape
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn read(&mut self) -> Result<SlicePixels, Error> {
        let cannot_read = |source| Error::Read { path: self.path.clone(), source };
        let length = self.layout.slice_bytes;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .map_err(|source| broken(&self.path, NiftiError::ReserveVolume(length, source)))?;
        let mut voxels = self.source.by_ref().take(length as u64);
        let found = voxels.read_to_end(&mut bytes).map_err(cannot_read)?;
        if found < length {
            let found = self.next as u64 * length as u64 + found as u64;
            let (path, expected) = (self.path.clone(), self.layout.bytes());
            return Err(Error::CutShort { path, expected, found });
        }
        if self.packed && self.next + 1 == self.layout.shape[0] {
            // gzip keeps its checksum at the very end; damage must not pass for pixels.
            io::copy(&mut self.source, &mut io::sink()).map_err(cannot_read)?;
        }
        let [_, height, width] = self.layout.shape;
        self.layout.voxels.decode(&self.path, (height, width), bytes)
    }
}

impl Iterator for Slices {
    type Item = Result<SlicePixels, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.layout.shape[0] {
            return None;
        }
        let slice = self.read();
        // Nothing that follows a failure is where it should be.
        self.next = if slice.is_ok() { self.next + 1 } else { self.layout.shape[0] };
        Some(slice)
    }
}

impl fmt::Debug for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Slices");
        fields.field("path", &self.path).field("shape", &self.layout.shape);
        fields.field("next", &self.next).finish_non_exhaustive()
    }
}

fn read_header(path: &Path, source: &mut dyn BufRead) -> Result<NiftiHeader, Error> {
    let broken = |source| broken(path, source);
    let start = source.fill_buf().map_err(|error| broken(error.into()))?;
    if !HEADER_SIZES.iter().any(|size| start.starts_with(size)) {
        return Err(Error::UnknownFormat { path: path.to_owned() });
    }
    let mut header = NiftiHeader::from_reader(source).map_err(broken)?;
    if header.magic == *b"ni1\0" {
        return Err(broken(NiftiError::NoVolumeData));
    }
    header.fix();
    Ok(header)
}
