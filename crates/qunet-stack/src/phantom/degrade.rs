use ndarray::{Array2, ArrayViewMut1, Axis};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::anatomy::LUNG;

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
