// Pixels of this label carry no gradient.
pub use qunet_grid::IGNORE;
use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction, TchError, Tensor};

use crate::error::{Error, While, not_negative, positive};

/// The training loss: one term per head, summed with weights (section II-C, eq. 1).
///
/// With several classes the overlap terms are means over the classes but the background, and the cross-entropy is that
/// of the softmax. Pixels labelled [`IGNORE`] count in none of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossConfig {
    /// What is computed for each head.
    pub kind: LossKind,
    /// The constant s of the overlap term, > 0.
    pub smooth: f64,
    /// Weight of each head, L1 first; missing ones count 1, and more than there are heads are refused.
    pub head_weights: Vec<f64>,
}

/// The loss of one head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossKind {
    /// Negative Dice over the batch, -(2 sum(P Y) + s) / (sum(P) + sum(Y) + s), in [-1, 0].
    /// With few slices and rare lesions it may end in predicting nothing at all.
    #[default]
    Dice,
    /// Negative Dice plus the mean cross-entropy of the pixels: steadier gradients.
    DiceCrossEntropy,
    /// Focal Tversky (Abraham and Khan 2019), (1 - T)^gamma with
    /// T = (sum(P Y) + s) / (sum(P Y) + alpha sum((1 - P) Y) + beta sum(P (1 - Y)) + s), in [0, 1]: for rare lesions,
    /// where a missed pixel costs more than a false one.
    FocalTversky(TverskyConfig),
}

/// Settings of [`LossKind::FocalTversky`]; the defaults are its authors'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TverskyConfig {
    /// Weight of missed pixels, >= 0.
    pub alpha: f64,
    /// Weight of false ones, >= 0.
    pub beta: f64,
    /// Exponent, > 0; below 1 it stresses slices that are almost right.
    pub gamma: f64,
}

impl Default for TverskyConfig {
    fn default() -> Self {
        Self { alpha: 0.7, beta: 0.3, gamma: 0.75 }
    }
}

impl TverskyConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        not_negative("alpha", self.alpha)?;
        not_negative("beta", self.beta)?;
        positive("gamma", self.gamma)
    }
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { kind: LossKind::Dice, smooth: 1.0, head_weights: Vec::new() }
    }
}

impl LossConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        positive("smooth", self.smooth)?;
        for &value in &self.head_weights {
            not_negative("head_weights", value)?;
        }
        match self.kind {
            LossKind::Dice | LossKind::DiceCrossEntropy => Ok(()),
            LossKind::FocalTversky(config) => {
                config.check().map_err(|error| error.within("kind.focal_tversky"))
            }
        }
    }

    fn weight(&self, head: usize) -> f64 {
        self.head_weights.get(head).copied().unwrap_or(1.0)
    }

    /// The weighted sum over the heads, and each head's own loss.
    pub(crate) fn compute(
        &self,
        logits: &[Tensor],
        truth: &Truth,
    ) -> Result<(Tensor, Vec<Tensor>), Error> {
        let doing = "computing the loss";
        let mut heads = Vec::with_capacity(logits.len());
        for map in logits {
            heads.push(self.head(map, truth).while_doing(doing)?);
        }
        let weighted: Result<Vec<Tensor>, TchError> = heads
            .iter()
            .enumerate()
            .map(|(head, loss)| loss.f_mul_scalar(self.weight(head)))
            .collect();
        let total = weighted
            .and_then(|terms| Tensor::f_stack(&terms, 0))
            .and_then(|terms| terms.f_sum(Kind::Float))
            .while_doing(doing)?;
        Ok((total, heads))
    }

    fn head(&self, logits: &Tensor, truth: &Truth) -> Result<Tensor, TchError> {
        let overlap = Overlap::new(&truth.foreground(logits)?, truth)?;
        match self.kind {
            LossKind::Dice => overlap.negative_dice(self.smooth),
            LossKind::DiceCrossEntropy => {
                overlap.negative_dice(self.smooth)?.f_add(&truth.cross_entropy(logits)?)
            }
            LossKind::FocalTversky(config) => overlap.focal_tversky(self.smooth, config),
        }
    }
}

