use std::path::Path;

use tch::{Device, Kind};

use super::average::Average;
use super::checkpoint::{self, Best, Identity, Named, State};
use super::config::TrainConfig;
use super::evaluation;
use super::event::{EpochRecord, Remedy, TrainEvent};
use super::run::Run;
use super::set::TrainingSet;
use crate::error::{Error, require};
use crate::network::Network;
use crate::observer::Observer;
use crate::weights;

/// Trains a network on annotated slices; see [`TrainConfig`].
#[derive(Clone, Debug)]
pub struct Trainer {
    config: TrainConfig,
}

/// What belongs to one training besides its slices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fit<'a> {
    /// Seeds the order of slices, the augmentation and dropout.
    pub seed: u64,
    /// Slices to judge each epoch by; the weights of the best epoch are kept.
    pub validation: Option<&'a TrainingSet>,
    /// Where the training is saved after every epoch. A file that exists already is resumed from, and the same weights
    /// are reached as without the interruption (on the processor, with as many threads).
    pub checkpoint: Option<&'a Path>,
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

    /// Trains `network` further from the weights it has, with a fresh optimiser. At the end it has the weights of the
    /// best epoch where there are validation slices, of the last one otherwise; with [`TrainConfig::ema`] they are
    /// averages over the steps up to there.
    ///
    /// A `Break` from the observer ends the training with [`Error::Interrupted`] once the epoch under way is saved.
    ///
    /// ```
    /// use ndarray::{Array2, s};
    /// use qunet_model::{Channels, Device, Fit, Network, Silent, TrainConfig, Trainer, TrainingSet, UnetConfig};
    ///
    /// let mut mask = Array2::from_elem((16, 16), false);
    /// mask.slice_mut(s![4..12, 4..12]).fill(true);
    /// let slice = (mask.mapv(|lesion| if lesion { 0.8_f32 } else { 0.2 }), mask);
    /// let set = TrainingSet::new([slice], (16, 16), Device::Cpu)?;
    /// let unet = UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() };
    /// let network = Network::unet(&unet, Channels::default(), Device::Cpu)?;
    /// let config = TrainConfig { epochs: 2, ..TrainConfig::default() };
    /// let fit = Fit { seed: 7, ..Fit::default() };
    /// let history = Trainer::new(config)?.fit(&network, &set, &fit, &mut Silent)?;
    /// assert_eq!(history.len(), 2);
    /// # Ok::<(), qunet_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for patience without validation slices, and for slices or weights of heads that are not
    /// those of the network; [`Error::Memory`] where the machine cannot hold it; [`Error::NonFiniteLoss`] where training diverges, [`Error::Interrupted`] where the
    /// observer asks to stop, [`Error::OtherTraining`] where the checkpoint is that of other settings or slices,
    /// [`Error::Weights`] where it is broken, [`Error::Torch`] where LibTorch fails.
    pub fn fit(
        &self,
        network: &Network,
        set: &TrainingSet,
        fit: &Fit<'_>,
        observer: &mut dyn Observer<TrainEvent>,
    ) -> Result<Vec<EpochRecord>, Error> {
        self.check_fits(network, set, fit)?;
        if self.config.freeze_encoder {
            network.freeze_encoder(true);
        }
        let result = Session::start(&self.config, network, set, fit, observer)
            .and_then(|session| session.finish());
        if self.config.freeze_encoder {
            network.freeze_encoder(false);
        }
        result
    }

    /// Refuses settings that this network or these slices leave without an effect.
    fn check_fits(&self, network: &Network, set: &TrainingSet, fit: &Fit<'_>) -> Result<(), Error> {
        let same = set.classes() == network.channels().classes;
        let rule = "it must be that of the network";
        require("number of classes of the slices", set.classes(), same, rule)?;
        let weights = self.config.loss.head_weights.len();
        let rule = "there are more weights than heads";
        require("number of loss.head_weights", weights, weights <= network.heads(), rule)?;
        if network.device() == Device::Cpu {
            network.description().check_memory(self.config.batch_size, set.size())?;
        }
        let (patience, judged) = (self.config.patience, fit.validation.is_some());
        let rule = "it needs validation slices by which an epoch is better than another";
        require("patience", patience.unwrap_or(0), patience.is_none() || judged, rule)
    }
}

/// A training from its first or its next epoch on.
struct Session<'a> {
    config: &'a TrainConfig,
    network: &'a Network,
    fit: &'a Fit<'a>,
    observer: &'a mut dyn Observer<TrainEvent>,
    /// Whether the observer has asked to stop.
    interrupted: bool,
    run: Run<'a>,
    state: State,
    best: Option<Named>,
}

impl<'a> Session<'a> {
    fn start(
        config: &'a TrainConfig,
        network: &'a Network,
        set: &'a TrainingSet,
        fit: &'a Fit<'a>,
        observer: &'a mut dyn Observer<TrainEvent>,
    ) -> Result<Self, Error> {
        let run = Run::new(config, network, set, fit.seed)?;
        let identity = Identity {
            settings: serde_json::to_string(config).unwrap_or_default(),
            seed: fit.seed,
            slices: set.fingerprint().to_owned(),
            validation: fit.validation.map(|set| set.fingerprint().to_owned()),
        };
        let (state, best) = (State::new(identity, network.heads()), None);
        let mut session =
            Self { config, network, fit, observer, interrupted: false, run, state, best };
        session.resume()?;
        Ok(session)
    }

