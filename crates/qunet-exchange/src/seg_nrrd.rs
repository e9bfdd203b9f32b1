//! Segmentations of 3D Slicer.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ndarray::{Array3, s};
use qunet_grid::IGNORE;
use qunet_stack::{Fit, Geometry, Grid, SliceId};

use crate::answers::read;
use crate::error::NrrdProblem;
use crate::{Answers, Error, Task, nifti};

/// The name of the segment of what nobody asked for.
const NOT_ASKED: &str = "not asked for";

pub(crate) fn export(task: &Task<'_>, folder: &Path) -> Result<(), Error> {
    task.stack.write(folder.join(format!("{}.nii.gz", task.name)))?;
    let mut segments = task.segments();
    segments.push(qunet_stack::Segment {
        label: IGNORE,
        name: NOT_ASKED.to_owned(),
        colour: [0.5; 3],
    });
    let path = folder.join(format!("{}.seg.nrrd", task.name));
    Ok(task.stack.write_segmentation(path, &task.labels(), &segments)?)
}

/// Segments are known by their names, whatever their values; one called otherwise than a class and
/// not "not asked for" is refused.
pub(crate) fn import(task: &Task<'_>, path: &Path) -> Result<Answers, Error> {
    let bytes = read(path)?;
    let file = Nrrd::from_bytes(&bytes, task).map_err(|problem| nrrd(path, problem))?;
    let labels_of = file.labels(task).map_err(|problem| nrrd(path, problem))?;
    let (slices, height, width) = file.voxels.dim();
    let (full, part) = (task.stack.shape(), [slices, height, width]);
    let grid = Grid::placed(path.display().to_string(), part, file.geometry);
    // A program that crops and does not say so leaves it to the origin.
    let whole = Grid::from(task.stack);
    let offset = file.offset.or_else(|| whole.offset_of(&grid));
    let offset @ [z, y, x] = offset.unwrap_or_default();
    let end = [z + slices, y + height, x + width];
    if (0..3).any(|axis| end[axis] > full[axis]) {
        return Err(Error::Shape { path: path.to_owned(), found: end, expected: full });
    }
    let place = task.stack.geometry().starting_at(offset);
    let fit = whole.part(offset, part).fit(&grid).map_err(|error| nifti::elsewhere(path, error))?;
    if let Fit::Reordered(_) = fit {
        let distance = file.geometry.furthest_corner(&place, part);
        return Err(Error::Place { path: path.to_owned(), distance });
    }
    let mut labels = Array3::zeros((full[0], full[1], full[2]));
    let mut part = labels.slice_mut(s![z..z + slices, y..y + height, x..x + width]);
    for (((slice, _, _), &value), to) in file.voxels.indexed_iter().zip(&mut part) {
        let unknown = || nrrd(path, file.unknown(SliceId(z + slice), value));
        *to = labels_of[usize::from(value)].ok_or_else(unknown)?;
    }
    // What Slicer cut off was background on slices asked for, and 255 elsewhere or not drawn.
    Ok(Answers::from_labels(task, &labels)?.noting(fit.note(path)))
}

fn nrrd(path: &Path, problem: NrrdProblem) -> Error {
    Error::Nrrd { path: path.to_owned(), problem }
}

/// A file as it is: values, where they lie, and what they mean.
struct Nrrd {
    voxels: Array3<u8>,
    geometry: Geometry,
    /// Slice, row and column of the stack at which the voxels begin, where the file says so.
    offset: Option<[usize; 3]>,
    segments: Vec<Segment>,
}

/// A segment of a file.
struct Segment {
    /// Its number in the file.
    number: usize,
    name: String,
    value: u8,
}

