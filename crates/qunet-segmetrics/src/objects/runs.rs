use bytemuck::cast_slice;
use memchr::memchr;

/// Pixels `start..end` of one row, and the object that they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub start: usize,
    pub end: usize,
    pub object: usize,
}

impl Run {
    /// Whether the two touch, where diagonal neighbours are `reach` = 1 pixel apart.
    pub(super) fn touches(&self, other: &Self, reach: usize) -> bool {
        self.start < other.end + reach && other.start < self.end + reach
    }
}

/// Appends the runs of foreground of a row; each is numbered by its place in `runs`.
pub(super) fn append(runs: &mut Vec<Run>, row: &[bool]) {
    let bytes: &[u8] = cast_slice(row);
    let mut end = 0;
    while let Some(gap) = memchr(1, &bytes[end..]) {
        let start = end + gap;
        end = memchr(0, &bytes[start..]).map_or(row.len(), |length| start + length);
        runs.push(Run { start, end, object: runs.len() });
    }
}

/// Shows `visit` each pair of runs of two rows that touch, as places in the rows.
pub(super) fn for_each_contact(
    above: &[Run],
    here: &[Run],
    reach: usize,
    mut visit: impl FnMut(usize, usize),
) {
    let (mut i, mut j) = (0, 0);
    while i < above.len() && j < here.len() {
        if above[i].touches(&here[j], reach) {
            visit(i, j);
        }
        if above[i].end < here[j].end {
            i += 1;
        } else {
            j += 1;
        }
    }
}
