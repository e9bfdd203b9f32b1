//! Dice on slices that are not trained on.

use tch::{Kind, TchError, Tensor};

use super::set::TrainingSet;
use crate::error::While;
use crate::loss::Truth;
use crate::{Error, Mode, Network};

/// Dice of the last head, pooled over all pixels and the mean over the classes that either side has; `None` where
/// there is no such class.
pub(super) fn dice(
    network: &dyn Network,
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
