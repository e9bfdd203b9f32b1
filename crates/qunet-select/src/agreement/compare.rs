//! Maps of one slice, compared pair by pair.

use ndarray::{Array2, ArrayRef2, ArrayView2, ArrayView3, Axis, CowArray, Ix2, Zip, s};
use qunet_segmetrics::{Agreement, head_agreement};

use crate::MapError;

/// The probability maps of one slice that are to agree.
///
/// ```
/// use ndarray::array;
/// use qunet_select::{AgreementParams, AgreementRecord, Maps};
/// use qunet_stack::SliceId;
///
/// // Heads that find the first pixel, the first two, and the second: Q = 1/2, 0 and 1/2.
/// let heads = [array![[0.9, 0.1]], array![[0.9, 0.9]], array![[0.1, 0.9]]];
/// let views: Vec<_> = heads.iter().map(|head| head.view()).collect();
/// let (maps, params) = (Maps::Heads(&views), AgreementParams::default());
/// let record = AgreementRecord::from_maps(SliceId(0), &maps, 0.5, &params)?;
/// assert_eq!(record.quality_index, 1.0 / 3.0);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Maps<'a> {
    /// Heads L3 and L4 `(height, width)`, the paper's.
    Pair {
        /// Head L3.
        level3: ArrayView2<'a, f32>,
        /// Head L4.
        level4: ArrayView2<'a, f32>,
    },
    /// Heads L3 and L4 `(classes, height, width)`. Each pixel belongs to its most probable class,
    /// of equals the first, and Q is the mean of the classes that either head finds, without class
    /// 0, the background. A single class is a [`Maps::Pair`].
    Classes {
        /// Head L3.
        level3: ArrayView3<'a, f32>,
        /// Head L4.
        level4: ArrayView3<'a, f32>,
    },
    /// Two or more heads `(height, width)`: Q is the mean over all pairs of them.
    Heads(&'a [ArrayView2<'a, f32>]),
    /// Heads L3 and L4 `(height, width)` of several draws of Monte-Carlo dropout: Q is that of the
    /// mean probabilities.
    Draws(&'a [[ArrayView2<'a, f32>; 2]]),
}

/// How far two heads agree.
#[derive(Clone, Copy)]
pub(super) struct Compared {
    /// `None` where neither finds anything.
    pub(super) jaccard: Option<f64>,
    /// `None` where all probabilities are 0.
    pub(super) soft_jaccard: Option<f64>,
    /// Sum over the pixels of the difference of the probabilities.
    pub(super) area: f64,
}

impl From<Agreement> for Compared {
    fn from(agreement: Agreement) -> Self {
        Self {
            jaccard: agreement.jaccard(),
            soft_jaccard: agreement.soft_jaccard(),
            area: agreement.soft_union - agreement.soft_intersection,
        }
    }
}

/// Every pair of heads, one at least.
pub(super) fn compare(maps: &Maps<'_>, threshold: f32) -> Result<Vec<Compared>, MapError> {
    match maps {
        Maps::Pair { level3, level4 } => {
            Ok(vec![head_agreement(level3, level4, threshold)?.into()])
        }
        Maps::Classes { level3, level4 } => Ok(vec![compare_classes(level3, level4, threshold)?]),
        Maps::Heads(heads) => {
            last_two(heads)?;
            let later = |(at, first)| heads[at + 1..].iter().map(move |second| (first, second));
            let pairs = heads.iter().enumerate().flat_map(later);
            pairs.map(|(a, b)| Ok(head_agreement(a, b, threshold)?.into())).collect()
        }
        Maps::Draws(draws) => {
            let [level3, level4] = mean_draw(draws)?;
            Ok(vec![head_agreement(&level3, &level4, threshold)?.into()])
        }
    }
}

/// |L3 - L4|; of several classes half the sum over them.
pub(super) fn difference(maps: &Maps<'_>) -> Result<Array2<f32>, MapError> {
    let Maps::Classes { level3, level4 } = maps else {
        let [level3, level4] = two_planes(maps)?;
        return plane_difference(&level3, &level4);
    };
    require_class(level3)?;
    head_agreement(level3, level4, 0.0)?;
    let share = if level3.dim().0 > 1 { 0.5 } else { 1.0 };
    let mut sum = Array2::zeros(level3.slice(s![0, .., ..]).dim());
    for (a, b) in level3.outer_iter().zip(level4.outer_iter()) {
        Zip::from(&mut sum).and(a).and(b).for_each(|sum, &a, &b| *sum += share * (a - b).abs());
    }
    sum.mapv_inplace(|sum: f32| sum.min(1.0));
    Ok(sum)
}