/// Labels of a batch, as the losses take them.
pub(crate) struct Truth {
    /// `(N, 1, H, W)`, [`IGNORE`] where nobody annotated.
    labels: Tensor,
    /// One map of 0 and 1 per foreground class, `(N, C, H, W)`; 0 where nobody annotated.
    pub(crate) masks: Tensor,
    /// 1 where somebody annotated; `None` where that is everywhere.
    valid: Option<Tensor>,
}

impl Truth {
    /// `classes` as in [`Channels`](crate::Channels).
    pub(crate) fn new(labels: Tensor, classes: usize) -> Result<Self, TchError> {
        let ignored = labels.f_eq(i64::from(IGNORE))?;
        let all = ignored.f_any()?.f_int64_value(&[])? == 0;
        let valid = if all { None } else { Some(ignored.f_logical_not()?.f_to_kind(Kind::Float)?) };
        let foreground =
            Tensor::f_arange_start(1, classes.max(2) as i64, (Kind::Float, labels.device()))?;
        let masks =
            labels.f_eq_tensor(&foreground.f_reshape([1, -1, 1, 1])?)?.f_to_kind(Kind::Float)?;
        Ok(Self { labels, masks, valid })
    }

    fn classes(&self) -> i64 {
        self.masks.size()[1]
    }

    fn binary(&self, logits: &Tensor) -> bool {
        logits.size()[1] == 1
    }

    /// The probability of each foreground class, 0 where nobody annotated.
    fn foreground(&self, logits: &Tensor) -> Result<Tensor, TchError> {
        let probability = if self.binary(logits) {
            logits.f_sigmoid()?
        } else {
            logits.f_softmax(1, Kind::Float)?.f_narrow(1, 1, self.classes())?
        };
        self.annotated(&probability)
    }

    /// One map of 0 and 1 per foreground class: where it is predicted, among annotated pixels.
    pub(crate) fn predicted(&self, logits: &Tensor) -> Result<Tensor, TchError> {
        let predicted = if self.binary(logits) {
            logits.f_gt(0.0)?
        } else {
            let classes =
                Tensor::f_arange_start(1, self.classes() + 1, (Kind::Int64, logits.device()))?;
            logits.f_argmax(1, true)?.f_eq_tensor(&classes.f_reshape([1, -1, 1, 1])?)?
        };
        self.annotated(&predicted.f_to_kind(Kind::Float)?)
    }

    fn annotated(&self, map: &Tensor) -> Result<Tensor, TchError> {
        match &self.valid {
            None => Ok(map.shallow_clone()),
            Some(valid) => map.f_mul(valid),
        }
    }

    fn cross_entropy(&self, logits: &Tensor) -> Result<Tensor, TchError> {
        if self.binary(logits) {
            let weight = self.valid.as_ref();
            let none = None::<&Tensor>;
            let (mean, sum) = (Reduction::Mean, Reduction::Sum);
            return match weight {
                None => logits.f_binary_cross_entropy_with_logits(&self.masks, none, none, mean),
                Some(valid) => logits
                    .f_binary_cross_entropy_with_logits(&self.masks, weight, none, sum)?
                    .f_div(&valid.f_sum(Kind::Float)?.f_clamp_min(1.0)?),
            };
        }
        let labels = self.labels.f_squeeze_dim(1)?.f_to_kind(Kind::Int64)?;
        let ignore = i64::from(IGNORE);
        let sum =
            logits.f_cross_entropy_loss::<&Tensor>(&labels, None, Reduction::Sum, ignore, 0.0)?;
        let pixels = match &self.valid {
            None => return sum.f_div_scalar(labels.numel() as f64),
            Some(valid) => valid.f_sum(Kind::Float)?.f_clamp_min(1.0)?,
        };
        sum.f_div(&pixels)
    }

