use serde::{Deserialize, Serialize};

use crate::{Error, Pixel, Result};

/// What the pixels beyond the edge of an image, or of a region of interest, are taken to be.
///
/// Libraries differ, so it is an argument. For an edge `a b c d`:
///
/// ```text
/// Reflect101     c b | a b c d | c b     OpenCV's default, SciPy "mirror"
/// Reflect        b a | a b c d | d c     SciPy's default
/// Replicate      a a | a b c d | d d     OpenCV medianBlur, SciPy "nearest", imageproc
/// Constant(v)    v v | a b c d | v v
/// ```
///
/// A side of one pixel repeats that pixel under the first three. `Reflect` and `Replicate` are
/// the same one pixel beyond the edge, so for a Laplacian. The constant must be a value that the
/// pixel type holds exactly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// Mirrored about the edge pixel, which is not repeated.
    Reflect101,
    /// Mirrored about the edge, so the edge pixel is repeated once.
    Reflect,
    /// The edge pixel, repeated.
    Replicate,
    /// One value everywhere.
    Constant(f64),
}

impl Border {
    /// The border as pixels of type `T`.
    pub(crate) fn resolve<T: Pixel>(self) -> Result<Edge<T>> {
        let constant = match self {
            Self::Constant(value) => T::exact(value).ok_or_else(|| Error::Parameter {
                field: "border constant",
                value: value.to_string(),
                rule: "a finite value that the pixel type holds exactly",
            })?,
            _ => T::default(),
        };
        Ok(Edge { border: self, constant })
    }
}

/// A border whose constant, if any, is a pixel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge<T> {
    border: Border,
    /// The pixel that stands where [`Edge::source`] names none.
    pub(crate) constant: T,
}

impl<T: Pixel> Edge<T> {
    /// The index of a side of `len > 0` pixels that stands for `index`; `None` for the constant.
    #[inline]
    pub(crate) fn source(self, index: isize, len: usize) -> Option<usize> {
        let side = len as isize;
        if (0..side).contains(&index) {
            return Some(index as usize);
        }
        let inside = match self.border {
            Border::Reflect101 => fold(index, (2 * side - 2).max(1), 0),
            Border::Reflect => fold(index, 2 * side, 1),
            Border::Replicate => index.clamp(0, side - 1),
            Border::Constant(_) => return None,
        };
        Some(inside as usize)
    }
}

/// Folds `index` into a mirrored side: the second half of each `period` runs backwards, and
/// `repeated` is 1 where the edge pixel occurs twice.
fn fold(index: isize, period: isize, repeated: isize) -> isize {
    // Near the side, which is nearly always, no division is needed.
    let place = match index {
        _ if (0..period).contains(&index) => index,
        _ if (-period..0).contains(&index) => index + period,
        _ => index.rem_euclid(period),
    };
    place.min(period - repeated - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(border: Border, len: usize) -> Vec<Option<usize>> {
        let edge = border.resolve::<u8>().unwrap();
        (-5..len as isize + 5).map(|index| edge.source(index, len)).collect()
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
        let constant = sources(Border::Constant(0.0), 4);
        assert_eq!(constant[4..10], [None, Some(0), Some(1), Some(2), Some(3), None]);
    }

    #[test]
    fn one_pixel_stands_for_all() {
        for border in [Border::Reflect101, Border::Reflect, Border::Replicate] {
            assert_eq!(sources(border, 1), present(&[0; 11]), "{border:?}");
        }
    }

    #[test]
    fn a_constant_is_a_pixel() {
        assert!(Border::Constant(255.0).resolve::<u8>().is_ok());
        assert!(Border::Constant(-1000.0).resolve::<i16>().is_ok());
        assert!(Border::Constant(0.5).resolve::<f32>().is_ok());
        for value in [256.0, -1.0, 0.5, f64::NAN] {
            let message = Border::Constant(value).resolve::<u8>().unwrap_err().to_string();
            assert!(message.starts_with(&format!("border constant is {value}")), "{message}");
        }
        assert!(Border::Constant(0.1).resolve::<f32>().is_err());
        assert!(Border::Constant(f64::INFINITY).resolve::<f32>().is_err());
    }
}
