use serde::{Deserialize, Serialize};

/// What the pixels beyond the edge of an image are taken to be.
///
/// Libraries differ, so it is an argument. For an edge `a b c d`:
///
/// ```text
/// Reflect101   c b | a b c d | c b     OpenCV's default, SciPy "mirror"
/// Reflect      b a | a b c d | d c     SciPy's default
/// Replicate    a a | a b c d | d d     OpenCV medianBlur, SciPy "nearest", imageproc
/// Zero         0 0 | a b c d | 0 0
/// ```
///
/// A side of one pixel repeats that pixel under the first three. `Reflect` and `Replicate` are
/// the same one pixel beyond the edge, so for a Laplacian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// Mirrored about the edge pixel, which is not repeated.
    Reflect101,
    /// Mirrored about the edge, so the edge pixel is repeated once.
    Reflect,
    /// The edge pixel, repeated.
    Replicate,
    /// Zero.
    Zero,
}

impl Border {
    /// The index of a side of `len > 0` pixels that stands for `index`; `None` where it is zero.
    pub(crate) fn source(self, index: isize, len: usize) -> Option<usize> {
        let side = len as isize;
        let inside = match self {
            Self::Reflect101 => fold(index, (2 * side - 2).max(1), 0),
            Self::Reflect => fold(index, 2 * side, 1),
            Self::Replicate => index.clamp(0, side - 1),
            Self::Zero if (0..side).contains(&index) => index,
            Self::Zero => return None,
        };
        Some(inside as usize)
    }
}

/// Folds `index` into a mirrored side: the second half of each `period` runs backwards, and
/// `repeated` is 1 where the edge pixel occurs twice.
fn fold(index: isize, period: isize, repeated: isize) -> isize {
    let place = index.rem_euclid(period);
    place.min(period - repeated - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(border: Border, len: usize) -> Vec<Option<usize>> {
        (-5..len as isize + 5).map(|index| border.source(index, len)).collect()
    }

    fn present(indices: &[usize]) -> Vec<Option<usize>> {
        indices.iter().copied().map(Some).collect()
    }

    #[test]
    fn four_pixels_continue_as_drawn() {
        let cases: [(Border, &[usize]); 3] = [
            (Border::Reflect101, &[1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]),
            (Border::Reflect, &[3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0]),
            (Border::Replicate, &[0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3]),
        ];
        for (border, expected) in cases {
            assert_eq!(sources(border, 4), present(expected), "{border:?}");
        }
        assert_eq!(Border::Zero.source(-1, 4), None);
        assert_eq!(Border::Zero.source(3, 4), Some(3));
        assert_eq!(Border::Zero.source(4, 4), None);
    }

    #[test]
    fn one_pixel_stands_for_all() {
        for border in [Border::Reflect101, Border::Reflect, Border::Replicate] {
            assert_eq!(sources(border, 1), present(&[0; 11]), "{border:?}");
        }
    }
}
