//! NIfTI in, a slice at a time.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use nifti::NiftiHeader;

use super::gzip::Members;
use super::layout::{HEADER_BYTES, Layout};
use super::{broken, geometry, second};
use crate::place::Place;
use crate::source::Source;
use crate::{Error, SlicePixels};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// `sizeof_hdr` of NIfTI-1 in either byte order.
const HEADER_SIZES: [[u8; 4]; 2] = [348u32.to_le_bytes(), 348u32.to_be_bytes()];
/// That of NIfTI-2.
const SECOND_SIZES: [[u8; 4]; 2] =
    [(second::BYTES as u32).to_le_bytes(), (second::BYTES as u32).to_be_bytes()];
const PAIR_MAGIC: [u8; 4] = *b"ni1\0";
/// Bytes read from disk at once: the decoder copies its window whenever it runs out of them.
const PACKED: usize = 1 << 18;
/// Bytes unpacked at once while less is asked for, as for a header; slices are unpacked in place.
const UNPACKED: usize = 1 << 16;

/// The slices of a `.nii` or `.nii.gz` file, or of a `.hdr` and `.img` pair; the header is checked
/// when it is opened.
pub(crate) struct Slices {
    /// The file with the voxels.
    path: PathBuf,
    bytes: Bytes,
    place: Place,
    layout: Layout,
    /// The slice that the bytes are at.
    next: usize,
}

/// A file's content, unpacked.
enum Bytes {
    Plain(BufReader<File>),
    Packed(Box<BufReader<Members<BufReader<File>>>>),
}

impl Slices {
    /// Compression is seen by content, not by name.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let header_path = header_of(path);
        let mut bytes = Bytes::open(&header_path)?;
        let (header, header_bytes) = read_header(&header_path, bytes.reader())?;
        let alone = header.magic == PAIR_MAGIC;
        // Checks the axes, which the place rests on.
        let layout = Layout::new(&header_path, &header, header_bytes, alone)?;
        let place = geometry::place(&header_path, &header)?;
        let path = if alone { voxels_of(&header_path)? } else { header_path };
        let mut at = header_bytes;
        if alone {
            (bytes, at) = (Bytes::open(&path)?, 0);
        }
        let cannot_read = |source| Error::reading(&path, source);
        let metadata = fs::metadata(&path).map_err(cannot_read)?;
        layout.check_length(&path, &metadata, bytes.is_packed())?;
        // Whatever lies between the header and the voxels.
        bytes.skip(layout.start.saturating_sub(at)).map_err(cannot_read)?;
        Ok(Self { path, bytes, place, layout, next: 0 })
    }

    /// Goes to the start of a slice: a step in a plain file, unpacking what lies before in a
    /// packed one.
    fn go_to(&mut self, index: usize) -> Result<(), Error> {
        if index == self.next {
            return Ok(());
        }
        let path = &self.path;
        let cannot_read = |source| Error::reading(path, source);
        let bytes_of = |slices: usize| slices as u64 * self.layout.slice_bytes as u64;
        let start = self.layout.start;
        match &mut self.bytes {
            Bytes::Plain(file) => {
                let place = SeekFrom::Start(start + bytes_of(index));
                file.seek(place).map_err(cannot_read)?;
            }
            Bytes::Packed(_) if index > self.next => {
                self.bytes.skip(bytes_of(index - self.next)).map_err(cannot_read)?;
            }
            Bytes::Packed(_) => {
                self.bytes = Bytes::open(path)?;
                self.bytes.skip(start + bytes_of(index)).map_err(cannot_read)?;
            }
        }
        self.next = index;
        Ok(())
    }
}

impl Source for Slices {
    fn shape(&self) -> [usize; 3] {
        self.layout.shape
    }

    fn place(&self) -> Place {
        self.place
    }

