use qunet_stack::SliceId;

use super::candidates::Candidate;

/// No further point in the cell.
const END: u32 = u32::MAX;

/// The slices kept so far, in cells of the (CoV, mean) plane of their stack.
pub(super) struct Grid {
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
    pub(super) fn new(epsilon: f64, stacks: usize, points: usize) -> Self {
        let enough = (points as f64 / stacks as f64).sqrt().ceil().clamp(1.0, 512.0);
        // A little wider than epsilon, so that rounding does not put a near point two cells off.
        let side =
            if epsilon > 0.0 { (0.999 / epsilon).clamp(1.0, enough) } else { enough } as usize;
        Self { side, heads: vec![END; stacks * side * side], points: Vec::new() }
    }

    /// The nearest kept slice of the stack within the cells around, ties by slice number.
    pub(super) fn nearest(&self, candidate: &Candidate) -> Option<(f64, SliceId)> {
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
    pub(super) fn reach(&self) -> f64 {
        if self.side > 1 { 1.0 / self.side as f64 } else { f64::INFINITY }
    }

    pub(super) fn keep(&mut self, candidate: &Candidate) {
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
