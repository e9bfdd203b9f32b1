//! A campaign begins: every slice is scored, and the first ones are chosen.

use std::fs;
use std::path::{Path, PathBuf};

use qunet_quality::{QualityRecord, score_stack};
use qunet_select::{Column, InitialSets, Pool, Reason, Selection, StackRecords, Verdict};
use qunet_stack::Stack;

use super::config::CampaignConfig;
use super::manifest::{FORMAT, Manifest, Round, StackRecord};
use super::stacks::{annotations, blank, open};
use super::{Campaign, LOCK, MANIFEST, digest, lock, make, read, save, tidy};
use crate::Error;

/// A stack to begin a campaign with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackSource {
    /// What its files are called.
    pub name: String,
    /// The image; see [`Stack::open`].
    pub image: PathBuf,
    /// Its region of interest.
    pub roi: Option<PathBuf>,
}

impl StackSource {
    /// A stack called as its file or folder, without the ending.
    #[must_use]
    pub fn new(image: impl Into<PathBuf>) -> Self {
        let image = image.into();
        let whole = image.file_name().unwrap_or_default().to_string_lossy();
        let stem = [".nii.gz", ".nii", ".tiff", ".tif", ".npy", ".dcm", ".hdr", ".img"]
            .iter()
            .find_map(|ending| whole.strip_suffix(ending))
            .unwrap_or(&whole);
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let name: String = stem.trim_start_matches('.').chars().map(plain).collect();
        Self { name, image, roi: None }
    }

    /// Sets the name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Sets the region of interest.
    #[must_use]
    pub fn with_roi(self, roi: impl Into<PathBuf>) -> Self {
        Self { roi: Some(roi.into()), ..self }
    }
}

impl Campaign {
    /// Begins a campaign: scores every slice, chooses the first ones, writes what annotators need.
    /// A folder where the same campaign has begun already is opened as it is.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of range, [`Error::StackName`] for a name that is
    /// there twice or no name of a file, [`Error::OtherCampaign`] where the folder holds a
    /// campaign of other settings or stacks, [`Error::NotEmpty`] where it holds something else,
    /// [`Error::EmptyInitialSet`] where no slice is good enough, and those of reading the stacks.
    pub fn create(
        folder: impl Into<PathBuf>,
        config: &CampaignConfig,
        stacks: &[StackSource],
    ) -> Result<Self, Error> {
        config.check()?;
        check_names(stacks)?;
        let folder = folder.into();
        let path = folder.join(MANIFEST);
        if !path.is_file() {
            refuse_strangers(&folder)?;
        }
        let fresh = !folder.exists();
        make(&folder)?;
        let lock = lock(&folder)?;
        let manifest = if path.is_file() {
            let manifest = read::read(&path)?;
            let same = manifest.config == *config && begun_with(&manifest, stacks);
            if !same {
                return Err(Error::OtherCampaign { folder });
            }
            tidy::tidy(&folder, &manifest)?;
            manifest
        } else {
            let manifest =
                begin(&folder, config, stacks).inspect_err(|_| forget(&folder, fresh))?;
            save(&folder, &manifest)?;
            tidy::tidy(&folder, &manifest)?;
            manifest
        };
        let campaign = Self { folder, manifest, _lock: lock };
        campaign.request()?;
        Ok(campaign)
    }
}

fn check_names(stacks: &[StackSource]) -> Result<(), Error> {
    if stacks.is_empty() {
        let rule = "a campaign has at least one stack";
        return Err(Error::Parameter { field: "stacks", value: 0.0, rule });
    }
    for (place, stack) in stacks.iter().enumerate() {
        let twice = stacks[..place].iter().any(|other| other.name == stack.name);
        if twice || !read::is_plain(&stack.name) {
            return Err(Error::StackName { name: stack.name.clone(), twice });
        }
    }
    Ok(())
}

fn begun_with(manifest: &Manifest, stacks: &[StackSource]) -> bool {
    let same = |(record, source): (&StackRecord, &StackSource)| {
        record.name == source.name
            && record.image == absolute(&source.image)
            && record.roi == source.roi.as_deref().map(absolute)
    };
    manifest.stacks.len() == stacks.len() && manifest.stacks.iter().zip(stacks).all(same)
}

/// A folder with anything but what an interrupted beginning leaves is somebody else's, also one
/// with stacks in it and no lock.
fn refuse_strangers(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    if !folder.exists() {
        return Ok(());
    }
    let begun = folder.join(LOCK).exists();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let ours = begun && (name == "stacks" || name == LOCK);
        if !ours && !name.to_string_lossy().starts_with(".partial-") {
            return Err(Error::NotEmpty { folder: folder.to_owned(), found: name.into() });
        }
    }
    Ok(())
}

