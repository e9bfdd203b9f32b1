//! Arms at equal budget, beside evenly spaced and random slices.

use std::collections::{BTreeMap, BTreeSet};

use qunet_segmetrics::{Bootstrap, EmptyPolicy, Interval, SignedRank, SignedRankOptions, holm};

use super::{difference, markdown, mean, number, per_myriad};
use crate::line::{Line, SliceLine};
use crate::score::Score;

/// The arms that others are compared with, where they are there.
const REFERENCES: [&str; 2] = ["even", "random"];

/// The runs of one arm at one budget, by data set and seed.
type Runs<'a> = BTreeMap<(&'a str, u64), &'a Line>;

/// The arms of one budget, by strategy and setting.
#[derive(Default)]
struct Arms<'a>(BTreeMap<[&'a str; 2], Runs<'a>>);

impl<'a> Arms<'a> {
    /// The strategy, and the setting where there are several with that strategy.
    fn name(&self, [strategy, setting]: [&str; 2]) -> String {
        match self.0.keys().filter(|arm| arm[0] == strategy).count() {
            1 => strategy.to_owned(),
            _ => format!("{strategy}, {setting}"),
        }
    }

    /// A strategy that others are compared with: in the same setting where it was run in that, else in any.
    fn reference(&self, strategy: &str, setting: &str) -> Option<([&'a str; 2], &Runs<'a>)> {
        let with = |wanted: &dyn Fn(&str) -> bool| {
            self.0.iter().find(|(arm, _)| arm[0] == strategy && wanted(arm[1]))
        };
        let found = with(&|it| it == setting).or_else(|| with(&|_| true));
        found.map(|(arm, runs)| (*arm, runs))
    }
}

/// One table for each budget at which there are several arms.
pub(super) fn table(lines: &[Line]) -> anyhow::Result<String> {
    let mut budgets: BTreeMap<u64, Arms<'_>> = BTreeMap::new();
    for line in lines {
        let arms = &mut budgets.entry(per_myriad(line)).or_default().0;
        let runs = arms.entry([&line.strategy, &line.setting]).or_default();
        runs.insert((&line.data, line.seed), line);
    }
    let mut text = String::new();
    for (budget, arms) in budgets.iter().filter(|(_, arms)| arms.0.len() > 1) {
        text += &format!("Budget {} %:\n\n{}\n", *budget as f64 / 100.0, of_budget(arms)?);
    }
    Ok(text)
}

fn of_budget(arms: &Arms<'_>) -> anyhow::Result<String> {
    let references: Vec<&str> =
        REFERENCES.into_iter().filter(|name| arms.reference(name, "").is_some()).collect();
    let mut compared = Vec::new();
    for (&arm, runs) in &arms.0 {
        for &name in &references {
            let others = arms.reference(name, arm[1]).filter(|(other, _)| *other != arm);
            if let Some((_, others)) = others {
                compared.push((arm, name, Beside::new(runs, others)?));
            }
        }
    }
    // All tests of the table are one family.
    let p_values: Vec<f64> = compared.iter().map(|(.., beside)| beside.p_value).collect();
    for ((.., beside), corrected) in compared.iter_mut().zip(holm(&p_values)) {
        beside.p_value = corrected;
    }
    let mut head: Vec<String> =
        ["strategy", "data sets", "runs", "Dice, mean", "pooled", "lesion pixels"]
            .map(str::to_owned)
            .into();
    for name in &references {
        head.extend([format!("beside {name}"), "p".to_owned(), "better, worse".to_owned()]);
    }
    let mut rows: Vec<(f64, Vec<String>)> = Vec::new();
    for (&arm, runs) in &arms.0 {
        let (score, pooled) = (over_data(runs, |it| it.mean), over_data(runs, |it| it.pooled));
        let even = arms.reference(REFERENCES[0], arm[1]);
        let cost = even.and_then(|(_, even)| cost(runs, even));
        let sets: BTreeSet<&str> = runs.keys().map(|(data, _)| *data).collect();
        let mut row = vec![arms.name(arm), sets.len().to_string(), runs.len().to_string()];
        row.extend([number(score, 3), number(pooled, 3), number(cost, 2)]);
        for name in &references {
            let beside = compared.iter().find(|(it, other, _)| (it, other) == (&arm, name));
            row.extend(beside.map_or([const { String::new() }; 3], |(.., it)| it.cells()));
        }
        rows.push((score.unwrap_or(f64::NEG_INFINITY), row));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    Ok(markdown(&head, rows.into_iter().map(|(_, row)| row)))
}

/// The mean over data sets of the means over seeds.
fn over_data(runs: &Runs<'_>, value: impl Fn(Score) -> Option<f64>) -> Option<f64> {
    let mut sets: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
    for ((data, _), line) in runs {
        sets.entry(data).or_default().push(value(line.judged()));
    }
    mean(sets.into_values().map(mean))
}

/// Lesion pixels that the arm asks for, over those that the other asks for: the mean over the runs of both.
fn cost(runs: &Runs<'_>, others: &Runs<'_>) -> Option<f64> {
    let ratio = |(key, line): (&(&str, u64), &&Line)| {
        let other = others.get(key)?.drawn_foreground;
        (other > 0).then(|| line.drawn_foreground as f64 / other as f64)
    };
    mean(runs.iter().map(ratio))
}

/// An arm beside another on the same data sets and seeds.
struct Beside {
    /// Of the difference in mean Dice over the runs, data sets being drawn whole.
    difference: Option<Interval>,
    /// Of Wilcoxon's test over the data sets; 1 where it says nothing.
    p_value: f64,
    /// On how many data sets it is better and worse beyond the interval.
    beyond: [usize; 2],
}

impl Beside {
    fn new(runs: &Runs<'_>, others: &Runs<'_>) -> anyhow::Result<Self> {
        let mut sets: BTreeMap<&str, Vec<(&Line, &Line)>> = BTreeMap::new();
        for (key, line) in runs {
            if let Some(other) = others.get(key) {
                sets.entry(key.0).or_default().push((line, other));
            }
        }
        let difference =
            |(line, other): &(&Line, &Line)| Some(line.judged().mean? - other.judged().mean?);
        let all = sets
            .iter()
            .flat_map(|(data, pairs)| pairs.iter().map(move |pair| (*data, difference(pair))));
        let bootstrap = Bootstrap::default();
        let interval = bootstrap.clustered_mean(all)?;
        let of_sets: Vec<f64> =
            sets.values().filter_map(|pairs| mean(pairs.iter().map(difference))).collect();
        let test = SignedRank::test(&of_sets, SignedRankOptions::default());
        let mut beyond = [0; 2];
        for pairs in sets.values() {
            if let Some(found) = bootstrap.clustered_mean(by_slice(pairs))? {
                beyond[0] += usize::from(found.low > 0.0);
                beyond[1] += usize::from(found.high < 0.0);
            }
        }
        Ok(Self { difference: interval, p_value: test.map_or(1.0, |it| it.p_value), beyond })
    }

    fn cells(&self) -> [String; 3] {
        let [better, worse] = self.beyond;
        [difference(self.difference), format!("{:.3}", self.p_value), format!("{better}, {worse}")]
    }
}

/// The differences in Dice of the slices that both are judged by, seeds being drawn whole.
fn by_slice(pairs: &[(&Line, &Line)]) -> Vec<(u64, Option<f64>)> {
    let mut differences = Vec::new();
    for (line, other) in pairs {
        let others: BTreeMap<(usize, usize), &SliceLine> =
            other.judged_slices().map(|it| ((it.stack, it.slice), it)).collect();
        differences.extend(line.judged_slices().filter_map(|it| {
            let other = others.get(&(it.stack, it.slice))?;
            // Finding nothing where there is nothing is right, and better than finding something.
            let dice = |it: &SliceLine, policy| it.counts.dice(policy);
            let [mine, theirs] = [it, other].map(|it| dice(it, EmptyPolicy::One));
            let is_defined = |it| dice(it, EmptyPolicy::Undefined).is_some();
            let counts = is_defined(it) || is_defined(other);
            counts.then(|| (line.seed, mine.zip(theirs).map(|(mine, theirs)| mine - theirs)))
        }));
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tests::line;

    #[test]
    fn an_arm_beside_another_by_hand() {
        // Three data sets of two seeds; the arm is above on two of them and 0.05 below on the third.
        let mut lines = Vec::new();
        for (data, gain) in [("a", 0.1), ("b", 0.12), ("c", -0.05)] {
            for seed in 0..2 {
                lines.push(line(data, "even", 0.2, seed, 0.5, 1000));
                lines.push(line(data, "spread", 0.2, seed, 0.5 + gain, 1500));
            }
        }
        let text = table(&lines).unwrap();
        let row = text.lines().find(|row| row.starts_with("| spread")).unwrap();
        // The mean gain is 0.17 / 3; of three differences the smallest is the negative one: p = 2 · 2 / 8.
        assert!(row.starts_with("| spread | 3 | 6 | 0.557 | 0.557 | 1.50 | +0.057 ["), "{row}");
        assert!(row.ends_with("| 0.500 | 2, 1 |"), "{row}");
        let even = text.lines().find(|row| row.starts_with("| even")).unwrap();
        assert!(even.ends_with("| 1.00 |  |  |  |"), "{even}");
        // An arm of another setting is compared with the reference of its own where there is one.
        for data in ["a", "b", "c"] {
            for (strategy, dice) in [("even", 0.3), ("spread", 0.2)] {
                let setting = "large".to_owned();
                lines.push(Line { setting, ..line(data, strategy, 0.2, 0, dice, 1000) });
            }
        }
        let text = table(&lines).unwrap();
        let row = text.lines().find(|row| row.starts_with("| spread, large")).unwrap();
        assert!(row.contains("| 0.200 | 0.200 | 1.00 | -0.100 [-0.100, -0.100] |"), "{row}");
        // One arm alone is compared with nothing.
        assert_eq!(table(&lines[..1]).unwrap(), "");
    }
}
