use serde::{Deserialize, Serialize};

use super::guard::CollapseGuard;
use crate::augment::Augmentation;
use crate::error::{Error, at_least_one, count_in, not_negative, positive, require};
use crate::loss::{LossConfig, LossKind};
use crate::machine::Precision;

/// How a network is trained. The seed is not a setting: it is given with each training, see [`Fit`](crate::Fit).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// How many epochs.
    pub epochs: usize,
    /// Slices per step.
    pub batch_size: usize,
    /// Steps per epoch, each on `batch_size` slices dealt in shuffled rounds; `None` = one pass
    /// over the slices, which with fewer than ten of them is a single step.
    pub steps_per_epoch: Option<usize>,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// The learning rate at the start.
    pub learning_rate: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Over how many epochs the learning rate first rises linearly from 0.
    pub warmup_epochs: usize,
    /// The longest gradient (2-norm over all parameters); longer ones are shortened to it.
    pub clip_norm: Option<f64>,
    /// The number type of the activations; weights and their moments are f32 always.
    pub precision: Precision,
    /// The loss.
    pub loss: LossConfig,
    /// Random geometry and intensity of the training slices.
    pub augmentation: Augmentation,
    /// Probability, in [0, 1], that a lesion of any slice is pasted into a slice of a batch, before
    /// both are augmented: where it was or elsewhere, its rim blended with what is there, and never
    /// outside of the region of interest, where all intensities are 0. Priors do not show it.
    pub copy_paste: f64,
    /// Share of each batch that is drawn among slices with foreground, the classes in turn, in [0, 1].
    pub foreground_share: f64,
    /// After how many epochs without a better validation Dice training stops; `None` = never. A training without
    /// [validation slices](crate::Fit::validation) refuses it.
    pub patience: Option<usize>,
    /// What is done about heads that predict nothing.
    pub collapse: CollapseGuard,
    /// Leaves the encoder unchanged: what it learnt elsewhere is kept.
    pub freeze_encoder: bool,
    /// Decay, in (0, 1), of an exponential moving average of the weights, which is what validation
    /// judges and what the network has at the end; `None` = the weights of the last step. Over the
    /// first steps the decay rises to it, as t / (t + 9) after t steps, so that a short training
    /// does not end near its start.
    pub ema: Option<f64>,
}

/// The optimiser and its constants; the defaults are those of Kingma and Ba (2015).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Decay of the first moment, in [0, 1).
    pub beta1: f64,
    /// Decay of the second moment, in [0, 1).
    pub beta2: f64,
    /// Added to the root of the second moment, > 0.
    pub epsilon: f64,
    /// Decoupled weight decay (AdamW, Loshchilov and Hutter 2019), >= 0; with 0 this is Adam.
    pub weight_decay: f64,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

/// How the learning rate changes over a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// Half a cosine from the start value to zero at the last step.
    Cosine,
    /// (1 - progress)^power, as nnU-Net with power 0.9.
    Polynomial {
        /// The exponent, > 0.
        power: f64,
    },
    /// Times `factor` after every `epochs` epochs.
    Step {
        /// How many epochs one rate holds, >= 1.
        epochs: usize,
        /// In (0, 1].
        factor: f64,
    },
}

impl Default for TrainConfig {
    /// What holds up with a handful of slices: Dice + cross-entropy, half of each batch with
    /// foreground, ten steps of four slices per epoch, cosine schedule from 1e-3, recovery from collapse.
    fn default() -> Self {
        Self {
            epochs: 60,
            batch_size: 4,
            steps_per_epoch: Some(10),
            optimizer: OptimizerConfig::default(),
            learning_rate: 1e-3,
            schedule: Schedule::Cosine,
            warmup_epochs: 0,
            clip_norm: None,
            precision: Precision::F32,
            loss: LossConfig { kind: LossKind::DiceCrossEntropy, ..LossConfig::default() },
            augmentation: Augmentation::default(),
            copy_paste: 0.0,
            foreground_share: 0.5,
            patience: None,
            collapse: CollapseGuard::default(),
            freeze_encoder: false,
            ema: None,
        }
    }
}

