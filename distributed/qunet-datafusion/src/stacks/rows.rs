//! The rows of one stack: a row for each slice, in batches of a few.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, Float64Array, RecordBatch, RecordBatchOptions, StringArray, StructArray, UInt32Array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use datafusion::error::Result;
use ndarray::Array2;
use qunet_stack::{MaskStream, SliceId, SlicePixels, SliceStream, SliceView};

use super::options::Errors;
use crate::Error;
use crate::image::{ImageBuilder, image_type};

/// Pixels of a batch, about: few enough to stay in the cache of a processor, and for memory to stay flat.
const BATCH_BYTES: usize = 4 << 20;
/// Rows of a batch that has no pixels.
const BATCH_ROWS: usize = 8192;

static SPACING: LazyLock<Fields> =
    LazyLock::new(|| structure(["slice", "row", "column"], &DataType::Float64));
static SHAPE: LazyLock<Fields> =
    LazyLock::new(|| structure(["slices", "height", "width"], &DataType::UInt32));

fn structure(names: [&str; 3], of: &DataType) -> Fields {
    names.map(|name| Field::new(name, of.clone(), true)).into_iter().collect()
}

/// The columns, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Stack,
    Slice,
    Position,
    Spacing,
    Shape,
    Type,
    Low,
    High,
    Pixels,
    Roi,
    Error,
}

impl Column {
    const ALL: [Self; 11] = [
        Self::Stack,
        Self::Slice,
        Self::Position,
        Self::Spacing,
        Self::Shape,
        Self::Type,
        Self::Low,
        Self::High,
        Self::Pixels,
        Self::Roi,
        Self::Error,
    ];

    fn field(self) -> Field {
        let (name, of) = match self {
            Self::Stack => return Field::new("stack", DataType::Utf8, false),
            Self::Slice => ("slice", DataType::UInt32),
            Self::Position => ("position", DataType::Float64),
            Self::Spacing => ("spacing", DataType::Struct(SPACING.clone())),
            Self::Shape => ("shape", DataType::Struct(SHAPE.clone())),
            Self::Type => ("type", DataType::Utf8),
            Self::Low => ("low", DataType::Float64),
            Self::High => ("high", DataType::Float64),
            Self::Pixels => ("pixels", image_type()),
            Self::Roi => ("roi", image_type()),
            Self::Error => ("error", DataType::Utf8),
        };
        Field::new(name, of, true)
    }
}

/// The columns of a table of stacks:
///
/// | Column | What it is |
/// |---|---|
/// | `stack` | path of the stack beneath the location of the table |
/// | `slice` | number of the slice, from 0 |
/// | `position` | its distance from the first along z, in mm |
/// | `spacing` | (`slice`, `row`, `column`) in mm |
/// | `shape` | (`slices`, `height`, `width`) of the stack |
/// | `type` | pixel type: `uint8`, `uint16`, `int16` or `float32` |
/// | `low`, `high` | smallest and largest pixel of the stack; to know them it is read once more |
/// | `pixels` | the slice ([`image_type`]) |
/// | `roi` | its region of interest, of 0 and 1, where the table has a folder of them |
/// | `error` | what is wrong with a stack or a slice that cannot be read; all but `stack` and `slice` is NULL there |
///
/// Pixels are read where `pixels` is asked for, of the first slice where `type` is; all else is in the headers.
#[must_use]
pub fn table_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let fields: Vec<Field> = Column::ALL.iter().map(|column| column.field()).collect();
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

/// Which columns are asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    columns: Vec<Column>,
    errors: Errors,
}

impl Wanted {
    pub(super) fn new(projection: &[usize], errors: Errors) -> Self {
        Self { columns: projection.iter().map(|&place| Column::ALL[place]).collect(), errors }
    }

    fn has(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }

    /// Where only errors are asked for, all is read to find them.
    fn reads_pixels(&self) -> bool {
        self.has(Column::Pixels) || self.errors == Errors::Only
    }

    fn reads_range(&self) -> bool {
        self.has(Column::Low) || self.has(Column::High)
    }

    fn reads_type(&self) -> bool {
        self.has(Column::Type) && !self.reads_pixels()
    }

    pub(super) fn reads_roi(&self) -> bool {
        self.has(Column::Roi) || self.errors == Errors::Only
    }

    pub(super) fn schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self.columns.iter().map(|column| column.field()).collect();
        Arc::new(Schema::new(fields))
    }
}

