//! From what was given to the rows of a report.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{MetricValues, ReportRow};
use super::{Given, ReportBuilder};
use crate::{ConfusionCounts, Error, Result};

/// What was given about one class of one volume.
#[derive(Default)]
struct Parts<'a> {
    slices: Vec<&'a Given>,
    whole: Option<&'a Given>,
}

/// The rows of the slices, in the order given, and of the volumes, the classes of each in turn.
pub(super) fn rows(builder: &ReportBuilder) -> Result<(Vec<ReportRow>, Vec<ReportRow>)> {
    check(builder)?;
    let (cases, classes) = (places(builder, |row| &row.case), places(builder, |row| &row.class));
    let mut volumes = BTreeMap::<_, Parts<'_>>::new();
    for row in &builder.rows {
        let place = (cases[row.case.as_str()], classes[row.class.as_str()]);
        let parts = volumes.entry(place).or_default();
        match row.slice {
            Some(_) => parts.slices.push(row),
            None => parts.whole = Some(row),
        }
    }
    let slices = builder.rows.iter().filter(|row| row.slice.is_some());
    let slices = slices.map(|row| of_counts_and_values(builder, row, row.counts, Some(row)));
    let volumes: Result<Vec<_>> = volumes.values().map(|parts| volume(builder, parts)).collect();
    Ok((slices.collect(), volumes?))
}

/// Refuses rows that are there twice or do not fit the metrics.
fn check(builder: &ReportBuilder) -> Result<()> {
    let expected = builder.metrics.iter().filter(|(_, of_counts)| of_counts.is_none()).count();
    let mut seen = BTreeSet::new();
    for row in &builder.rows {
        let name = || {
            let slice = row.slice.map(|slice| format!(", slice {slice}")).unwrap_or_default();
            format!("case {:?}{slice}, class {:?}", row.case, row.class)
        };
        let found = row.values.len();
        if found != expected {
            return Err(Error::MetricValues { case: name(), expected, found });
        }
        if !seen.insert((&row.case, &row.class, row.slice)) {
            return Err(Error::Repeated { case: name(), place: "the report" });
        }
    }
    Ok(())
}

/// The places of names in the order of their first appearance.
fn places(builder: &ReportBuilder, name: fn(&Given) -> &String) -> BTreeMap<&str, usize> {
    let mut places = BTreeMap::new();
    for row in &builder.rows {
        let next = places.len();
        places.entry(name(row).as_str()).or_insert(next);
    }
    places
}

fn volume(builder: &ReportBuilder, parts: &Parts<'_>) -> Result<ReportRow> {
    let counts = parts.slices.iter().map(|slice| slice.counts);
    let sum = counts.sum::<Option<ConfusionCounts>>().filter(|_| !parts.slices.is_empty());
    let whole = parts.whole.and_then(|whole| whole.counts);
    let mut row = match (parts.whole, parts.slices.first()) {
        (Some(row), _) => of_counts_and_values(builder, row, whole.or(sum), Some(row)),
        (None, Some(slice)) => of_counts_and_values(builder, slice, sum, None),
        (None, None) => ReportRow::default(),
    };
    row.slice = None;
    if sum.zip(whole).is_some_and(|(sum, whole)| sum != whole) {
        return Err(Error::VolumeCounts { case: row.case, class: row.class });
    }
    Ok(row)
}

/// A row under the name of `named`, its metrics from `counts` and from the values in `given`.
fn of_counts_and_values(
    builder: &ReportBuilder,
    named: &Given,
    counts: Option<ConfusionCounts>,
    given: Option<&Given>,
) -> ReportRow {
    let mut given = given.into_iter().flat_map(|row| row.values.iter().copied());
    let value = |(name, of_counts): &(String, Option<_>)| {
        let value = match of_counts {
            Some(_) => None,
            None => given.next().flatten().filter(|value: &f64| value.is_finite()),
        };
        (name.clone(), value)
    };
    let mut values: MetricValues = builder.metrics.iter().map(value).collect();
    values.extend(counted(builder, counts));
    ReportRow {
        case: named.case.clone(),
        slice: named.slice,
        class: named.class.clone(),
        counts,
        values,
    }
}

/// The metrics that follow from counts.
pub(super) fn counted(
    builder: &ReportBuilder,
    counts: Option<ConfusionCounts>,
) -> impl Iterator<Item = (String, Option<f64>)> {
    let policy = builder.empty_policy;
    builder.metrics.iter().filter_map(move |(name, of_counts)| {
        let value = (*of_counts)?;
        let value = counts.and_then(|counts| value(&counts, policy));
        Some((name.clone(), value.filter(|value| value.is_finite())))
    })
}