    /// Takes over the checkpoint where there is one.
    fn resume(&mut self) -> Result<(), Error> {
        let Some(path) = self.fit.checkpoint.filter(|path| path.exists()) else { return Ok(()) };
        let Run { adam, average, .. } = &mut self.run;
        (self.state, self.best) =
            checkpoint::load(path, &self.state.identity, self.network, adam, average.as_mut())?;
        let epoch = self.state.history.len();
        self.notify(&TrainEvent::Resumed { path: path.to_owned(), epoch });
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<EpochRecord>, Error> {
        while self.state.history.len() < self.config.epochs && !self.state.stopped {
            self.check_interruption()?;
            let record = self.epoch(self.state.history.len() + 1)?;
            self.state.history.push(record.clone());
            self.save()?;
            self.notify(&TrainEvent::Epoch(record));
            self.check_interruption()?;
        }
        match self.best.take() {
            Some(best) => weights::restore(self.network.variables(), best)?,
            None => self.run.swap_average()?,
        }
        self.judge()?;
        self.check_interruption()?;
        Ok(self.state.history)
    }

    /// A `Break` is remembered until the epoch is saved, so that it loses nothing.
    fn notify(&mut self, event: &TrainEvent) {
        self.interrupted |= self.observer.notify(event).is_break();
    }

    fn check_interruption(&self) -> Result<(), Error> {
        let epoch = self.state.history.len();
        if self.interrupted { Err(Error::Interrupted { epoch }) } else { Ok(()) }
    }

    /// Checks for heads of the finished network that find nothing, and applies the remedy.
    fn judge(&mut self) -> Result<(), Error> {
        let (batch, kind) = (self.config.batch_size, self.kind());
        let (network, set) = (self.network, self.run.set());
        let levels = evaluation::empty_heads(network, set, batch, kind)?;
        if levels.is_empty() {
            return Ok(());
        }
        let mut left = levels.clone();
        if self.config.collapse.recalibrate {
            evaluation::recalibrate(network, set, batch, kind)?;
            left = evaluation::empty_heads(network, set, batch, kind)?;
        }
        self.notify(&TrainEvent::EmptyInEvaluation { levels, left });
        Ok(())
    }

    /// The number type of activations.
    fn kind(&self) -> Kind {
        self.config.precision.kind(self.network.device())
    }

    fn epoch(&mut self, epoch: usize) -> Result<EpochRecord, Error> {
        let mut record = self.run.epoch(epoch, &self.state.guard)?;
        if let Some(set) = self.fit.validation {
            self.run.swap_average()?;
            let judged = self.validate(epoch, set);
            self.run.swap_average()?;
            record.validation_dice = judged?;
        }
        self.guard(epoch, &record)?;
        self.state.adam_steps = self.run.adam.steps();
        self.state.average_steps = self.run.average.as_ref().map_or(0, Average::steps);
        Ok(record)
    }

    /// The validation Dice of the network as it is now.
    fn validate(&mut self, epoch: usize, set: &TrainingSet) -> Result<Option<f64>, Error> {
        let dice = evaluation::dice(self.network, set, self.config.batch_size, self.kind())?;
        self.compare(epoch, dice)?;
        Ok(dice)
    }

    /// Keeps the weights of the best epoch, and stops where none has been better for long enough.
    fn compare(&mut self, epoch: usize, dice: Option<f64>) -> Result<(), Error> {
        let dice = dice.unwrap_or(0.0);
        if self.state.best.is_none_or(|best| dice > best.dice) {
            self.state.best = Some(Best { epoch, dice });
            self.best = Some(weights::copies(self.network.variables())?);
            self.notify(&TrainEvent::Best { epoch, dice });
        }
        if let (Some(patience), Some(best)) = (self.config.patience, self.state.best)
            && epoch - best.epoch >= patience
        {
            self.state.stopped = true;
            self.notify(&TrainEvent::StoppedEarly { epoch, best: best.epoch });
        }
        Ok(())
    }

    /// Checks for collapsed heads, and applies the remedy.
    fn guard(&mut self, epoch: usize, record: &EpochRecord) -> Result<(), Error> {
        let levels = self.network.levels();
        let empty: Vec<bool> =
            levels.iter().map(|level| record.empty_heads.contains(level)).collect();
        let (remedy, event) =
            self.state.guard.observe(&self.config.collapse, epoch, &empty, &levels);
        if let Some(event) = event {
            self.notify(&event);
        }
        if remedy == Remedy::Restart {
            // Restarts count in the upper half, which seeds of other trainings rarely use.
            let restart = self.state.guard.restarts as u64;
            self.network.reinitialise(self.fit.seed.wrapping_add(restart << 32))?;
        }
        if remedy != Remedy::None {
            self.run.forget()?;
        }
        Ok(())
    }

    fn save(&self) -> Result<(), Error> {
        let Some(path) = self.fit.checkpoint else { return Ok(()) };
        let Run { adam, average, .. } = &self.run;
        let best = self.best.as_ref();
        checkpoint::save(path, &self.state, self.network, adam, average.as_ref(), best)
    }
}
