//! Where voxels lie in space.

use std::fmt;

use nalgebra::Matrix4;
use serde::{Deserialize, Serialize};

/// Where a stack's voxels lie in space.
///
/// `affine` maps voxel indices `(column, row, slice, 1)` to coordinates in NIfTI's RAS+ frame
/// (right, anterior, superior), in the unit of the file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// The three upper rows of the voxel-to-world matrix.
    pub affine: [[f64; 4]; 3],
    /// What the world coordinates refer to: a NIfTI transform code, 1 (scanner) to 5; 0 where the
    /// place is not known and only the spacing counts.
    pub space: i16,
    /// The unit of length of `affine`.
    pub unit: LengthUnit,
}

/// A NIfTI unit of length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Not stated; read as millimetres, as other readers do.
    Unknown,
    /// Metres.
    Metre,
    /// Millimetres.
    #[default]
    Millimetre,
    /// Micrometres.
    Micrometre,
}

impl LengthUnit {
    /// How many millimetres one unit is.
    #[must_use]
    pub fn in_millimetres(self) -> f64 {
        match self {
            Self::Metre => 1e3,
            Self::Unknown | Self::Millimetre => 1.0,
            Self::Micrometre => 1e-3,
        }
    }
}

impl Geometry {
    /// A grid with the given spacing in mm, in array order `(slice, row, column)`: columns run to
    /// the patient's left, rows to the back, slices upwards, as viewers assume for plain images.
    ///
    /// ```
    /// let geometry = qunet_stack::Geometry::from_spacing([5.0, 0.7, 0.6]);
    /// assert_eq!(geometry.spacing(), [5.0, 0.7, 0.6]);
    /// ```
    #[must_use]
    pub fn from_spacing([slice, row, column]: [f64; 3]) -> Self {
        Self {
            affine: [[-column, 0.0, 0.0, 0.0], [0.0, -row, 0.0, 0.0], [0.0, 0.0, slice, 0.0]],
            space: 1,
            unit: LengthUnit::Millimetre,
        }
    }

    /// Distance between voxel centres in mm, in array order `(slice, row, column)`: the lengths of
    /// the affine's columns.
    #[must_use]
    pub fn spacing(&self) -> [f64; 3] {
        [2, 1, 0].map(|axis| {
            let squares: f64 = self.affine.iter().map(|row| row[axis] * row[axis]).sum();
            squares.sqrt() * self.unit.in_millimetres()
        })
    }

    /// A geometry from DICOM's and ITK's LPS+ frame (left, posterior, superior), in mm.
    ///
    /// ```
    /// use qunet_stack::Geometry;
    ///
    /// let geometry = Geometry::from_spacing([5.0, 0.7, 0.6]);
    /// assert_eq!(Geometry::from_lps(geometry.lps()), geometry);
    /// ```
    #[must_use]
    pub fn from_lps([left, posterior, superior]: [[f64; 4]; 3]) -> Self {
        let affine = [left.map(opposite), posterior.map(opposite), superior];
        Self { affine, ..Self::default() }
    }

    /// The affine in DICOM's and ITK's LPS+ frame (left, posterior, superior), in the same unit.
    #[must_use]
    pub fn lps(&self) -> [[f64; 4]; 3] {
        let [right, anterior, superior] = self.affine;
        [right.map(opposite), anterior.map(opposite), superior]
    }

    /// Where columns, rows and slices run to, by the nearest of the six directions: `L`, `R`, `P`,
    /// `A`, `S`, `I`.
    ///
    /// ```
    /// let geometry = qunet_stack::Geometry::from_spacing([5.0, 0.7, 0.6]);
    /// assert_eq!(geometry.orientation(), "LPS");
    /// ```
    #[must_use]
    pub fn orientation(&self) -> String {
        const ENDS: [[char; 2]; 3] = [['L', 'R'], ['P', 'A'], ['I', 'S']];
        let nearest = |axis: usize| {
            let largest = |a: &usize, b: &usize| {
                self.affine[*a][axis].abs().total_cmp(&self.affine[*b][axis].abs())
            };
            let row = (0..3).max_by(largest).unwrap_or(axis);
            ENDS[row][usize::from(self.affine[row][axis] > 0.0)]
        };
        (0..3).map(nearest).collect()
    }

    /// The geometry of the same voxels with slices and rows, or slices and columns, exchanged.
    pub(crate) fn resliced(&self, axis: SlicingAxis) -> Self {
        let affine = self.affine.map(|[column, row, slice, origin]| match axis {
            SlicingAxis::Slices => [column, row, slice, origin],
            SlicingAxis::Rows => [column, slice, row, origin],
            SlicingAxis::Columns => [slice, row, column, origin],
        });
        Self { affine, ..*self }
    }

