//! Arms at equal budget, beside evenly spaced and random slices.

use std::collections::{BTreeMap, BTreeSet};

use qunet_segmetrics::{Bootstrap, EmptyPolicy, holm};

use super::groups::Groups;
use super::paired::Paired;
use super::{Arm, arm_name, markdown, mean, number, per_myriad};
use crate::line::{Line, SliceLine};
use crate::score::Score;

/// The arms that others are compared with, where they are there.
const REFERENCES: [&str; 2] = ["even", "random"];

/// On a data set with fewer seeds it is not said whether an arm is better or worse there.
const FEWEST_SEEDS: usize = 5;

/// The runs of one arm at one budget, by data set and seed.
type Runs<'a> = BTreeMap<(&'a str, u64), &'a Line>;

/// The arms of one budget.
#[derive(Default)]
struct Arms<'a>(BTreeMap<Arm<'a>, Runs<'a>>);

impl<'a> Arms<'a> {
    /// A strategy that others are compared with: in the same setting where it was run in that, else in any.
    fn reference(&self, strategy: &str, setting: &str) -> Option<(Arm<'a>, &Runs<'a>)> {
        let with = |wanted: &dyn Fn(&str) -> bool| {
            self.0.iter().find(|(arm, _)| arm[0] == strategy && wanted(arm[1]))
        };
        let found = with(&|it| it == setting).or_else(|| with(&|_| true));
        found.map(|(arm, runs)| (*arm, runs))
    }
}

/// One table for each budget at which there are several arms.
pub(super) fn table(lines: &[Line]) -> anyhow::Result<String> {
    let groups = Groups::of(lines);
    let mut budgets: BTreeMap<u64, Arms<'_>> = BTreeMap::new();
    for line in lines {
        let arms = &mut budgets.entry(per_myriad(line)).or_default().0;
        let runs = arms.entry([&line.strategy, &line.setting]).or_default();
        runs.insert((&line.data, line.seed), line);
    }
    let mut text = String::new();
    for (budget, arms) in budgets.iter().filter(|(_, arms)| arms.0.len() > 1) {
        let sets = arms.0.values().flat_map(|runs| runs.keys().map(|(data, _)| *data));
        let (budget, count) = (*budget as f64 / 100.0, groups.count(sets));
        text += &format!("Budget {budget} %, {count} independent groups of data sets:\n\n");
        text += &format!("{}\n", of_budget(arms, &groups)?);
    }
    Ok(text)
}

