use crate::bits::{BitRows, WORD, ones};
use crate::vectorised::vectorised;

/// Pixels `start..end` of one row, and the object that they belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub start: u32,
    pub end: u32,
    pub object: u32,
}

impl Run {
    pub(super) fn pixels(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The runs of a mask, where those of each row begin, and the pixels of each object.
pub(super) struct Collected {
    pub(super) runs: Vec<Run>,
    pub(super) rows: Vec<usize>,
    pub(super) sizes: Vec<u64>,
}

impl Collected {
    /// From `count` rows of pixels, and the `numbers` of the runs' objects.
    pub(super) fn new(rows: &BitRows, count: usize, numbers: &[u32], objects: u32) -> Self {
        let mut collected = Self {
            runs: Vec::with_capacity(numbers.len()),
            rows: Vec::with_capacity(count + 1),
            sizes: vec![0; objects as usize],
        };
        collected.rows.push(0);
        collect(rows, count, numbers, &mut collected);
        collected
    }

    #[inline(always)]
    fn end(&mut self, run: usize, end: usize) {
        let run = &mut self.runs[run];
        run.end = end as u32;
        self.sizes[run.object as usize] += u64::from(run.end - run.start);
    }
}

vectorised! {
    fn collect(rows: &BitRows, count: usize, numbers: &[u32], to: &mut Collected) {
        for row in 0..count {
            let (mut ended, mut last) = (to.runs.len(), 0);
            for (i, &word) in rows.row(row).iter().enumerate() {
                let shifted = word << 1 | last;
                last = word >> (WORD - 1);
                for place in ones(word & !shifted) {
                    let object = numbers[to.runs.len()];
                    to.runs.push(Run { start: (i * WORD + place) as u32, end: 0, object });
                }
                for place in ones(!word & shifted) {
                    to.end(ended, i * WORD + place);
                    ended += 1;
                }
            }
            if ended < to.runs.len() {
                to.end(ended, rows.per_row * WORD);
            }
            to.rows.push(to.runs.len());
        }
    }
}

/// Shows `visit` each pair of runs of one row in two masks that share pixels, and how many.
pub(super) fn for_each_overlap(a: &[Run], b: &[Run], mut visit: impl FnMut(&Run, &Run, u32)) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let (start, end) = (a[i].start.max(b[j].start), a[i].end.min(b[j].end));
        if start < end {
            visit(&a[i], &b[j], end - start);
        }
        if a[i].end < b[j].end {
            i += 1;
        } else {
            j += 1;
        }
    }
}