impl Nrrd {
    /// The label of each value.
    fn labels(&self, task: &Task<'_>) -> Result<[Option<u8>; 256], NrrdProblem> {
        let mut labels = [None; 256];
        labels[0] = Some(0);
        for (place, Segment { number, name, value }) in self.segments.iter().enumerate() {
            let before = self.segments[..place].iter().find(|before| before.value == *value);
            if let Some(Segment { name: first, .. }) = before {
                let (first, second) = (first.clone(), name.clone());
                return Err(NrrdProblem::SharedValue { first, second, value: *value });
            }
            let label = if name == NOT_ASKED { Some(IGNORE) } else { task.label_of(name) };
            let unknown = || NrrdProblem::Class {
                segment: *number,
                name: name.clone(),
                known: task.classes.join(", "),
            };
            labels[usize::from(*value)] = Some(label.ok_or_else(unknown)?);
        }
        Ok(labels)
    }

    /// Of a value that no segment has.
    fn unknown(&self, slice: SliceId, value: u8) -> NrrdProblem {
        let known = self.segments.iter().map(|it| format!("{} ({})", it.value, it.name));
        NrrdProblem::Value { slice, value, known: known.collect::<Vec<_>>().join(", ") }
    }

    fn from_bytes(bytes: &[u8], task: &Task<'_>) -> Result<Self, NrrdProblem> {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n");
        let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (header, data) = match (end, crlf) {
            (Some(end), _) => (&bytes[..end], &bytes[end + 2..]),
            (None, Some(end)) => (&bytes[..end], &bytes[end + 4..]),
            (None, None) => (bytes, &bytes[bytes.len()..]),
        };
        let header = String::from_utf8_lossy(header);
        if !header.starts_with("NRRD000") {
            return Err(NrrdProblem::Magic);
        }
        let header = Header::from_text(&header);
        if let Some(file) = header.fields.get("data file").or(header.fields.get("datafile")) {
            return Err(NrrdProblem::Detached { file: (*file).to_owned() });
        }
        let segments = header.segments()?;
        header.one_of("type", &["unsigned char", "uchar", "uint8", "uint8_t"])?;
        let encoding = header.one_of("encoding", &["raw", "gzip", "gz"])?;
        let shape = header.shape(task)?;
        let expected = shape.iter().product();
        let voxels = unpacked(data, encoding != "raw", expected)?;
        let found = voxels.len();
        let voxels = Array3::from_shape_vec((shape[0], shape[1], shape[2]), voxels)
            .map_err(|_| NrrdProblem::Voxels { found, expected })?;
        let (geometry, offset) = (header.geometry()?, header.offset(task)?);
        Ok(Self { voxels, geometry, offset, segments })
    }
}

/// At most one voxel more than expected, whatever the file holds.
fn unpacked(data: &[u8], packed: bool, expected: usize) -> Result<Vec<u8>, NrrdProblem> {
    if !packed {
        return Ok(data[..data.len().min(expected + 1)].to_vec());
    }
    let mut voxels = Vec::with_capacity(expected + 1);
    MultiGzDecoder::new(data)
        .take(expected as u64 + 1)
        .read_to_end(&mut voxels)
        .map_err(NrrdProblem::Gzip)?;
    Ok(voxels)
}

/// The fields of a header, and the keys that belong to a program.
struct Header<'a> {
    fields: HashMap<&'a str, &'a str>,
    keys: HashMap<&'a str, &'a str>,
}

impl<'a> Header<'a> {
    fn from_text(text: &'a str) -> Self {
        let (mut fields, mut keys) = (HashMap::new(), HashMap::new());
        for line in text.lines().skip(1).filter(|line| !line.starts_with('#')) {
            if let Some((key, value)) = line.split_once(":=") {
                keys.insert(key, value.trim_end());
            } else if let Some((field, value)) = line.split_once(": ") {
                fields.insert(field, value.trim());
            }
        }
        Self { fields, keys }
    }

