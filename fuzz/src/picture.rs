use arbitrary::{Arbitrary, Result, Unstructured};
use ndarray::{Array2, ArrayView2, s};
use qunet_quality::{Border, LaplacianKernel, QualityParams};

/// The longest side of an image.
const LONGEST_SIDE: usize = 40;

/// How the pixels of an image lie in memory.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Layout {
    /// Row after row.
    Standard,
    /// Column after column.
    Transposed,
    /// Every second row and every third column of a larger array.
    Stepped,
    /// From the last pixel to the first.
    Reversed,
    /// Rows forwards, columns backwards, every second column of a larger array.
    Mixed,
}

/// An array and the way in which a view of it is an image.
#[derive(Debug)]
pub struct Picture<T> {
    memory: Array2<T>,
    layout: Layout,
}

impl<T: Clone> Picture<T> {
    /// Draws an image of `height` x `width` pixels.
    pub fn draw<'a>(
        input: &mut Unstructured<'a>,
        (height, width): (usize, usize),
        mut pixel: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
    ) -> Result<Self> {
        let layout = Layout::arbitrary(input)?;
        let shape = match layout {
            Layout::Standard | Layout::Reversed => (height, width),
            Layout::Transposed => (width, height),
            Layout::Stepped => (2 * height, 3 * width),
            Layout::Mixed => (height, 2 * width),
        };
        let pixels: Vec<T> = (0..shape.0 * shape.1).map(|_| pixel(input)).collect::<Result<_>>()?;
        let memory =
            Array2::from_shape_vec(shape, pixels).map_err(|_| arbitrary::Error::IncorrectFormat)?;
        Ok(Self { memory, layout })
    }

    /// The image.
    pub fn view(&self) -> ArrayView2<'_, T> {
        match self.layout {
            Layout::Standard => self.memory.view(),
            Layout::Transposed => self.memory.t(),
            Layout::Stepped => self.memory.slice(s![..;2, ..;3]),
            Layout::Reversed => self.memory.slice(s![..;-1, ..;-1]),
            Layout::Mixed => self.memory.slice(s![.., ..;-2]),
        }
    }
}

/// Everything about a case but the pixels.
#[derive(Debug)]
pub struct Setting {
    /// Height and width.
    pub shape: (usize, usize),
    /// The type of the pixels: 0 to 3.
    pub dtype: u8,
    /// How it is scored.
    pub params: QualityParams,
}

impl<'a> Arbitrary<'a> for Setting {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let side = |input: &mut Unstructured<'a>| input.int_in_range(0..=LONGEST_SIDE);
        let kernels = [
            LaplacianKernel::FourNeighbour,
            LaplacianKernel::EightNeighbour,
            LaplacianKernel::OpencvKsize3,
        ];
        Ok(Self {
            shape: (side(input)?, side(input)?),
            dtype: input.int_in_range(0..=3)?,
            params: QualityParams {
                laplacian_kernel: *input.choose(&kernels)?,
                laplacian_border: border(input)?,
                median_window: window(input)?,
                median_border: border(input)?,
                ..QualityParams::default()
            },
        })
    }
}

fn border(input: &mut Unstructured<'_>) -> Result<Border> {
    Ok(match input.int_in_range(0..=4)? {
        0 => Border::Reflect101,
        1 => Border::Reflect,
        2 => Border::Replicate,
        // A constant that most pixel types hold, and any number at all.
        3 => Border::Constant(f64::from(u8::arbitrary(input)?)),
        _ => Border::Constant(f64::arbitrary(input)?),
    })
}

/// Small windows most of the time, and those that are refused.
fn window(input: &mut Unstructured<'_>) -> Result<usize> {
    Ok(match input.int_in_range(0..=9)? {
        0 => usize::arbitrary(input)?,
        1 => input.int_in_range(0..=100)?,
        _ => input.int_in_range(2..=9)?,
    })
}
