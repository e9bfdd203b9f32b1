//! Images in Arrow: pixels with their type and shape, tensors, and the bytes of a picture file.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, FixedSizeListArray, LargeBinaryArray,
    LargeBinaryBuilder, StringArray, StructArray, UInt32Array, UInt64Array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, Fields, Float32Type, Int16Type, UInt8Type, UInt16Type};
use bytemuck::AnyBitPattern;
use datafusion::error::Result;
use ndarray::{Array2, ArrayRef2, ArrayView2};
use qunet_stack::{SlicePixels, SliceStream, SliceView};

use crate::Error;

/// What every image argument may be, for errors.
pub(crate) const FORMS: &str = "is no image; give the column `pixels` of a table of stacks, a struct (type, height, \
    width, data), a tensor of fixed shape (height, width), or the bytes of a PNG, TIFF or DICOM file";

static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("type", DataType::Utf8, false),
        Field::new("height", DataType::UInt32, false),
        Field::new("width", DataType::UInt32, false),
        Field::new("data", DataType::LargeBinary, false),
    ])
});

/// The type of an image column: a struct of `type` (`uint8`, `uint16`, `int16` or `float32`), `height`,
/// `width` and `data`, the pixels row by row in little-endian order.
///
/// ```
/// assert_eq!(qunet_datafusion::image_type().to_string().matches("data").count(), 1);
/// ```
#[must_use]
pub fn image_type() -> DataType {
    DataType::Struct(FIELDS.clone())
}

/// Whether a column of this type may hold images.
pub(crate) fn may_be_image(of: &DataType) -> bool {
    use DataType::{Binary, BinaryView, FixedSizeList, LargeBinary, Null, Struct};
    matches!(of, Struct(_) | FixedSizeList(..) | Binary | LargeBinary | BinaryView | Null)
}

/// One image: where it can be, the pixels as they lie in the column.
#[derive(Debug)]
pub(crate) enum Image<'a> {
    Borrowed(SliceView<'a>),
    Owned(SlicePixels),
}

impl Image<'_> {
    pub(crate) fn view(&self) -> SliceView<'_> {
        match self {
            Self::Borrowed(view) => view.view(),
            Self::Owned(pixels) => pixels.view(),
        }
    }

    /// The pixels that are not 0.
    pub(crate) fn mask(&self) -> Array2<bool> {
        match self.view() {
            SliceView::U8(pixels) => pixels.mapv(|pixel| pixel != 0),
            SliceView::U16(pixels) => pixels.mapv(|pixel| pixel != 0),
            SliceView::I16(pixels) => pixels.mapv(|pixel| pixel != 0),
            SliceView::F32(pixels) => pixels.mapv(|pixel| pixel != 0.0),
            other => other.to_f32().mapv(|pixel| pixel != 0.0),
        }
    }
}

/// The images of one argument.
pub(crate) struct Images<'a> {
    function: &'static str,
    nulls: Option<&'a NullBuffer>,
    form: Form<'a>,
}

enum Form<'a> {
    Nothing,
    Raw(Box<Raw>),
    Tensors { tensors: &'a FixedSizeListArray, shape: (usize, usize) },
    Files(LargeBinaryArray),
}

/// The parts of a struct column.
struct Raw {
    types: StringArray,
    heights: UInt64Array,
    widths: UInt64Array,
    data: LargeBinaryArray,
}

impl Raw {
    fn image(&self, row: usize) -> Result<Image<'_>, String> {
        let Self { types, heights, widths, data } = self;
        if [types as &dyn Array, heights, widths, data].iter().any(|it| it.is_null(row)) {
            return Err("a part of the image is NULL; make all of it NULL".to_owned());
        }
        raw_image(types.value(row), (heights.value(row), widths.value(row)), data.value(row))
    }
}

impl<'a> Images<'a> {
    /// # Errors
    /// [`Error::Argument`] where the column holds no images.
    pub(crate) fn new(function: &'static str, array: &'a ArrayRef, field: &Field) -> Result<Self> {
        let form = match array.data_type() {
            DataType::Null => Form::Nothing,
            DataType::Struct(_) => raw(function, array.as_struct())?,
            DataType::FixedSizeList(..) => tensors(function, array.as_fixed_size_list(), field)?,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
                Form::Files(cast(array, &DataType::LargeBinary)?.as_binary().clone())
            }
            _ => return Err(no_image(function).into()),
        };
        Ok(Self { function, nulls: array.nulls(), form })
    }

    /// The image of a row; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Image`] where what is there is no image.
    pub(crate) fn get(&self, row: usize) -> Result<Option<Image<'_>>, Error> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(None);
        }
        let image = match &self.form {
            Form::Nothing => return Ok(None),
            Form::Raw(raw) => raw.image(row),
            Form::Tensors { tensors, shape } => tensor_image(tensors, *shape, row),
            Form::Files(files) => file_image(files.value(row)).map(Image::Owned),
        };
        image.map(Some).map_err(|why| Error::Image { function: self.function, row, why })
    }
}

