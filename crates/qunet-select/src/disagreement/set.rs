use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use super::{AgreementRecord, DisagreementParams, Pick};

/// The selection S_m, and for every slice its quality index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisagreementSet {
    /// What was asked for.
    pub params: DisagreementParams,
    /// What q0 came to: the fixed one, or the Q of the first slice that is not below. `None` where
    /// all slices are taken, or there is no elbow.
    #[serde(default)]
    pub quality_threshold: Option<f64>,
    /// One per observed slice, by slice number.
    pub records: Vec<AgreementRecord>,
}

impl DisagreementSet {
    /// The slices of S_m in their order, lowest Q first unless asked otherwise.
    #[must_use]
    pub fn ids(&self) -> Vec<SliceId> {
        let mut ranked: Vec<(usize, SliceId)> = self
            .records
            .iter()
            .filter_map(|record| match record.pick {
                Pick::Selected { rank } => Some((rank, record.id)),
                _ => None,
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, id)| id).collect()
    }
}