    /// Cross-entropy in which the foreground weighs `weight` times, for heads that predict nothing.
    pub(crate) fn weighted_cross_entropy(
        &self,
        logits: &Tensor,
        weight: f64,
    ) -> Result<Tensor, TchError> {
        let probability = self.foreground(logits)?.f_clamp(1e-6, 1.0 - 1e-6)?;
        let missed = probability.f_log()?.f_mul(&self.masks)?.f_mul_scalar(weight)?;
        let background = self.annotated(&self.masks.f_neg()?.f_add_scalar(1.0)?)?;
        let wrong = probability.f_neg()?.f_log1p()?.f_mul(&background)?;
        let pixels = self.masks.f_mul_scalar(weight)?.f_add(&background)?.f_sum(Kind::Float)?;
        missed.f_add(&wrong)?.f_sum(Kind::Float)?.f_div(&pixels)?.f_neg()
    }
}

/// Sums over the batch, per foreground class.
struct Overlap {
    both: Tensor,
    predicted: Tensor,
    truth: Tensor,
}

impl Overlap {
    fn new(probability: &Tensor, truth: &Truth) -> Result<Self, TchError> {
        let sum = |map: &Tensor| map.f_sum_dim_intlist(&[0_i64, 2, 3][..], false, Kind::Float);
        Ok(Self {
            both: sum(&probability.f_mul(&truth.masks)?)?,
            predicted: sum(probability)?,
            truth: sum(&truth.masks)?,
        })
    }

    fn negative_dice(&self, smooth: f64) -> Result<Tensor, TchError> {
        let size = self.predicted.f_add(&self.truth)?.f_add_scalar(smooth)?;
        let dice = self.both.f_mul_scalar(2.0)?.f_add_scalar(smooth)?.f_div(&size)?;
        dice.f_mean(Kind::Float)?.f_neg()
    }

    fn focal_tversky(&self, smooth: f64, config: TverskyConfig) -> Result<Tensor, TchError> {
        let missed = self.truth.f_sub(&self.both)?.f_mul_scalar(config.alpha)?;
        let wrong = self.predicted.f_sub(&self.both)?.f_mul_scalar(config.beta)?;
        let both = self.both.f_add_scalar(smooth)?;
        let index = both.f_div(&both.f_add(&missed)?.f_add(&wrong)?)?;
        // The slope of a power below 1 is infinite at 0.
        let left = index.f_neg()?.f_add_scalar(1.0)?.f_clamp_min(1e-7)?;
        left.f_pow_tensor_scalar(config.gamma)?.f_mean(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).reshape([1, 1, 1, -1])
    }

    fn truth(labels: &[u8], classes: usize) -> Truth {
        let labels = Tensor::from_slice(labels).reshape([1, 1, 1, -1]);
        Truth::new(labels, classes).unwrap()
    }

    fn logit(probability: f32) -> f32 {
        (probability / (1.0 - probability)).ln()
    }

    fn focal_tversky() -> LossKind {
        LossKind::FocalTversky(TverskyConfig::default())
    }

    fn loss(kind: LossKind, logits: &Tensor, truth: &Truth) -> f64 {
        let config = LossConfig { kind, ..LossConfig::default() };
        config.compute(&[logits.shallow_clone()], truth).unwrap().0.double_value(&[])
    }

    #[test]
    fn dice_by_hand() {
        // Sum(PY) = 1.5, sum(P) = 2, sum(Y) = 2: -(3 + 1) / (4 + 1) = -0.8.
        let logits = tensor(&[40.0, 0.0, 0.0, -40.0]);
        assert!((loss(LossKind::Dice, &logits, &truth(&[1, 1, 0, 0], 1)) + 0.8).abs() < 1e-6);
    }

