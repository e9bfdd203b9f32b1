use arbitrary::{Arbitrary, Result, Unstructured};
use ndarray::{Array3, ArrayView3, Axis, Slice};

/// The longest side of a volume.
const LONGEST_SIDE: usize = 12;

/// The longest row, of more than two words of 64 pixels.
const LONGEST_ROW: usize = 140;

/// The sides of a volume, one of them often 0 or 1, and its rows sometimes long.
pub fn shape(input: &mut Unstructured<'_>) -> Result<[usize; 3]> {
    let mut shape = [0; 3];
    for side in &mut shape {
        *side = input.int_in_range(0..=LONGEST_SIDE)?;
    }
    if input.ratio(1, 4)? {
        shape[2] = input.int_in_range(0..=LONGEST_ROW)?;
    }
    Ok(shape)
}

/// A volume of bits and the way in which a view of its memory is that volume.
#[derive(Debug)]
pub struct Mask {
    memory: Array3<bool>,
    /// Axis of the memory that is axis 0, 1, 2 of the volume.
    axes: [usize; 3],
    /// From voxel to voxel along each axis of the volume; backwards where negative.
    steps: [isize; 3],
}

impl Mask {
    /// Draws a volume of a shape, in any order of axes, with gaps and backwards too.
    pub fn draw(input: &mut Unstructured<'_>, shape: [usize; 3]) -> Result<Self> {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let axes = *input.choose(&orders)?;
        let (mut steps, mut sides) = ([1_isize; 3], [0; 3]);
        for axis in 0..3 {
            steps[axis] = *input.choose(&[1, 1, -1, 2, -3])?;
            sides[axes[axis]] = shape[axis] * steps[axis].unsigned_abs();
        }
        let mut byte = 0;
        let mut bit = 0;
        let memory = Array3::from_shape_fn(sides, |_| {
            if bit == 0 {
                byte = u8::arbitrary(input).unwrap_or_default();
            }
            let inside = byte >> bit & 1 == 1;
            bit = (bit + 1) % 8;
            inside
        });
        Ok(Self { memory, axes, steps })
    }

    /// The volume.
    pub fn view(&self) -> ArrayView3<'_, bool> {
        let mut view = self.memory.view().permuted_axes(self.axes);
        for (axis, step) in self.steps.into_iter().enumerate() {
            view.slice_axis_inplace(Axis(axis), Slice::new(0, None, step));
        }
        view
    }
}