    fn is_random_access(&self) -> bool {
        !self.bytes.is_packed()
    }

    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        self.go_to(index)?;
        // Where a failure leaves the file is not known.
        self.next = usize::MAX;
        let Layout { shape, samples, .. } = self.layout;
        let slice = samples.read_slice(&self.path, shape, index, self.bytes.reader())?;
        if self.bytes.is_packed() && index + 1 == shape[0] {
            // gzip keeps its checksum at the very end; damage must not pass for pixels.
            let cannot_read = |source| Error::reading(&self.path, source);
            io::copy(self.bytes.reader(), &mut io::sink()).map_err(cannot_read)?;
        }
        self.next = index + 1;
        Ok(slice)
    }
}

impl Bytes {
    fn open(path: &Path) -> Result<Self, Error> {
        let cannot_read = |source| Error::reading(path, source);
        let mut file = BufReader::with_capacity(PACKED, File::open(path).map_err(cannot_read)?);
        let packed = file.fill_buf().map_err(cannot_read)?.starts_with(&GZIP_MAGIC);
        Ok(if packed {
            Self::Packed(Box::new(BufReader::with_capacity(UNPACKED, Members::new(file))))
        } else {
            Self::Plain(file)
        })
    }

    fn reader(&mut self) -> &mut dyn BufRead {
        match self {
            Self::Plain(file) => file,
            Self::Packed(packed) => packed,
        }
    }

    fn is_packed(&self) -> bool {
        matches!(self, Self::Packed(_))
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        io::copy(&mut self.reader().take(bytes), &mut io::sink()).map(drop)
    }
}

impl fmt::Debug for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Slices");
        fields.field("path", &self.path).field("shape", &self.layout.shape);
        fields.field("next", &self.next).finish_non_exhaustive()
    }
}

/// The header and how many bytes it takes.
fn read_header(path: &Path, mut source: &mut dyn BufRead) -> Result<(NiftiHeader, u64), Error> {
    let broken = |source| broken(path, source);
    let start = source.fill_buf().map_err(|error| broken(error.into()))?;
    let starts = |sizes: [[u8; 4]; 2]| sizes.iter().any(|size| start.starts_with(size));
    let (mut header, bytes) = if starts(HEADER_SIZES) {
        (NiftiHeader::from_reader(&mut source).map_err(broken)?, HEADER_BYTES)
    } else if starts(SECOND_SIZES) {
        (second::read(&mut source).map_err(broken)?, second::BYTES)
    } else {
        return Err(Error::UnknownFormat { path: path.to_owned() });
    };
    header.fix();
    Ok((header, bytes))
}

/// The header that goes with a path: itself, unless it is the `.img` half of a pair.
fn header_of(path: &Path) -> PathBuf {
    partner(path, "img", "hdr").filter(|header| header.is_file()).unwrap_or_else(|| path.to_owned())
}

/// The voxels that go with the header of a pair.
fn voxels_of(header: &Path) -> Result<PathBuf, Error> {
    let missing = || Error::Unsupported {
        path: header.to_owned(),
        what: "a NIfTI-1 header whose voxels lie in another file".to_owned(),
        remedy: "put the .img file beside the .hdr file, under the same name",
    };
    partner(header, "hdr", "img").filter(|voxels| voxels.is_file()).ok_or_else(missing)
}

/// The same name with the other ending; each half may be packed or plain.
fn partner(path: &Path, ending: &str, other: &str) -> Option<PathBuf> {
    let is = |path: &Path, ending: &str| {
        path.extension().is_some_and(|found| found.eq_ignore_ascii_case(OsStr::new(ending)))
    };
    let plain = if is(path, "gz") { path.with_extension("") } else { path.to_owned() };
    if !is(&plain, ending) {
        return None;
    }
    let candidates = [other.to_owned(), format!("{other}.gz"), other.to_ascii_uppercase()];
    let mut paths = candidates.iter().map(|other| plain.with_extension(other));
    paths.find(|path| path.is_file())
}
