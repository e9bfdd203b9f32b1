//! Tables from stored values to modality values.

use std::path::Path;

use dicom_object::{InMemDicomObject, Tag};
use ndarray::Array2;

use crate::{Error, SliceView};

pub(super) const MODALITY_TABLES: Tag = Tag(0x0028, 0x3000);
const DESCRIPTOR: Tag = Tag(0x0028, 0x3002);
const DATA: Tag = Tag(0x0028, 0x3006);
/// What a descriptor of 0 entries means.
const MOST_ENTRIES: usize = 1 << 16;

/// A modality look-up table (PS3.3 C.11.1).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    /// The stored value of the first entry.
    first: f64,
    outputs: Vec<u16>,
}

impl Table {
    /// The object's table, which takes the place of rescale slope and intercept.
    pub(super) fn from_object(
        path: &Path,
        object: &InMemDicomObject,
        signed: bool,
    ) -> Result<Option<Self>, Error> {
        let Some(sequence) = object.get(MODALITY_TABLES) else { return Ok(None) };
        let broken = || Error::decode(path, "DICOM file", "its modality look-up table is broken");
        let item = sequence.items().and_then(<[_]>::first).ok_or_else(broken)?;
        let table = || {
            let descriptor = item.get(DESCRIPTOR)?.to_multi_int::<i32>().ok()?;
            Self::new(&descriptor, &item.get(DATA)?.to_bytes().ok()?, signed)
        };
        table().map(Some).ok_or_else(broken)
    }

    /// From the descriptor (entries, first stored value, bits) and the entries, which have 16 bits
    /// or 8 as the length of the data tells. The first value has the sign of the pixels, whatever
    /// type it is written in. `None` where there are too few entries.
    fn new(descriptor: &[i32], data: &[u8], signed: bool) -> Option<Self> {
        let &[entries, first, _bits] = descriptor else { return None };
        let (entries, first) = (entries as u16, first as u16);
        let entries = if entries == 0 { MOST_ENTRIES } else { entries.into() };
        let first = if signed { f64::from(first as i16) } else { f64::from(first) };
        let outputs: Vec<u16> = if data.len() >= 2 * entries {
            let pairs = data.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]]));
            pairs.take(entries).collect()
        } else {
            data.iter().take(entries).copied().map(u16::from).collect()
        };
        (outputs.len() == entries).then_some(Self { first, outputs })
    }

    /// Smallest and largest output.
    pub(super) fn range(&self) -> (f64, f64) {
        let ends = (self.outputs.iter().min(), self.outputs.iter().max());
        let [low, high] = [ends.0, ends.1].map(|end| end.copied().map_or(0.0, f64::from));
        (low, high)
    }

    /// The outputs of stored values; those beyond either end take the last output there.
    pub(super) fn apply(&self, stored: SliceView<'_>) -> Array2<f32> {
        let last = self.outputs.len() - 1;
        stored.to_f32().mapv_into(|value| {
            let entry = (f64::from(value) - self.first).clamp(0.0, last as f64);
            f32::from(self.outputs[entry as usize])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn entries_of_8_bits_lie_two_in_a_word() {
        let table = Table::new(&[3, 10, 8], &[1, 2, 3, 0], false).unwrap();
        let stored = array![[9_u16, 10, 11, 12, 13]];
        assert_eq!(table.apply(SliceView::U16(stored.view())), array![[1.0, 1.0, 2.0, 3.0, 3.0]]);
        assert_eq!(table.range(), (1.0, 3.0));
    }

    #[test]
    fn the_first_value_has_the_sign_of_the_pixels() {
        let first = |first, signed| Table::new(&[2, first, 16], &[0; 4], signed).unwrap().first;
        assert_eq!((first(0xFFFF, true), first(0xFFFF, false)), (-1.0, 65_535.0));
        assert_eq!((first(-1, true), first(-1, false)), (-1.0, 65_535.0));
    }

    #[test]
    fn no_entries_stand_for_all_16_bit_values_and_missing_ones_are_refused() {
        let all = Table::new(&[0, 0, 16], &[7; 131_072], false).unwrap();
        assert_eq!(all.outputs.len(), 65_536);
        assert_eq!(Table::new(&[0, 0, 16], &[7; 100], false), None);
        assert_eq!(Table::new(&[2, 0], &[7; 4], false), None);
    }
}
