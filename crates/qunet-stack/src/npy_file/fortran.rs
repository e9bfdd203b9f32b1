//! Slices of an array in Fortran order, which lie scattered over the file.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Slices that are gathered in one reading of the file take this many bytes, or are one slice.
const AT_ONCE: usize = 1 << 27;

/// The slices that the last reading of the file gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    first: usize,
    slices: Vec<Vec<u8>>,
}

/// Where the values of an array lie: the slice runs fastest, then the row, then the column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Slices, height and width.
    pub(super) shape: [usize; 3],
    /// Bytes of a value.
    pub(super) size: usize,
    /// Where the first value starts.
    pub(super) start: u64,
}

impl Gathered {
    /// The bytes of one slice, row by row. What the file lacks is an error of the system's.
    pub(super) fn slice(
        &mut self,
        file: &mut File,
        place: &Place,
        index: usize,
    ) -> io::Result<&[u8]> {
        if !(self.first..self.first + self.slices.len()).contains(&index) {
            *self = Self::default();
            let slices = gather(file, place, index, AT_ONCE)?;
            *self = Self { first: index, slices };
        }
        Ok(&self.slices[index - self.first])
    }
}

/// As many slices from `first` on as there is room for.
fn gather(file: &mut File, place: &Place, first: usize, room: usize) -> io::Result<Vec<Vec<u8>>> {
    let Place { shape: [slices, height, width], size, start } = *place;
    let slice_bytes = height * width * size;
    let count = (room / slice_bytes).clamp(1, slices - first);
    let mut gathered = Vec::new();
    for _ in 0..count {
        let mut slice = Vec::new();
        slice.try_reserve_exact(slice_bytes)?;
        slice.resize(slice_bytes, 0);
        gathered.push(slice);
    }
    let [before, after] = [first, slices - first - count].map(|slices| (slices * size) as i64);
    file.seek(SeekFrom::Start(start))?;
    let mut values = BufReader::new(file);
    for column in 0..width {
        for row in 0..height {
            values.seek_relative(before)?;
            let at = (row * width + column) * size;
            for slice in &mut gathered {
                values.read_exact(&mut slice[at..at + size])?;
            }
            values.seek_relative(after)?;
        }
    }
    Ok(gathered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn slices_are_gathered_a_few_at_a_time() {
        let [slices, height, width] = [5, 2, 3];
        let value = |z: usize, y: usize, x: usize| [(100 * z + 10 * y + x) as u8, 7];
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"head").unwrap();
        for x in 0..width {
            for y in 0..height {
                (0..slices).for_each(|z| file.write_all(&value(z, y, x)).unwrap());
            }
        }
        let place = Place { shape: [slices, height, width], size: 2, start: 4 };
        // A slice takes 12 bytes: room for two, and for less than one.
        for (room, most) in [(30, 2), (1, 1)] {
            let gathered = gather(&mut file, &place, 1, room).unwrap();
            assert_eq!(gathered.len(), most);
            for (step, slice) in gathered.iter().enumerate() {
                let rows = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
                let expected: Vec<u8> = rows.flat_map(|(y, x)| value(1 + step, y, x)).collect();
                assert_eq!(*slice, expected);
            }
        }
        assert_eq!(gather(&mut file, &place, 4, 1000).unwrap().len(), 1);
    }
}