/// What is the same in all slices of a stack.
#[derive(Clone, Copy, Debug)]
struct Header {
    shape: [usize; 3],
    spacing: [f64; 3],
    dtype: Option<&'static str>,
    range: Option<(f32, f32)>,
}

/// A stack that is being read.
struct Opened {
    header: Header,
    slices: SliceStream,
    masks: Option<MaskStream>,
    left: Range<usize>,
}

impl Opened {
    fn new(
        path: &Path,
        roi: Option<&Path>,
        part: Option<Range<usize>>,
        wanted: &Wanted,
    ) -> Result<Self, Error> {
        let mut slices = SliceStream::open(path)?;
        let masks = roi.map(|roi| MaskStream::open(roi, &slices)).transpose()?;
        let range =
            if wanted.reads_range() { Some(SliceStream::open(path)?.range()?) } else { None };
        let dtype = match wanted.reads_type() {
            true => Some(slices.read(SliceId(0))?.view().dtype()),
            false => None,
        };
        let (shape, spacing) = (slices.shape(), slices.geometry().spacing());
        let left = part.unwrap_or(0..shape[0]);
        Ok(Self { header: Header { shape, spacing, dtype, range }, slices, masks, left })
    }

    /// Pixels and region of the next slice.
    fn read(
        &mut self,
        wanted: &Wanted,
        slice: usize,
    ) -> Result<(Option<SlicePixels>, Option<Array2<bool>>), Error> {
        let pixels = match wanted.reads_pixels() {
            true => Some(self.pixels(slice)?),
            false => None,
        };
        let mask = match wanted.reads_roi() {
            true => self.masks.as_mut().and_then(Iterator::next).transpose()?,
            false => None,
        };
        Ok((pixels, mask.map(|(_, mask)| mask)))
    }

    /// Of a whole stack the next slice of the stream, of a part by its number.
    fn pixels(&mut self, slice: usize) -> Result<SlicePixels, Error> {
        if self.slices.is_random_access() {
            return Ok(self.slices.read(SliceId(slice))?);
        }
        let name = self.slices.name().to_owned();
        let slices = self.header.shape[0];
        let next = self.slices.next().transpose()?;
        let none = qunet_stack::Error::NoSuchSlice { slice: SliceId(slice), name, slices };
        Ok(next.ok_or(none)?.1)
    }
}

/// One stack as rows.
pub(super) struct Rows {
    name: String,
    wanted: Wanted,
    opened: Option<Result<Opened, Error>>,
}

impl Rows {
    pub(super) fn new(
        (name, path): (String, &Path),
        roi: Option<&Path>,
        part: Option<Range<usize>>,
        wanted: &Wanted,
    ) -> Self {
        let opened = Some(Opened::new(path, roi, part, wanted));
        Self { name, wanted: wanted.clone(), opened }
    }

    /// A stack that is known to be unreadable.
    pub(super) fn broken(name: String, error: Error, wanted: &Wanted) -> Self {
        Self { name, wanted: wanted.clone(), opened: Some(Err(error)) }
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut batch = Batch::new(&self.name, &self.wanted);
            match self.opened.take()? {
                Err(error) => batch.fail(None, &error),
                Ok(mut opened) => {
                    batch.header = Some(opened.header);
                    let failed = fill(&mut batch, &mut opened);
                    if !failed && !opened.left.is_empty() {
                        self.opened = Some(Ok(opened));
                    }
                }
            }
            if batch.rows() > 0 {
                return Some(batch.finish());
            }
        }
    }
}

/// Adds slices until the batch is full, the stack is at its end, or a slice cannot be read; whether one could not.
fn fill(batch: &mut Batch<'_>, opened: &mut Opened) -> bool {
    while !batch.is_full() {
        let Some(slice) = opened.left.next() else { return false };
        match opened.read(batch.wanted, slice) {
            Ok((pixels, mask)) => batch.add(slice, pixels.as_ref(), mask.as_ref()),
            Err(error) => {
                batch.fail(Some(slice), &error);
                return true;
            }
        }
    }
    false
}

/// Rows of one stack.
struct Batch<'a> {
    name: &'a str,
    wanted: &'a Wanted,
    header: Option<Header>,
    slices: Vec<Option<u32>>,
    types: Vec<Option<&'static str>>,
    errors: Vec<Option<String>>,
    pixels: ImageBuilder,
    regions: ImageBuilder,
    bytes: usize,
}

