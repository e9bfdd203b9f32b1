//! What more slices bring.

use std::collections::{BTreeMap, BTreeSet};

use qunet_report::{BudgetCurve, BudgetPoint, Figure, budget_curves};
use qunet_segmetrics::Bootstrap;

use super::{markdown, mean, number, per_myriad};
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

/// Mean Dice over budgets, the area under that curve (AUBC, the mean height between the lowest and the highest budget),
/// and what must be drawn to reach 95 % of the Dice that all slices give: means over the data sets, of strategies with
/// several budgets. The ceiling is that of the largest budget of any arm.
pub(super) fn table(lines: &[Line]) -> anyhow::Result<String> {
    let mut arms: BTreeMap<&str, BTreeMap<&str, BTreeMap<u64, Vec<&Line>>>> = BTreeMap::new();
    for line in lines {
        let sets = arms.entry(&line.strategy).or_default();
        let budgets = sets.entry(&line.data).or_default();
        budgets.entry(per_myriad(line)).or_default().push(line);
    }
    let ceilings = ceilings(lines);
    arms.retain(|_, sets| sets.values().any(|budgets| budgets.len() > 1));
    let of_sets = arms.values().flat_map(BTreeMap::values);
    let budgets: BTreeSet<u64> = of_sets.flat_map(BTreeMap::keys).copied().collect();
    let percent = budgets.iter().map(|budget| format!("{} %", *budget as f64 / 100.0));
    let mut head = vec!["strategy".to_owned(), "data sets".to_owned()];
    head.extend(percent);
    head.extend(
        ["AUBC", "slices to 95 %", "lesion pixels to 95 %", "reached on"].map(str::to_owned),
    );
    let mut rows = Vec::new();
    for (name, sets) in arms {
        let mut row = vec![name.to_owned(), sets.len().to_string()];
        for budget in &budgets {
            let dice = sets.values().map(|of_set| Some(point(of_set.get(budget)?, 0)?.dice));
            row.push(number(mean(dice), 3));
        }
        let (mut areas, mut reached) = (Vec::new(), Vec::new());
        for (data, of_set) in &sets {
            let total = ceilings.get(data).map_or(0, |it| it.1);
            let curve: Vec<Point> = of_set.values().filter_map(|it| point(it, total)).collect();
            areas.push(area(&curve));
            let ceiling = ceilings.get(data).map(|it| it.0);
            reached.push(ceiling.and_then(|ceiling| reach(&curve, SHARE * ceiling)));
        }
        row.push(number(mean(areas), 3));
        let share = |value: fn(Point) -> f64| mean(reached.iter().map(|it| it.map(value)));
        row.push(percent_of(share(|it| it.slices)));
        row.push(percent_of(share(|it| it.foreground)));
        row.push(format!("{} of {}", reached.iter().flatten().count(), sets.len()));
        rows.push(row);
    }
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    Ok(markdown(&head, rows))
}

/// The curves of the strategies with several budgets, with 95 % intervals over the data sets.
pub(crate) fn figure(lines: &[Line]) -> anyhow::Result<Figure> {
    let mut arms: BTreeMap<&str, BTreeMap<u64, Vec<&Line>>> = BTreeMap::new();
    for line in lines {
        let budgets = arms.entry(&line.strategy).or_default();
        budgets.entry(per_myriad(line)).or_default().push(line);
    }
    arms.retain(|_, budgets| budgets.len() > 1);
    let mut curves = Vec::new();
    for (name, budgets) in arms {
        let mut points = Vec::new();
        for (budget, lines) in budgets {
            let dice = lines.iter().map(|line| (&line.data, line.judged().mean));
            if let Some(it) = Bootstrap::default().clustered_mean(dice)? {
                let (low, high) = (it.low.min(it.estimate), it.high.max(it.estimate));
                points.push(BudgetPoint {
                    cost: budget as f64 / 100.0,
                    mean: it.estimate,
                    low,
                    high,
                });
            }
        }
        curves.push(BudgetCurve { name: name.to_owned(), points });
    }
    Ok(budget_curves(&curves, "slices drawn in %", "mean Dice of the slices judged")?)
}

fn percent_of(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

/// Of each data set the mean Dice and the lesion pixels drawn at the largest budget.
fn ceilings(lines: &[Line]) -> BTreeMap<&str, (f64, u64)> {
    let mut largest: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let of_set = largest.entry(&line.data).or_default();
        match of_set.first().map(|first| line.budget.total_cmp(&first.budget)) {
            Some(std::cmp::Ordering::Less) => {}
            Some(std::cmp::Ordering::Greater) => *of_set = vec![line],
            _ => of_set.push(line),
        }
    }
    let of = |lines: &Vec<&Line>| {
        let foreground = lines.iter().map(|line| line.drawn_foreground).max()?;
        Some((mean(lines.iter().map(|line| line.judged().mean))?, foreground))
    };
    largest.iter().filter_map(|(data, lines)| Some((*data, of(lines)?))).collect()
}

/// The mean over seeds; pixels as a share of `total`.
fn point(lines: &[&Line], total: u64) -> Option<Point> {
    let of = |value: &dyn Fn(&Line) -> f64| mean(lines.iter().map(|line| Some(value(line))));
    Some(Point {
        dice: mean(lines.iter().map(|line| line.judged().mean))?,
        slices: of(&|line| line.drawn.len() as f64 / line.of as f64)?,
        foreground: of(&|line| line.drawn_foreground as f64 / total.max(1) as f64)?,
    })
}

/// The area under the curve over the share of slices, divided by how far that goes.
fn area(curve: &[Point]) -> Option<f64> {
    let (first, last) = (curve.first()?, curve.last()?);
    let trapezoid =
        |pair: &[Point]| (pair[1].slices - pair[0].slices) * (pair[0].dice + pair[1].dice) / 2.0;
    let sum: f64 = curve.windows(2).map(trapezoid).sum();
    let range = last.slices - first.slices;
    (range > 0.0).then(|| sum / range)
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
    }
}