/// Takes back a beginning that came to nothing, as far as it can: the error that ended it counts.
fn forget(folder: &Path, fresh: bool) {
    let _ = fs::remove_dir_all(folder.join("stacks"));
    let _ = fs::remove_file(folder.join(LOCK));
    if fresh {
        let _ = fs::remove_dir(folder);
    }
}

/// The same from whatever folder the next program is started in.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn begin(
    folder: &Path,
    config: &CampaignConfig,
    stacks: &[StackSource],
) -> Result<Manifest, Error> {
    make(&folder.join("stacks"))?;
    let mut records = Vec::with_capacity(stacks.len());
    let mut scores = Vec::with_capacity(stacks.len());
    for source in stacks {
        let stack = open(&source.image, source.roi.as_deref())?;
        let quality = score_stack(&stack, &config.steps.scaling, &config.steps.quality)?;
        records.push(record(folder, source, &stack, &quality)?);
        scores.push(quality);
    }
    let selection = first(config, &records, &scores)?;
    let round = Round { round: 1, selection, training: None, query: None };
    Ok(Manifest {
        format: FORMAT,
        qunet_version: env!("CARGO_PKG_VERSION").to_owned(),
        config: config.clone(),
        stacks: records,
        rounds: vec![round],
        ended: None,
        segmentations: Vec::new(),
    })
}

fn record(
    folder: &Path,
    source: &StackSource,
    stack: &Stack,
    quality: &[QualityRecord],
) -> Result<StackRecord, Error> {
    let name = &source.name;
    let scores = PathBuf::from(format!("stacks/{name}.scores.csv"));
    qunet_quality::write_csv(folder.join(&scores), quality)?;
    let annotations = annotations(name, 0);
    stack.write_labels(folder.join(&annotations), &blank(stack.shape()))?;
    Ok(StackRecord {
        name: name.clone(),
        image: absolute(&source.image),
        roi: source.roi.as_deref().map(absolute),
        shape: stack.shape(),
        slice_spacing: stack.geometry().spacing()[0],
        sha256: digest::stack(stack)?,
        scores: digest::file(folder, &scores)?,
        annotations: digest::file(folder, &annotations)?,
        annotated: Vec::new(),
        foreground: 0,
    })
}

/// The slices of the first round.
fn first(
    config: &CampaignConfig,
    stacks: &[StackRecord],
    scores: &[Vec<QualityRecord>],
) -> Result<Selection, Error> {
    let slices: Vec<usize> = stacks.iter().map(|stack| stack.shape[0]).collect();
    let total: usize = slices.iter().sum();
    if total < 2 {
        return Err(Error::TooFewSlices { slices: total });
    }
    let count = first_count(config, total);
    let mut pool = Pool::of_stacks(&slices)?;
    for (number, records) in scores.iter().enumerate() {
        pool = pool.with_quality(number, records)?;
    }
    match &config.first {
        Some(strategy) => Ok(strategy.select(&pool, count, config.steps.seed)?),
        None => by_quality(config, &pool, &initial(config, stacks, scores)?),
    }
}

/// How many slices the first round may ask for: within the budget, and as many as S0 may have.
fn first_count(config: &CampaignConfig, total: usize) -> usize {
    config.steps.slices_of_budget(total).1.min(config.rules().budget.allowed(total))
}

/// S0 of all stacks together, with the verdict on every slice.
pub(super) fn initial(
    config: &CampaignConfig,
    stacks: &[StackRecord],
    scores: &[Vec<QualityRecord>],
) -> Result<InitialSets, Error> {
    let total = stacks.iter().map(|stack| stack.shape[0]).sum();
    let records: Vec<StackRecords<'_>> = scores
        .iter()
        .zip(stacks)
        .map(|(records, stack)| StackRecords::new(records).spacing(stack.slice_spacing))
        .collect();
    Ok(config.steps.initial.max_slices(first_count(config, total)).select_stacks(&records)?)
}

/// The slices of S0, best quality first.
fn by_quality(
    config: &CampaignConfig,
    pool: &Pool,
    sets: &InitialSets,
) -> Result<Selection, Error> {
    let verdicts = || sets.stacks.iter().flat_map(|set| &set.verdicts);
    let degenerate =
        verdicts().filter(|slice| matches!(slice.verdict, Verdict::Degenerate { .. })).count();
    let ids = sets.ids();
    if ids.is_empty() {
        return Err(Error::EmptyInitialSet { slices: verdicts().count(), degenerate });
    }
    let costs = pool.column(&Column::Quality, "initial")?;
    let picks = ids.iter().filter_map(|id| {
        let place = pool.ids().binary_search(id).ok()?;
        let score = costs[place]?;
        let better = costs.iter().flatten().filter(|&&other| other < score).count();
        Some((place, Reason::Score { column: Column::Quality, score, place: better + 1 }))
    });
    Ok(Selection::new("initial", pool, ids.len(), config.steps.seed, degenerate, picks))
}
