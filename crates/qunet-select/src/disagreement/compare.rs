use ndarray::{Array2, ArrayRef, ArrayRef2, ArrayView2, ArrayView3, Dimension, Zip, s};
use qunet_segmetrics::{Agreement, head_agreement};
use qunet_stack::SliceId;

use super::Maps;
use crate::{Error, MapError};

/// How far two heads agree.
#[derive(Clone, Copy)]
pub(super) struct Compared {
    /// `None` where neither finds anything.
    pub(super) jaccard: Option<f64>,
    /// `None` where all probabilities are 0.
    pub(super) soft_jaccard: Option<f64>,
    /// Sum over the pixels of the difference of the probabilities.
    pub(super) differing: f64,
}

impl From<Agreement> for Compared {
    fn from(agreement: Agreement) -> Self {
        Self {
            jaccard: agreement.jaccard(),
            soft_jaccard: agreement.soft_jaccard(),
            differing: agreement.soft_union - agreement.soft_intersection,
        }
    }
}

/// Compares the maps of one slice.
pub(super) struct Comparison {
    pub(super) id: SliceId,
    pub(super) threshold: f32,
}

impl Comparison {
    /// Every pair of heads, one at least.
    pub(super) fn of(&self, maps: &Maps<'_>) -> Result<Vec<Compared>, Error> {
        match maps {
            Maps::Pair { level3, level4 } => Ok(vec![self.agreement(level3, level4)?.into()]),
            Maps::Classes { level3, level4 } => Ok(vec![self.classes(level3, level4)?]),
            Maps::Heads(heads) => self.heads(heads),
            Maps::Draws(draws) => self.draws(draws),
        }
    }

    fn agreement<D: Dimension>(
        &self,
        level3: &ArrayRef<f32, D>,
        level4: &ArrayRef<f32, D>,
    ) -> Result<Agreement, Error> {
        head_agreement(level3, level4, self.threshold)
            .map_err(|source| Error::Maps { slice: self.id, source })
    }

    fn heads(&self, heads: &[ArrayView2<'_, f32>]) -> Result<Vec<Compared>, Error> {
        if heads.len() < 2 {
            return Err(self.shape(&[heads.len()], "give two heads at least"));
        }
        let later = |(at, first)| heads[at + 1..].iter().map(move |second| (first, second));
        let pairs = heads.iter().enumerate().flat_map(later);
        pairs.map(|(first, second)| Ok(self.agreement(first, second)?.into())).collect()
    }

    fn draws(&self, draws: &[[ArrayView2<'_, f32>; 2]]) -> Result<Vec<Compared>, Error> {
        let Some([first, _]) = draws.first() else {
            return Err(self.shape(&[0], "give a draw at least"));
        };
        for [level3, level4] in draws {
            // Before they are averaged: a mean may hide what is no probability.
            self.agreement(level3, level4)?;
            if level3.dim() != first.dim() {
                let (expected, found) = (first.shape().to_vec(), level3.shape().to_vec());
                return Err(self.problem(MapError::Mismatch { expected, found }));
            }
        }
        let mean = |level: usize| mean(first.dim(), draws.iter().map(|draw| draw[level]));
        Ok(vec![self.agreement(&mean(0), &mean(1))?.into()])
    }

    fn classes(
        &self,
        level3: &ArrayView3<'_, f32>,
        level4: &ArrayView3<'_, f32>,
    ) -> Result<Compared, Error> {
        let classes = level3.dim().0;
        if classes == 0 {
            return Err(self.shape(level3.shape(), "a map has a class at least"));
        }
        let all = self.agreement(level3, level4)?;
        if classes == 1 {
            return Ok(all.into());
        }
        let foreground = s![1.., .., ..];
        let soft = self.agreement(&level3.slice(foreground), &level4.slice(foreground))?;
        let jaccard = mean_jaccard(classes, &winners(level3), &winners(level4));
        Ok(Compared { jaccard, ..soft.into() })
    }

    fn shape(&self, shape: &[usize], rule: &'static str) -> Error {
        self.problem(MapError::Shape { shape: shape.to_vec(), rule })
    }

    fn problem(&self, source: MapError) -> Error {
        Error::ProbabilityMap { candidate: self.id.into(), source }
    }
}

/// Mean of maps of one shape.
fn mean<'a>(
    shape: (usize, usize),
    maps: impl ExactSizeIterator<Item = ArrayView2<'a, f32>>,
) -> Array2<f32> {
    let count = maps.len() as f64;
    let mut sum = Array2::<f64>::zeros(shape);
    for map in maps {
        Zip::from(&mut sum).and(map).for_each(|sum, &value| *sum += f64::from(value));
    }
    sum.mapv(|sum| (sum / count) as f32)
}

/// The most probable class of each pixel, of equals the first.
fn winners(map: &ArrayView3<'_, f32>) -> Array2<usize> {
    let mut best = map.slice(s![0, .., ..]).to_owned();
    let mut winners = Array2::zeros(best.dim());
    for (class, plane) in map.outer_iter().enumerate().skip(1) {
        Zip::from(&mut best).and(&mut winners).and(plane).for_each(|best, winner, &value| {
            if value > *best {
                (*best, *winner) = (value, class);
            }
        });
    }
    winners
}

/// Mean Jaccard index of the classes present in either map, without the background; `None` where
/// there are none.
fn mean_jaccard(
    classes: usize,
    level3: &ArrayRef2<usize>,
    level4: &ArrayRef2<usize>,
) -> Option<f64> {
    let mut counts = vec![(0_u64, 0_u64); classes];
    Zip::from(level3).and(level4).for_each(|&class3, &class4| {
        counts[class3].1 += 1;
        if class3 == class4 {
            counts[class3].0 += 1;
        } else {
            counts[class4].1 += 1;
        }
    });
    let present: Vec<f64> = counts[1..]
        .iter()
        .filter(|(_, union)| *union > 0)
        .map(|&(intersection, union)| intersection as f64 / union as f64)
        .collect();
    (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64)
}