impl<'a> Batch<'a> {
    fn new(name: &'a str, wanted: &'a Wanted) -> Self {
        let (pixels, regions) = (ImageBuilder::default(), ImageBuilder::default());
        let (slices, types, errors) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, wanted, header: None, slices, types, errors, pixels, regions, bytes: 0 }
    }

    fn rows(&self) -> usize {
        self.slices.len()
    }

    fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES || self.rows() >= BATCH_ROWS
    }

    fn add(&mut self, slice: usize, pixels: Option<&SlicePixels>, mask: Option<&Array2<bool>>) {
        let view = pixels.map(SlicePixels::view);
        self.bytes += view.map_or(0, |view| view.dim().0 * view.dim().1 * size_of::<f32>());
        if self.wanted.errors == Errors::Only {
            return;
        }
        self.slices.push(u32::try_from(slice).ok());
        let dtype = self.header.and_then(|header| header.dtype);
        self.types.push(view.map(|view| view.dtype()).or(dtype));
        self.errors.push(None);
        if self.wanted.has(Column::Pixels) {
            self.pixels.append(view);
        }
        if self.wanted.has(Column::Roi) {
            let mask = mask.map(|mask| mask.mapv(u8::from));
            self.regions.append(mask.as_ref().map(|mask| SliceView::U8(mask.view())));
        }
    }

    fn fail(&mut self, slice: Option<usize>, error: &Error) {
        if self.wanted.errors == Errors::Skip {
            return;
        }
        self.slices.push(slice.and_then(|slice| u32::try_from(slice).ok()));
        self.types.push(None);
        self.errors.push(Some(error.to_string()));
        self.pixels.append(None);
        self.regions.append(None);
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let columns: Result<Vec<ArrayRef>> =
            self.wanted.columns.iter().map(|&column| self.column(column)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows()));
        Ok(RecordBatch::try_new_with_options(self.wanted.schema(), columns?, &options)?)
    }

    fn column(&mut self, column: Column) -> Result<ArrayRef> {
        let rows = self.rows();
        Ok(match column {
            Column::Stack => Arc::new(StringArray::from(vec![self.name; rows])),
            Column::Slice => Arc::new(UInt32Array::from(self.slices.clone())),
            Column::Position => {
                self.numbers(|slice, header| Some(f64::from(slice) * header.spacing[0]))
            }
            Column::Low => self.numbers(|_, header| Some(f64::from(header.range?.0))),
            Column::High => self.numbers(|_, header| Some(f64::from(header.range?.1))),
            Column::Spacing => {
                let spacing =
                    |axis: usize| self.numbers(move |_, header| Some(header.spacing[axis]));
                self.structure(&SPACING, &[spacing(0), spacing(1), spacing(2)])?
            }
            Column::Shape => {
                let size = |axis: usize| -> ArrayRef {
                    let size = self.header.map_or(0, |header| header.shape[axis]);
                    Arc::new(UInt32Array::from(vec![u32::try_from(size).unwrap_or(u32::MAX); rows]))
                };
                self.structure(&SHAPE, &[size(0), size(1), size(2)])?
            }
            Column::Type => Arc::new(StringArray::from(self.types.clone())),
            Column::Pixels => self.pixels.finish()?,
            Column::Roi => self.regions.finish()?,
            Column::Error => Arc::new(StringArray::from(self.errors.clone())),
        })
    }

    /// A struct for each row that is a slice.
    fn structure(&self, fields: &Fields, columns: &[ArrayRef; 3]) -> Result<ArrayRef> {
        let valid: Vec<bool> = self.errors.iter().map(Option::is_none).collect();
        let nulls = Some(NullBuffer::from(valid));
        Ok(Arc::new(StructArray::try_new(fields.clone(), columns.to_vec(), nulls)?))
    }

    /// A number for each row that is a slice.
    fn numbers(&self, of: impl Fn(u32, &Header) -> Option<f64>) -> ArrayRef {
        let rows = self.slices.iter().zip(&self.errors);
        let number = |(slice, error): (&Option<u32>, &Option<String>)| {
            if error.is_some() { None } else { of((*slice)?, self.header.as_ref()?) }
        };
        Arc::new(rows.map(number).collect::<Float64Array>())
    }
}
