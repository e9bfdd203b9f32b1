//! The programs, by name.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use qunet_stack::write_folder;
use serde::{Deserialize, Serialize};

use crate::{Answers, Error, Task, coco, label_studio, nifti, seg_nrrd};

/// The programs that slices go out to and masks come back from.
///
/// ```
/// use qunet_exchange::{Format, Task};
/// use qunet_stack::phantom::CtPhantom;
/// use qunet_stack::{Scaling, SliceId};
///
/// let phantom = CtPhantom { slices: 6, size: 48, seed: 5 }.generate()?;
/// let classes = ["lesion".to_owned()];
/// let task = Task {
///     name: "ct",
///     stack: &phantom.stack,
///     asked: &[SliceId(2), SliceId(4)],
///     classes: &classes,
///     suggestion: Some(phantom.truth.labels()),
///     scaling: Scaling::lung_window(),
/// };
/// let folder = tempfile::tempdir()?;
/// for format in Format::ALL {
///     let out = folder.path().join(format.to_string());
///     format.export(&task, &out)?;
///     // Where the program leaves what was drawn; here, the suggestion as it went out.
///     let answers = format.import(&task, &out.join(format.masks(&task)))?;
///     let truth = phantom.truth.slice(SliceId(2))?;
///     assert!(answers.drawn.get(&SliceId(2)).is_none_or(|drawn| drawn == truth));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Image and label map as NIfTI, with label names for ITK-SNAP; 3D Slicer reads them too.
    Nifti,
    /// Image as NIfTI and a segmentation with named segments for 3D Slicer.
    SegNrrd,
    /// Pictures and COCO JSON, as CVAT and others read and write them.
    Coco,
    /// Pictures and tasks with predictions for Label Studio.
    LabelStudio,
    /// The datastore folder of MONAI Label.
    MonaiLabel,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Nifti, Self::SegNrrd, Self::Coco, Self::LabelStudio, Self::MonaiLabel];

    /// Writes what the program needs into a new folder, whole or not at all.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] where the folder is in use, those of a task that makes no sense, and
    /// [`Error::Write`] or [`Error::Stack`] where a file cannot be written.
    pub fn export(self, task: &Task<'_>, folder: impl AsRef<Path>) -> Result<(), Error> {
        task.check()?;
        let folder = folder.as_ref();
        let failed = |source| Error::Write { path: folder.to_owned(), source };
        if folder.exists() && fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(Error::NotEmpty { folder: folder.to_owned() });
        }
        write_folder(folder, |folder| match self {
            Self::Nifti => nifti::export(task, folder),
            Self::SegNrrd => seg_nrrd::export(task, folder),
            Self::Coco => coco::export(task, folder),
            Self::LabelStudio => label_studio::export(task, folder),
            Self::MonaiLabel => nifti::export_datastore(task, folder),
        })
    }

    /// Reads the masks that the program left in this file.
    ///
    /// # Errors
    /// Each names the file, and the slice where it is one mask that cannot be read.
    pub fn import(self, task: &Task<'_>, path: impl AsRef<Path>) -> Result<Answers, Error> {
        task.check()?;
        let path = path.as_ref();
        match self {
            Self::Nifti | Self::MonaiLabel => nifti::import(task, path),
            Self::SegNrrd => seg_nrrd::import(task, path),
            Self::Coco => coco::import(task, path),
            Self::LabelStudio => label_studio::import(task, path),
        }
    }

    /// The file of an exported folder that holds the labels to begin with.
    #[must_use]
    pub fn masks(self, task: &Task<'_>) -> String {
        let name = task.name;
        match self {
            Self::Nifti => format!("{name}.labels.nii.gz"),
            Self::SegNrrd => format!("{name}.seg.nrrd"),
            Self::Coco => coco::MASKS.to_owned(),
            Self::LabelStudio => label_studio::MASKS.to_owned(),
            Self::MonaiLabel => format!("labels/original/{name}.nii.gz"),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nifti => "nifti",
            Self::SegNrrd => "seg_nrrd",
            Self::Coco => "coco",
            Self::LabelStudio => "label_studio",
            Self::MonaiLabel => "monai_label",
        })
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |format: &Self| format.to_string() == text;
        let unknown = || UnknownFormat { name: text.to_owned() };
        Self::ALL.into_iter().find(named).ok_or_else(unknown)
    }
}

/// A name of no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {name:?}; give nifti, seg_nrrd, coco, label_studio or monai_label")]
pub struct UnknownFormat {
    /// The name.
    pub name: String,
}
