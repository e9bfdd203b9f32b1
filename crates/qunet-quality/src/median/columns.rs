//! Medians of large windows of 8-bit pixels in a time that does not depend on the window.
//!
//! After Perreault and Hebert, "Median filtering in constant time" (2007): each column keeps a
//! histogram of its pixels within the window's lines, and the window's histogram moves along the
//! row by adding one column and taking one away. Histograms have two levels: 16 bins of the upper
//! four bits, and within each 16 bins of the lower four, which follow only where the median is.
//! Here the bins are cumulative, so that one comparison of all 16 with the rank finds the bin,
//! without a search.

use crate::Pixel;

/// The largest window whose pixels can be counted.
pub(super) const LARGEST: usize = 255;

/// Computes medians of one window size.
pub(super) struct Columns {
    /// Upper level of every column.
    upper: Vec<Column>,
    /// Lower level of every column, one upper bin after the other.
    lower: Vec<Column>,
    /// The keys of the line that leaves the window next.
    leaving: Vec<u8>,
    /// The upper bin of each median, and the median's rank within.
    found: Vec<(usize, u64)>,
}

impl Columns {
    /// For lines of `width` padded pixels.
    pub(super) fn new(width: usize) -> Self {
        Self {
            upper: vec![Column::default(); width],
            lower: vec![Column::default(); width * BINS],
            leaving: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Medians of the windows in `lines`, which lie one line below those of the call before.
    pub(super) fn medians<'l, T: Pixel>(
        &mut self,
        mut lines: impl DoubleEndedIterator<Item = &'l [T]> + ExactSizeIterator + Clone,
        medians: &mut [T],
    ) {
        let size = lines.len();
        if self.leaving.is_empty() {
            lines.clone().for_each(|line| self.enter(line));
        } else if let Some(line) = lines.next_back() {
            self.leave();
            self.enter(line);
        }
        if let Some(line) = lines.next() {
            self.leaving.clear();
            self.leaving.extend(line.iter().map(|pixel| pixel.key() as u8));
        }
        self.find_upper(size, medians.len());
        self.find_lower(size, medians);
    }

    /// Adds a line to the columns.
    fn enter<T: Pixel>(&mut self, line: &[T]) {
        let (width, lower) = (self.upper.len(), &mut self.lower[..]);
        for (col, (upper, pixel)) in self.upper.iter_mut().zip(line).enumerate() {
            let (high, low) = split(pixel.key() as u8);
            upper.add(high);
            lower[high * width + col].add(low);
        }
    }

    /// Takes the leaving line away.
    fn leave(&mut self) {
        let (width, lower) = (self.upper.len(), &mut self.lower[..]);
        for (col, (upper, &key)) in self.upper.iter_mut().zip(&self.leaving).enumerate() {
            let (high, low) = split(key);
            upper.remove(high);
            lower[high * width + col].remove(low);
        }
    }

    /// Moves the upper level of the window along the row and notes where the medians are.
    fn find_upper(&mut self, size: usize, medians: usize) {
        let rank = (size * size / 2) as u64;
        let mut window = Window::default();
        self.upper[..size - 1].iter().for_each(|&column| window.add(column));
        let columns = self.upper[size - 1..].iter().zip(&self.upper);
        self.found.clear();
        self.found.extend(columns.take(medians).map(|(&entering, &leaving)| {
            window.add(entering);
            let found = window.find(rank);
            window.remove(leaving);
            found
        }));
    }

    /// Moves the lower levels of the window to where the medians are.
    fn find_lower<T: Pixel>(&self, size: usize, medians: &mut [T]) {
        let width = self.upper.len();
        // The lower levels, and where each of them is up to date: nowhere yet.
        let mut windows = [(Window::default(), usize::MAX / 2); BINS];
        for (col, (median, &(high, rest))) in medians.iter_mut().zip(&self.found).enumerate() {
            let (window, from) = &mut windows[high];
            follow(window, &self.lower[high * width..][..width], *from, col, size);
            *from = col;
            let (low, _) = window.find(rest);
            *median = T::from_key((high * BINS + low) as u32);
        }
    }
}

/// Brings the lower level of a window from column `from` to column `to`.
#[inline(always)]
fn follow(window: &mut Window, columns: &[Column], from: usize, to: usize, size: usize) {
    let behind = to.wrapping_sub(from);
    if behind < size / 2 {
        for (&entering, &leaving) in columns[from + size..to + size].iter().zip(&columns[from..to])
        {
            window.add(entering);
            window.remove(leaving);
        }
    } else {
        *window = Window::default();
        columns[to..to + size].iter().for_each(|&column| window.add(column));
    }
}

/// The upper and the lower four bits.
#[inline(always)]
fn split(key: u8) -> (usize, usize) {
    (usize::from(key >> 4), usize::from(key & 15))
}

/// Bins of a histogram.
const BINS: usize = 16;

/// Bits of a count in a [`Column`], and of one in a [`Window`].
const NARROW: usize = 8;
const WIDE: usize = 16;

/// The even bytes of a word.
const EVEN: u64 = 0x00FF_00FF_00FF_00FF;

/// One in each wide lane.
const ONES: u64 = 0x0001_0001_0001_0001;

/// The largest count that leaves the top bit of a wide lane clear.
const LOW: u64 = 0x7FFF;

/// A histogram of at most 255 values: 16 cumulative bins, each a byte of two machine words.
///
/// Bin b counts the values below b. No lane ever overflows into the next one, so whole words are
/// added and subtracted at once: two additions in the place of up to 15.
#[derive(Clone, Copy, Debug, Default)]
struct Column([u64; 2]);

impl Column {
    /// The histogram of each value alone.
    const SINGLE: [Self; BINS] = {
        let mut single = [Self([0; 2]); BINS];
        let mut value = 0;
        while value < BINS {
            let mut bin = value + 1;
            while bin < BINS {
                single[value].0[bin / 8] |= 1 << (bin % 8 * NARROW);
                bin += 1;
            }
            value += 1;
        }
        single
    };

