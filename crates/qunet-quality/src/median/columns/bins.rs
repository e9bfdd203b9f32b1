//! Histograms of 16 cumulative bins, each a lane of a few machine words.
//!
//! Bin b counts the values below b. No lane ever overflows into the next one, so whole words are
//! added and subtracted at once.

/// Bins of a histogram.
pub(super) const BINS: usize = 16;

/// Bits of a count in a [`Column`], and of one in a [`Window`].
const NARROW: usize = 8;
const WIDE: usize = 16;

/// The even bytes of a word.
const EVEN: u64 = 0x00FF_00FF_00FF_00FF;

/// One in each wide lane.
const ONES: u64 = 0x0001_0001_0001_0001;

/// The largest count that leaves the top bit of a wide lane clear.
const LOW: u64 = 0x7FFF;

/// A histogram of at most 255 values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Column([u64; 2]);

impl Column {
    /// The histogram of each value alone.
    pub(super) const SINGLE: [Self; BINS] = {
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
    pub(super) fn add(&mut self, value: usize) {
        let Self([first, second]) = &Self::SINGLE[value];
        self.0 = [self.0[0].wrapping_add(*first), self.0[1].wrapping_add(*second)];
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, value: usize) {
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
pub(super) struct Window([u64; 4]);

impl Window {
    #[inline(always)]
    pub(super) fn add(&mut self, column: Column) {
        for (lanes, more) in self.0.iter_mut().zip(column.widened()) {
            *lanes = lanes.wrapping_add(more);
        }
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, column: Column) {
        for (lanes, less) in self.0.iter_mut().zip(column.widened()) {
            *lanes = lanes.wrapping_sub(less);
        }
    }

    /// The bin of the value of rank `rank`, and the value's rank among those of the bin.
    ///
    /// At most 32,768 more values than `rank`, itself below that, may be counted here: then the
    /// sums fit their lanes. Of 255 x 255 values the median has 32,512 below it and as many above.
    #[inline(always)]
    pub(super) fn find(&self, rank: u64) -> (usize, u64) {
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
