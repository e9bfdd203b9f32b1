//! What more slices bring.

use std::collections::{BTreeMap, BTreeSet};

use qunet_report::{BudgetCurve, BudgetPoint, Figure, budget_curves};
use qunet_segmetrics::Bootstrap;

use super::groups::Groups;
use super::{Arm, arm_name, markdown, mean, number, per_myriad};
use crate::line::Line;

/// The share of what all slices give that is to be reached.
const SHARE: f64 = 0.95;

/// A point of a curve: mean Dice, and what was drawn for it as a share of all slices and of their lesion pixels.
#[derive(Clone, Copy)]
struct Point {
    dice: f64,
    slices: f64,
    foreground: f64,
}

/// The runs of one strategy on one data set, by budget and seed.
type Runs<'a> = BTreeMap<u64, BTreeMap<u64, &'a Line>>;

/// The runs of every arm with several budgets, by data set.
type Arms<'a> = BTreeMap<Arm<'a>, BTreeMap<&'a str, Runs<'a>>>;

/// Mean Dice over budgets, the area under that curve (AUBC, the mean height between the lowest and the highest budget),
/// and what must be drawn to reach 95 % of the Dice that all slices give: means over groups of data sets, of strategies
/// with several budgets. The ceiling is that of the runs that drew most; seeds count that have every budget. The last
/// columns are of the data sets on which all strategies reach it.
pub(super) fn table(lines: &[Line]) -> anyhow::Result<String> {
    let (groups, arms, ceilings) = (Groups::of(lines), arms(lines), ceilings(lines));
    let budgets: BTreeSet<u64> =
        arms.values().flat_map(BTreeMap::values).flat_map(BTreeMap::keys).copied().collect();
    let curve = |(data, runs): (&&str, &Runs<'_>)| {
        Curve::of(runs, ceilings.get(data).copied().unwrap_or_default())
    };
    let mut curves: BTreeMap<String, BTreeMap<&str, Curve>> = BTreeMap::new();
    for (arm, sets) in &arms {
        let of_arm = curves.entry(arm_name(arms.keys(), *arm)).or_default();
        of_arm.extend(sets.iter().map(|it| (*it.0, curve(it))));
    }
    let mut common: BTreeSet<&str> = ceilings.keys().copied().collect();
    for (data, curve) in curves.values().flatten() {
        if curve.reached.is_none() {
            common.remove(data);
        }
    }
    let mut head = vec!["strategy".to_owned(), "data sets".to_owned()];
    head.extend(budgets.iter().map(|budget| format!("{} %", *budget as f64 / 100.0)));
    let last = ["AUBC", "slices to 95 %", "lesion pixels to 95 %", "reached on"];
    head.extend(last.map(str::to_owned));
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows = curves.iter().map(|(name, sets)| row(name, sets, &budgets, (&groups, &common)));
    Ok(markdown(&head, rows))
}

/// A strategy: its Dice at the budgets, over all data sets, and what the Dice costs on those that all strategies have in
/// common.
fn row<'a>(
    name: &str,
    sets: &BTreeMap<&'a str, Curve>,
    budgets: &BTreeSet<u64>,
    (groups, common): (&Groups<'a>, &BTreeSet<&str>),
) -> Vec<String> {
    let over = |value: &dyn Fn(&Curve) -> Option<f64>| {
        groups.mean(sets.iter().map(|(data, curve)| (*data, value(curve))))
    };
    let to_reach = |value: fn(Point) -> f64| {
        let common = sets.iter().filter(|(data, _)| common.contains(*data));
        groups.mean(common.map(|(data, curve)| (*data, curve.reached.map(value))))
    };
    let mut row = vec![name.to_owned(), sets.len().to_string()];
    row.extend(budgets.iter().map(|budget| number(over(&|it| it.dice(*budget)), 3)));
    row.push(number(over(&Curve::area), 3));
    row.push(percent_of(to_reach(|it| it.slices)));
    row.push(percent_of(to_reach(|it| it.foreground)));
    let reached = sets.values().filter(|curve| curve.reached.is_some()).count();
    row.push(format!("{reached} of {}", sets.len()));
    row
}

/// The arms with several budgets, with the seeds that have all of them.
fn arms(lines: &[Line]) -> Arms<'_> {
    let mut arms: Arms<'_> = BTreeMap::new();
    for line in lines {
        let sets = arms.entry([&line.strategy, &line.setting]).or_default();
        let runs = sets.entry(&line.data).or_default();
        runs.entry(per_myriad(line)).or_default().insert(line.seed, line);
    }
    arms.retain(|_, sets| sets.values().any(|runs| runs.len() > 1));
    for runs in arms.values_mut().flat_map(BTreeMap::values_mut) {
        let seeds = runs.values().map(|of_budget| of_budget.keys().copied().collect());
        let common = seeds.reduce(|one: BTreeSet<u64>, other| &one & &other).unwrap_or_default();
        runs.values_mut().for_each(|of_budget| of_budget.retain(|seed, _| common.contains(seed)));
    }
    arms
}

/// What a strategy gives on one data set.
struct Curve {
    points: BTreeMap<u64, Point>,
    /// Where it first reaches the share of the ceiling.
    reached: Option<Point>,
}

impl Curve {
    fn of(runs: &Runs<'_>, ceiling: Ceiling) -> Self {
        let point = |(budget, seeds): (&u64, &BTreeMap<u64, &Line>)| {
            Some((*budget, point(seeds, ceiling.foreground)?))
        };
        let points: BTreeMap<u64, Point> = runs.iter().filter_map(point).collect();
        let in_order: Vec<Point> = points.values().copied().collect();
        let reached = ceiling.dice.and_then(|dice| reach(&in_order, SHARE * dice));
        Self { points, reached }
    }

