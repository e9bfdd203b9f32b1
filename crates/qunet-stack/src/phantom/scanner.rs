//! What a scanner adds to the anatomy: noise, blur and low contrast.

use ndarray::{Array2, Array3, ArrayViewMut1, Axis};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Density of the lung in HU, which a loss of contrast leaves as it is.
pub(super) const LUNG: f32 = -860.0;

/// What is wrong with a slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// Nothing but the scanner's noise (standard deviation in HU).
    Clean { noise: f32 },
    /// Motion: a box filter of this radius.
    Blurred { radius: usize },
    /// Too low a dose: differences from the lung shrunk by this factor, under strong noise.
    LowContrast { contrast: f32 },
}

impl Fault {
    pub(super) fn noise(self) -> f32 {
        match self {
            Self::Clean { noise } => noise,
            Self::Blurred { .. } => 14.0,
            Self::LowContrast { .. } => 46.0,
        }
    }

    pub(super) fn apply(self, image: &mut Array2<f32>) {
        match self {
            Self::Clean { .. } => {}
            Self::Blurred { radius } => {
                for axis in [Axis(0), Axis(1)] {
                    image.lanes_mut(axis).into_iter().for_each(|lane| box_filter(lane, radius));
                }
            }
            Self::LowContrast { contrast } => {
                image.mapv_inplace(|value| LUNG + contrast * (value - LUNG));
            }
        }
    }
}

/// About a fifth of the slices blurred, an eighth of low contrast, the rest clean.
pub(super) fn faults(slices: usize, rng: &mut ChaCha8Rng) -> Vec<Fault> {
    let blurred = (slices / 5).max(1);
    let low = (slices / 8).max(1);
    let mut faults: Vec<Fault> = (0..slices)
        .map(|index| match index {
            index if index < blurred => Fault::Blurred { radius: rng.random_range(1..=2) },
            index if index < blurred + low => {
                Fault::LowContrast { contrast: rng.random_range(0.8..0.9) }
            }
            _ => Fault::Clean { noise: rng.random_range(18.0..32.0) },
        })
        .collect();
    faults.shuffle(rng);
    faults
}

/// Replaces each value by the mean of its neighbours up to `radius` away, the edge repeated.
fn box_filter(mut lane: ArrayViewMut1<'_, f32>, radius: usize) {
    let source = lane.to_vec();
    let last = source.len() - 1;
    for (index, value) in lane.iter_mut().enumerate() {
        let sum: f32 = (0..=2 * radius)
            .map(|step| source[(index + step).saturating_sub(radius).min(last)])
            .sum();
        *value = sum / (2 * radius + 1) as f32;
    }
}

/// One draw from the standard normal distribution.
pub(super) fn gaussian(rng: &mut ChaCha8Rng) -> f32 {
    rng.sample(StandardNormal)
}

/// Smooth noise in [-1, 1]: random values on a coarse grid, trilinear between them.
pub(super) struct SmoothNoise {
    grid: Array3<f32>,
    /// Grid cells per unit of each coordinate.
    frequency: [f32; 3],
}

impl SmoothNoise {
    /// Noise over `[0, extent]` in each coordinate, with cells of the given size.
    pub(super) fn new(extent: [f32; 3], cell: [f32; 3], rng: &mut ChaCha8Rng) -> Self {
        let frequency = cell.map(|size| 1.0 / size);
        let nodes = [0, 1, 2].map(|axis| (extent[axis] * frequency[axis]).ceil() as usize + 2);
        let grid = Array3::from_shape_simple_fn(nodes, || rng.random_range(-1.0f32..=1.0));
        Self { grid, frequency }
    }

    pub(super) fn at(&self, point: [f32; 3]) -> f32 {
        let mut low = [0usize; 3];
        let mut part = [0f32; 3];
        for axis in 0..3 {
            let last = self.grid.shape()[axis] - 2;
            let place = (point[axis] * self.frequency[axis]).clamp(0.0, last as f32);
            low[axis] = (place as usize).min(last);
            part[axis] = place - low[axis] as f32;
        }
        let mut sum = 0.0;
        for corner in 0..8usize {
            let step = [corner & 1, (corner >> 1) & 1, corner >> 2];
            let weight: f32 = (0..3)
                .map(|axis| if step[axis] == 1 { part[axis] } else { 1.0 - part[axis] })
                .product();
            sum += weight * self.grid[[low[0] + step[0], low[1] + step[1], low[2] + step[2]]];
        }
        sum
    }
}
