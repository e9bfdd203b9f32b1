//! Pairs of a predicted and a true label map.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use ndarray::{Array3, s};
use qunet::stack::phantom::CtPhantom;
use qunet::stack::{Foreground, Grid, LabelMap, Pixels, Stack};
use qunet_examples::OtherVoxels;

/// A prediction and its truth.
pub(crate) enum Case {
    /// In files.
    Files { name: String, prediction: PathBuf, truth: PathBuf },
    /// Made up.
    Made { prediction: Array3<u16>, truth: Array3<u16>, spacing: [f64; 3] },
}

impl Case {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Files { name, .. } => name,
            Self::Made { .. } => "phantom",
        }
    }

    /// The files of the prediction and of the truth.
    pub(crate) fn files(&self) -> [String; 2] {
        match self {
            Self::Files { prediction, truth, .. } => {
                [prediction, truth].map(|path| path.display().to_string())
            }
            Self::Made { .. } => ["phantom, moved", "phantom"].map(str::to_owned),
        }
    }

    /// Prediction on the grid of the truth, truth, and the spacing in mm: labels as they are, or 0 and 1
    /// by what is said to be foreground.
    pub(crate) fn open(
        &self,
        foreground: Option<&[Foreground; 2]>,
        other_voxels: OtherVoxels,
    ) -> anyhow::Result<(Array3<u16>, Array3<u16>, [f64; 3])> {
        match self {
            Self::Made { prediction, truth, spacing } => {
                Ok((prediction.clone(), truth.clone(), *spacing))
            }
            Self::Files { prediction, truth, .. } => {
                let known = Stack::open_labels(truth)?;
                let spacing = known.geometry().spacing();
                if let Some([of_prediction, of_truth]) = foreground {
                    let mask = |path: &Path, foreground: &Foreground| -> anyhow::Result<_> {
                        let params = other_voxels.of(foreground.clone());
                        let mask = LabelMap::open(path, &known, params)?;
                        qunet_examples::tell(path, mask.fit());
                        Ok(mask.labels().mapv(u16::from))
                    };
                    return Ok((mask(prediction, of_prediction)?, mask(truth, of_truth)?, spacing));
                }
                let grid = Grid::from(&known).resampling(other_voxels.resample);
                let (found, fit) = Stack::open_labels(prediction)?.brought_to(&grid)?;
                qunet_examples::tell(prediction, &fit);
                let labels = |stack: &Stack, path: &Path| {
                    labels(stack).with_context(|| format!("{} is no label map", path.display()))
                };
                Ok((labels(&found, prediction)?, labels(&known, truth)?, spacing))
            }
        }
    }
}

/// The pairs of two files, or of the files of the same names in two folders.
pub(crate) fn cases(prediction: &Path, truth: &Path) -> anyhow::Result<Vec<Case>> {
    if !truth.is_dir() && !prediction.is_dir() {
        let name = truth.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let [prediction, truth] = [prediction, truth].map(Path::to_owned);
        return Ok(vec![Case::Files { name, prediction, truth }]);
    }
    let (predicted, known) = (masks(prediction)?, masks(truth)?);
    let lacking: Vec<_> = predicted.symmetric_difference(&known).map(String::as_str).collect();
    ensure!(
        lacking.is_empty(),
        "{} and {} must hold files of the same names, but only one has {}",
        prediction.display(),
        truth.display(),
        lacking.join(", "),
    );
    ensure!(!known.is_empty(), "{} holds no .nii or .nii.gz file", truth.display());
    let case = |name: String| {
        let [prediction, truth] = [prediction, truth].map(|folder| folder.join(&name));
        Case::Files { name, prediction, truth }
    };
    Ok(known.into_iter().map(case).collect())
}

/// The names of the masks in a folder.
fn masks(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| {
        format!("cannot list {}; give two files or two folders", folder.display())
    })?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // Hidden files are none of ours, such as the `._` twins that macOS leaves on other disks.
        let hidden = name.starts_with('.');
        if !hidden && (name.ends_with(".nii") || name.ends_with(".nii.gz")) {
            names.insert(name);
        }
    }
    Ok(names)
}

/// The pixels of a stack as labels.
fn labels(stack: &Stack) -> anyhow::Result<Array3<u16>> {
    let label = |value: f32| {
        let label = value as u16;
        if f32::from(label) == value {
            return Ok(label);
        }
        bail!("it has the value {value}, and labels are integers from 0 to 65535")
    };
    let (shape, pixels) = match stack.pixels() {
        Pixels::U8(pixels) => return Ok(pixels.mapv(u16::from)),
        Pixels::U16(pixels) => return Ok(pixels.clone()),
        Pixels::I16(pixels) => {
            (pixels.dim(), pixels.iter().map(|&v| label(f32::from(v))).collect())
        }
        Pixels::F32(pixels) => (pixels.dim(), pixels.iter().map(|&v| label(v)).collect()),
        _ => bail!("its pixels are of a type unknown here"),
    };
    let labels: anyhow::Result<Vec<u16>> = pixels;
    Ok(Array3::from_shape_vec(shape, labels?)?)
}

/// A phantom's lesions, and the same two pixels further.
pub(crate) fn phantom() -> anyhow::Result<Case> {
    let phantom = CtPhantom::default().generate()?;
    let truth = phantom.truth.labels().mapv(u16::from);
    let mut prediction = truth.clone();
    prediction.slice_mut(s![.., .., 2..]).assign(&truth.slice(s![.., .., ..-2]));
    Ok(Case::Made { prediction, truth, spacing: phantom.stack.geometry().spacing() })
}
