//! What a network finds on annotated slices: Dice of the last head, heads that find nothing, and running statistics that
//! fit the weights.

use tch::{Kind, TchError, Tensor};

use super::set::TrainingSet;
use crate::error::{Error, While};
use crate::loss::Truth;
use crate::network::{Mode, Network};

/// Dice of the last head, pooled over all pixels and the mean over the classes that either side has; `None` where
/// there is no such class.
pub(super) fn dice(
    network: &Network,
    set: &TrainingSet,
    batch: usize,
    kind: Kind,
) -> Result<Option<f64>, Error> {
    let _no_grad = tch::no_grad_guard();
    let doing = "validating";
    let mut sums: Option<Tensor> = None;
    let all: Vec<i64> = (0..set.len() as i64).collect();
    for indices in all.chunks(batch) {
        let (images, labels) = set.gather(indices)?;
        let images = images.f_to_kind(kind).while_doing(doing)?;
        let logits = network.logits(&images, Mode::Evaluate)?;
        let Some(logits) = logits.last() else { return Ok(None) };
        let truth = Truth::new(labels, set.classes()).while_doing(doing)?;
        let found = counts(logits, &truth).while_doing(doing)?;
        sums = Some(match sums {
            None => found,
            Some(sums) => sums.f_add(&found).while_doing(doing)?,
        });
    }
    let Some(sums) = sums else { return Ok(None) };
    let sums =
        Vec::<f64>::try_from(&sums.f_reshape([-1]).while_doing(doing)?).while_doing(doing)?;
    let classes = sums.len() / 2;
    let dices: Vec<f64> = (0..classes)
        .filter(|&class| sums[classes + class] > 0.0)
        .map(|class| 2.0 * sums[class] / sums[classes + class])
        .collect();
    Ok((!dices.is_empty()).then(|| dices.iter().sum::<f64>() / dices.len() as f64))
}

/// Two rows: pixels in both, and pixels in prediction plus pixels in truth, of each class.
fn counts(logits: &Tensor, truth: &Truth) -> Result<Tensor, TchError> {
    let predicted = truth.predicted(logits)?;
    let sum = |map: &Tensor| map.f_sum_dim_intlist(&[0_i64, 2, 3][..], false, Kind::Double);
    let both = sum(&predicted.f_mul(&truth.masks)?)?;
    let sizes = sum(&predicted)?.f_add(&sum(&truth.masks)?)?;
    Tensor::f_stack(&[both, sizes], 0)
}

/// Which heads found anything on slices with foreground.
#[derive(Clone, Debug)]
pub(super) struct Findings {
    /// Per head.
    found: Vec<bool>,
    /// Whether there was any such slice.
    positive: bool,
}

impl Findings {
    pub(super) fn new(heads: usize) -> Self {
        Self { found: vec![false; heads], positive: false }
    }

    /// Adds a batch.
    pub(super) fn observe(&mut self, logits: &[Tensor], truth: &Truth) -> Result<(), TchError> {
        let _no_grad = tch::no_grad_guard();
        let dims = &[1_i64, 2, 3][..];
        let positive = truth.masks.f_amax(dims, false)?;
        let mut counts = vec![positive.f_sum(Kind::Float)?];
        for map in logits {
            let found = truth.predicted(map)?.f_amax(dims, false)?;
            counts.push(found.f_mul(&positive)?.f_sum(Kind::Float)?);
        }
        let counts = Vec::<f32>::try_from(&Tensor::f_stack(&counts, 0)?)?;
        self.positive |= counts[0] > 0.0;
        for (found, &slices) in self.found.iter_mut().zip(&counts[1..]) {
            *found |= slices > 0.0;
        }
        Ok(())
    }

    /// Those of `levels` whose heads found nothing, although there was something.
    pub(super) fn empty(&self, levels: &[usize]) -> Vec<usize> {
        let empty = |(_, found): &(&usize, &bool)| self.positive && !**found;
        levels.iter().zip(&self.found).filter(empty).map(|(&level, _)| level).collect()
    }
}

/// Levels of the heads that, in evaluation, find nothing on any training slice with foreground.
pub(super) fn empty_heads(
    network: &Network,
    set: &TrainingSet,
    batch: usize,
    kind: Kind,
) -> Result<Vec<usize>, Error> {
    let _no_grad = tch::no_grad_guard();
    let doing = "checking for heads that find nothing";
    let levels = network.levels();
    let mut findings = Findings::new(levels.len());
    let positives: Vec<i64> = set.positives().into_iter().map(|slice| slice as i64).collect();
    for indices in positives.chunks(batch) {
        let (images, labels) = set.gather(indices)?;
        let images = images.f_to_kind(kind).while_doing(doing)?;
        let logits = network.logits(&images, Mode::Evaluate)?;
        let truth = Truth::new(labels, set.classes()).while_doing(doing)?;
        findings.observe(&logits, &truth).while_doing(doing)?;
    }
    Ok(findings.empty(&levels))
}

/// Sets the running statistics of batch normalisation to the mean of those of the training slices, in even batches,
/// with the weights as they are (Wu and Johnson 2021, precise statistics).
pub(super) fn recalibrate(
    network: &Network,
    set: &TrainingSet,
    batch: usize,
    kind: Kind,
) -> Result<(), Error> {
    let _no_grad = tch::no_grad_guard();
    let slices: Vec<i64> = (0..set.len() as i64).collect();
    let passes = slices.len().div_ceil(batch);
    for (indices, pass) in slices.chunks(slices.len().div_ceil(passes)).zip(1..) {
        let (images, _) = set.gather(indices)?;
        let images = images.f_to_kind(kind).while_doing("recomputing statistics")?;
        network.logits(&images, Mode::Recalibrate { pass })?;
    }
    Ok(())
}
