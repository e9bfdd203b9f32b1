//! Medians of large windows of pixels with more than 8 bits.
//!
//! A band of rows is sorted once and every pixel replaced by its rank in the band, so that the
//! pixels of a window are bits of a set of ranks. The window moves down one column of the band
//! and up the next, by one row or column of pixels at a time, and keeps its place in the set:
//! the word that holds the median and the number of pixels below that word. The median moves by
//! few words at a time. After Suomela, "Median filtering is equivalent to sorting" (2014).
//!
//! Histograms as in `columns` would have 65,536 bins or more: they no longer fit the caches, and
//! each median would be a search through them. Ranks are dense, so the set of a band of 32 rows
//! and 512 columns with a window of 31 is 4 KiB.

use crate::Pixel;

/// Rows of medians in a band.
pub(super) const BAND: usize = 32;

/// Computes the medians of bands.
#[derive(Default)]
pub(super) struct Ranks {
    /// Pixels of the band by rank: the key above, the place in the band below.
    sorted: Vec<u64>,
    spare: Vec<u64>,
    /// Rank of each pixel of the band.
    ranks: Vec<u32>,
    set: Set,
}

impl Ranks {
    /// Medians of the windows of `size` by `size` pixels in a band of rows of `width` pixels.
    pub(super) fn medians<T: Pixel>(
        &mut self,
        size: usize,
        band: &[T],
        width: usize,
        medians: &mut [T],
    ) {
        self.rank(band);
        self.set.restart(band.len(), size * size / 2);
        let columns = width + 1 - size;
        let rows = medians.len() / columns;
        let Self { ranks, set, sorted, .. } = self;
        let line = |row: usize, col: usize| &ranks[row * width + col..][..size];
        (0..size).for_each(|row| line(row, 0).iter().for_each(|&rank| set.insert(rank)));
        for col in 0..columns {
            let down = col % 2 == 0;
            for step in 0..rows {
                let row = if down { step } else { rows - 1 - step };
                match (step, down) {
                    (0, _) if col == 0 => {}
                    (0, _) => set.exchange(
                        (row..row + size).map(|row| ranks[row * width + col - 1]),
                        (row..row + size).map(|row| ranks[row * width + col - 1 + size]),
                    ),
                    (_, true) => set.exchange_lines(line(row - 1, col), line(row - 1 + size, col)),
                    (_, false) => set.exchange_lines(line(row + size, col), line(row, col)),
                }
                let key = sorted[set.median()] >> 32;
                medians[row * columns + col] = T::from_key(key as u32);
            }
        }
    }

    /// Sorts the band, eight bits of the keys at a time from the lowest.
    fn rank<T: Pixel>(&mut self, band: &[T]) {
        let Self { sorted, spare, ranks, .. } = self;
        sorted.clear();
        sorted.extend((0_u64..).zip(band).map(|(at, pixel)| u64::from(pixel.key()) << 32 | at));
        spare.resize(sorted.len(), 0);
        for shift in (0..T::BITS).step_by(8) {
            let digit = |entry: u64| usize::from((entry >> (32 + shift)) as u8);
            let mut starts = [0_usize; 256];
            for &entry in sorted.iter() {
                starts[digit(entry)] += 1;
            }
            let mut start = 0;
            for count in &mut starts {
                start += std::mem::replace(count, start);
            }
            for &entry in sorted.iter() {
                let place = &mut starts[digit(entry)];
                spare[*place] = entry;
                *place += 1;
            }
            std::mem::swap(sorted, spare);
        }
        ranks.resize(sorted.len(), 0);
        for (rank, &entry) in (0..).zip(sorted.iter()) {
            ranks[(entry & u64::from(u32::MAX)) as usize] = rank;
        }
    }
}

/// A set of ranks with a place in it.
#[derive(Default)]
struct Set {
    words: Vec<u64>,
    /// The rank, among the members, that is sought.
    sought: usize,
    /// The word where it was last.
    word: usize,
    /// Members below that word.
    below: usize,
}

impl Set {
    fn restart(&mut self, ranks: usize, sought: usize) {
        self.words.clear();
        self.words.resize(ranks.div_ceil(64), 0);
        (self.sought, self.word, self.below) = (sought, 0, 0);
    }

    #[inline]
    fn insert(&mut self, rank: u32) {
        self.flip(rank);
        self.below += usize::from(self.is_below(rank));
    }

    #[inline]
    fn exchange_lines(&mut self, leaving: &[u32], entering: &[u32]) {
        self.exchange(leaving.iter().copied(), entering.iter().copied());
    }

    #[inline]
    fn exchange(
        &mut self,
        leaving: impl Iterator<Item = u32>,
        entering: impl Iterator<Item = u32>,
    ) {
        let mut below = self.below;
        for (leaving, entering) in leaving.zip(entering) {
            self.flip(leaving);
            self.flip(entering);
            // A leaving rank below the word was counted before, so this never wraps for good.
            below = below.wrapping_add(self.is_below(entering).into());
            below = below.wrapping_sub(self.is_below(leaving).into());
        }
        self.below = below;
    }

    #[inline]
    fn flip(&mut self, rank: u32) {
        self.words[rank as usize / 64] ^= 1 << (rank % 64);
    }

    #[inline]
    fn is_below(&self, rank: u32) -> bool {
        (rank as usize / 64) < self.word
    }

    /// The member of the rank sought.
    #[inline]
    fn median(&mut self) -> usize {
        while self.below > self.sought {
            self.word -= 1;
            self.below -= self.words[self.word].count_ones() as usize;
        }
        loop {
            let members = self.words[self.word].count_ones() as usize;
            if self.below + members > self.sought {
                break;
            }
            self.below += members;
            self.word += 1;
        }
        let mut members = self.words[self.word];
        for _ in self.below..self.sought {
            // Clears the lowest member.
            members &= members - 1;
        }
        self.word * 64 + members.trailing_zeros() as usize
    }
}
