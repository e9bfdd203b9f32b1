//! Which runs of neighbouring rows touch, found for 64 pixels at a time.

use std::hint::select_unpredictable;

use super::Connectivity;
use crate::bits::{BitRows, WORD, ones};
use crate::vectorised;

/// One row of pixels, and where its runs of foreground begin.
#[derive(Clone, Copy)]
struct Row<'a> {
    pixels: &'a [u64],
    starts: &'a [u64],
    /// For each word, how many runs begin before it.
    before: &'a [u32],
}

impl Row<'_> {
    /// The number of the last run that begins at or before bit `place` of word `i`.
    #[inline(always)]
    fn run_at(&self, i: usize, place: usize) -> u32 {
        let so_far = self.starts[i] & (u64::MAX >> (WORD - 1 - place));
        self.before[i] + so_far.count_ones() - 1
    }

    fn is_empty(&self) -> bool {
        self.starts.iter().all(|&word| word == 0)
    }
}

/// The rows of a mask with their runs counted.
pub(super) struct CountedRows<'a> {
    rows: &'a BitRows,
    starts: Vec<u64>,
    before: Vec<u32>,
    pub(super) runs: u32,
}

impl<'a> CountedRows<'a> {
    /// `None` where there are 2^32 runs or more.
    pub(super) fn new(rows: &'a BitRows) -> Option<Self> {
        let mut starts = Vec::with_capacity(rows.words.len());
        for row in rows.words.chunks_exact(rows.per_row.max(1)) {
            let mut last = 0;
            for &word in row {
                starts.push(word & !(word << 1 | last));
                last = word >> (WORD - 1);
            }
        }
        let mut before = Vec::with_capacity(starts.len());
        let mut runs = 0_u32;
        for word in &starts {
            before.push(runs);
            runs = runs.checked_add(word.count_ones())?;
        }
        Some(Self { rows, starts, before, runs })
    }

    #[inline(always)]
    fn row(&self, row: usize) -> Row<'_> {
        let words = row * self.rows.per_row..(row + 1) * self.rows.per_row;
        Row {
            pixels: &self.rows.words[words.clone()],
            starts: &self.starts[words.clone()],
            before: &self.before[words],
        }
    }

    /// Joins the runs that touch, where a slice has `height` rows.
    pub(super) fn join(&self, height: usize, connectivity: Connectivity) -> Roots {
        let mut roots = Roots::new(self.runs);
        join_rows(self, height, connectivity, &mut roots);
        roots
    }
}

vectorised! {
    fn join_rows(
        rows: &CountedRows<'_>,
        height: usize,
        connectivity: Connectivity,
        roots: &mut Roots,
    ) {
        let in_slice = connectivity != Connectivity::Faces;
        let full = connectivity == Connectivity::Full;
        let edges = full || connectivity == Connectivity::Edges;
        let blank = vec![0; rows.rows.per_row];
        let count = rows.starts.len() / rows.rows.per_row.max(1);
        for at in 0..count {
            let (z, y) = (at / height, at % height);
            let here = rows.row(at);
            if here.is_empty() {
                continue;
            }
            let behind = (z > 0).then(|| at - height);
            // All that a pixel of the row behind touches with `Full` touch one another.
            let seen = behind.filter(|_| full).map_or(&blank[..], |row| rows.rows.row(row));
            if let Some(row) = behind {
                join_pair(rows.row(row), here, edges, &blank, roots);
            }
            if y > 0 {
                join_pair(rows.row(at - 1), here, in_slice, seen, roots);
            }
            if edges && let Some(row) = behind {
                if y > 0 {
                    join_pair(rows.row(row - 1), here, full, seen, roots);
                }
                if y + 1 < height {
                    join_pair(rows.row(row + 1), here, full, seen, roots);
                }
            }
        }
    }
}

/// Joins the runs of two rows that touch, at corners too if `corners` says so; not needed is what
/// touches the same pixel of the row `seen`.
#[inline(always)]
fn join_pair(there: Row<'_>, here: Row<'_>, corners: bool, seen: &[u64], roots: &mut Roots) {
    let words = here.pixels.len();
    let (mut overlap_before, mut seen_before) = (0, 0);
    for i in 0..words {
        let after = |row: &[u64]| row.get(i + 1).copied().unwrap_or(0) << (WORD - 1);
        let seen_after = seen[i] >> 1 | after(seen);
        let beside = seen[i] | seen_after;
        let overlap = there.pixels[i] & here.pixels[i] & !(beside | seen[i] << 1 | seen_before);
        for place in ones(overlap & !(overlap << 1 | overlap_before)) {
            roots.join(there.run_at(i, place), here.run_at(i, place));
        }
        if corners {
            let ends = |row: Row<'_>| row.pixels[i] & !(row.pixels[i] >> 1 | after(row.pixels));
            let starts_after = |row: Row<'_>| row.starts[i] >> 1 | after(row.starts);
            for place in ones(ends(here) & starts_after(there) & !beside) {
                roots.join(next_run(there, i, place), here.run_at(i, place));
            }
            for place in ones(ends(there) & starts_after(here) & !beside) {
                roots.join(there.run_at(i, place), next_run(here, i, place));
            }
        }
        overlap_before = overlap >> (WORD - 1);
        seen_before = seen[i] >> (WORD - 1);
    }
}

/// The number of the run that begins after bit `place` of word `i`.
#[inline(always)]
fn next_run(row: Row<'_>, i: usize, place: usize) -> u32 {
    let so_far = row.starts[i] & (u64::MAX >> (WORD - 1 - place));
    row.before[i] + so_far.count_ones()
}

/// Disjoint sets of runs, each known by its first run.
pub(super) struct Roots(Vec<u32>);

impl Roots {
    /// Each run for itself.
    pub(super) fn new(runs: u32) -> Self {
        Self((0..runs).collect())
    }

    #[inline(always)]
    pub(super) fn join(&mut self, a: u32, b: u32) {
        if self.0[a as usize] == self.0[b as usize] {
            return;
        }
        let (a, b) = (self.root(a), self.root(b));
        // No branch where they are one: the root points to itself already.
        self.0[a.max(b) as usize] = a.min(b);
    }

    #[inline(always)]
    fn root(&mut self, mut run: u32) -> u32 {
        loop {
            let next = self.0[run as usize];
            if next == run {
                return run;
            }
            let after = self.0[next as usize];
            self.0[run as usize] = after;
            run = after;
        }
    }

    /// The number of each run's set, in the order of their first runs, and how many there are.
    pub(super) fn numbered(mut self) -> (Vec<u32>, u32) {
        let mut count = 0;
        for run in 0..self.0.len() {
            // A run that is not the first points to an earlier one, which has its number.
            let first = self.0[run] as usize;
            // Which it is cannot be guessed from run to run.
            self.0[run] = select_unpredictable(first == run, count, self.0[first]);
            count += u32::from(first == run);
        }
        (self.0, count)
    }
}
