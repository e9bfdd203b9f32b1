//! DICOM series: a folder of files or a file of frames.

mod content;
mod decode;
mod frame;
mod modality;
mod rle;
mod scan;
mod space;
mod syntax;
mod walk;

use std::path::{Path, PathBuf};

use dicom_object::DefaultDicomObject;

use content::Content;
use frame::Stored;
use modality::Table;
use walk::Walked;

use crate::place::Place;
use crate::samples::Samples;
use crate::source::Source;
use crate::{Error, SlicePixels};

/// The frames of a series in order of position.
pub(crate) struct Slices {
    files: Vec<SeriesFile>,
    /// The file and the frame in it of each slice, and the place.
    frames: Vec<Frame>,
    /// Whether all values are whole numbers that 16 bits hold.
    kind: Kind,
    place: Place,
    /// The file that was read last.
    open: Option<(usize, Content)>,
    /// The file of packed frames that was read last.
    packed: Option<(usize, Box<DefaultDicomObject>)>,
}

#[derive(Debug)]
struct SeriesFile {
    path: PathBuf,
    walked: Walked,
    /// Rows, columns and type are those of all files.
    stored: Stored,
    /// In the place of the slope and intercept of its frames.
    table: Option<Table>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    file: usize,
    frame: usize,
    place: frame::Place,
}

/// What the values of a series become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// As they are stored.
    Stored,
    /// Modality values in 16 bits.
    Whole,
    /// Modality values in f32.
    Float,
}

impl Slices {
    /// Opens a file, which may hold many frames.
    pub(crate) fn open_file(path: &Path) -> Result<Self, Error> {
        scan::scan(path, vec![path.to_owned()])
    }

    /// Opens the DICOM files of a folder.
    pub(crate) fn open(folder: &Path, files: Vec<PathBuf>) -> Result<Self, Error> {
        scan::scan(folder, files)
    }

    fn samples(&self, frame: &Frame) -> Samples {
        let frame::Place { slope, intercept, .. } = frame.place;
        let SeriesFile { walked, stored, table, .. } = &self.files[frame.file];
        let scaled = self.kind != Kind::Stored && table.is_none();
        let scale = scaled.then_some((slope, intercept));
        Samples { number: stored.number(), big_endian: walked.pixels.big_endian, scale }
    }

    /// From stored or scaled values to those of the series.
    fn modality(&self, file: &SeriesFile, slice: SlicePixels) -> SlicePixels {
        let slice = match &file.table {
            Some(table) => SlicePixels::F32(table.apply(slice.view())),
            None => slice,
        };
        match slice {
            // Whole numbers that fit, as the scan saw to.
            SlicePixels::F32(values) if self.kind == Kind::Whole => {
                SlicePixels::I16(values.mapv(|value| value as i16))
            }
            other => other,
        }
    }
}

impl Source for Slices {
    fn shape(&self) -> [usize; 3] {
        // A series has a file at least.
        let stored = self.files[0].stored;
        [self.frames.len(), stored.rows.into(), stored.columns.into()]
    }

    fn place(&self) -> Place {
        self.place
    }

    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        let frame = self.frames[index];
        let file = &self.files[frame.file];
        let length = file.stored.frame_bytes();
        let mut samples = self.samples(&frame);
        let place = (frame.file, frame.frame);
        let mut bytes = if file.walked.pixels.length.is_some() {
            decode::plain(file, place, &mut self.open)?
        } else {
            samples.big_endian = cfg!(target_endian = "big");
            decode::packed(file, place, &mut self.packed)?
        };
        decode::extend_sign(&mut bytes, &file.stored, samples.big_endian);
        let found = bytes.len() as u64;
        let shape = (usize::from(file.stored.rows), usize::from(file.stored.columns));
        let slice = samples.decode(shape, &bytes).ok_or_else(|| Error::CutShort {
            path: file.path.clone(),
            expected: length as u64,
            found,
        })?;
        Ok(self.modality(file, slice))
    }
}

impl std::fmt::Debug for Slices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = f.debug_struct("Slices");
        fields
            .field("frames", &self.frames.len())
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
