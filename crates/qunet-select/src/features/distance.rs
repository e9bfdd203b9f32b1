use ndarray::ArrayRef2;
use rayon::prelude::*;

/// Features that are looked at side by side.
const LANES: usize = 16;

qunet_grid::vectorised! {
    /// Squared Euclidean distance, summed in fixed lanes in `f64`: one number on every processor.
    pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
        let mut lanes = [0.0_f64; LANES];
        let (chunks_a, rest_a) = a.as_chunks::<LANES>();
        let (chunks_b, rest_b) = b.as_chunks::<LANES>();
        for (a, b) in chunks_a.iter().zip(chunks_b) {
            for lane in 0..LANES {
                let difference = f64::from(a[lane]) - f64::from(b[lane]);
                lanes[lane] += difference * difference;
            }
        }
        for (lane, (&a, &b)) in rest_a.iter().zip(rest_b).enumerate() {
            let difference = f64::from(a) - f64::from(b);
            lanes[lane] += difference * difference;
        }
        lanes.iter().sum()
    }
}

/// Of each candidate the nearest of the slices taken so far.
pub(crate) struct Nearest<'a> {
    features: &'a ArrayRef2<f32>,
    /// Squared distance, +inf before the first, and the place it is measured to.
    of: Vec<(f64, usize)>,
}

impl<'a> Nearest<'a> {
    pub(crate) fn new(features: &'a ArrayRef2<f32>) -> Self {
        Self { features, of: vec![(f64::INFINITY, usize::MAX); features.nrows()] }
    }

    /// Measures to one more slice; of equal distances the first taken is named.
    pub(crate) fn take(&mut self, place: usize) {
        let row = |place| self.features.row(place).to_slice().unwrap_or_default();
        let taken = row(place);
        self.of.par_iter_mut().enumerate().with_min_len(256).for_each(|(other, nearest)| {
            let distance = squared_distance(row(other), taken);
            if distance < nearest.0 {
                *nearest = (distance, place);
            }
        });
    }

    /// The distance and the place it is measured to; `None` before the first is taken.
    pub(crate) fn of(&self, place: usize) -> Option<(f64, usize)> {
        let (squared, from) = self.of[place];
        (from != usize::MAX).then(|| (squared.sqrt(), from))
    }
}
