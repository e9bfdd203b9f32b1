//! The trained network looks at what nobody annotated, and the next slices are chosen.

use std::fmt;
use std::path::PathBuf;

use qunet_model::{Device, Network, Predictor, UnetPlusPlus};
use qunet_select::{RoundSummary, Selection, StopReason, Strategy};
use qunet_stack::SliceId;

use super::manifest::{FileRecord, Query, Round, StackRecord};
use super::records::{Looking, SliceRecords, predict_config};
use super::{Campaign, digest};
use crate::Error;
use crate::event::Observer;

/// What a query came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Queried {
    /// These slices are to be annotated next.
    Asks(Selection),
    /// The campaign is over.
    Ends(StopReason),
}

impl fmt::Display for Queried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(reason) => write!(f, "the campaign ends: {reason}"),
            Self::Asks(selection) => {
                write!(f, "{} asks for {} slice(s)", selection.strategy, selection.picks.len())?;
                selection.picks.iter().try_for_each(|pick| write!(f, "\n  {pick}"))
            }
        }
    }
}

impl Campaign {
    /// Runs the trained network over all slices that nobody annotated, decides whether the
    /// campaign goes on, and begins the next round where it does. A round that was queried already
    /// is left as it is; a query that was interrupted goes on with the next stack.
    ///
    /// # Errors
    /// [`Error::NotTrained`] before the round is trained, [`Error::Interrupted`] where the observer
    /// asks to stop, and those of the network and the strategy.
    pub fn query(&mut self, observer: &mut dyn Observer) -> Result<Queried, Error> {
        let strategy = self.manifest.config.strategy.strategy();
        self.query_with(&*strategy, observer)
    }

    /// The same with a strategy of one's own in place of the configured one; it is named in the
    /// selection.
    ///
    /// # Errors
    /// As [`Campaign::query`].
    pub fn query_with(
        &mut self,
        strategy: &dyn Strategy,
        observer: &mut dyn Observer,
    ) -> Result<Queried, Error> {
        if let Some(reason) = self.manifest.ended {
            return Ok(Queried::Ends(reason));
        }
        let Some(last) = self.manifest.rounds.last() else {
            return Err(Error::NotTrained { round: 1 });
        };
        if last.training.is_none() {
            // The round before was queried already, and this one is its answer.
            return match last.round {
                1 => Err(Error::NotTrained { round: 1 }),
                _ => {
                    let selection = last.selection.clone();
                    self.request()?;
                    Ok(Queried::Asks(selection))
                }
            };
        }
        self.refuse_while_waiting("query")?;
        let query = self.look(observer)?;
        let queried = self.decide(&query, strategy)?;
        let mut manifest = self.manifest.clone();
        let round = manifest.rounds.len() + 1;
        if let Some(last) = manifest.rounds.last_mut() {
            last.query = Some(query);
        }
        match &queried {
            Queried::Ends(reason) => manifest.ended = Some(*reason),
            Queried::Asks(selection) => {
                let selection = selection.clone();
                manifest.rounds.push(Round { round, selection, training: None, query: None });
            }
        }
        self.commit(manifest)?;
        if matches!(queried, Queried::Asks(_)) {
            self.request()?;
        }
        Ok(queried)
    }

    /// The network of the last training, with the digest of its weights.
    pub(super) fn trained(&self) -> Result<(UnetPlusPlus, String), Error> {
        let round = self.manifest.rounds.len();
        let mut rounds = self.manifest.rounds.iter().rev();
        let training = rounds.find_map(|round| round.training.as_ref());
        let weights = &training.ok_or(Error::NotTrained { round })?.weights;
        let mut network = UnetPlusPlus::new(&self.network(), Device::cuda_if_available())?;
        network.load(&digest::unchanged(&self.folder, weights)?)?;
        Ok((network, weights.sha256.clone()))
    }

    fn look(&self, observer: &mut dyn Observer) -> Result<Query, Error> {
        let (network, weights) = self.trained()?;
        let config = &self.manifest.config;
        let predictor = Predictor::with(&network, predict_config(config))?;
        let (mut records, mut predictions, mut disagreements) =
            (Vec::new(), Vec::new(), Vec::new());
        for (number, record) in self.manifest.stacks.iter().enumerate() {
            let [said, labels, differ] = self.query_files(record);
            if !self.is_said([&said, &labels, &differ], record, &weights) {
                let stack = self.open_stack(record)?;
                let open = record.open_slices();
                let (stack, open, predictor) = (&stack, &open, &predictor);
                let mut looking = Looking { config, number, stack, open, predictor, observer };
                let found = looking.look(&weights)?;
                stack.write_labels(self.folder.join(&labels), &found.labels)?;
                stack.write_labels(self.folder.join(&differ), &found.disagreement)?;
                // The records come last: where they are, the label maps are too.
                found.records.write(&self.folder.join(&said))?;
            }
            records.push(digest::file(&self.folder, &said)?);
            predictions.push(digest::file(&self.folder, &labels)?);
            disagreements.push(digest::file(&self.folder, &differ)?);
        }
        let summary = self.summary(&records, &predictions)?;
        Ok(Query { records, predictions, disagreements, summary })
    }

    /// Records, predicted labels and disagreement of a stack in this round.
    fn query_files(&self, record: &StackRecord) -> [PathBuf; 3] {
        let round = self.manifest.rounds.len();
        ["records.json", "prediction.nii.gz", "disagreement.nii.gz"]
            .map(|ending| PathBuf::from(format!("round-{round}/{}.{ending}", record.name)))
    }

    /// Whether an interrupted query has answered for this stack, with these weights and slices.
    fn is_said(&self, files: [&PathBuf; 3], stack: &StackRecord, weights: &str) -> bool {
        let [said, labels, differ] = files.map(|file| self.folder.join(file));
        let Ok(found) = SliceRecords::read(&said) else { return false };
        let slices: Vec<SliceId> = found.agreement.iter().map(|record| record.id).collect();
        let whole = labels.is_file() && differ.is_file();
        whole && found.weights == weights && slices == stack.open_slices()
    }

    /// The records of every stack of a query.
    ///
    /// # Errors
    /// [`Error::Changed`] where a file is not what was recorded.
    pub fn records(&self, query: &Query) -> Result<Vec<SliceRecords>, Error> {
        self.read_records(&query.records)
    }

    pub(super) fn read_records(&self, files: &[FileRecord]) -> Result<Vec<SliceRecords>, Error> {
        let read = |file| SliceRecords::read(&digest::unchanged(&self.folder, file)?);
        files.iter().map(read).collect()
    }

    fn decide(&self, query: &Query, strategy: &dyn Strategy) -> Result<Queried, Error> {
        let rules = self.manifest.config.rules();
        let before = self.manifest.rounds.iter().filter_map(|round| round.query.as_ref());
        let rounds: Vec<RoundSummary> =
            before.map(|query| query.summary).chain([query.summary]).collect();
        if let Some(reason) = rules.decide(&rounds)? {
            return Ok(Queried::Ends(reason));
        }
        let config = &self.manifest.config;
        let left = rules.budget.left(self.manifest.slices(), self.manifest.annotated());
        let count = left.min(config.slices_per_round);
        let seed = config.steps.seed.wrapping_add(rounds.len() as u64);
        let pool = self.pool(&self.read_records(&query.records)?)?;
        let selection = strategy.select(&pool, count, seed)?;
        if selection.picks.is_empty() {
            return Ok(Queried::Ends(StopReason::NothingSelected));
        }
        Ok(Queried::Asks(selection))
    }
}