fn no_image(function: &'static str) -> Error {
    Error::Argument { function, argument: "an argument", problem: FORMS.to_owned() }
}

fn raw(function: &'static str, array: &StructArray) -> Result<Form<'static>> {
    let part = |name: &str, to: &DataType| {
        let column = array.column_by_name(name).ok_or_else(|| no_image(function))?;
        // A height of -1 is no NULL.
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        Ok::<_, datafusion::error::DataFusionError>(cast_with_options(column, to, &strict)?)
    };
    Ok(Form::Raw(Box::new(Raw {
        types: part("type", &DataType::Utf8)?.as_string().clone(),
        heights: part("height", &DataType::UInt64)?.as_primitive().clone(),
        widths: part("width", &DataType::UInt64)?.as_primitive().clone(),
        data: part("data", &DataType::LargeBinary)?.as_binary().clone(),
    })))
}

fn tensors<'a>(
    function: &'static str,
    array: &'a FixedSizeListArray,
    field: &Field,
) -> Result<Form<'a>> {
    let problem = |problem: String| Error::Argument { function, argument: "the tensor", problem };
    let named = field.extension_type_name() == Some(TENSOR);
    let described = field.extension_type_metadata().filter(|_| named);
    let tensor: Option<Tensor> = described.and_then(|text| serde_json::from_str(text).ok());
    let Some(Tensor { shape, permutation }) = tensor else {
        let why = format!("does not say its shape; give it the extension type {TENSOR}");
        return Err(problem(why).into());
    };
    let in_order = permutation.iter().copied().eq(0..permutation.len());
    match shape[..] {
        [height, width] if in_order => Ok(Form::Tensors { tensors: array, shape: (height, width) }),
        _ => {
            let why = format!("is of shape {shape:?}; give (height, width), row by row");
            Err(problem(why).into())
        }
    }
}

/// Arrow's type of tensors of one shape, and what its metadata says.
const TENSOR: &str = "arrow.fixed_shape_tensor";

#[derive(serde::Deserialize)]
struct Tensor {
    shape: Vec<usize>,
    #[serde(default)]
    permutation: Vec<usize>,
}

/// The pixels of one image of these bytes; why there is none.
fn raw_image<'a>(of: &str, shape: (u64, u64), data: &'a [u8]) -> Result<Image<'a>, String> {
    match of {
        "uint8" => pixels(shape, data, SliceView::U8, SlicePixels::U8),
        "uint16" => pixels(shape, data, SliceView::U16, SlicePixels::U16),
        "int16" => pixels(shape, data, SliceView::I16, SlicePixels::I16),
        "float32" => pixels(shape, data, SliceView::F32, SlicePixels::F32),
        other => Err(format!(
            "pixels of type {other:?} are not read; convert them to uint8, uint16, int16 or float32"
        )),
    }
}

fn pixels<'a, T: AnyBitPattern>(
    (height, width): (u64, u64),
    data: &'a [u8],
    borrowed: fn(ArrayView2<'a, T>) -> SliceView<'a>,
    owned: fn(Array2<T>) -> SlicePixels,
) -> Result<Image<'a>, String> {
    let bytes = size_of::<T>() as u64;
    let claimed = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(bytes));
    if claimed != Some(data.len() as u64) {
        return Err(format!(
            "an image of {height} x {width} pixels of {bytes} byte(s) each cannot have {} bytes",
            data.len()
        ));
    }
    let shape = (height as usize, width as usize);
    let uneven = |error: ndarray::ShapeError| error.to_string();
    // What comes over a network need not lie where its type wants it.
    Ok(match bytemuck::try_cast_slice(data).map_or_else(|_| aligned(data), Cow::Borrowed) {
        Cow::Borrowed(values) => {
            Image::Borrowed(borrowed(ArrayView2::from_shape(shape, values).map_err(uneven)?))
        }
        Cow::Owned(values) => {
            Image::Owned(owned(Array2::from_shape_vec(shape, values).map_err(uneven)?))
        }
    })
}

