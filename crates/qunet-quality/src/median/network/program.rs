//! Writes the network down as steps on planes: one plane holds one value of every window.

use std::collections::BTreeMap;

/// Compares two planes lane by lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) a: Read,
    pub(super) b: Read,
    /// The plane for the lower values.
    pub(super) low: Option<usize>,
    /// The plane for the higher values.
    pub(super) high: Option<usize>,
}

/// A plane, read some columns ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub(super) plane: usize,
    pub(super) ahead: usize,
}

/// Steps that leave the median in a plane.
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// Planes in use; the first ones are the lines of the window.
    pub(super) planes: usize,
    /// The plane of the medians.
    pub(super) result: usize,
}

impl Program {
    /// The median of windows of `size` by `size` pixels, the upper one of an even number.
    pub(super) fn median(size: usize) -> Self {
        let mut sketch = Sketch { values: size, comparators: Vec::new() };
        let column: Vec<Value> = (0..size).map(|id| Value { id, ahead: 0 }).collect();
        let mut runs = BTreeMap::from([(1, sketch.sorted(&column))]);
        let wide = first_run(size);
        let first = sketch.columns(wide, &mut runs);
        let second = ahead(&sketch.columns(size - wide, &mut runs), wide);
        let median = sketch.select(&first, &second, size * size / 2);
        sketch.place(size, median)
    }
}

/// Columns in the first of the two runs of a window: of all ways to build runs, those that make
/// the fewest steps for windows of 4 to 14 all begin with one that halves well.
fn first_run(size: usize) -> usize {
    match size % 4 {
        0 => size / 2,
        2 => (size - 2).max(1),
        _ => size - 1,
    }
}

/// A value of every window: the plane that a comparator makes, read some columns ahead.
#[derive(Clone, Copy)]
struct Value {
    id: usize,
    ahead: usize,
}

struct Comparator {
    a: Value,
    b: Value,
    low: usize,
    high: usize,
}

/// A network whose values have no place yet.
struct Sketch {
    values: usize,
    comparators: Vec<Comparator>,
}

impl Sketch {
    /// The sorted pixels of `count` neighbouring columns.
    fn columns(&mut self, count: usize, runs: &mut BTreeMap<usize, Vec<Value>>) -> Vec<Value> {
        if let Some(run) = runs.get(&count) {
            return run.clone();
        }
        let wide = count.div_ceil(2);
        let first = self.columns(wide, runs);
        let second = ahead(&self.columns(count - wide, runs), wide);
        let run = self.merged(&first, &second);
        runs.insert(count, run.clone());
        run
    }

    fn sorted(&mut self, values: &[Value]) -> Vec<Value> {
        if values.len() < 2 {
            return values.to_vec();
        }
        let (first, second) = values.split_at(values.len() / 2);
        let (first, second) = (self.sorted(first), self.sorted(second));
        self.merged(&first, &second)
    }

    /// Batcher's odd-even merge of two sorted runs of any lengths (Knuth, volume 3, 5.3.4).
    fn merged(&mut self, a: &[Value], b: &[Value]) -> Vec<Value> {
        match (a, b) {
            ([], run) | (run, []) => return run.to_vec(),
            ([a], [b]) => return self.compared(*a, *b).to_vec(),
            _ => {}
        }
        let every_other = |run: &[Value], from| run.iter().copied().skip(from).step_by(2).collect();
        let halves: [[Vec<Value>; 2]; 2] =
            [0, 1].map(|from| [every_other(a, from), every_other(b, from)]);
        let [outer, inner] = halves.map(|[a, b]| self.merged(&a, &b));
        let mut outer = outer.into_iter();
        let mut merged: Vec<Value> = outer.next().into_iter().collect();
        for inner in inner {
            match outer.next() {
                Some(outer) => merged.extend(self.compared(inner, outer)),
                None => merged.push(inner),
            }
        }
        merged.extend(outer);
        merged
    }

    /// The value of rank `rank` in two sorted runs: the least of the values that have at least
    /// `rank` others below or beside them, over all ways to take `rank + 1` from both.
    fn select(&mut self, a: &[Value], b: &[Value], rank: usize) -> Value {
        let taken = rank + 1;
        let ways = taken.saturating_sub(b.len())..=taken.min(a.len());
        let mut least: Option<Value> = None;
        for from_a in ways {
            let from_b = taken - from_a;
            let last = |run: &[Value], taken: usize| taken.checked_sub(1).map(|last| run[last]);
            let Some(highest) = (match (last(a, from_a), last(b, from_b)) {
                (Some(a), Some(b)) => Some(self.compared(a, b)[1]),
                (one, other) => one.or(other),
            }) else {
                continue;
            };
            least = Some(least.map_or(highest, |least| self.compared(least, highest)[0]));
        }
        least.unwrap_or(a[0])
    }

    /// The lower and the higher of two values.
    fn compared(&mut self, a: Value, b: Value) -> [Value; 2] {
        let low = self.values;
        let high = low + 1;
        self.values += 2;
        self.comparators.push(Comparator { a, b, low, high });
        [low, high].map(|id| Value { id, ahead: 0 })
    }

    /// Drops what the result does not need and gives the rest planes, which are used again once
    /// their value has been read for the last time.
    fn place(self, lines: usize, result: Value) -> Program {
        let mut last_use = vec![None; self.values];
        last_use[result.id] = Some(usize::MAX);
        for (index, comparator) in self.comparators.iter().enumerate().rev() {
            if last_use[comparator.low].is_some() || last_use[comparator.high].is_some() {
                for read in [comparator.a.id, comparator.b.id] {
                    last_use[read] = last_use[read].or(Some(index));
                }
            }
        }
        let mut planes = Planes { of: (0..self.values).collect(), free: Vec::new(), used: lines };
        let mut steps = Vec::new();
        for (index, Comparator { a, b, low, high }) in self.comparators.iter().enumerate() {
            let [low, high] = [*low, *high].map(|id| last_use[id].map(|_| id));
            if low.is_none() && high.is_none() {
                continue;
            }
            let [a_at, b_at] =
                [a, b].map(|read| Read { plane: planes.of[read.id], ahead: read.ahead });
            for read in [a.id, b.id] {
                // Taken out, so that a value compared with itself further on is freed once.
                if last_use[read].take_if(|last| *last == index).is_some() {
                    planes.free.push(planes.of[read]);
                }
            }
            let [low, high] = [low, high].map(|id| id.map(|id| planes.take(id)));
            steps.push(Step { a: a_at, b: b_at, low, high });
        }
        Program { steps, planes: planes.used, result: planes.of[result.id] }
    }
}

/// Which plane holds which value.
struct Planes {
    of: Vec<usize>,
    free: Vec<usize>,
    used: usize,
}

impl Planes {
    fn take(&mut self, id: usize) -> usize {
        let plane = self.free.pop().unwrap_or_else(|| {
            self.used += 1;
            self.used - 1
        });
        self.of[id] = plane;
        plane
    }
}

/// The same values `columns` further on.
fn ahead(run: &[Value], columns: usize) -> Vec<Value> {
    run.iter().map(|value| Value { ahead: value.ahead + columns, ..*value }).collect()
}
