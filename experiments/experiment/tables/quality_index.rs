//! Whether what the networks say of themselves tells how good a slice is.

use std::collections::BTreeMap;

use qunet_segmetrics::{Bootstrap, EmptyPolicy, Interval};

use super::groups::Groups;
use super::{markdown, mean, number};
use crate::line::{Line, Signs, SliceLine};
use crate::ranks::{ranks, spearman};

/// A slice with a Dice below this is to be found.
const BAD: f64 = 0.5;

/// Parts of equal length that the range of Q is cut into.
const BINS: usize = 5;

/// A number that may tell the Dice of a slice, higher = better.
type Sign = fn(&Signs) -> f64;

/// All of them by name.
const SIGNS: [(&str, Sign); 4] = [
    ("Q", |it| f64::from(it.quality_index)),
    ("- disagreement area", |it| -f64::from(it.disagreement_area)),
    ("- entropy", |it| -f64::from(it.entropy)),
    ("foreground predicted", |it| f64::from(it.foreground)),
];

/// A run, with the group of its data set.
type Run<'a> = (Option<usize>, &'a Line);

/// Spearman's correlation of each sign with the Dice of the slices of a run, on all slices with a Dice and on those with
/// lesion, and how well it finds slices with a Dice below 0.5 (area under the ROC curve): means over runs, groups of data
/// sets being drawn whole for the interval. Behind it the mean Dice by Q.
pub(super) fn table(lines: &[Line]) -> anyhow::Result<String> {
    let groups = Groups::of(lines);
    let mut settings: BTreeMap<&str, Vec<Run<'_>>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.slices.iter().any(|it| it.signs.is_some())) {
        settings.entry(&line.setting).or_default().push((groups.number(&line.data), line));
    }
    let head = ["setting", "sign", "correlation, all", "lesion slices", "finds Dice < 0.5"];
    let mut rows = Vec::new();
    for (setting, runs) in &settings {
        for (name, sign) in SIGNS {
            let all = over_runs(runs, |pairs| spearman(&pairs), sign, |_| true)?;
            let lesion = over_runs(runs, |pairs| spearman(&pairs), sign, has_lesion)?;
            let found = over_runs(runs, |pairs| finds(&pairs), sign, |_| true)?;
            let mut row = vec![(*setting).to_owned(), name.to_owned()];
            row.extend([all, lesion, found].map(cell));
            rows.push(row);
        }
    }
    let mut text = markdown(&head, rows);
    text += "\nMean Dice of the slices by Q:\n\n";
    let bounds: Vec<String> = (0..BINS)
        .map(|bin| {
            format!("{:.1} to {:.1}", bin as f64 / BINS as f64, (bin + 1) as f64 / BINS as f64)
        })
        .collect();
    let mut head = vec!["setting"];
    head.extend(bounds.iter().map(String::as_str));
    text += &markdown(&head, settings.iter().map(|(setting, runs)| by_quality(setting, runs)));
    Ok(text)
}

fn has_lesion(slice: &SliceLine) -> bool {
    slice.counts.true_positives + slice.counts.false_negatives > 0
}

fn cell(interval: Option<Interval>) -> String {
    interval
        .map_or("-".to_owned(), |it| format!("{:.2} [{:.2}, {:.2}]", it.estimate, it.low, it.high))
}

/// A statistic of each run's pairs of sign and Dice.
fn over_runs(
    runs: &[Run<'_>],
    statistic: impl Fn(Vec<(f64, f64)>) -> Option<f64>,
    sign: Sign,
    wanted: impl Fn(&SliceLine) -> bool,
) -> anyhow::Result<Option<Interval>> {
    let of_run = |&(group, line): &Run<'_>| {
        let slices = line.slices.iter().filter(|it| wanted(it));
        let pairs = slices.filter_map(|it| {
            Some((sign(it.signs.as_ref()?), it.counts.dice(EmptyPolicy::Undefined)?))
        });
        (group, statistic(pairs.collect()))
    };
    Ok(Bootstrap::default().clustered_mean(runs.iter().map(of_run))?)
}

/// How probable it is that a slice with a low Dice has the lower sign than one without; `None` where there is one kind
/// alone.
fn finds(pairs: &[(f64, f64)]) -> Option<f64> {
    let signs: Vec<f64> = pairs.iter().map(|(sign, _)| *sign).collect();
    let good = pairs.iter().filter(|(_, dice)| *dice >= BAD).count() as f64;
    let bad = pairs.len() as f64 - good;
    let sum: f64 =
        ranks(&signs).iter().zip(pairs).filter(|(_, (_, dice))| *dice >= BAD).map(|it| it.0).sum();
    (good * bad > 0.0).then(|| (sum - good * (good + 1.0) / 2.0) / (good * bad))
}

fn by_quality(setting: &str, runs: &[Run<'_>]) -> Vec<String> {
    let mut bins = vec![Vec::new(); BINS];
    for slice in runs.iter().flat_map(|(_, line)| &line.slices) {
        if let Some((signs, dice)) = slice.signs.zip(slice.counts.dice(EmptyPolicy::Undefined)) {
            let bin = (f64::from(signs.quality_index) * BINS as f64) as usize;
            bins[bin.min(BINS - 1)].push(Some(dice));
        }
    }
    let cell = |dice: &Vec<Option<f64>>| {
        format!("{} ({})", number(mean(dice.iter().copied()), 2), dice.len())
    };
    [setting.to_owned()].into_iter().chain(bins.iter().map(cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_what_follows_from_them_by_hand() {
        assert_eq!(ranks(&[0.3, 0.1, 0.3, 0.9]), [2.5, 1.0, 2.5, 4.0]);
        // scipy.stats.spearmanr([1, 2, 3, 4], [0.2, 0.1, 0.8, 0.9]) is 0.8.
        let pairs = [(1.0, 0.2), (2.0, 0.1), (3.0, 0.8), (4.0, 0.9)];
        assert!(spearman(&pairs).is_some_and(|it| (it - 0.8).abs() < 1e-12));
        assert_eq!(finds(&pairs), Some(1.0));
        // Of four pairs of a good and a bad slice the sign has three right.
        assert_eq!(finds(&[(1.0, 0.2), (3.0, 0.1), (2.0, 0.8), (4.0, 0.9)]), Some(0.75));
        assert_eq!((spearman(&[(1.0, 0.2), (1.0, 0.3)]), finds(&pairs[..2])), (None, None));
    }
}
