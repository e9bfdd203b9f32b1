//! Medians of small windows by a network of comparators that runs over whole lines at once.
//!
//! The columns of the window are sorted once for all windows that share them; columns are merged
//! into sorted runs two, three, ... columns wide, again once for all windows; the median is then
//! selected from the two runs that make up the window.

mod program;
mod run;

use std::sync::OnceLock;

use crate::Pixel;

use program::Program;
use run::{Plane, run};

/// Bytes of a value of the windows that are handled at once: the planes of a network stay in the
/// near caches, and 512 pixels of any type fill all but a few lanes of their last planes.
const BYTES: usize = 576;

/// Columns that a plane is read ahead at most.
const AHEAD: usize = 32;

/// Computes medians of one window size for pixels of `BYTES / N` bytes; `SIZE` is `N + AHEAD`.
pub(super) struct Lanes<T, const N: usize, const SIZE: usize> {
    program: &'static Program,
    planes: Vec<Box<Plane<T, SIZE>>>,
    spare: [Box<Plane<T, SIZE>>; 2],
}

impl<T: Pixel, const N: usize, const SIZE: usize> Lanes<T, N, SIZE> {
    fn new(size: usize) -> Self {
        let program = program(size);
        let plane = || Box::new(Plane([T::default(); SIZE]));
        let planes = (0..program.planes).map(|_| plane()).collect();
        Self { program, planes, spare: [plane(), plane()] }
    }

    fn medians(&mut self, lines: &[Vec<T>], medians: &mut [T]) {
        // Some values are read that many lanes ahead, so the last lanes of a plane are void.
        let valid = N - (lines.len() - 1);
        for (index, medians) in medians.chunks_mut(valid).enumerate() {
            let from = index * valid;
            for (line, plane) in lines.iter().zip(&mut self.planes) {
                let part = &line[from..line.len().min(from + N)];
                plane.0[..part.len()].copy_from_slice(part);
            }
            run::<T, N, SIZE>(&self.program.steps, &mut self.planes, &mut self.spare);
            medians.copy_from_slice(&self.planes[self.program.result].0[..medians.len()]);
        }
    }
}

/// The program for one window size, written once.
fn program(size: usize) -> &'static Program {
    static PROGRAMS: [OnceLock<Program>; AHEAD + 1] = [const { OnceLock::new() }; AHEAD + 1];
    PROGRAMS[size.min(AHEAD)].get_or_init(|| Program::median(size))
}

/// Computes medians of one window size.
pub(super) enum Network<T> {
    Bytes1(Lanes<T, BYTES, { BYTES + AHEAD }>),
    Bytes2(Lanes<T, { BYTES / 2 }, { BYTES / 2 + AHEAD }>),
    Bytes4(Lanes<T, { BYTES / 4 }, { BYTES / 4 + AHEAD }>),
}

impl<T: Pixel> Network<T> {
    /// For windows of `size` lines, 2 to [`AHEAD`].
    pub(super) fn new(size: usize) -> Self {
        match size_of::<T>() {
            1 => Self::Bytes1(Lanes::new(size)),
            2 => Self::Bytes2(Lanes::new(size)),
            _ => Self::Bytes4(Lanes::new(size)),
        }
    }

    /// Medians of the windows in `lines`, whose windows begin at the columns of `medians`.
    pub(super) fn medians(&mut self, lines: &[Vec<T>], medians: &mut [T]) {
        match self {
            Self::Bytes1(lanes) => lanes.medians(lines, medians),
            Self::Bytes2(lanes) => lanes.medians(lines, medians),
            Self::Bytes4(lanes) => lanes.medians(lines, medians),
        }
    }
}
