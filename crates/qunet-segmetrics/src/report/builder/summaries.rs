//! From the rows of a report to one number per metric.

use std::collections::BTreeMap;

use super::super::{ClassSummary, FOREGROUND, MetricSummary, ReportRow, value};
use super::{ReportBuilder, rows::counted};
use crate::{ConfusionCounts, Result, Summary};

/// The summary of each class, and that of all foreground classes.
pub(super) fn summarised(
    builder: &ReportBuilder,
    slices: &[ReportRow],
    volumes: &[ReportRow],
) -> Result<(Vec<ClassSummary>, ClassSummary)> {
    let mut names: Vec<&str> = Vec::new();
    for row in &builder.rows {
        if !names.contains(&row.class.as_str()) {
            names.push(&row.class);
        }
    }
    let of = |name: &str, chosen: &dyn Fn(&ReportRow) -> bool| {
        let chosen =
            |rows: &[ReportRow]| rows.iter().filter(|row| chosen(row)).cloned().collect::<Vec<_>>();
        summary(builder, name, &chosen(slices), &chosen(volumes))
    };
    let classes = names.iter().map(|&name| of(name, &|row| row.class == name));
    let foreground = of(FOREGROUND, &|row| Some(&row.class) != builder.background.as_ref());
    Ok((classes.collect::<Result<_>>()?, foreground?))
}

fn summary(
    builder: &ReportBuilder,
    class: &str,
    slices: &[ReportRow],
    volumes: &[ReportRow],
) -> Result<ClassSummary> {
    let counts = volumes.iter().map(|row| row.counts);
    let pooled_counts = counts.sum::<Option<ConfusionCounts>>().filter(|_| !volumes.is_empty());
    let mut summary = ClassSummary { class: class.to_owned(), pooled_counts, ..Default::default() };
    for (metric, _) in &builder.metrics {
        summary.over_slices.insert(metric.clone(), over(builder, slices, metric)?);
        summary.over_volumes.insert(metric.clone(), over(builder, volumes, metric)?);
        summary.pooled.insert(metric.clone(), None);
    }
    summary.pooled.extend(counted(builder, pooled_counts));
    Ok(summary)
}

/// A metric over rows of one level; several classes of a slice or volume count once, as their mean.
fn over(builder: &ReportBuilder, rows: &[ReportRow], metric: &str) -> Result<MetricSummary> {
    let mut order: Vec<(&str, Vec<Option<f64>>)> = Vec::new();
    let mut places = BTreeMap::new();
    for row in rows {
        let place = *places.entry((&row.case, row.slice)).or_insert(order.len());
        if place == order.len() {
            order.push((&row.case, Vec::new()));
        }
        order[place].1.push(value(&row.values, metric));
    }
    let mean =
        |(case, values): (&'_ str, Vec<_>)| (case.to_owned(), Summary::from_values(values).mean);
    let values: Vec<(String, Option<f64>)> = order.into_iter().map(mean).collect();
    let interval = match &builder.bootstrap {
        // One value of each volume, or those of its slices: either way volumes are drawn.
        Some(bootstrap) => {
            bootstrap.clustered_mean(values.iter().map(|(case, value)| (case, *value)))?
        }
        None => None,
    };
    let summary = Summary::from_values(values.into_iter().map(|(_, value)| value));
    Ok(MetricSummary { summary, interval })
}
