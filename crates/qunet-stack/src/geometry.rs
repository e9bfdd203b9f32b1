use serde::{Deserialize, Serialize};

/// Where a stack's voxels lie in space.
///
/// `affine` maps voxel indices `(column, row, slice, 1)` to coordinates in NIfTI's RAS+ frame
/// (right, anterior, superior), in the unit of the file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// The three upper rows of the voxel-to-world matrix.
    pub affine: [[f64; 4]; 3],
    /// What the world coordinates refer to: a NIfTI transform code, 1 (scanner) to 5.
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
}

impl Default for Geometry {
    /// One millimetre in every direction.
    fn default() -> Self {
        Self::from_spacing([1.0; 3])
    }
}
