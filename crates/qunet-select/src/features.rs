//! Distances between candidates.

mod clusters;

use std::borrow::Cow;

use ndarray::{Array2, ArrayRef2, Axis};
use qunet_quality::QualityRecord;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) use self::clusters::clusters;
use crate::{Column, Error, Pool, Verdict};

/// In what space slices are near to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Space {
    /// The feature vectors as they are.
    #[default]
    Features,
    /// The feature vectors, each scaled to length 1, so that only directions count.
    UnitFeatures,
    /// Variance of Laplacian, inverse PSNR, region mean and region CoV, each scaled to [0, 1] over
    /// the pool; slices with an undefined one have no place in it.
    Quality,
}

/// Vectors, and which candidates have one.
pub(crate) struct Vectors<'a> {
    pub(crate) rows: Cow<'a, Array2<f32>>,
    pub(crate) defined: Vec<bool>,
}

impl Space {
    /// The column that the vectors come from.
    #[must_use]
    pub fn column(self) -> Column {
        match self {
            Self::Features | Self::UnitFeatures => Column::Features,
            Self::Quality => Column::Quality,
        }
    }

    /// The vectors of all candidates, for a strategy of this name.
    pub(crate) fn vectors<'a>(self, pool: &'a Pool, strategy: &str) -> Result<Vectors<'a>, Error> {
        let defined = vec![true; pool.ids().len()];
        Ok(match self {
            Self::Features => Vectors { rows: Cow::Borrowed(pool.features(strategy)?), defined },
            Self::UnitFeatures => {
                let mut rows = pool.features(strategy)?.clone();
                for mut row in rows.axis_iter_mut(Axis(0)) {
                    let length = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
                    if length > 0.0 {
                        row.mapv_inplace(|x| (f64::from(x) / length) as f32);
                    }
                }
                Vectors { rows: Cow::Owned(rows), defined }
            }
            Self::Quality => quality(pool.quality(strategy)?),
        })
    }

    /// The verdict on the slices that are not annotated and have no vector.
    pub(crate) fn undefined(
        self,
        pool: &Pool,
        vectors: &Vectors<'_>,
    ) -> impl Iterator<Item = (usize, Verdict)> {
        let verdict = move |place| (place, Verdict::Undefined { column: self.column() });
        pool.open().filter(|&place| !vectors.defined[place]).map(verdict)
    }
}

fn quality(records: &[Option<QualityRecord>]) -> Vectors<'static> {
    let vector = |record: &QualityRecord| {
        let (noise, mean, cov) = (record.inverse_psnr?, record.roi_mean?, record.roi_cov?);
        let vector = [record.variance_of_laplacian, noise, mean, cov];
        vector.iter().all(|value| value.is_finite()).then_some(vector)
    };
    let vectors: Vec<Option<[f64; 4]>> =
        records.iter().map(|record| record.as_ref().and_then(vector)).collect();
    let mut rows = Array2::zeros((vectors.len(), 4));
    for axis in 0..4 {
        let values = || vectors.iter().flatten().map(|vector| vector[axis]);
        let low = values().fold(f64::INFINITY, f64::min);
        let width = values().fold(f64::NEG_INFINITY, f64::max) - low;
        for (mut row, vector) in rows.rows_mut().into_iter().zip(&vectors) {
            if let (Some(vector), true) = (vector, width > 0.0) {
                row[axis] = ((vector[axis] - low) / width) as f32;
            }
        }
    }
    Vectors { rows: Cow::Owned(rows), defined: vectors.iter().map(Option::is_some).collect() }
}

/// Features that are summed side by side.
const LANES: usize = 16;

qunet_grid::vectorised! {
    /// Squared Euclidean distance.
    ///
    /// Summed in fixed lanes, each in its order, so that every vector width adds the same numbers in the
    /// same order: one result on every processor. `ndarray_stats::DeviationExt` sums in `f32`.
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
    nearest: Vec<(f64, usize)>,
}

impl<'a> Nearest<'a> {
    pub(crate) fn new(features: &'a ArrayRef2<f32>) -> Self {
        Self { features, nearest: vec![(f64::INFINITY, usize::MAX); features.nrows()] }
    }

    /// Measures to one more slice; of equal distances the first taken is named.
    pub(crate) fn take(&mut self, place: usize) {
        let row = |place| self.features.row(place).to_slice().unwrap_or_default();
        let taken = row(place);
        self.nearest.par_iter_mut().enumerate().with_min_len(256).for_each(|(other, nearest)| {
            let distance = squared_distance(row(other), taken);
            if distance < nearest.0 {
                *nearest = (distance, place);
            }
        });
    }

    /// The distance and the place it is measured to; `None` before the first is taken.
    pub(crate) fn to(&self, place: usize) -> Option<(f64, usize)> {
        let (squared, from) = self.nearest[place];
        (from != usize::MAX).then(|| (squared.sqrt(), from))
    }
}
