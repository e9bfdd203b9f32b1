//! Medians of small windows by a network of comparators that runs over whole lines at once.
//!
//! The columns of the window are sorted once for all windows that share them; columns are merged
//! into sorted runs two, three, ... columns wide, again once for all windows; the median is then
//! selected from the two runs that make up the window.
//!
//! A comparator is a minimum and a maximum without a branch, so a vector instruction does it for
//! as many windows as it has lanes. The network is data, a [`Program`] of [`Step`]s on planes: one
//! plane holds one value of every window. Written out as code, as in `pairs`, the 13 sizes would
//! be thousands of lines each, and the values of a window of 7 no longer fit the registers.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use multiversion::multiversion;

use crate::Pixel;

/// Bytes of a value of the windows that are handled at once: the planes of a network stay in the
/// near caches, and 512 pixels of any type fill all but a few lanes of their last planes.
const BYTES: usize = 576;

/// Columns that a plane is read ahead at most.
const AHEAD: usize = 32;

/// Computes medians of one window size for pixels of `BYTES / N` bytes; `SIZE` is `N + AHEAD`.
pub(super) struct Lanes<T, const N: usize, const SIZE: usize> {
    program: &'static Program,
    planes: Vec<Box<Plane<T, SIZE>>>,
    spare: [Box<Plane<T, SIZE>>; 2],
}

impl<T: Pixel, const N: usize, const SIZE: usize> Lanes<T, N, SIZE> {
    fn new(size: usize) -> Self {
        let program = program(size);
        let plane = || Box::new(Plane([T::default(); SIZE]));
        let planes = (0..program.planes).map(|_| plane()).collect();
        Self { program, planes, spare: [plane(), plane()] }
    }

    fn medians<'l>(
        &mut self,
        lines: &(impl ExactSizeIterator<Item = &'l [T]> + Clone),
        medians: &mut [T],
    ) where
        T: 'l,
    {
        // Some values are read that many lanes ahead, so the last lanes of a plane are void.
        let valid = N - (lines.len() - 1);
        for (index, medians) in medians.chunks_mut(valid).enumerate() {
            let from = index * valid;
            for (line, plane) in lines.clone().zip(&mut self.planes) {
                let part = &line[from..line.len().min(from + N)];
                plane.0[..part.len()].copy_from_slice(part);
            }
            run::<T, N, SIZE>(&self.program.steps, &mut self.planes, &mut self.spare);
            medians.copy_from_slice(&self.planes[self.program.result].0[..medians.len()]);
        }
    }
}

/// The program for one window size, written once.
fn program(size: usize) -> &'static Program {
    static PROGRAMS: [OnceLock<Program>; AHEAD + 1] = [const { OnceLock::new() }; AHEAD + 1];
    PROGRAMS[size.min(AHEAD)].get_or_init(|| Program::median(size))
}

/// Computes medians of one window size.
pub(super) enum Network<T> {
    Bytes1(Lanes<T, BYTES, { BYTES + AHEAD }>),
    Bytes2(Lanes<T, { BYTES / 2 }, { BYTES / 2 + AHEAD }>),
    Bytes4(Lanes<T, { BYTES / 4 }, { BYTES / 4 + AHEAD }>),
}

impl<T: Pixel> Network<T> {
    /// For windows of `size` lines, 2 to [`AHEAD`].
    pub(super) fn new(size: usize) -> Self {
        match size_of::<T>() {
            1 => Self::Bytes1(Lanes::new(size)),
            2 => Self::Bytes2(Lanes::new(size)),
            _ => Self::Bytes4(Lanes::new(size)),
        }
    }

    /// Medians of the windows in `lines`, whose windows begin at the columns of `medians`.
    pub(super) fn medians<'l>(
        &mut self,
        lines: &(impl ExactSizeIterator<Item = &'l [T]> + Clone),
        medians: &mut [T],
    ) where
        T: 'l,
    {
        match self {
            Self::Bytes1(lanes) => lanes.medians(lines, medians),
            Self::Bytes2(lanes) => lanes.medians(lines, medians),
            Self::Bytes4(lanes) => lanes.medians(lines, medians),
        }
    }
}

/// One value of many windows, where it fills as few cache lines as it can.
#[repr(align(64))]
struct Plane<T, const SIZE: usize>([T; SIZE]);

/// Runs the steps of a network on `N` lanes, in the widest instructions of the processor.
///
/// Steps write to the spare planes, which then change places with the planes that they name.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
fn run<T: Pixel, const N: usize, const SIZE: usize>(
    steps: &[Step],
    planes: &mut [Box<Plane<T, SIZE>>],
    spare: &mut [Box<Plane<T, SIZE>>; 2],
) {
    let [low, high] = spare;
    for step in steps {
        let a = planes[step.a.plane].0[step.a.ahead..].first_chunk::<N>();
        let b = planes[step.b.plane].0[step.b.ahead..].first_chunk::<N>();
        let (Some(a), Some(b)) = (a, b) else { continue };
        match (step.low, step.high) {
            (Some(_), Some(_)) => both(a, b, &mut low.0[..N], &mut high.0[..N]),
            (Some(_), None) => lower(a, b, &mut low.0[..N]),
            _ => higher(a, b, &mut high.0[..N]),
        }
        if let Some(plane) = step.low {
            std::mem::swap(&mut planes[plane], low);
        }
        if let Some(plane) = step.high {
            std::mem::swap(&mut planes[plane], high);
        }
    }
}

#[inline(always)]
fn both<T: Pixel, const N: usize>(a: &[T; N], b: &[T; N], low: &mut [T], high: &mut [T]) {
    let outputs = low.iter_mut().zip(high);
    for ((low, high), (&a, &b)) in outputs.zip(a.iter().zip(b)) {
        *low = if b < a { b } else { a };
        *high = if b < a { a } else { b };
    }
}

#[inline(always)]
fn lower<T: Pixel, const N: usize>(a: &[T; N], b: &[T; N], low: &mut [T]) {
    for (low, (&a, &b)) in low.iter_mut().zip(a.iter().zip(b)) {
        *low = if b < a { b } else { a };
    }
}

#[inline(always)]
fn higher<T: Pixel, const N: usize>(a: &[T; N], b: &[T; N], high: &mut [T]) {
    for (high, (&a, &b)) in high.iter_mut().zip(a.iter().zip(b)) {
        *high = if b < a { a } else { b };
    }
}

/// Compares two planes lane by lane.
#[derive(Clone, Copy, Debug)]
struct Step {
    a: Read,
    b: Read,
    /// The plane for the lower values.
    low: Option<usize>,
    /// The plane for the higher values.
    high: Option<usize>,
}

/// A plane, read some columns ahead.
#[derive(Clone, Copy, Debug)]
struct Read {
    plane: usize,
    ahead: usize,
}

/// Steps that leave the median in a plane.
struct Program {
    steps: Vec<Step>,
    /// Planes in use; the first ones are the lines of the window.
    planes: usize,
    /// The plane of the medians.
    result: usize,
}

impl Program {
    /// The median of windows of `size` by `size` pixels, the upper one of an even number.
    fn median(size: usize) -> Self {
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
