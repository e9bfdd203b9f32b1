//! One way through the candidates, best quality first: which are taken, and why others are not.

use qunet_stack::SliceId;

use super::limits::Candidate;
use crate::Verdict;
use crate::selection::Taken;

/// What bounds the slices taken.
pub(super) struct Bounds<'a> {
    /// The most slices in all.
    pub(super) count: usize,
    /// The most slices of one stack.
    pub(super) quota: usize,
    /// How far apart along z slices of one stack are at least.
    pub(super) gap: Option<f64>,
    pub(super) stacks: usize,
    /// About how many slices will be taken.
    pub(super) expected: usize,
    /// The annotated slices along z, in the unit of the gap.
    pub(super) taken: Taken<'a>,
    /// The annotated slices, of which others may be near duplicates.
    pub(super) annotated: Vec<Candidate>,
}

/// The slices taken so far.
pub(super) struct Walk<'a> {
    bounds: &'a Bounds<'a>,
    /// Distance within which slices are near duplicates; `None` where all are kept.
    pub(super) epsilon: Option<f64>,
    /// As [`Bounds::gap`]; `None` once it has given way.
    pub(super) gap: Option<f64>,
    count: usize,
    /// Slices taken from each stack.
    of_stack: Vec<usize>,
    grid: Grid,
    taken: Taken<'a>,
    /// As long as epsilon is below this, the same slices are no near duplicates.
    pub(super) below: f64,
    /// As long as epsilon is at or above this, the same slices are near duplicates.
    pub(super) from: f64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bounds: &'a Bounds<'a>, epsilon: Option<f64>) -> Self {
        let expected = bounds.expected + bounds.annotated.len();
        let mut grid = Grid::new(epsilon.unwrap_or(1.0), bounds.stacks, expected);
        if epsilon.is_some() {
            bounds.annotated.iter().for_each(|candidate| grid.keep(candidate));
        }
        Self {
            bounds,
            epsilon,
            gap: bounds.gap,
            count: 0,
            of_stack: vec![0; bounds.stacks],
            grid,
            taken: bounds.taken.clone(),
            below: f64::INFINITY,
            from: 0.0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.count >= self.bounds.count
    }

    /// Takes the next candidate, or says why not.
    pub(super) fn judge(&mut self, candidate: &Candidate) -> Result<(), Verdict> {
        let nearest = self.epsilon.and_then(|_| self.grid.nearest(candidate));
        if let (Some((distance, of)), Some(epsilon)) = (nearest, self.epsilon)
            && distance <= epsilon
        {
            self.from = self.from.max(distance);
            return Err(Verdict::NearDuplicate { of, distance });
        }
        let distance = nearest.map_or(f64::INFINITY, |(distance, _)| distance);
        self.below = self.below.min(distance).min(self.grid.reach());
        self.refusal(candidate).map_or(Ok(()), Err)?;
        self.count += 1;
        self.of_stack[candidate.id.stack] += 1;
        if self.epsilon.is_some() {
            self.grid.keep(candidate);
        }
        if self.gap.is_some() {
            self.taken.take(candidate.place);
        }
        Ok(())
    }

    /// Why a candidate that is no near duplicate is not taken.
    fn refusal(&self, candidate: &Candidate) -> Option<Verdict> {
        let quota = self.bounds.quota;
        // Half a billionth less, so that rounding does not refuse a slice exactly at the gap.
        let gap = self.gap.map(|gap| gap * (1.0 - 5e-10));
        if let Some(gap) = gap
            && let Some((distance, of)) = self.taken.nearest(candidate.place)
            && distance < gap
        {
            return Some(Verdict::TooNear { of, distance });
        }
        if self.of_stack[candidate.id.stack] >= quota {
            return Some(Verdict::OverQuota { quota });
        }
        self.is_full().then_some(Verdict::NotReached)
    }
}

/// No further point in the cell.
const END: u32 = u32::MAX;

/// The slices kept so far, in cells of the (CoV, mean) plane of their stack.
///
/// A candidate is compared with the points of nine cells, not with all that are kept: without the
/// cells a walk through 10^6 candidates of which 10^3 are kept takes 10^9 distances, and a bisection
/// makes tens of walks. Cells are at least epsilon wide, so that no near duplicate lies outside of
/// the nine.
struct Grid {
    /// Cells along each axis.
    side: usize,
    /// The last point put into each cell, stack by stack.
    heads: Vec<u32>,
    points: Vec<Point>,
}

struct Point {
    id: SliceId,
    cov: f64,
    mean: f64,
    /// The point put into the cell before.
    next: u32,
}

impl Grid {
    /// Cells at least `epsilon` wide, about one for each of the points that are expected.
    fn new(epsilon: f64, stacks: usize, points: usize) -> Self {
        let enough = (points as f64 / stacks as f64).sqrt().ceil().clamp(1.0, 512.0);
        // A little wider than epsilon, so that rounding does not put a near point two cells off.
        let side =
            if epsilon > 0.0 { (0.999 / epsilon).clamp(1.0, enough) } else { enough } as usize;
        Self { side, heads: vec![END; stacks * side * side], points: Vec::new() }
    }

    /// The nearest kept slice of the stack within the cells around, ties by slice number.
    fn nearest(&self, candidate: &Candidate) -> Option<(f64, SliceId)> {
        let around = |at: usize| at.saturating_sub(1)..(at + 2).min(self.side);
        let (row, column) = (self.cell(candidate.cov), self.cell(candidate.mean));
        let mut nearest: Option<(f64, SliceId)> = None;
        for cell in around(row).flat_map(|row| around(column).map(move |column| (row, column))) {
            let mut at = self.heads[self.head(candidate, cell)];
            while let Some(point) = self.points.get(at as usize) {
                let (cov, mean) = (candidate.cov - point.cov, candidate.mean - point.mean);
                // Not `hypot`, which may round differently from one platform to the next.
                let distance = (cov * cov + mean * mean).sqrt();
                if nearest.is_none_or(|found| (distance, point.id) < found) {
                    nearest = Some((distance, point.id));
                }
                at = point.next;
            }
        }
        nearest
    }

    /// The distance at which a point can lie outside of the cells around.
    fn reach(&self) -> f64 {
        if self.side > 1 { 1.0 / self.side as f64 } else { f64::INFINITY }
    }

    fn keep(&mut self, candidate: &Candidate) {
        let cell = (self.cell(candidate.cov), self.cell(candidate.mean));
        let head = self.head(candidate, cell);
        let Candidate { cov, mean, .. } = *candidate;
        let next = std::mem::replace(&mut self.heads[head], self.points.len() as u32);
        self.points.push(Point { id: candidate.id.slice, cov, mean, next });
    }

    fn cell(&self, place: f64) -> usize {
        ((place * self.side as f64) as usize).min(self.side - 1)
    }

    fn head(&self, candidate: &Candidate, (row, column): (usize, usize)) -> usize {
        (candidate.id.stack * self.side + row) * self.side + column
    }
}
