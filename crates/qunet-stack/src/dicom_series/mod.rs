//! DICOM series: a folder of files or a file of frames.

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

use frame::{Place, Stored};
use modality::Table;
use walk::PixelData;

use crate::samples::Samples;
use crate::source::Source;
use crate::{Error, Geometry, SlicePixels};

/// The frames of a series in order of position.
pub(crate) struct Slices {
    files: Vec<SeriesFile>,
    /// The file and the frame in it of each slice, and the place.
    frames: Vec<Frame>,
    stored: Stored,
    /// Whether all values are whole numbers that 16 bits hold.
    kind: Kind,
    geometry: Geometry,
    /// The packed file that was read last.
    open: Option<(usize, Box<DefaultDicomObject>)>,
}

#[derive(Debug)]
struct SeriesFile {
    path: PathBuf,
    pixels: PixelData,
    /// In the place of the slope and intercept of its frames.
    table: Option<Table>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    file: usize,
    frame: usize,
    place: Place,
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
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        scan::scan(path)
    }

    fn samples(&self, frame: &Frame) -> Samples {
        let Place { slope, intercept, .. } = frame.place;
        let SeriesFile { pixels, table, .. } = &self.files[frame.file];
        let scaled = self.kind != Kind::Stored && table.is_none();
        let scale = scaled.then_some((slope, intercept));
        Samples { number: self.stored.number(), big_endian: pixels.big_endian, scale }
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
        [self.frames.len(), self.stored.rows.into(), self.stored.columns.into()]
    }

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        let frame = self.frames[index];
        let file = &self.files[frame.file];
        let length = self.stored.frame_bytes();
        let mut samples = self.samples(&frame);
        let mut bytes = if file.pixels.length.is_some() {
            decode::plain(&file.path, &file.pixels, frame.frame, length)?
        } else {
            samples.big_endian = cfg!(target_endian = "big");
            decode::packed(&file.path, frame.file, frame.frame, &self.stored, &mut self.open)?
        };
        decode::extend_sign(&mut bytes, &self.stored, samples.big_endian);
        let found = bytes.len() as u64;
        let shape = (usize::from(self.stored.rows), usize::from(self.stored.columns));
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
        fields.field("frames", &self.frames.len()).field("stored", &self.stored);
        fields.field("geometry", &self.geometry).finish_non_exhaustive()
    }
}