fn of_budget(arms: &Arms<'_>, groups: &Groups<'_>) -> anyhow::Result<String> {
    let references: Vec<&str> =
        REFERENCES.into_iter().filter(|name| arms.reference(name, "").is_some()).collect();
    let compared = compare(arms, &references, groups)?;
    let mut rows: Vec<(f64, Vec<String>)> = Vec::new();
    for (&arm, runs) in &arms.0 {
        let mut row = first_cells(arms, arm, runs, groups);
        let mut order = None;
        for name in &references {
            let beside = compared.get(&(arm, *name));
            row.extend(beside.map_or([const { String::new() }; 3], Beside::cells));
            order = order.or(beside.and_then(|it| it.paired.estimate()));
        }
        // The reference itself differs by nothing.
        let order =
            order.unwrap_or(if references.contains(&arm[0]) { 0.0 } else { f64::NEG_INFINITY });
        rows.push((order, row));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut head = vec!["strategy", "data sets", "runs", "Dice, mean", "pooled", "lesion pixels"];
    let beside: Vec<String> = references.iter().map(|name| format!("beside {name}")).collect();
    beside.iter().for_each(|beside| head.extend([beside, "p", "better, worse"]));
    Ok(markdown(&head, rows.into_iter().map(|(_, row)| row)))
}

/// Every arm beside the references, each pair once; all tests of the table are one family.
fn compare<'a>(
    arms: &Arms<'a>,
    references: &[&'a str],
    groups: &Groups<'a>,
) -> anyhow::Result<BTreeMap<(Arm<'a>, &'a str), Beside>> {
    let mut compared = BTreeMap::new();
    for (&arm, runs) in &arms.0 {
        // Of two references the later one is beside the earlier.
        let earlier =
            references.iter().position(|name| *name == arm[0]).unwrap_or(references.len());
        for &name in &references[..earlier] {
            if let Some((_, others)) = arms.reference(name, arm[1]) {
                compared.insert((arm, name), Beside::new(runs, others, groups)?);
            }
        }
    }
    let p_values: Vec<f64> =
        compared.values().map(|beside: &Beside| beside.paired.p_value).collect();
    for (beside, corrected) in compared.values_mut().zip(holm(&p_values)) {
        beside.paired.p_value = corrected;
    }
    Ok(compared)
}

/// What an arm gives and costs.
fn first_cells<'a>(
    arms: &Arms<'a>,
    arm: Arm<'a>,
    runs: &Runs<'a>,
    groups: &Groups<'a>,
) -> Vec<String> {
    let over = |value: fn(Score) -> Option<f64>| {
        let mut sets: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
        for ((data, _), line) in runs {
            sets.entry(data).or_default().push(value(line.judged()));
        }
        groups.mean(sets.into_iter().map(|(data, values)| (data, mean(values))))
    };
    let even = arms.reference(REFERENCES[0], arm[1]);
    let cost = even.and_then(|(_, even)| cost(runs, even, groups));
    let sets: BTreeSet<&str> = runs.keys().map(|(data, _)| *data).collect();
    let (score, pooled) = (over(|it| it.mean), over(|it| it.pooled));
    let counts = [sets.len(), runs.len()].map(|count| count.to_string());
    let values = [number(score, 3), number(pooled, 3), number(cost, 2)];
    [arm_name(arms.0.keys(), arm)].into_iter().chain(counts).chain(values).collect()
}

/// The share of all lesion pixels that the arm asks for, over that which the other asks for on the same runs.
fn cost<'a>(runs: &Runs<'a>, others: &Runs<'a>, groups: &Groups<'a>) -> Option<f64> {
    let mut sets: BTreeMap<&str, Vec<[Option<f64>; 2]>> = BTreeMap::new();
    for (key, line) in runs {
        if let Some(other) = others.get(key) {
            let shares = [line, other].map(|it| it.lesion_share());
            sets.entry(key.0).or_default().push(shares);
        }
    }
    let [own, other] = [0, 1].map(|side| {
        let of_set = |shares: &Vec<[Option<f64>; 2]>| mean(shares.iter().map(|it| it[side]));
        groups.mean(sets.iter().map(|(data, shares)| (*data, of_set(shares))))
    });
    Some(own? / other.filter(|&other| other > 0.0)?)
}

/// An arm beside another on the same data sets and seeds.
struct Beside {
    /// In mean Dice, over groups of data sets.
    paired: Paired,
    /// On how many data sets it is better and worse beyond the interval there; `None` where all have too few seeds.
    beyond: Option<[usize; 2]>,
}

