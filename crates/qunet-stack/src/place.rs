//! What a file says of where its voxels lie.

use crate::Geometry;
use crate::geometry::SlicingAxis;
use crate::qform::rotation;

/// What a file states of where its voxels lie. NIfTI has room for two statements, and programs
/// differ in which of them they follow, so that both are kept and written again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// Any affine; nibabel and this crate go by it.
    pub(crate) sform: Option<Geometry>,
    /// A rotation; ITK goes by it.
    pub(crate) qform: Option<Geometry>,
    /// What is taken where nothing is stated.
    pub(crate) assumed: Geometry,
    /// Sizes of a voxel along columns, rows and slices, where the file has others than its forms.
    pub(crate) sizes: Option<[f64; 3]>,
}

impl Place {
    /// What a file without any statement has: a picture, an array.
    pub(crate) fn assumed(assumed: Geometry) -> Self {
        Self { sform: None, qform: None, assumed, sizes: None }
    }

    /// The place of voxels in memory; none where its space is 0.
    pub(crate) fn of(geometry: Geometry) -> Self {
        let stated = (geometry.space > 0).then_some(geometry);
        Self { sform: stated, qform: stated, assumed: geometry, sizes: None }
    }

    /// What is computed with.
    pub(crate) fn geometry(&self) -> &Geometry {
        self.sform.as_ref().or(self.qform.as_ref()).unwrap_or(&self.assumed)
    }

    pub(crate) fn is_stated(&self) -> bool {
        self.sform.is_some() || self.qform.is_some()
    }

    /// Everything that the file says, in the order in which it is believed. A form that is sheared,
    /// as of a tilted gantry, is there as programs see it too that know only rotations.
    pub(crate) fn all(&self) -> Vec<Geometry> {
        let rotations = [self.qform, self.sform].into_iter().flatten();
        let rotations = rotations.filter_map(|form| rotation(&form));
        let mut all: Vec<Geometry> = self.sform.into_iter().chain(rotations).collect();
        if all.is_empty() {
            all.push(self.assumed);
        }
        all
    }

    /// Where ITK takes a NIfTI file of this place to lie, and with it 3D Slicer and ITK-SNAP: by the
    /// sform where that is of the scanner, else by the qform, and never sheared.
    pub(crate) fn by_itk(&self) -> Geometry {
        let scanner = self.sform.filter(|sform| sform.space == 1);
        let form = scanner.or(self.qform).or(self.sform).unwrap_or(self.assumed);
        match rotation(&form) {
            // As it is stated, where nothing but rounding is between the two.
            Some(nearest) if nearest.is_near(&form) => form,
            nearest => nearest.unwrap_or(form),
        }
    }

    /// The place of the same voxels sliced along another axis.
    pub(crate) fn resliced(&self, axis: SlicingAxis) -> Self {
        let resliced = |geometry: Geometry| geometry.resliced(axis);
        // Counted from the column, which is the last axis of an array.
        let sizes = |sizes: [f64; 3]| axis.order().map(|from| sizes[2 - from]);
        let sizes = self.sizes.map(sizes).map(|[slice, row, column]| [column, row, slice]);
        Self {
            sform: self.sform.map(resliced),
            qform: self.qform.map(resliced),
            assumed: resliced(self.assumed),
            sizes,
        }
    }
}
