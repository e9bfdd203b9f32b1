//! The network learns from everything annotated so far.

use std::path::PathBuf;

use qunet_model::{
    Device, Fit, Network, TrainConfig, Trainer, TrainingSet, UnetPlusPlus, UnetPlusPlusConfig,
};

use super::manifest::{Round, Training};
use super::{Campaign, digest, tidy};
use crate::Error;
use crate::event::{Observer, Stage, Watched};

impl Campaign {
    /// Trains on all annotated slices: in the first round from fresh weights, later from those of
    /// the last round that knew of any foreground. A round that is trained already is left as it
    /// is; a training that was interrupted goes on after its last epoch.
    ///
    /// # Errors
    /// [`Error::Waiting`] where slices asked for are not annotated yet, [`Error::Interrupted`]
    /// where the observer asks to stop, and those of the network.
    pub fn train(&mut self, observer: &mut dyn Observer) -> Result<&Training, Error> {
        let round = self.manifest.rounds.len();
        if self.manifest.rounds.last().is_none_or(|last| last.training.is_none()) {
            self.refuse_while_waiting("train")?;
            let training = self.run_training(round, observer)?;
            let mut manifest = self.manifest.clone();
            if let Some(last) = manifest.rounds.last_mut() {
                last.training = Some(training);
            }
            self.commit(manifest)?;
        }
        tidy::forget_checkpoint(&self.folder, round)?;
        let trained = self.manifest.rounds.last().and_then(|last| last.training.as_ref());
        trained.ok_or(Error::NotTrained { round })
    }

    pub(super) fn refuse_while_waiting(&self, step: &'static str) -> Result<(), Error> {
        let waiting = self.manifest.waiting();
        if waiting.is_empty() {
            return Ok(());
        }
        let slices = waiting.iter().map(|&id| self.manifest.call(id)).collect();
        Err(Error::Waiting { step, slices })
    }

    fn run_training(&self, round: usize, observer: &mut dyn Observer) -> Result<Training, Error> {
        let steps = &self.manifest.config.steps;
        let size = (steps.size, steps.size);
        let slices = self.annotated_slices()?;
        let count = slices.len();
        let classes = self.manifest.config.outputs();
        let device = Device::cuda_if_available();
        let set = TrainingSet::from_labels(slices, classes, size, device)?;

        qunet_model::seed(steps.seed.wrapping_add(round as u64));
        let mut network = UnetPlusPlus::new(&self.network(), device)?;
        let (stage, config) = match self.start() {
            None => (Stage::Train, &steps.train),
            Some(before) => {
                network.load(&digest::unchanged(&self.folder, &before.weights)?)?;
                (Stage::FineTune, &steps.fine_tune)
            }
        };
        let seed = config.seed.wrapping_add(round as u64);
        let trainer = Trainer::new(TrainConfig { seed, ..config.clone() })?;
        self.round_folder(round)?;
        let saved = self.folder.join(checkpoint(round));
        let fit = Fit { validation: None, checkpoint: Some(&saved) };
        let history = trainer.fit_with(&network, &set, &fit, &mut Watched { observer, stage })?;
        let weights = PathBuf::from(format!("round-{round}/model.safetensors"));
        network.save(&self.folder.join(&weights))?;
        Ok(Training { weights: digest::file(&self.folder, &weights)?, slices: count, history })
    }

    /// The last training that saw any foreground: one that saw none has learnt to find none, and is
    /// a poor place to start from.
    fn start(&self) -> Option<&Training> {
        let saw_foreground = |round: &&Round| {
            round.query.as_ref().is_none_or(|query| query.summary.annotated_foreground > 0)
        };
        let mut rounds = self.manifest.rounds.iter().rev().filter(saw_foreground);
        rounds.find_map(|round| round.training.as_ref())
    }

    /// The network with as many outputs as there are classes.
    pub(super) fn network(&self) -> UnetPlusPlusConfig {
        let mut network = self.manifest.config.steps.network;
        network.unet.classes = self.manifest.config.outputs();
        network
    }
}

/// Where a training is saved after every epoch.
pub(super) fn checkpoint(round: usize) -> PathBuf {
    PathBuf::from(format!("round-{round}/checkpoint.safetensors"))
}