impl Beside {
    fn new<'a>(runs: &Runs<'a>, others: &Runs<'a>, groups: &Groups<'a>) -> anyhow::Result<Self> {
        let mut sets: BTreeMap<&str, Vec<(&Line, &Line)>> = BTreeMap::new();
        for (key, line) in runs {
            if let Some(other) = others.get(key) {
                sets.entry(key.0).or_default().push((line, other));
            }
        }
        let difference =
            |(line, other): &(&Line, &Line)| Some(line.judged().mean? - other.judged().mean?);
        let of_sets = sets.iter().map(|(data, pairs)| (*data, mean(pairs.iter().map(difference))));
        let paired = Paired::over(&groups.means(of_sets))?;
        let mut beyond = None;
        for pairs in sets.values().filter(|pairs| pairs.len() >= FEWEST_SEEDS) {
            let [better, worse] = beyond.get_or_insert([0; 2]);
            if let Some(found) = Bootstrap::default().clustered_mean(by_slice(pairs))? {
                *better += usize::from(found.low > 0.0);
                *worse += usize::from(found.high < 0.0);
            }
        }
        Ok(Self { paired, beyond })
    }

    fn cells(&self) -> [String; 3] {
        let [difference, p_value] = self.paired.cells();
        let beyond = self.beyond.map(|[better, worse]| format!("{better}, {worse}"));
        [difference, p_value, beyond.unwrap_or("-".to_owned())]
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
        // Three data sets of five seeds; the arm is above on two of them and 0.05 below on the third.
        let mut lines = Vec::new();
        for (data, gain) in [("a", 0.1), ("b", 0.12), ("c", -0.05)] {
            for seed in 0..5 {
                lines.push(line(data, "even", 0.2, seed, 0.5, 1000));
                lines.push(line(data, "spread", 0.2, seed, 0.5 + gain, 1500));
            }
        }
        let text = table(&lines).unwrap();
        assert!(text.starts_with("Budget 20 %, 3 independent groups of data sets:"), "{text}");
        let row = text.lines().find(|row| row.starts_with("| spread")).unwrap();
        // The mean gain is 0.17 / 3; of three differences the smallest is the negative one: p = 2 · 2 / 8. Beside the
        // 1000 lesion pixels of the slice that is left, 1500 are 60 %, and 1000 are 50 %.
        assert!(row.starts_with("| spread | 3 | 15 | 0.557 | 0.557 | 1.20 | +0.057 ["), "{row}");
        assert!(row.ends_with("| 0.500 | 2, 1 |"), "{row}");
        let even = text.lines().find(|row| row.starts_with("| even")).unwrap();
        assert!(even.ends_with("| 1.00 |  |  |  |"), "{even}");
        // The first two show one patient: their mean gain of 0.11 counts once.
        for line in lines.iter_mut().filter(|line| line.data != "c") {
            line.patients = vec!["one".to_owned()];
        }
        let text = table(&lines).unwrap();
        let row = text.lines().find(|row| row.starts_with("| spread")).unwrap();
        assert!(row.contains("| +0.030 ["), "{row}");
        // An arm of another setting is compared with the reference of its own where there is one.
        lines.iter_mut().for_each(|line| line.patients.clear());
        for data in ["a", "b", "c"] {
            for (strategy, dice) in [("even", 0.3), ("spread", 0.2)] {
                let setting = "large".to_owned();
                lines.push(Line { setting, ..line(data, strategy, 0.2, 0, dice, 1000) });
            }
        }
        let text = table(&lines).unwrap();
        let row = text.lines().find(|row| row.starts_with("| spread, large")).unwrap();
        assert!(row.contains("| 0.200 | 0.200 | 1.00 | -0.100 [-0.100, -0.100] |"), "{row}");
        assert!(row.ends_with("| - |"), "one seed says nothing of a data set: {row}");
        // One arm alone is compared with nothing.
        assert_eq!(table(&lines[..1]).unwrap(), "");
    }

    #[test]
    fn two_references_are_tested_once() {
        let lines = [("a", 0.5), ("b", 0.55)].map(|(data, dice)| {
            [line(data, "even", 0.2, 0, 0.6, 10), line(data, "random", 0.2, 0, dice, 10)]
        });
        let text = table(lines.as_flattened()).unwrap();
        let rows: Vec<&str> = text.lines().filter(|row| row.starts_with("| ")).skip(1).collect();
        // The one test has p = 1/2, which a second one would double.
        assert!(rows[0].starts_with("| even ") && rows[0].ends_with("| 1.00 |  |  |  |  |  |  |"));
        assert!(rows[1].contains("| -0.075 ["), "{}", rows[1]);
        assert!(rows[1].ends_with("] | 0.500 | - |  |  |  |"), "{}", rows[1]);
    }
}