    #[test]
    fn heads_are_weighted_and_summed() {
        let truth = truth(&[1, 0], 1);
        let heads = [tensor(&[20.0, -20.0]), tensor(&[0.0, 0.0])];
        let loss = LossConfig { head_weights: vec![2.0, 0.5], ..LossConfig::default() };
        let (total, each) = loss.compute(&heads, &truth).unwrap();
        // A perfect head is -1; P = 0.5 everywhere is -(1 + 1) / (2 + 1).
        assert!((each[0].double_value(&[]) + 1.0).abs() < 1e-6);
        assert!((each[1].double_value(&[]) + 2.0 / 3.0).abs() < 1e-6);
        assert!((total.double_value(&[]) + 2.0 + 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn cross_entropy_adds_ln_2_for_even_odds() {
        let found = loss(LossKind::DiceCrossEntropy, &tensor(&[0.0, 0.0]), &truth(&[1, 0], 1));
        assert!((found - (2f64.ln() - 2.0 / 3.0)).abs() < 1e-6);
    }

    #[test]
    fn focal_tversky_by_hand() {
        // Sum(PY) = 0.75, missed 0.25, wrong 0.5: T = 1.75 / (1.75 + 0.7 x 0.25 + 0.3 x 0.5); (1 - T)^0.75.
        let logits = tensor(&[logit(0.75), 0.0]);
        let index = 1.75 / (1.75 + 0.7 * 0.25 + 0.3 * 0.5);
        let expected = f64::powf(1.0 - index, 0.75);
        assert!((loss(focal_tversky(), &logits, &truth(&[1, 0], 1)) - expected).abs() < 1e-6);
    }

    #[test]
    fn several_classes_by_hand() {
        // Two pixels, three classes, softmax of log probabilities: pixel 1 is (0.5, 0.3, 0.2) of class 1, pixel 2
        // (0.1, 0.2, 0.7) of class 2. Dice: class 1 (0.6 + 1) / (0.5 + 1 + 1), class 2 (1.4 + 1) / (0.9 + 1 + 1).
        let logits = Tensor::from_slice(&[0.5_f32, 0.1, 0.3, 0.2, 0.2, 0.7]).log();
        let (logits, truth) = (logits.reshape([1, 3, 1, 2]), truth(&[1, 2], 3));
        let dice = -(1.6 / 2.5 + 2.4 / 2.9) / 2.0;
        assert!((loss(LossKind::Dice, &logits, &truth) - dice).abs() < 1e-6);
        let entropy = -(0.3_f64.ln() + 0.7_f64.ln()) / 2.0;
        assert!((loss(LossKind::DiceCrossEntropy, &logits, &truth) - dice - entropy).abs() < 1e-6);
    }

    #[test]
    fn ignored_pixels_change_nothing_and_carry_no_gradient() {
        for kind in [LossKind::Dice, LossKind::DiceCrossEntropy, focal_tversky()] {
            let config = LossConfig { kind, ..LossConfig::default() };
            for (channels, classes, labels) in [(1, 1, [1, 0, 255]), (3, 3, [1, 2, 255])] {
                let wide = Tensor::from_slice(&[0.3_f32, -0.2, 5.0]).reshape([1, 1, 1, 3]);
                let wide = wide.repeat([1, channels, 1, 1])
                    * Tensor::from_slice(&[1.0_f32, 0.5, -1.0])
                        .reshape([1, 3, 1, 1])
                        .narrow(1, 0, channels);
                let wide = wide.set_requires_grad(true);
                let narrow = wide.detach().narrow(3, 0, 2);
                let all =
                    config.compute(&[wide.shallow_clone()], &truth(&labels, classes)).unwrap().0;
                let expected = loss(kind, &narrow, &truth(&labels[..2], classes));
                assert!((all.double_value(&[]) - expected).abs() < 1e-6, "{kind:?}");
                all.backward();
                let gradient = wide.grad();
                assert_eq!(gradient.narrow(3, 2, 1).abs().max().double_value(&[]), 0.0, "{kind:?}");
                assert!(gradient.abs().max().double_value(&[]) > 0.0, "{kind:?}");
            }
        }
    }

    #[test]
    fn bad_values_are_named() {
        let check = |loss: LossConfig| loss.check().unwrap_err().to_string();
        let smooth = LossConfig { smooth: 0.0, ..LossConfig::default() };
        assert_eq!(check(smooth), "smooth is 0: it must be positive");
        let tversky = TverskyConfig { gamma: -1.0, ..TverskyConfig::default() };
        let kind = LossKind::FocalTversky(tversky);
        let gamma = LossConfig { kind, ..LossConfig::default() };
        assert_eq!(check(gamma), "kind.focal_tversky.gamma is -1: it must be positive");
    }
}
