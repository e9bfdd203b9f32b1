use std::ops::ControlFlow;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::{Adam, Optimizer, OptimizerConfig};

use crate::Error;
use crate::augment::Augmentation;
use crate::error::While;
use crate::layers::Mode;
use crate::loss::{LossConfig, LossKind};
use crate::network::Network;
use crate::training_set::{Sampler, TrainingSet};

/// How a network is trained.
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
    /// Adam's learning rate at the start.
    pub learning_rate: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// The loss.
    pub loss: LossConfig,
    /// Random geometry of the training slices.
    pub augmentation: Augmentation,
    /// Share of each batch that is drawn among slices with foreground, in [0, 1].
    pub foreground_share: f64,
    /// Seeds the order of slices, the augmentation and dropout.
    pub seed: u64,
}

/// How the learning rate changes over a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// Half a cosine from the start value to zero at the last step.
    Cosine,
}

impl Default for TrainConfig {
    /// What holds up with a handful of slices: Dice + cross-entropy, half of each batch with
    /// foreground, ten steps of four slices per epoch, cosine schedule from 1e-3.
    fn default() -> Self {
        Self {
            epochs: 60,
            batch_size: 4,
            steps_per_epoch: Some(10),
            learning_rate: 1e-3,
            schedule: Schedule::Cosine,
            loss: LossConfig { kind: LossKind::DiceCrossEntropy, ..LossConfig::default() },
            augmentation: Augmentation::default(),
            foreground_share: 0.5,
            seed: 0,
        }
    }
}

impl TrainConfig {
    /// The paper's recipe (section II-C): Adam 1e-4, 60 epochs, batches of 20, negative Dice.
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
            seed: 0,
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        let counts = [
            ("epochs", self.epochs),
            ("batch_size", self.batch_size),
            ("steps_per_epoch", self.steps_per_epoch.unwrap_or(1)),
        ];
        if let Some((field, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(Error::Parameter { field, value: 0.0, rule: "it must be at least 1" });
        }
        let rate = self.learning_rate;
        if !(rate > 0.0 && rate.is_finite()) {
            let rule = "it must be positive";
            return Err(Error::Parameter { field: "learning_rate", value: rate, rule });
        }
        if !(0.0..=1.0).contains(&self.foreground_share) {
            let value = self.foreground_share;
            let rule = "it must lie in 0..=1";
            return Err(Error::Parameter { field: "foreground_share", value, rule });
        }
        self.loss.check()?;
        self.augmentation.check()
    }

    fn rate_at(&self, progress: f64) -> f64 {
        match self.schedule {
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine => {
                0.5 * self.learning_rate * (1.0 + (std::f64::consts::PI * progress).cos())
            }
        }
    }
}

/// One epoch of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// 1-based.
    pub epoch: usize,
    /// How many there will be.
    pub epochs: usize,
    /// Mean loss of each head over the epoch's steps, L1 first.
    pub head_losses: Vec<f64>,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// How long it took.
    pub seconds: f64,
}

/// Told of every epoch; answers whether to go on. Any closure of that shape is one.
pub trait TrainObserver {
    /// An epoch is over; `Break` ends the training with [`Error::Interrupted`].
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()>;
}

impl<F: FnMut(&EpochRecord) -> ControlFlow<()>> TrainObserver for F {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self(record)
    }
}

/// Trains a network on annotated slices; see [`TrainConfig`].
#[derive(Clone, Debug)]
pub struct Trainer {
    config: TrainConfig,
}

impl Trainer {
    /// A trainer with a checked configuration.
    ///
    /// # Errors
    /// As [`TrainConfig::check`].
    pub fn new(config: TrainConfig) -> Result<Self, Error> {
        config.check()?;
        Ok(Self { config })
    }

    /// Trains `network` further from the weights it has, with a fresh optimiser.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`] where training diverges, [`Error::Interrupted`] where the
    /// observer asks to stop, [`Error::Torch`] where LibTorch fails.
    pub fn fit(
        &self,
        network: &dyn Network,
        set: &TrainingSet,
        observer: &mut dyn TrainObserver,
    ) -> Result<Vec<EpochRecord>, Error> {
        let config = &self.config;
        crate::seed(config.seed);
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let mut sampler = Sampler::new(set, config.batch_size, config.foreground_share);
        let mut optimizer = Adam::default()
            .build(network.variables(), config.learning_rate)
            .while_doing("building the optimiser")?;
        let batches = self.batches(set.len());
        let mut history = Vec::with_capacity(config.epochs);
        for epoch in 1..=config.epochs {
            let started = Instant::now();
            let mut sums = vec![0.0; network.heads()];
            for (index, &count) in batches.iter().enumerate() {
                let done = (epoch - 1) * batches.len() + index;
                let progress = done as f64 / (config.epochs * batches.len()) as f64;
                optimizer.set_lr(config.rate_at(progress));
                let (images, masks) = set.gather(&sampler.draw(count, &mut rng))?;
                let (images, masks) = config.augmentation.apply(&images, &masks, &mut rng)?;
                let place = Place { epoch, step: index + 1, rate: config.rate_at(progress) };
                let losses = self.step(network, &mut optimizer, &images, &masks, place)?;
                sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
            }
            let steps = batches.len() as f64;
            let last = (epoch * batches.len() - 1) as f64 / (config.epochs * batches.len()) as f64;
            history.push(EpochRecord {
                epoch,
                epochs: config.epochs,
                head_losses: sums.into_iter().map(|sum| sum / steps).collect(),
                learning_rate: config.rate_at(last),
                seconds: started.elapsed().as_secs_f64(),
            });
            if observer.epoch(&history[epoch - 1]).is_break() {
                return Err(Error::Interrupted { epoch });
            }
        }
        Ok(history)
    }

    /// How many slices each step of an epoch takes.
    fn batches(&self, slices: usize) -> Vec<usize> {
        let batch = self.config.batch_size;
        match self.config.steps_per_epoch {
            Some(steps) => vec![batch; steps],
            None => (0..slices.div_ceil(batch)).map(|i| batch.min(slices - i * batch)).collect(),
        }
    }

    /// One step of the optimiser; the loss of each head before it.
    fn step(
        &self,
        network: &dyn Network,
        optimizer: &mut Optimizer,
        images: &Tensor,
        masks: &Tensor,
        place: Place,
    ) -> Result<Vec<f64>, Error> {
        let logits = network.logits(images, Mode::Train)?;
        let (total, heads) = self.config.loss.of(&logits, masks)?;
        let loss = total.f_double_value(&[]).while_doing("reading the loss")?;
        if !loss.is_finite() {
            let Place { epoch, step, rate: learning_rate } = place;
            return Err(Error::NonFiniteLoss { loss, epoch, step, learning_rate });
        }
        optimizer.zero_grad();
        total.f_backward().while_doing("computing gradients")?;
        optimizer.step();
        heads
            .iter()
            .map(|head| head.f_double_value(&[]).while_doing("reading a head's loss"))
            .collect()
    }
}

/// Where in the training a step is, for the error that names it.
struct Place {
    epoch: usize,
    step: usize,
    rate: f64,
}