impl TrainConfig {
    /// The paper's recipe (section II-C): Adam 1e-4, 60 epochs, batches of 20, negative Dice. A collapse is reported
    /// and left alone.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            epochs: 60,
            batch_size: 20,
            steps_per_epoch: None,
            learning_rate: 1e-4,
            schedule: Schedule::Constant,
            loss: LossConfig::default(),
            augmentation: Augmentation::paper(),
            foreground_share: 0.0,
            collapse: CollapseGuard::report(),
            ..Self::default()
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        let rule = "it must lie in 1..=1000000";
        count_in("epochs", self.epochs, 1..=1_000_000, rule)?;
        at_least_one("batch_size", self.batch_size)?;
        count_in("steps_per_epoch", self.steps_per_epoch.unwrap_or(1), 1..=1_000_000, rule)?;
        at_least_one("patience", self.patience.unwrap_or(1))?;
        positive("learning_rate", self.learning_rate)?;
        positive("clip_norm", self.clip_norm.unwrap_or(1.0))?;
        for (field, share) in
            [("foreground_share", self.foreground_share), ("copy_paste", self.copy_paste)]
        {
            require(field, share, (0.0..=1.0).contains(&share), "it must lie in 0..=1")?;
        }
        let decay = self.ema.unwrap_or(0.5);
        require("ema", decay, decay > 0.0 && decay < 1.0, "it must lie between 0 and 1")?;
        self.optimizer.check().map_err(|error| error.within("optimizer"))?;
        self.schedule.check().map_err(|error| error.within("schedule"))?;
        self.collapse.check().map_err(|error| error.within("collapse"))?;
        self.loss.check().map_err(|error| error.within("loss"))?;
        self.augmentation.check().map_err(|error| error.within("augmentation"))
    }

    /// The learning rate of step `step` of `steps` in all, both counted over all epochs.
    pub(crate) fn rate_at(&self, step: usize, steps: usize) -> f64 {
        let progress = step as f64 / steps as f64;
        let epoch = progress * self.epochs as f64;
        let warm = match self.warmup_epochs {
            0 => 1.0,
            epochs => {
                ((step + 1) as f64 / steps as f64 * self.epochs as f64 / epochs as f64).min(1.0)
            }
        };
        let factor = match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
            Schedule::Polynomial { power } => (1.0 - progress).powf(power),
            Schedule::Step { epochs, factor } => factor.powf((epoch / epochs as f64).floor()),
        };
        self.learning_rate * warm * factor
    }
}

impl OptimizerConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        let rule = "it must lie in [0, 1)";
        require("beta1", self.beta1, (0.0..1.0).contains(&self.beta1), rule)?;
        require("beta2", self.beta2, (0.0..1.0).contains(&self.beta2), rule)?;
        positive("epsilon", self.epsilon)?;
        not_negative("weight_decay", self.weight_decay)
    }
}

impl Schedule {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Constant | Self::Cosine => Ok(()),
            Self::Polynomial { power } => positive("power", power),
            Self::Step { epochs, factor } => {
                at_least_one("epochs", epochs)?;
                require("factor", factor, factor > 0.0 && factor <= 1.0, "it must lie in (0, 1]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_by_hand() {
        let rate = |schedule, warmup_epochs, step| {
            let config = TrainConfig {
                epochs: 10,
                learning_rate: 2.0,
                schedule,
                warmup_epochs,
                ..TrainConfig::default()
            };
            config.rate_at(step, 100)
        };
        assert_eq!(rate(Schedule::Constant, 0, 99), 2.0);
        assert_eq!(rate(Schedule::Cosine, 0, 0), 2.0);
        assert!((rate(Schedule::Cosine, 0, 50) - 1.0).abs() < 1e-12);
        assert!((rate(Schedule::Polynomial { power: 2.0 }, 0, 50) - 0.5).abs() < 1e-12);
        // Ten steps are an epoch: after four epochs the rate has been halved twice.
        let step = Schedule::Step { epochs: 2, factor: 0.5 };
        assert_eq!([rate(step, 0, 19), rate(step, 0, 20), rate(step, 0, 45)], [2.0, 1.0, 0.5]);
        // Two epochs of warm-up: a twentieth, a half, then all.
        let warm = |step| rate(Schedule::Constant, 2, step);
        assert_eq!([warm(0), warm(9), warm(19), warm(30)], [0.1, 1.0, 2.0, 2.0]);
    }
}
