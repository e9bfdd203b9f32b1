//! All that a strategy may go by.

use ndarray::Array2;
use qunet_select::{CandidateId, Pool};
use qunet_stack::SliceId;

use super::Campaign;
use super::records::SliceRecords;
use crate::Error;

impl Campaign {
    /// All that is known of all slices, for a strategy.
    pub(super) fn pool(&self, records: &[SliceRecords]) -> Result<Pool, Error> {
        let stacks = &self.manifest.stacks;
        let slices: Vec<usize> = stacks.iter().map(|stack| stack.shape[0]).collect();
        let at = |stack, slice| CandidateId { stack, slice };
        let numbered = || stacks.iter().enumerate();
        let annotated = numbered()
            .flat_map(|(number, stack)| stack.annotated.iter().map(move |&id| at(number, id)));
        let positions = numbered().flat_map(|(number, stack)| {
            let place =
                move |slice| (at(number, SliceId(slice)), slice as f64 * stack.slice_spacing);
            (0..stack.shape[0]).map(place)
        });
        let agreement = records
            .iter()
            .enumerate()
            .flat_map(|(number, stack)| stack.agreement.iter().map(move |record| (number, record)));
        let uncertainty: Vec<_> =
            records.iter().flat_map(|stack| stack.uncertainty.iter().copied()).collect();
        let mut pool = Pool::of_stacks(&slices)?
            .with_annotated(annotated)?
            .with_positions(positions)?
            .with_agreement(agreement)?
            .with_uncertainty(&uncertainty)?;
        for (number, stack) in numbered() {
            pool = pool.with_quality(number, &self.scores(stack)?)?;
        }
        match features(records) {
            Some(features) => Ok(pool.with_features(&features)?),
            None => Ok(pool),
        }
    }
}

/// The features of all stacks below each other; `None` where there are none.
fn features(records: &[SliceRecords]) -> Option<Array2<f32>> {
    let rows: Vec<&Vec<f32>> = records.iter().flat_map(|stack| &stack.features).collect();
    let length = rows.first()?.len();
    let flat = rows.iter().flat_map(|row| row.iter().copied()).collect();
    Array2::from_shape_vec((rows.len(), length), flat).ok()
}
