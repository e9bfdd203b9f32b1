//! Disjoint sets of runs, each known by its first run.

use std::hint::select_unpredictable;

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