    #[inline(always)]
    fn add(&mut self, value: usize) {
        let Self([first, second]) = &Self::SINGLE[value];
        self.0 = [self.0[0].wrapping_add(*first), self.0[1].wrapping_add(*second)];
    }

    #[inline(always)]
    fn remove(&mut self, value: usize) {
        let Self([first, second]) = &Self::SINGLE[value];
        self.0 = [self.0[0].wrapping_sub(*first), self.0[1].wrapping_sub(*second)];
    }

    /// The even and the odd lanes of both halves.
    #[inline(always)]
    fn widened(self) -> [u64; 4] {
        let [first, second] = self.0;
        [first & EVEN, first >> NARROW & EVEN, second & EVEN, second >> NARROW & EVEN]
    }
}

/// A histogram of at most 255 columns of at most 255 values.
#[derive(Clone, Copy, Debug, Default)]
struct Window([u64; 4]);

impl Window {
    #[inline(always)]
    fn add(&mut self, column: Column) {
        for (lanes, more) in self.0.iter_mut().zip(column.widened()) {
            *lanes = lanes.wrapping_add(more);
        }
    }

    #[inline(always)]
    fn remove(&mut self, column: Column) {
        for (lanes, less) in self.0.iter_mut().zip(column.widened()) {
            *lanes = lanes.wrapping_sub(less);
        }
    }

    /// The bin of the value of rank `rank`, and the value's rank among those of the bin.
    ///
    /// At most 32,768 more values than `rank`, itself below that, may be counted here: then the
    /// sums fit their lanes. Of 255 x 255 values the median has 32,512 below it and as many above.
    #[inline(always)]
    fn find(&self, rank: u64) -> (usize, u64) {
        // Lanes of bins with more than `rank` values below them get their top bit set.
        let lift = ONES * LOW.wrapping_sub(rank);
        let above = self.0.map(|lanes| lanes.wrapping_add(lift) >> (WIDE - 1) & ONES);
        let above = above.into_iter().fold(0, u64::wrapping_add);
        let above = above.wrapping_mul(ONES) >> (64 - WIDE);
        // Bin 0 has none below it, so fewer than 16 lanes were counted.
        let bin = (BINS - 1 - above as usize) % BINS;
        (bin, rank.wrapping_sub(self.below(bin)))
    }

    #[inline(always)]
    fn below(&self, bin: usize) -> u64 {
        let lanes = self.0[bin / 8 * 2 + bin % 2];
        lanes >> (bin % 8 / 2 * WIDE) & u64::from(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(columns: usize, ranks: std::ops::Range<usize>) {
        let mut values: Vec<usize> = (0..255).map(|i| i * i % 97 % BINS).collect();
        let mut column = Column::default();
        values.iter().for_each(|&value| column.add(value));
        let mut window = Window::default();
        (0..columns).for_each(|_| window.add(column));
        values.sort_unstable();
        for rank in ranks {
            let value = values[rank / columns];
            let first = values.iter().position(|&other| other == value).unwrap();
            assert_eq!(window.find(rank as u64), (value, (rank - first * columns) as u64));
        }
    }

    #[test]
    fn ranks_find_their_values() {
        check(1, 0..255);
        check(120, 0..120 * 255);
        check(255, 255 * 255 - 32_768..32_767);
    }

    #[test]
    fn what_is_removed_leaves_no_trace() {
        let mut column = Column::default();
        [3, 15, 0, 3].into_iter().for_each(|value| column.add(value));
        [3, 15].into_iter().for_each(|value| column.remove(value));
        let mut window = Window::default();
        window.add(column);
        assert_eq!((window.find(0), window.find(1)), ((0, 0), (3, 0)));
        window.remove(column);
        assert_eq!(window.0, [0; 4]);
    }
}