    fn dice(&self, budget: u64) -> Option<f64> {
        self.points.get(&budget).map(|point| point.dice)
    }

    /// The area over the share of slices, divided by how far that goes.
    fn area(&self) -> Option<f64> {
        let points: Vec<Point> = self.points.values().copied().collect();
        let trapezoid = |pair: &[Point]| {
            (pair[1].slices - pair[0].slices) * (pair[0].dice + pair[1].dice) / 2.0
        };
        let sum: f64 = points.windows(2).map(trapezoid).sum();
        let range = points.last()?.slices - points.first()?.slices;
        (range > 0.0).then(|| sum / range)
    }
}

/// The curves of the strategies with several budgets, with 95 % intervals over groups of data sets.
pub(crate) fn figure(lines: &[Line]) -> anyhow::Result<Figure> {
    let groups = Groups::of(lines);
    let mut curves = Vec::new();
    let arms = arms(lines);
    for (arm, sets) in &arms {
        let budgets: BTreeSet<u64> = sets.values().flat_map(BTreeMap::keys).copied().collect();
        let mut points = Vec::new();
        for budget in budgets {
            let of_set =
                |runs: &Runs<'_>| mean(runs.get(&budget)?.values().map(|line| line.judged().mean));
            let of_groups = groups.means(sets.iter().map(|(data, runs)| (*data, of_set(runs))));
            if let Some(it) = Bootstrap::default().mean(of_groups)? {
                let (low, high) = (it.low.min(it.estimate), it.high.max(it.estimate));
                let cost = budget as f64 / 100.0;
                points.push(BudgetPoint { cost, mean: it.estimate, low, high });
            }
        }
        curves.push(BudgetCurve { name: arm_name(arms.keys(), *arm), points });
    }
    Ok(budget_curves(&curves, "slices drawn in %", "mean Dice of the slices judged")?)
}

fn percent_of(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

/// What is reached where all slices are drawn that may be, and their lesion pixels.
#[derive(Clone, Copy, Default)]
struct Ceiling {
    dice: Option<f64>,
    foreground: u64,
}

/// The ceiling of each data set: of the strategy that drew most slices there.
fn ceilings(lines: &[Line]) -> BTreeMap<&str, Ceiling> {
    let mut arms: BTreeMap<&str, BTreeMap<(u64, &str), Vec<&Line>>> = BTreeMap::new();
    for line in lines {
        let of_set = arms.entry(&line.data).or_default();
        of_set.entry((per_myriad(line), &line.strategy)).or_default().push(line);
    }
    let drawn = |lines: &&Vec<&Line>| {
        lines.iter().map(|line| line.drawn.len()).sum::<usize>() / lines.len()
    };
    let of = |lines: &Vec<&Line>| Ceiling {
        dice: mean(lines.iter().map(|line| line.judged().mean)),
        foreground: lines.iter().map(|line| line.drawn_foreground).max().unwrap_or_default(),
    };
    arms.iter()
        .filter_map(|(data, of_set)| Some((*data, of(of_set.values().max_by_key(drawn)?))))
        .collect()
}

/// The mean over seeds; pixels as a share of `total`.
fn point(seeds: &BTreeMap<u64, &Line>, total: u64) -> Option<Point> {
    let of = |value: &dyn Fn(&Line) -> f64| mean(seeds.values().map(|line| Some(value(line))));
    Some(Point {
        dice: mean(seeds.values().map(|line| line.judged().mean))?,
        slices: of(&|line| line.drawn.len() as f64 / line.of as f64)?,
        foreground: of(&|line| line.drawn_foreground as f64 / total.max(1) as f64)?,
    })
}

/// Where the curve first reaches a Dice, straight between its points.
fn reach(curve: &[Point], dice: f64) -> Option<Point> {
    let first = curve.first().filter(|first| first.dice >= dice);
    first.copied().or_else(|| {
        let pair = curve.windows(2).find(|pair| pair[1].dice >= dice)?;
        let (from, to) = (pair[0], pair[1]);
        let share = (dice - from.dice) / (to.dice - from.dice);
        let between = |a: f64, b: f64| a + share * (b - a);
        let (slices, foreground) =
            (between(from.slices, to.slices), between(from.foreground, to.foreground));
        Some(Point { dice, slices, foreground })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tests::line;

    #[test]
    fn a_curve_by_hand() {
        // 10 and 20 of 100 slices give 0.6 and 0.8, all of them 0.8: 95 % are 0.76, four fifths of the way.
        let lines = [
            line("a", "even", 0.1, 0, 0.6, 100),
            line("a", "even", 0.2, 0, 0.8, 200),
            line("a", "all", 1.0, 0, 0.8, 1000),
        ];
        let text = table(&lines).unwrap();
        let row = text.lines().last().unwrap();
        assert_eq!(row, "| even | 1 | 0.600 | 0.800 | 0.700 | 18 % | 18 % | 1 of 1 |");
        assert!(figure(&lines).is_ok());
        // A budget of everything of which little was drawn is no ceiling, a seed without every budget no part of a curve.
        let few = Line { budget: 1.0, ..line("a", "few", 0.3, 0, 0.2, 10) };
        let alone = line("a", "even", 0.1, 1, 0.1, 100);
        assert_eq!(table(&[&lines[..], &[few, alone]].concat()).unwrap(), text);
    }
}
