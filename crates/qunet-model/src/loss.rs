use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction, TchError, Tensor};

use crate::Error;
use crate::error::While;

/// The training loss: one term per head, summed with weights (section II-C, eq. 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossConfig {
    /// What is computed for each head.
    pub kind: LossKind,
    /// The constant s of the Dice term, > 0.
    pub smooth: f64,
    /// Weight of each head, L1 first; missing ones count 1.
    pub head_weights: Vec<f64>,
}

/// The loss of one head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossKind {
    /// Negative Dice over the batch, -(2 sum(P Y) + s) / (sum(P) + sum(Y) + s), in [-1, 0].
    /// With few slices and rare lesions it may end in predicting nothing at all.
    #[default]
    Dice,
    /// Negative Dice plus the mean binary cross-entropy of the pixels: steadier gradients.
    DiceCrossEntropy,
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
        if !(self.smooth > 0.0 && self.smooth.is_finite()) {
            let rule = "it must be positive";
            return Err(Error::Parameter { field: "smooth", value: self.smooth, rule });
        }
        match self.head_weights.iter().find(|weight| !(**weight >= 0.0 && weight.is_finite())) {
            None => Ok(()),
            Some(&value) => {
                let rule = "weights are finite and not negative";
                Err(Error::Parameter { field: "head_weights", value, rule })
            }
        }
    }

    fn weight(&self, head: usize) -> f64 {
        self.head_weights.get(head).copied().unwrap_or(1.0)
    }

    /// The weighted sum over the heads, and each head's own loss.
    pub(crate) fn of(
        &self,
        logits: &[Tensor],
        truth: &Tensor,
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

    fn head(&self, logits: &Tensor, truth: &Tensor) -> Result<Tensor, TchError> {
        let dice = negative_dice(&logits.f_sigmoid()?, truth, self.smooth)?;
        match self.kind {
            LossKind::Dice => Ok(dice),
            LossKind::DiceCrossEntropy => {
                let entropy = logits.f_binary_cross_entropy_with_logits::<&Tensor>(
                    truth,
                    None,
                    None,
                    Reduction::Mean,
                )?;
                dice.f_add(&entropy)
            }
        }
    }
}

fn negative_dice(probability: &Tensor, truth: &Tensor, smooth: f64) -> Result<Tensor, TchError> {
    let overlap = probability.f_mul(truth)?.f_sum(Kind::Float)?.f_mul_scalar(2.0)?;
    let size = probability.f_sum(Kind::Float)?.f_add(&truth.f_sum(Kind::Float)?)?;
    overlap.f_add_scalar(smooth)?.f_div(&size.f_add_scalar(smooth)?)?.f_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).reshape([1, 1, 1, -1])
    }

    #[test]
    fn dice_by_hand() {
        // Sum(PY) = 1.5, sum(P) = 2, sum(Y) = 2: -(3 + 1) / (4 + 1) = -0.8.
        let probability = tensor(&[1.0, 0.5, 0.5, 0.0]);
        let truth = tensor(&[1.0, 1.0, 0.0, 0.0]);
        let loss = negative_dice(&probability, &truth, 1.0).unwrap().double_value(&[]);
        assert!((loss + 0.8).abs() < 1e-6);
    }

    #[test]
    fn heads_are_weighted_and_summed() {
        let truth = tensor(&[1.0, 0.0]);
        let heads = [tensor(&[20.0, -20.0]), tensor(&[0.0, 0.0])];
        let loss = LossConfig { head_weights: vec![2.0, 0.5], ..LossConfig::default() };
        let (total, each) = loss.of(&heads, &truth).unwrap();
        // A perfect head is -1; P = 0.5 everywhere is -(1 + 1) / (2 + 1).
        assert!((each[0].double_value(&[]) + 1.0).abs() < 1e-6);
        assert!((each[1].double_value(&[]) + 2.0 / 3.0).abs() < 1e-6);
        assert!((total.double_value(&[]) + 2.0 + 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn cross_entropy_adds_ln_2_for_even_odds() {
        let kind = LossKind::DiceCrossEntropy;
        let loss = LossConfig { kind, ..LossConfig::default() };
        let (total, _) = loss.of(&[tensor(&[0.0, 0.0])], &tensor(&[1.0, 0.0])).unwrap();
        assert!((total.double_value(&[]) - (2f64.ln() - 2.0 / 3.0)).abs() < 1e-6);
    }
}