    fn field(&self, field: &'static str) -> &'a str {
        self.fields.get(field).copied().unwrap_or_default()
    }

    fn fault<T>(&self, field: &'static str, remedy: &'static str) -> Result<T, NrrdProblem> {
        let value = self.fields.get(field).or(self.keys.get(field)).copied().unwrap_or_default();
        Err(NrrdProblem::Field { field, value: value.to_owned(), remedy })
    }

    fn one_of(&self, field: &'static str, allowed: &[&str]) -> Result<&'a str, NrrdProblem> {
        let value = self.field(field);
        if allowed.contains(&value) {
            return Ok(value);
        }
        self.fault(field, "save it as unsigned char, raw or packed with gzip")
    }

    /// Slices, rows and columns; never more than the stack has, so that memory is bounded.
    fn shape(&self, task: &Task<'_>) -> Result<[usize; 3], NrrdProblem> {
        let remedy = "it must be three sizes, none above those of the stack; overlapping segments \
                      (four sizes) are not read, export them into one layer";
        let sizes: Vec<usize> =
            self.field("sizes").split_whitespace().filter_map(|size| size.parse().ok()).collect();
        let &[width, height, slices] = sizes.as_slice() else { return self.fault("sizes", remedy) };
        let shape = [slices, height, width];
        let fits = |axis: usize| shape[axis] > 0 && shape[axis] <= task.stack.shape()[axis];
        if (0..3).all(fits) { Ok(shape) } else { self.fault("sizes", remedy) }
    }

    fn geometry(&self) -> Result<Geometry, NrrdProblem> {
        let vectors = |field: &'static str, count: usize| {
            let numbers: Vec<f64> = self
                .field(field)
                .split(|c: char| "(), ".contains(c))
                .filter(|word| !word.is_empty())
                .filter_map(|word| word.parse().ok())
                .collect();
            let holds = numbers.len() == 3 * count && numbers.iter().all(|it| it.is_finite());
            if holds { Ok(numbers) } else { self.fault(field, "it must be vectors like (1,0,0)") }
        };
        let (axes, origin) = (vectors("space directions", 3)?, vectors("space origin", 1)?);
        let rows = [0, 1, 2].map(|row| [axes[row], axes[3 + row], axes[6 + row], origin[row]]);
        match self.field("space").to_ascii_lowercase().as_str() {
            "left-posterior-superior" | "lps" => Ok(Geometry::from_lps(rows)),
            "right-anterior-superior" | "ras" => {
                Ok(Geometry { affine: rows, ..Geometry::default() })
            }
            _ => self.fault("space", "save it in left-posterior-superior"),
        }
    }

    /// Slice, row and column at which a segmentation that Slicer cropped begins.
    fn offset(&self, task: &Task<'_>) -> Result<Option<[usize; 3]>, NrrdProblem> {
        let key = "Segmentation_ReferenceImageExtentOffset";
        let Some(text) = self.keys.get(key).copied() else { return Ok(None) };
        let parts: Vec<usize> =
            text.split_whitespace().filter_map(|part| part.parse().ok()).collect();
        match parts.as_slice() {
            &[x, y, z] if [z, y, x].iter().zip(task.stack.shape()).all(|(at, end)| *at < end) => {
                Ok(Some([z, y, x]))
            }
            _ => self.fault(key, "it must be a column, a row and a slice of the image"),
        }
    }

    /// In order of their numbers, from whichever they begin and whichever are left out.
    fn segments(&self) -> Result<Vec<Segment>, NrrdProblem> {
        let number = |key: &&str| key.strip_prefix("Segment")?.strip_suffix("_Name")?.parse().ok();
        let mut numbers: Vec<usize> = self.keys.keys().filter_map(number).collect();
        numbers.sort_unstable();
        let segment = |number: usize| {
            let key = |end: &str| self.keys.get(format!("Segment{number}_{end}").as_str());
            let [name, value] =
                ["Name", "LabelValue"].map(|end| key(end).copied().unwrap_or_default().to_owned());
            match value.parse() {
                Ok(label @ 1..) => Ok(Segment { number, name, value: label }),
                _ => Err(NrrdProblem::Field {
                    field: "LabelValue",
                    value,
                    remedy: "every segment has one from 1 to 255",
                }),
            }
        };
        let segments: Vec<Segment> = numbers.into_iter().map(segment).collect::<Result<_, _>>()?;
        if segments.is_empty() { Err(NrrdProblem::NoSegments) } else { Ok(segments) }
    }
}
