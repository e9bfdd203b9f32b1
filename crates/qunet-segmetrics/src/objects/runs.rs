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

/// The runs of each row, one for each of `objects`, and where those of each row begin.
pub(super) fn runs_of(rows: &BitRows, objects: &[u32], count: usize) -> (Vec<Run>, Vec<usize>) {
    let mut runs: Vec<Run> =
        objects.iter().map(|&object| Run { start: 0, end: 0, object }).collect();
    let mut firsts = Vec::with_capacity(count + 1);
    firsts.push(0);
    let mut first = 0;
    for row in 0..count {
        first += bound(rows.row(row), &mut runs[first..]);
        firsts.push(first);
    }
    (runs, firsts)
}

vectorised! {
    /// Sets where the runs of a row begin and end, and tells how many there are.
    fn bound(row: &[u64], runs: &mut [Run]) -> usize {
        let (mut begun, mut ended, mut last) = (0, 0, 0);
        for (i, &word) in row.iter().enumerate() {
            let shifted = word << 1 | last;
            for place in ones(word & !shifted) {
                runs[begun].start = (i * WORD + place) as u32;
                begun += 1;
            }
            for place in ones(!word & shifted) {
                runs[ended].end = (i * WORD + place) as u32;
                ended += 1;
            }
            last = word >> (WORD - 1);
        }
        if ended < begun {
            runs[ended].end = (row.len() * WORD) as u32;
        }
        begun
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
