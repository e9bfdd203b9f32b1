use std::path::Path;

use tch::Kind;

use super::checkpoint::{self, Best, Identity, Named, State};
use super::config::TrainConfig;
use super::emptiness;
use super::guard::{GuardState, Remedy};
use super::observer::{TrainEvent, TrainObserver};
use super::record::EpochRecord;
use super::run::Run;
use super::set::TrainingSet;
use super::validation;
use crate::error::While;
use crate::weights;
use crate::{Error, Network};

/// Trains a network on annotated slices; see [`TrainConfig`].
#[derive(Clone, Debug)]
pub struct Trainer {
    config: TrainConfig,
}

/// What a training may have besides its slices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fit<'a> {
    /// Slices to judge each epoch by; the weights of the best epoch are kept.
    pub validation: Option<&'a TrainingSet>,
    /// Where the training is saved after every epoch. A file that is there already is gone on from, and the same
    /// weights are reached as without the interruption (on the processor, with as many threads).
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
        self.fit_with(network, set, &Fit::default(), observer)
    }

    /// The same with validation slices or a checkpoint. At the end the network has the weights of the best epoch where
    /// there are validation slices, of the last one otherwise.
    ///
    /// # Errors
    /// As [`Trainer::fit`]; [`Error::OtherTraining`] where the checkpoint is of other settings or slices,
    /// [`Error::Checkpoint`] where it is broken.
    pub fn fit_with(
        &self,
        network: &dyn Network,
        set: &TrainingSet,
        fit: &Fit<'_>,
        observer: &mut dyn TrainObserver,
    ) -> Result<Vec<EpochRecord>, Error> {
        self.check_classes(network, set)?;
        if self.config.freeze_encoder {
            network.freeze_encoder(true);
        }
        let result = Session::begin(&self.config, network, set, fit, observer)
            .and_then(|session| session.finish(observer));
        if self.config.freeze_encoder {
            network.freeze_encoder(false);
        }
        result
    }

    fn check_classes(&self, network: &dyn Network, set: &TrainingSet) -> Result<(), Error> {
        let rule = "it must be that of the network";
        let classes = set.classes();
        crate::error::real(
            "classes of the slices",
            classes as f64,
            classes == network.classes(),
            rule,
        )
    }
}

/// A training from its first or its next epoch on.
struct Session<'a> {
    config: &'a TrainConfig,
    network: &'a dyn Network,
    fit: &'a Fit<'a>,
    run: Run<'a>,
    state: State,
    best: Option<Named>,
}

impl<'a> Session<'a> {
    fn begin(
        config: &'a TrainConfig,
        network: &'a dyn Network,
        set: &'a TrainingSet,
        fit: &'a Fit<'a>,
        observer: &mut dyn TrainObserver,
    ) -> Result<Self, Error> {
        let mut run = Run::new(config, network, set)?;
        let identity = Identity {
            settings: serde_json::to_string(config).unwrap_or_default(),
            slices: set.fingerprint().to_owned(),
            validation: fit.validation.map(|set| set.fingerprint().to_owned()),
        };
        if let Some(path) = fit.checkpoint.filter(|path| path.exists()) {
            let (state, best) = checkpoint::load(path, &identity, network, &mut run.adam)?;
            let epoch = state.history.len();
            observer.event(&TrainEvent::Resumed { path: path.to_owned(), epoch });
            return Ok(Self { config, network, fit, run, state, best });
        }
        let state = State {
            identity,
            history: Vec::new(),
            guard: GuardState::new(network.heads()),
            adam_steps: 0,
            best: None,
            stopped: false,
        };
        Ok(Self { config, network, fit, run, state, best: None })
    }

    fn finish(mut self, observer: &mut dyn TrainObserver) -> Result<Vec<EpochRecord>, Error> {
        while self.state.history.len() < self.config.epochs && !self.state.stopped {
            let epoch = self.state.history.len() + 1;
            let record = self.epoch(epoch, observer)?;
            self.state.history.push(record.clone());
            self.save()?;
            if observer.epoch(&record).is_break() {
                return Err(Error::Interrupted { epoch });
            }
        }
        if let Some(best) = self.best.take() {
            weights::restore(self.network, best)?;
        }
        self.judge(observer)?;
        Ok(self.state.history)
    }

    /// Looks for heads of the finished network that find nothing, and does what the rule says.
    fn judge(&self, observer: &mut dyn TrainObserver) -> Result<(), Error> {
        let (batch, kind) = (self.config.batch_size, self.kind());
        let empty = || emptiness::in_evaluation(self.network, self.run.set(), batch, kind);
        let levels = empty()?;
        if levels.is_empty() {
            return Ok(());
        }
        let mut left = levels.clone();
        if self.config.collapse.recalibrate {
            emptiness::recalibrate(self.network, self.run.set(), batch, kind)?;
            left = empty()?;
        }
        observer.event(&TrainEvent::EmptyInEvaluation { levels, left });
        Ok(())
    }

    /// The number type of activations.
    fn kind(&self) -> Kind {
        self.config.precision.kind(self.network.device())
    }

    fn epoch(
        &mut self,
        epoch: usize,
        observer: &mut dyn TrainObserver,
    ) -> Result<EpochRecord, Error> {
        let mut record = self.run.epoch(epoch, &self.state.guard)?;
        if let Some(set) = self.fit.validation {
            record.validation_dice =
                validation::dice(self.network, set, self.config.batch_size, self.kind())?;
            self.compare(epoch, record.validation_dice, observer)?;
        }
        self.guard(epoch, &record, observer)?;
        self.state.adam_steps = self.run.adam.steps();
        Ok(record)
    }

    /// Keeps the weights of the best epoch, and stops where none has been better for long enough.
    fn compare(
        &mut self,
        epoch: usize,
        dice: Option<f64>,
        observer: &mut dyn TrainObserver,
    ) -> Result<(), Error> {
        let dice = dice.unwrap_or(0.0);
        if self.state.best.is_none_or(|best| dice > best.dice) {
            self.state.best = Some(Best { epoch, dice });
            self.best = Some(checkpoint::copies(self.network)?);
            observer.event(&TrainEvent::Best { epoch, dice });
        }
        if let (Some(patience), Some(best)) = (self.config.patience, self.state.best)
            && epoch - best.epoch >= patience
        {
            self.state.stopped = true;
            observer.event(&TrainEvent::StoppedEarly { epoch, best: best.epoch });
        }
        Ok(())
    }

    /// Looks for collapsed heads, and does what the rule says.
    fn guard(
        &mut self,
        epoch: usize,
        record: &EpochRecord,
        observer: &mut dyn TrainObserver,
    ) -> Result<(), Error> {
        let levels = self.network.levels();
        let empty: Vec<bool> =
            levels.iter().map(|level| record.empty_heads.contains(level)).collect();
        let (remedy, event) =
            self.state.guard.observe(&self.config.collapse, epoch, &empty, &levels);
        if let Some(event) = event {
            observer.event(&event);
        }
        if remedy == Remedy::Restart {
            let restart = self.state.guard.restarts as u64;
            self.network.reinitialise(self.config.seed.wrapping_add(restart << 32))?;
        }
        if remedy != Remedy::None {
            self.run.adam.forget().while_doing("starting the optimiser anew")?;
        }
        Ok(())
    }

    fn save(&self) -> Result<(), Error> {
        let Some(path) = self.fit.checkpoint else { return Ok(()) };
        checkpoint::save(path, &self.state, self.network, &self.run.adam, self.best.as_ref())
    }
}
