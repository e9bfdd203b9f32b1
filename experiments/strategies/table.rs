//! Outcomes as a table and as curves.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use qunet_report::{BudgetCurve, BudgetPoint, budget_curves};
use qunet_segmetrics::{Bootstrap, PairedDifference};

use crate::outcome::Outcome;

/// The arm that all are compared with.
const REFERENCE: &str = "random/random";

/// The arms that are drawn by default.
pub(crate) const DRAWN: [&str; 7] = [
    REFERENCE,
    "evenly_spaced/evenly_spaced",
    "image_quality/head_disagreement",
    "image_quality/disagreement_area",
    "image_quality/hybrid",
    "image_quality/entropy",
    "evenly_spaced/hybrid",
];

const COLUMNS: [&str; 9] = [
    "First / later slices",
    "Slices",
    "Lesion pixels drawn",
    "Dice, finished",
    "Beside random/random",
    "p",
    "Dice, slices left: pooled",
    "mean",
    "Seeds",
];

/// Prints the arms in Markdown, the best first.
pub(crate) fn print(out: &mut impl Write, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let arms = by_arm(outcomes);
    let reference = arms.get(REFERENCE).cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for (arm, all) in &arms {
        lines.push(line(arm, all, &reference)?);
    }
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    writeln!(out, "| {} |", COLUMNS.join(" | "))?;
    writeln!(out, "|---|--:|--:|---|---|--:|--:|--:|--:|")?;
    lines.iter().try_for_each(|(_, line)| writeln!(out, "{line}"))?;
    Ok(())
}

/// Draws the Dice of the named arms over the slices annotated.
pub(crate) fn draw(folder: &Path, outcomes: &[Outcome], names: &[String]) -> anyhow::Result<()> {
    let arms = by_arm(outcomes);
    let drawn = names.iter().filter_map(|name| Some((name, arms.get(name.as_str())?)));
    let curves: Result<Vec<_>, _> = drawn.map(|(name, all)| curve(name, all)).collect();
    budget_curves(&curves?, "annotated slices", "pooled Dice of the finished stacks")?
        .write(folder)?;
    Ok(())
}

type Rounds<'a> = Vec<&'a Outcome>;

fn by_arm(outcomes: &[Outcome]) -> BTreeMap<&str, Rounds<'_>> {
    let mut arms = BTreeMap::<&str, Rounds<'_>>::new();
    for outcome in outcomes {
        arms.entry(&outcome.arm).or_default().push(outcome);
    }
    arms
}

/// The last round of every seed.
fn ends<'a>(all: &[&'a Outcome]) -> BTreeMap<u64, &'a Outcome> {
    all.iter().filter(|it| it.last).map(|it| (it.seed, *it)).collect()
}

fn line(arm: &str, all: &Rounds<'_>, reference: &Rounds<'_>) -> anyhow::Result<(f64, String)> {
    let (ends, others) = (ends(all), ends(reference));
    let bootstrap = Bootstrap::default();
    let of = |value: fn(&Outcome) -> f64| {
        ends.values().map(|it| value(it)).sum::<f64>() / ends.len() as f64
    };
    let finished = bootstrap.mean(ends.values().map(|it| Some(it.finished)))?;
    let (mean, interval) = finished.map_or((f64::NAN, String::new()), |it| {
        (it.estimate, format!("{:.3} [{:.3}, {:.3}]", it.estimate, it.low, it.high))
    });
    let seeds: Vec<u64> = ends.keys().copied().filter(|seed| others.contains_key(seed)).collect();
    let values = |of: &BTreeMap<u64, &Outcome>| -> Vec<Option<f64>> {
        seeds.iter().map(|seed| Some(of[seed].finished)).collect()
    };
    let paired = PairedDifference::between(&values(&ends), &values(&others), &bootstrap)?;
    let difference = paired.interval.map_or(String::new(), |it| {
        format!("{:+.3} [{:+.3}, {:+.3}]", it.estimate, it.low, it.high)
    });
    let p = paired.signed_rank.map_or("-".to_owned(), |test| format!("{:.3}", test.p_value));
    let text = format!(
        "| {arm} | {:.1} | {:.0} | {interval} | {difference} | {p} | {:.3} | {:.3} | {} |",
        of(|it| it.annotated as f64),
        of(|it| it.foreground as f64),
        of(|it| it.left.unwrap_or(0.0)),
        of(|it| it.mean_left.unwrap_or(0.0)),
        ends.len()
    );
    Ok((mean, text))
}

fn curve(name: &str, all: &Rounds<'_>) -> anyhow::Result<BudgetCurve> {
    let mut by_cost = BTreeMap::<usize, Vec<Option<f64>>>::new();
    for outcome in all {
        by_cost.entry(outcome.annotated).or_default().push(Some(outcome.finished));
    }
    let mut points = Vec::new();
    for (cost, values) in by_cost {
        if let Some(it) = Bootstrap::default().mean(values)? {
            let (low, high) = (it.low.min(it.estimate), it.high.max(it.estimate));
            points.push(BudgetPoint { cost: cost as f64, mean: it.estimate, low, high });
        }
    }
    Ok(BudgetCurve { name: name.to_owned(), points })
}
