use qunet_model::{Observer, TrainEvent};
use qunet_quality::QualityRecord;
use qunet_select::{CandidateId, RoundSummary, Selection, StopReason};

use crate::{Error, Fusion};

/// Something that happened in a campaign. An [`Observer`] is notified of each, and ends the run by
/// answering `Break`: the step at hand then returns [`Error::Interrupted`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// Every slice of a stack has its quality metrics.
    Scored {
        /// Number of the stack.
        stack: usize,
        /// One record per slice.
        records: Vec<QualityRecord>,
    },
    /// A round asks for slices.
    Selected {
        /// The round, from 1.
        round: usize,
        /// The slices, with a verdict for every candidate.
        selection: Selection,
    },
    /// Slices are annotated.
    Annotated {
        /// The round.
        round: usize,
        /// The slices.
        slices: Vec<CandidateId>,
        /// How many of them hold any foreground.
        with_foreground: usize,
    },
    /// Some of what was drawn on a stack lies outside its region of interest, where no source looks
    /// and nothing is found: the region may be too narrow.
    OutsideRegion {
        /// Number of the stack.
        stack: usize,
        /// The share of the drawn foreground, in (0, 1].
        share: f64,
    },
    /// Something happened in a training: an epoch is over, heads find nothing, a checkpoint was
    /// found.
    Train {
        /// The round.
        round: usize,
        /// The network of the committee, from 0.
        member: usize,
        /// Networks in all.
        members: usize,
        /// Whether it continues from the weights of the round before.
        continued: bool,
        /// The event.
        event: TrainEvent,
    },
    /// A batch of slices went through the trained network.
    Predicted {
        /// The round.
        round: usize,
        /// Number of the stack.
        stack: usize,
        /// Slices done.
        done: usize,
        /// Slices in all.
        total: usize,
    },
    /// All slices that nobody annotated have been observed.
    Observed {
        /// The round in numbers.
        summary: RoundSummary,
        /// How the sources of each stack were made one.
        fusions: Vec<Fusion>,
    },
    /// No further slice is asked for.
    Ended {
        /// Why.
        reason: StopReason,
    },
}

/// Notifies the observer, and turns its wish to stop into the error that ends the run.
pub(crate) fn notify(observer: &mut dyn Observer<Event>, event: &Event) -> Result<(), Error> {
    if observer.notify(event).is_break() { Err(Error::Interrupted) } else { Ok(()) }
}
