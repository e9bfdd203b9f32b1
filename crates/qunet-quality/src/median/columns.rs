//! Medians of large windows of 8-bit pixels in a time that does not depend on the window.
//!
//! After Perreault and Hebert, "Median filtering in constant time" (2007): each column keeps a
//! histogram of its pixels within the window's lines, and the window's histogram moves along the
//! row by adding one column and taking one away. Histograms have two levels: 16 bins of the upper
//! four bits, and within each 16 bins of the lower four, which follow only where the median is.
//! Here the bins are cumulative, so that one comparison of all 16 with the rank finds the bin,
//! without a search.

mod bins;

use crate::Pixel;

use bins::{BINS, Column, Window};

/// The largest window whose pixels can be counted.
pub(super) const LARGEST: usize = 255;

/// Computes medians of one window size.
pub(super) struct Columns {
    /// Upper level of every column.
    upper: Vec<Column>,
    /// Lower level of every column, one upper bin after the other.
    lower: Vec<Column>,
    /// The keys of the line that leaves the window next, and of the one that enters.
    leaving: Vec<u8>,
    entering: Vec<u8>,
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
            entering: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Medians of the windows in `lines`, which lie one line below those of the call before.
    pub(super) fn medians<T: Pixel>(&mut self, lines: &[Vec<T>], medians: &mut [T]) {
        if self.leaving.is_empty() {
            for line in lines {
                keys(line, &mut self.entering);
                self.enter();
            }
        } else if let Some(line) = lines.last() {
            keys(line, &mut self.entering);
            self.leave();
            self.enter();
        }
        if let Some(line) = lines.first() {
            keys(line, &mut self.leaving);
        }
        self.find_upper(lines.len(), medians.len());
        self.find_lower(lines.len(), medians);
    }

    /// Adds the entering line to the columns.
    fn enter(&mut self) {
        let (width, lower) = (self.upper.len(), &mut self.lower[..]);
        for (col, (upper, &key)) in self.upper.iter_mut().zip(&self.entering).enumerate() {
            let (high, low) = split(key);
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

fn keys<T: Pixel>(line: &[T], keys: &mut Vec<u8>) {
    keys.clear();
    keys.extend(line.iter().map(|pixel| pixel.key() as u8));
}

/// The upper and the lower four bits.
#[inline(always)]
fn split(key: u8) -> (usize, usize) {
    (usize::from(key >> 4), usize::from(key & 15))
}
