use qunet_stack::SliceId;

/// What can go wrong with a selection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of range.
    #[error("{field} is {value}: {rule}")]
    Parameter {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// No records, no slices.
    #[error("nothing to select from; score at least one slice")]
    NoSlices,
    /// One slice came twice.
    #[error("slice {slice} was given twice; give each slice once")]
    Duplicate {
        /// The slice.
        slice: SliceId,
    },
    /// The maps of a slice could not be compared.
    #[error("slice {slice}: {source}")]
    Maps {
        /// The slice.
        slice: SliceId,
        /// Why.
        source: qunet_segmetrics::Error,
    },
}

/// Refuses a value that breaks its rule.
pub(crate) fn require(
    holds: bool,
    field: &'static str,
    value: f64,
    rule: &'static str,
) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Parameter { field, value, rule }) }
}

/// Refuses a slice that comes twice.
pub(crate) fn require_distinct(ids: impl Iterator<Item = SliceId>) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for slice in ids {
        if !seen.insert(slice) {
            return Err(Error::Duplicate { slice });
        }
    }
    Ok(())
}