    /// The largest distance in mm between where a corner voxel of a stack of this shape (slices,
    /// height, width) lies under this geometry and where it lies under another.
    ///
    /// ```
    /// use qunet_stack::Geometry;
    ///
    /// let (one, other) = (Geometry::from_spacing([1.0; 3]), Geometry::from_spacing([1.0, 1.0, 1.5]));
    /// assert_eq!(one.furthest_corner(&other, [1, 1, 3]), 1.0);
    /// ```
    #[must_use]
    pub fn furthest_corner(&self, other: &Self, [slices, height, width]: [usize; 3]) -> f64 {
        let ends = |length: usize| [0.0, length.saturating_sub(1) as f64];
        let mut furthest: f64 = 0.0;
        for z in ends(slices) {
            for y in ends(height) {
                for x in ends(width) {
                    let (here, there) = (self.place([x, y, z]), other.place([x, y, z]));
                    let squares = here.iter().zip(&there).map(|(a, b)| (a - b) * (a - b));
                    furthest = furthest.max(squares.sum::<f64>().sqrt());
                }
            }
        }
        furthest
    }

    /// Whether steps along every axis are the same, to a thousandth of a voxel.
    pub(crate) fn is_near(&self, other: &Self) -> bool {
        let finest = self.spacing().into_iter().fold(f64::INFINITY, f64::min);
        let pairs = self.affine.iter().zip(&other.affine);
        pairs
            .flat_map(|(a, b)| a.iter().zip(b))
            .all(|(a, b)| (a - b).abs() * self.unit.in_millimetres() <= 1e-3 * finest)
    }

    /// Voxel indices (column, row, slice, 1) to millimetres.
    pub(crate) fn matrix(&self) -> Matrix4<f64> {
        let unit = self.unit.in_millimetres();
        Matrix4::from_fn(|row, column| match row {
            3 => f64::from(u8::from(column == 3)),
            _ => unit * self.affine[row][column],
        })
    }

    /// Where a column, row and slice lies, in mm.
    fn place(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let unit = self.unit.in_millimetres();
        self.affine.map(|[a, b, c, d]| unit * (a * x + b * y + c * z + d))
    }

    /// The geometry of the part that starts at this slice, row and column.
    #[must_use]
    pub fn starting_at(&self, [slice, row, column]: [usize; 3]) -> Self {
        let affine = self.affine.map(|[x, y, z, origin]| {
            let moved = origin + x * column as f64 + y * row as f64 + z * slice as f64;
            [x, y, z, moved]
        });
        Self { affine, ..*self }
    }
}

/// Origin, spacing and directions, in mm: `the first voxel at (-12, -9, 5) mm (R, A, S), voxels of
/// 0.7 x 0.7 x 5 mm, axes LPS (columns, rows, slices)`. The alternate form `{:#}` has the directions
/// as unit vectors besides, in which a tilted stack differs from one that is not.
impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.place([0.0; 3]).map(Short);
        let [slice, row, column] = self.spacing().map(Short);
        write!(
            f,
            "the first voxel at ({x}, {y}, {z}) mm (R, A, S), voxels of {column} x {row} x {slice} \
             mm, axes {} (columns, rows, slices)",
            self.orientation(),
        )?;
        if !f.alternate() {
            return Ok(());
        }
        let lengths = [column.0, row.0, slice.0].map(|length| length / self.unit.in_millimetres());
        let along = |axis: usize| self.affine.map(|row| Short(row[axis] / lengths[axis]));
        let [columns, rows, slices] =
            [0, 1, 2].map(|axis| along(axis).map(|part| part.to_string()).join(", "));
        write!(f, " along ({columns}), ({rows}) and ({slices})")
    }
}

/// A distance in mm, to the micrometre or finer.
///
/// ```
/// assert_eq!(qunet_stack::millimetres(58.309_518_95), "58.310");
/// assert_eq!(qunet_stack::millimetres(0.000_25), "0.00025");
/// ```
#[must_use]
pub fn millimetres(distance: f64) -> String {
    if distance < 0.1 { Short(distance).to_string() } else { format!("{distance:.3}") }
}

/// A number with six significant digits at most.
///
/// ```text
/// -0.699999988079071  becomes  -0.7
/// ```
pub(crate) struct Short(pub(crate) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded: f64 = format!("{:.5e}", self.0).parse().unwrap_or(self.0);
        match rounded.abs() {
            small if small > 0.0 && small < 1e-4 => write!(f, "{rounded:e}"),
            // Zero stays without a sign.
            _ => write!(f, "{}", rounded + 0.0),
        }
    }
}

/// Zero stays without a sign.
fn opposite(value: f64) -> f64 {
    0.0 - value
}

/// The axis of a stored stack `(slices, rows, columns)` along which it is sliced.
///
/// Exchanging is its own inverse: twice along the same axis is the stack as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlicingAxis {
    /// As stored.
    #[default]
    Slices,
    /// Each row of the stored slices makes a slice: `(rows, slices, columns)`.
    Rows,
    /// Each column of the stored slices makes a slice: `(columns, rows, slices)`.
    Columns,
}

impl SlicingAxis {
    /// The order of the stored axes.
    pub(crate) fn order(self) -> [usize; 3] {
        match self {
            Self::Slices => [0, 1, 2],
            Self::Rows => [1, 0, 2],
            Self::Columns => [2, 1, 0],
        }
    }
}

impl Default for Geometry {
    /// One millimetre in every direction.
    fn default() -> Self {
        Self::from_spacing([1.0; 3])
    }
}
