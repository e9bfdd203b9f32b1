use std::borrow::Cow;

use ndarray::{Array2, Axis};
use qunet_quality::QualityRecord;
use serde::{Deserialize, Serialize};

use crate::{Error, Pool};

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
