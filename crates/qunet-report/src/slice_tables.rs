//! The two tables of slices that every report has.

use std::collections::BTreeMap;

use qunet_quality::QualityRecord;
use qunet_select::{Selection, SliceVerdict, Verdict};
use qunet_stack::SliceId;

use crate::verdict::{Class, verdicts_of};
use crate::{Cell, Error, Table};

/// The slices of one `stack` to annotate and why: the name of each round and its selection, by any
/// strategy; first round and first pick first.
///
/// # Example
/// ```
/// use qunet_report::chosen_table;
/// use qunet_select::{EvenlySpaced, Pool, Request, Strategy};
///
/// let selection = EvenlySpaced {}.select(&Pool::of_stack(9)?, &Request::new(2, 0))?;
/// assert_eq!(chosen_table(&[("round 1", &selection)], 0).len(), 2);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[must_use]
pub fn chosen_table(rounds: &[(&str, &Selection)], stack: usize) -> Table {
    let mut table = Table::new("Slices to annotate", ["Slice", "Round", "Rank", "Reason"]);
    for (name, selection) in rounds {
        for pick in selection.picks().iter().filter(|pick| pick.id.stack == stack) {
            table = table.row([
                Cell::from(pick.id.slice),
                Cell::from(*name),
                Cell::from(pick.rank),
                Cell::from(pick.reason.to_string()),
            ]);
        }
    }
    table
}

/// Every slice with its scores, the verdict of one selection on it and, where the network has
/// predicted it, its Q; sortable. The verdicts are those on one stack.
///
/// # Errors
/// [`Error::LengthMismatch`] or [`Error::MissingVerdict`] where the verdicts are on other slices.
///
/// # Example
/// ```
/// let table = qunet_report::verdict_table(&[], &[], &[])?;
/// assert!(table.is_empty());
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn verdict_table(
    records: &[QualityRecord],
    verdicts: &[SliceVerdict],
    agreement: &[(SliceId, f64)],
) -> Result<Table, Error> {
    const COLUMNS: [&str; 6] = ["Slice", "Blurriness", "Inverse PSNR", "Verdict", "Reason", "Q"];
    let verdicts = verdicts_of(records, verdicts)?;
    let agreement: BTreeMap<SliceId, f64> = agreement.iter().copied().collect();
    let table = Table::new("Every slice with its scores and verdict", COLUMNS).sortable();
    let row = |table: Table, (record, verdict): (&QualityRecord, &&Verdict)| {
        let cells = [
            Cell::from(record.id),
            Cell::Scientific(record.blurriness()),
            record.inverse_psnr.map_or(Cell::Missing, Cell::Scientific),
            Cell::from(Class::new(verdict).name()),
            Cell::from(verdict.to_string()),
            Cell::from(agreement.get(&record.id).copied()),
        ];
        match verdict {
            Verdict::Picked { .. } => table.strong_row(cells),
            _ => table.row(cells),
        }
    };
    Ok(records.iter().zip(&verdicts).fold(table, row))
}