fn aligned<'a, T: AnyBitPattern>(data: &[u8]) -> Cow<'a, [T]> {
    Cow::Owned(data.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect())
}

/// The pixels of one tensor.
fn tensor_image(
    tensors: &FixedSizeListArray,
    shape: (usize, usize),
    row: usize,
) -> Result<Image<'_>, String> {
    let size = tensors.value_length() as usize;
    let range = row * size..(row + 1) * size;
    let values = tensors.values();
    if values.nulls().is_some_and(|nulls| range.clone().any(|pixel| nulls.is_null(pixel))) {
        return Err("a pixel is NULL; fill it or make the image NULL".to_owned());
    }
    let view = match values.data_type() {
        DataType::UInt8 => tensor_view::<UInt8Type>(values, shape, range).map(SliceView::U8),
        DataType::UInt16 => tensor_view::<UInt16Type>(values, shape, range).map(SliceView::U16),
        DataType::Int16 => tensor_view::<Int16Type>(values, shape, range).map(SliceView::I16),
        DataType::Float32 => tensor_view::<Float32Type>(values, shape, range).map(SliceView::F32),
        other => Err(format!(
            "pixels of type {other} are not read; convert them to UInt8, UInt16, Int16 or Float32"
        )),
    };
    view.map(Image::Borrowed)
}

fn tensor_view<T: ArrowPrimitiveType>(
    values: &ArrayRef,
    shape: (usize, usize),
    range: std::ops::Range<usize>,
) -> Result<ArrayView2<'_, T::Native>, String> {
    let values = &values.as_primitive::<T>().values()[range];
    ArrayView2::from_shape(shape, values).map_err(|error| error.to_string())
}

/// The only slice of a file of these bytes, by the reader of files.
fn file_image(bytes: &[u8]) -> Result<SlicePixels, String> {
    let cannot = |source: std::io::Error| format!("no temporary file can be written: {source}");
    let folder = tempfile::tempdir().map_err(cannot)?;
    let path = folder.path().join("image");
    std::fs::write(&path, bytes).map_err(cannot)?;
    let named = |error: qunet_stack::Error| {
        error.to_string().replace(&path.display().to_string(), "the image")
    };
    let mut slices = SliceStream::open(&path).map_err(named)?;
    match (slices.shape()[0], slices.next()) {
        (1, Some(slice)) => Ok(slice.map_err(named)?.1),
        (count, _) => Err(format!("the file has {count} slices; list it as a table of stacks")),
    }
}

/// Builds a column of images.
#[derive(Default)]
pub(crate) struct ImageBuilder {
    types: Vec<&'static str>,
    heights: Vec<u32>,
    widths: Vec<u32>,
    data: LargeBinaryBuilder,
    valid: Vec<bool>,
}

impl ImageBuilder {
    pub(crate) fn append(&mut self, slice: Option<SliceView<'_>>) {
        self.valid.push(slice.is_some());
        let Some(slice) = slice else {
            self.types.push("");
            self.heights.push(0);
            self.widths.push(0);
            self.data.append_value([]);
            return;
        };
        let (height, width) = slice.dim();
        self.types.push(slice.dtype());
        // Sizes that no format can state.
        self.heights.push(u32::try_from(height).unwrap_or(u32::MAX));
        self.widths.push(u32::try_from(width).unwrap_or(u32::MAX));
        match slice {
            SliceView::U8(pixels) => self.append_pixels(&pixels),
            SliceView::U16(pixels) => self.append_pixels(&pixels),
            SliceView::I16(pixels) => self.append_pixels(&pixels),
            SliceView::F32(pixels) => self.append_pixels(&pixels),
            other => self.append_pixels(&other.to_f32()),
        }
    }

    fn append_pixels<T: bytemuck::NoUninit>(&mut self, pixels: &ArrayRef2<T>) {
        let pixels = pixels.as_standard_layout();
        let values = pixels.as_slice().unwrap_or_default();
        self.data.append_value(bytemuck::cast_slice::<T, u8>(values));
    }

    pub(crate) fn finish(&mut self) -> Result<ArrayRef> {
        let Self { types, heights, widths, mut data, valid } = std::mem::take(self);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(types)),
            Arc::new(UInt32Array::from(heights)),
            Arc::new(UInt32Array::from(widths)),
            Arc::new(data.finish()),
        ];
        let nulls = NullBuffer::from(valid);
        Ok(Arc::new(StructArray::try_new(FIELDS.clone(), columns, Some(nulls))?))
    }
}
