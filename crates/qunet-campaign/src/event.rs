use std::fmt;
use std::ops::ControlFlow;

use qunet_model::{EpochRecord, TrainEvent, TrainObserver};
use qunet_quality::QualityRecord;
use qunet_select::{DisagreementSet, InitialSet};
use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

/// What a network is trained for or used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Training on S0.
    Train,
    /// Looking for disagreement on all slices outside S0.
    Query,
    /// Further training on S0 and S_m.
    FineTune,
    /// Segmenting the slices nobody annotated.
    Segment,
    /// Training on other slices, for comparison.
    Baseline,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train on S0",
            Self::Query => "query",
            Self::FineTune => "fine-tune on S0 and S_m",
            Self::Segment => "segment",
            Self::Baseline => "train for comparison",
        })
    }
}

/// Something happened in a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Every slice has its quality metrics.
    Scored(&'a [QualityRecord]),
    /// S0 is chosen.
    Initial(&'a InitialSet),
    /// Slices came back from the annotator.
    Annotated {
        /// For which training.
        stage: Stage,
        /// Which slices.
        ids: &'a [SliceId],
        /// How many of them hold any lesion.
        with_lesion: usize,
    },
    /// An epoch is over.
    Epoch {
        /// Of which training.
        stage: Stage,
        /// Its record.
        record: &'a EpochRecord,
    },
    /// Something else happened in a training: heads that find nothing, a checkpoint to go on from.
    Training {
        /// Which training.
        stage: Stage,
        /// What happened.
        event: &'a TrainEvent,
    },
    /// A batch of slices went through the network.
    Predicted {
        /// For which purpose.
        stage: Stage,
        /// Slices done.
        done: usize,
        /// Slices in all.
        total: usize,
    },
    /// S_m is chosen.
    Queried(&'a DisagreementSet),
}

/// Told of every event; `Break` ends the run with [`Error::Interrupted`](crate::Error). Any
/// closure of that shape is one.
pub trait Observer {
    /// Something happened; answers whether to go on.
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()>;
}

impl<F: FnMut(&Event<'_>) -> ControlFlow<()>> Observer for F {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        self(event)
    }
}

/// An observer that only lets the run go on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _event: &Event<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Tells the observer of a run what happens in one of its trainings.
pub(crate) struct Watched<'a> {
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) stage: Stage,
}

impl TrainObserver for Watched<'_> {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self.observer.event(&Event::Epoch { stage: self.stage, record })
    }

    fn event(&mut self, event: &TrainEvent) {
        // The next epoch ends the training where this is not to go on.
        let _ = self.observer.event(&Event::Training { stage: self.stage, event });
    }
}
