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
        let mut run = Run::new(&self.config, network, set)?;
        let mut history = Vec::with_capacity(self.config.epochs);
        for epoch in 1..=self.config.epochs {
            let record = run.epoch(epoch)?;
            let flow = observer.epoch(&record);
            history.push(record);
            if flow.is_break() {
                return Err(Error::Interrupted { epoch });
            }
        }
        Ok(history)
    }
}

/// A training under way.
struct Run<'a> {
    config: &'a TrainConfig,
    network: &'a dyn Network,
    set: &'a TrainingSet,
    sampler: Sampler,
    optimizer: Optimizer,
    rng: ChaCha8Rng,
    /// How many slices each step of an epoch takes.
    batches: Vec<usize>,
}

impl<'a> Run<'a> {
    fn new(
        config: &'a TrainConfig,
        network: &'a dyn Network,
        set: &'a TrainingSet,
    ) -> Result<Self, Error> {
        crate::seed(config.seed);
        let optimizer = Adam::default()
            .build(network.variables(), config.learning_rate)
            .while_doing("building the optimiser")?;
        let (batch, slices) = (config.batch_size, set.len());
        let batches = match config.steps_per_epoch {
            Some(steps) => vec![batch; steps],
            None => (0..slices.div_ceil(batch)).map(|i| batch.min(slices - i * batch)).collect(),
        };
        Ok(Self {
            config,
            network,
            set,
            sampler: Sampler::new(set, batch, config.foreground_share),
            optimizer,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            batches,
        })
    }

    fn epoch(&mut self, epoch: usize) -> Result<EpochRecord, Error> {
        let started = Instant::now();
        let steps = self.batches.len();
        let mut head_losses = vec![0.0; self.network.heads()];
        let mut learning_rate = self.config.learning_rate;
        for step in 1..=steps {
            let done = (epoch - 1) * steps + step - 1;
            learning_rate = self.config.rate_at(done as f64 / (self.config.epochs * steps) as f64);
            self.optimizer.set_lr(learning_rate);
            let (total, heads) = self.loss(self.batches[step - 1])?;
            let loss = read(&total)?;
            if !loss.is_finite() {
                return Err(Error::NonFiniteLoss { loss, epoch, step, learning_rate });
            }
            self.optimizer.zero_grad();
            total.f_backward().while_doing("computing gradients")?;
            self.optimizer.step();
            for (mean, head) in head_losses.iter_mut().zip(&heads) {
                *mean += read(head)? / steps as f64;
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok(EpochRecord { epoch, epochs: self.config.epochs, head_losses, learning_rate, seconds })
    }

    /// The loss on a fresh batch, in all and of each head.
    fn loss(&mut self, count: usize) -> Result<(Tensor, Vec<Tensor>), Error> {
        let (images, masks) = self.set.gather(&self.sampler.draw(count, &mut self.rng))?;
        let (images, masks) = self.config.augmentation.apply(&images, &masks, &mut self.rng)?;
        let logits = self.network.logits(&images, Mode::Train)?;
        self.config.loss.of(&logits, &masks)
    }
}

fn read(loss: &Tensor) -> Result<f64, Error> {
    loss.f_double_value(&[]).while_doing("reading the loss")
}
