//! The epochs of a training, step by step.

use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{TchError, Tensor};

use super::adam::Adam;
use super::average::Average;
use super::config::TrainConfig;
use super::evaluation::Findings;
use super::event::EpochRecord;
use super::guard::GuardState;
use super::paste::Lesions;
use super::sampler::Sampler;
use super::set::TrainingSet;
use crate::error::{Error, While};
use crate::loss::Truth;
use crate::network::{Mode, Network};

pub(super) struct Run<'a> {
    config: &'a TrainConfig,
    network: &'a Network,
    set: &'a TrainingSet,
    seed: u64,
    sampler: Sampler,
    /// What is pasted into other slices, where anything is.
    lesions: Option<Lesions>,
    pub(super) adam: Adam,
    pub(super) average: Option<Average>,
    /// How many slices each step of an epoch takes.
    batches: Vec<usize>,
    /// How many times the background outweighs the foreground.
    imbalance: f64,
}

/// What an epoch adds up.
struct Sums {
    losses: Vec<f64>,
    findings: Findings,
    gradient_norm: f64,
    data_seconds: f64,
}

/// A fresh batch: images, and labels as the losses take them.
type Batch = (Tensor, Truth);

impl<'a> Run<'a> {
    pub(super) fn new(
        config: &'a TrainConfig,
        network: &'a Network,
        set: &'a TrainingSet,
        seed: u64,
    ) -> Result<Self, Error> {
        let (batch, slices) = (config.batch_size, set.len());
        let batches = match config.steps_per_epoch {
            Some(steps) => vec![batch; steps],
            None => (0..slices.div_ceil(batch)).map(|i| batch.min(slices - i * batch)).collect(),
        };
        let share = set.foreground_share()?;
        let imbalance = if share > 0.0 { ((1.0 - share) / share).clamp(1.0, 100.0) } else { 1.0 };
        Ok(Self {
            config,
            network,
            set,
            seed,
            lesions: (config.copy_paste > 0.0).then(|| Lesions::of(set)).transpose()?,
            sampler: Sampler::new(set, batch, config.foreground_share, seed),
            adam: Adam::new(network, config.optimizer).while_doing("building the optimiser")?,
            average: config.ema.map(|decay| Average::new(network, decay)).transpose()?,
            batches,
            imbalance,
        })
    }

    pub(super) fn set(&self) -> &'a TrainingSet {
        self.set
    }

    /// Forgets where the steps so far led, after a remedy.
    pub(super) fn forget(&mut self) -> Result<(), Error> {
        if let Some(average) = &mut self.average {
            average.forget();
        }
        self.adam.forget().while_doing("setting the optimiser back")
    }

    /// Gives the network the average of its weights where one is kept; a second call takes it back.
    pub(super) fn swap_average(&mut self) -> Result<(), Error> {
        self.average.as_mut().map_or(Ok(()), |average| average.swap(self.network))
    }

    pub(super) fn epoch(&mut self, epoch: usize, guard: &GuardState) -> Result<EpochRecord, Error> {
        let started = Instant::now();
        let (steps, heads) = (self.batches.len(), self.network.heads());
        let mut sums = Sums {
            losses: vec![0.0; heads],
            findings: Findings::new(heads),
            gradient_norm: 0.0,
            data_seconds: 0.0,
        };
        let mut learning_rate = self.config.learning_rate * guard.rate_factor();
        for step in 1..=steps {
            let done = (epoch - 1) * steps + step - 1;
            if !guard.warming(epoch) {
                let scheduled = self.config.rate_at(done, self.config.epochs * steps);
                learning_rate = scheduled * guard.rate_factor();
            }
            let failed = |loss| Error::NonFiniteLoss { loss, epoch, step, learning_rate };
            self.step(
                done,
                self.batches[step - 1],
                guard.warming(epoch),
                learning_rate,
                &mut sums,
            )?
            .map_err(failed)?;
        }
        Ok(EpochRecord {
            epoch,
            epochs: self.config.epochs,
            head_losses: sums.losses.iter().map(|sum| sum / steps as f64).collect(),
            learning_rate,
            gradient_norm: sums.gradient_norm,
            empty_heads: sums.findings.empty(&self.network.levels()),
            validation_dice: None,
            seconds: started.elapsed().as_secs_f64(),
            data_seconds: sums.data_seconds,
        })
    }

    /// One step; the inner error is a loss or gradient that is not finite, before any weight has changed.
    fn step(
        &mut self,
        done: usize,
        count: usize,
        warming: bool,
        rate: f64,
        sums: &mut Sums,
    ) -> Result<Result<(), f64>, Error> {
        let started = Instant::now();
        let (images, truth) = self.batch(done, count)?;
        sums.data_seconds += started.elapsed().as_secs_f64();
        let logits = self.network.logits(&images, Mode::Train)?;
        let (mut total, heads) = self.config.loss.compute(&logits, &truth)?;
        if warming {
            total = self.balanced(total, &logits, &truth).while_doing("warming up")?;
        }
        let loss = read(&total)?;
        if !loss.is_finite() {
            return Ok(Err(loss));
        }
        let doing = "computing gradients";
        self.adam.zero_gradients().while_doing(doing)?;
        total.f_backward().while_doing(doing)?;
        let norm = self.adam.gradient_norm().while_doing(doing)?;
        if !norm.is_finite() {
            return Ok(Err(norm));
        }
        let scale = self.config.clip_norm.map_or(1.0, |longest| (longest / norm).min(1.0));
        self.adam.step(rate, scale).while_doing("changing weights")?;
        if let Some(average) = &mut self.average {
            average.observe(self.network).while_doing("averaging weights")?;
        }
        sums.gradient_norm = norm;
        for (sum, head) in sums.losses.iter_mut().zip(&heads) {
            *sum += read(head)?;
        }
        sums.findings.observe(&logits, &truth).while_doing("examining the prediction")?;
        Ok(Ok(()))
    }

    /// The batch of a step. It and LibTorch's generator, which dropout draws from, follow from the seed and the step
    /// alone: a training that is resumed at any step then draws what it would have drawn without the interruption, and
    /// nothing else that draws from the process's one generator between two epochs can change it.
    fn batch(&mut self, done: usize, count: usize) -> Result<Batch, Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(done as u64 + 1);
        crate::seed(rng.next_u64());
        let batch = self.set.gather(&self.sampler.draw(done, count))?;
        let (images, labels) = self.augment(batch, &mut rng)?;
        let doing = "preparing a batch";
        let images = images
            .f_to_kind(self.config.precision.kind(self.network.device()))
            .while_doing(doing)?;
        Ok((images, Truth::new(labels, self.set.classes()).while_doing(doing)?))
    }

    fn augment(
        &self,
        mut batch: (Tensor, Tensor),
        rng: &mut ChaCha8Rng,
    ) -> Result<(Tensor, Tensor), Error> {
        let channels = self.network.channels();
        if let Some(lesions) = &self.lesions {
            let (probability, intensities) = (self.config.copy_paste, channels.intensities());
            batch = lesions.paste(probability, self.set, batch, intensities, rng)?;
        }
        self.config.augmentation.apply(&batch.0, &batch.1, channels.priors, rng)
    }

    fn balanced(
        &self,
        total: Tensor,
        logits: &[Tensor],
        truth: &Truth,
    ) -> Result<Tensor, TchError> {
        let mut total = total;
        for map in logits {
            total = total.f_add(&truth.weighted_cross_entropy(map, self.imbalance)?)?;
        }
        Ok(total)
    }
}

fn read(loss: &Tensor) -> Result<f64, Error> {
    loss.f_double_value(&[]).while_doing("reading the loss")
}