fn plane_difference(
    level3: &ArrayRef2<f32>,
    level4: &ArrayRef2<f32>,
) -> Result<Array2<f32>, MapError> {
    head_agreement(level3, level4, 0.0)?;
    // A resize may leave [0, 1] by its rounding.
    let difference = |&a: &f32, &b: &f32| (a - b).abs().min(1.0);
    Ok(Zip::from(level3).and(level4).map_collect(difference))
}

/// Where the masks, or the most probable classes, differ.
pub(super) fn different(maps: &Maps<'_>, threshold: f32) -> Result<Array2<bool>, MapError> {
    match maps {
        Maps::Classes { level3, level4 } if level3.dim().0 != 1 => {
            require_class(level3)?;
            head_agreement(level3, level4, threshold)?;
            Ok(unequal(&winners(level3), &winners(level4)))
        }
        _ => {
            let [level3, level4] = two_planes(maps)?;
            head_agreement(&level3, &level4, threshold)?;
            Ok(unequal(
                &qunet_grid::binarise(&level3, threshold),
                &qunet_grid::binarise(&level4, threshold),
            ))
        }
    }
}

fn unequal<T: PartialEq>(a: &ArrayRef2<T>, b: &ArrayRef2<T>) -> Array2<bool> {
    Zip::from(a).and(b).map_collect(|a, b| a != b)
}

/// The two maps `(height, width)` that a picture compares: the last two heads, or mean draws.
fn two_planes<'a>(maps: &Maps<'a>) -> Result<[CowArray<'a, f32, Ix2>; 2], MapError> {
    match maps {
        Maps::Pair { level3, level4 } => Ok([(*level3).into(), (*level4).into()]),
        Maps::Classes { level3, level4 } => {
            require_class(level3)?;
            require_class(level4)?;
            Ok([level3, level4].map(|map| map.index_axis_move(Axis(0), 0).into()))
        }
        Maps::Heads(heads) => last_two(heads).map(|heads| heads.map(Into::into)),
        Maps::Draws(draws) => mean_draw(draws).map(|maps| maps.map(Into::into)),
    }
}

fn last_two<'a>(heads: &[ArrayView2<'a, f32>]) -> Result<[ArrayView2<'a, f32>; 2], MapError> {
    heads.last_chunk().copied().ok_or_else(|| shape(&[heads.len()], "give two heads at least"))
}

/// Heads L3 and L4, each the mean of its draws.
fn mean_draw(draws: &[[ArrayView2<'_, f32>; 2]]) -> Result<[Array2<f32>; 2], MapError> {
    let Some([first, _]) = draws.first() else {
        return Err(shape(&[0], "give a draw at least"));
    };
    for [level3, level4] in draws {
        // Before they are averaged: a mean may hide what is no probability.
        head_agreement(level3, level4, 0.0)?;
        if level3.dim() != first.dim() {
            let (expected, found) = (first.shape().to_vec(), level3.shape().to_vec());
            return Err(MapError::Mismatch { expected, found });
        }
    }
    Ok([0, 1].map(|level: usize| mean(first.dim(), draws.iter().map(|draw| draw[level]))))
}

fn compare_classes(
    level3: &ArrayView3<'_, f32>,
    level4: &ArrayView3<'_, f32>,
    threshold: f32,
) -> Result<Compared, MapError> {
    require_class(level3)?;
    let all = head_agreement(level3, level4, threshold)?;
    let classes = level3.dim().0;
    if classes == 1 {
        return Ok(all.into());
    }
    let foreground = s![1.., .., ..];
    let soft = head_agreement(&level3.slice(foreground), &level4.slice(foreground), threshold)?;
    let jaccard = mean_jaccard(classes, &winners(level3), &winners(level4));
    Ok(Compared { jaccard, ..soft.into() })
}

fn require_class(map: &ArrayView3<'_, f32>) -> Result<(), MapError> {
    if map.dim().0 == 0 { Err(shape(map.shape(), "a map has a class at least")) } else { Ok(()) }
}

fn shape(shape: &[usize], rule: &'static str) -> MapError {
    MapError::Shape { shape: shape.to_vec(), rule }
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
