//! A patient's DICOM series against the same slices as NIfTI, where the data is at hand.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use approx::assert_abs_diff_eq;
use qunet_stack::Stack;

#[test]
fn a_series_is_the_nifti_volume_that_was_made_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/lung_ct_ibsi");
    if !root.is_dir() {
        println!("skipped: there is no {}", root.display());
        return;
    }
    let series = Stack::open(root.join("dicom")).unwrap();
    let volume = Stack::open(root.join("image.nii.gz")).unwrap();
    assert_eq!(series.shape(), volume.shape());
    // Some slices are cropped alike, so that values tell their order.
    for id in series.ids() {
        let (dicom, nifti) = (series.slice(id).unwrap(), volume.slice(id).unwrap());
        assert_eq!(dicom.to_f32(), nifti.to_f32(), "slice {id}");
    }
    for (dicom, nifti) in series.geometry().spacing().into_iter().zip(volume.geometry().spacing()) {
        assert_abs_diff_eq!(dicom, nifti, epsilon = 1e-4);
    }
    println!("DICOM {:?}", series.geometry().affine);
    println!("NIfTI {:?}", volume.geometry().affine);
}
