//! Programs to copy from. Each is a file of its own; this is what they share.

use std::path::{Path, PathBuf};

use qunet::stack::phantom::CtPhantom;
use qunet::stack::{
    Error, Fit, Foreground, LabelMap, MaskParams, MaskStream, Resample, SliceStream, Stack,
};

/// Which values of a mask file are the lesion, for every program that takes one.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct MaskValues {
    /// Labels that are lesion; default: of the two values of a mask the one that is not 0.
    #[arg(long, value_name = "LABEL,...", value_delimiter = ',', allow_hyphen_values = true)]
    pub lesion: Vec<i32>,
    /// Value above which a voxel is lesion, for masks of probabilities; a truth beside a prediction has
    /// none.
    #[arg(long, value_name = "VALUE", conflicts_with = "lesion", value_parser = finite)]
    pub threshold: Option<f32>,
}

/// A number that can be a threshold.
fn finite(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|error| format!("{error}"))?;
    value.is_finite().then_some(value).ok_or_else(|| "it must be finite".to_owned())
}

impl MaskValues {
    /// The same of the truth beside a prediction: the threshold is that of probabilities.
    #[must_use]
    pub fn of_truth(&self) -> Self {
        Self { threshold: None, ..self.clone() }
    }

    /// What was said; nothing where nothing was.
    #[must_use]
    pub fn said(&self) -> Option<Foreground> {
        let labels = (!self.lesion.is_empty()).then(|| Foreground::Labels(self.lesion.clone()));
        self.threshold.map(Foreground::Above).or(labels)
    }
}

/// What becomes of masks on other voxels than their stack, for programs that may bring them over.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct OtherVoxels {
    /// What to do with a mask on other voxels than its image: refuse it, or give each voxel of the image
    /// the label of the nearest one; outside the mask all is background.
    #[arg(long, value_name = "never|nearest", default_value = "never")]
    pub resample: Resample,
}

impl OtherVoxels {
    /// Opens a mask, also one on other voxels if that was asked for, and says on standard error how it
    /// had to be brought to its stack.
    ///
    /// # Errors
    /// Those of [`LabelMap::open`].
    pub fn open(
        self,
        path: impl AsRef<Path>,
        stack: &Stack,
        values: &MaskValues,
    ) -> Result<LabelMap, Error> {
        let labels = LabelMap::open(&path, stack, self.of(values.said().unwrap_or_default()))?;
        tell(path, labels.fit());
        Ok(labels)
    }

    /// How a mask is read of which these values are inside.
    #[must_use]
    pub fn of(self, foreground: Foreground) -> MaskParams {
        MaskParams { foreground, resample: self.resample }
    }

    /// Adds a region of interest, in the same way.
    ///
    /// # Errors
    /// Those of [`Stack::with_roi`].
    pub fn with_roi(self, stack: Stack, path: impl AsRef<Path>) -> Result<Stack, Error> {
        let stack = stack.with_roi_of(&path, self.of(Foreground::AnyLabel))?;
        tell(path, stack.roi_fit());
        Ok(stack)
    }
}

/// Writes a CT phantom and its truth into a folder unless they are there; returns both paths.
///
/// # Errors
/// Where a file cannot be written.
pub fn phantom(folder: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let (image, truth) = (folder.join("phantom.nii.gz"), folder.join("truth.nii.gz"));
    if !image.exists() {
        let phantom = CtPhantom::default().generate()?;
        qunet::stack::create_folder(folder)?;
        phantom.stack.write_labels(&truth, phantom.truth.labels())?;
        phantom.stack.write(&image)?;
    }
    Ok((image, truth))
}

/// Says on standard error how a mask lay on its stack, unless voxel on voxel.
pub fn tell(path: impl AsRef<Path>, fit: &Fit) {
    if let Some(note) = fit.note(path) {
        eprintln!("note: {note}");
    }
}

/// Says the same of a region of interest that is read a slice at a time.
///
/// # Errors
/// Those of opening both.
pub fn tell_roi(stack: impl AsRef<Path>, roi: Option<&Path>) -> Result<(), Error> {
    if let Some(roi) = roi {
        let slices = SliceStream::open(stack)?;
        tell(roi, MaskStream::open(roi, &slices)?.fit());
    }
    Ok(())
}

/// Ends the program quietly, with code 0, when it prints into a pipe that nobody reads any more
/// (`score_stack | head -1`); `println!` would panic there.
///
/// # Errors
/// Where the system refuses the handler.
pub fn end_with_reader() -> std::io::Result<()> {
    #[cfg(unix)]
    signal_hook::flag::register_conditional_shutdown(
        signal_hook::consts::SIGPIPE,
        0,
        std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true)),
    )?;
    Ok(())
}
