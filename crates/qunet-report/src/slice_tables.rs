//! The two tables every report has.

use std::collections::BTreeMap;

use qunet_quality::QualityRecord;
use qunet_select::{SliceVerdict, Verdict};
use qunet_stack::SliceId;

use crate::class::Class;
use crate::{Cell, Error, Table, score};

/// The slices to annotate and why: S0 by quality rank, then the `queried` slices S_m with their Q,
/// lowest first.
///
/// # Example
/// ```
/// use qunet_report::chosen_table;
/// use qunet_select::{SliceVerdict, Verdict};
/// use qunet_stack::SliceId;
///
/// let verdict = SliceVerdict { id: SliceId(7), verdict: Verdict::Kept { rank: 1 } };
/// assert_eq!(chosen_table(&[verdict], &[(SliceId(3), 0.2)]).len(), 2);
/// ```
#[must_use]
pub fn chosen_table(verdicts: &[SliceVerdict], queried: &[(SliceId, f64)]) -> Table {
    let rank = |verdict: &SliceVerdict| match verdict.verdict {
        Verdict::Kept { rank } => Some((rank, verdict.id)),
        _ => None,
    };
    let mut kept: Vec<(usize, SliceId)> = verdicts.iter().filter_map(rank).collect();
    kept.sort_unstable();
    let mut queried = queried.to_vec();
    queried.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let table = Table::new("Slices to annotate", ["Slice", "Set", "Reason"]);
    let table = kept.into_iter().fold(table, |table, (rank, id)| {
        let reason = format!("sharp, contrasted and unlike the others; quality rank {rank}");
        table.row([Cell::from(id), Cell::from("S0"), Cell::from(reason)])
    });
    queried.into_iter().fold(table, |table, (id, q)| {
        let reason = format!("the last two heads disagree; Q = {q:.3}");
        table.row([Cell::from(id), Cell::from("Sm"), Cell::from(reason)])
    })
}

/// Every slice with its scores, its verdict and, where the network saw it, its Q; sortable.
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
    let verdicts = score::verdicts_of(records, verdicts)?;
    let agreement: BTreeMap<SliceId, f64> = agreement.iter().copied().collect();
    let table = Table::new("Every slice with its scores and verdict", COLUMNS).sortable();
    let row = |table: Table, (record, verdict): (&QualityRecord, &Verdict)| {
        let cells = [
            Cell::from(record.id),
            Cell::Scientific(record.blurriness()),
            record.inverse_psnr.map_or(Cell::Missing, Cell::Scientific),
            Cell::from(Class::of(verdict).name()),
            Cell::from(verdict.to_string()),
            Cell::from(agreement.get(&record.id).copied()),
        ];
        match verdict {
            Verdict::Kept { .. } => table.strong_row(cells),
            _ => table.row(cells),
        }
    };
    Ok(records.iter().zip(&verdicts).fold(table, row))
}
