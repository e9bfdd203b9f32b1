//! A campaign with a folder on disk: select, wait for masks, train, query, predict.

mod config;
mod digest;
mod export;
mod ingest;
mod init;
mod manifest;
mod masks;
mod pool;
mod predict;
mod query;
mod read;
mod records;
mod report;
mod request;
mod stacks;
mod status;
mod summary;
mod tidy;
mod train;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

pub use self::config::CampaignConfig;
pub use self::ingest::Ingested;
pub use self::init::StackSource;
pub use self::manifest::{FileRecord, Manifest, Query, Round, StackRecord, Training};
pub use self::masks::Masks;
pub use self::query::Queried;
pub use self::records::SliceRecords;
pub use self::status::{Next, Status};
use crate::Error;

const MANIFEST: &str = "campaign.json";
const LOCK: &str = "campaign.lock";

/// A campaign in a folder: it may be killed at any moment and is opened again where it was.
///
/// Every step writes its files first and then `campaign.json`, whole, in one move: a step either
/// happened or did not, and calling it again does what is left. While a value of this type lives,
/// no other program can open the folder.
///
/// ```
/// use qunet_campaign::{Campaign, CampaignConfig, Masks, Next, Silent, StackSource};
/// use qunet_stack::phantom::CtPhantom;
///
/// let folder = tempfile::tempdir()?;
/// let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
/// let image = folder.path().join("ct.nii.gz");
/// phantom.stack.write(&image)?;
///
/// let mut config = CampaignConfig { slices_per_round: 1, ..CampaignConfig::default() };
/// (config.steps.network.unet.width, config.steps.size) = (2, 32);
/// (config.steps.train.epochs, config.steps.fine_tune.epochs) = (1, 1);
/// let stacks = [StackSource::new(&image)];
/// let mut campaign = Campaign::create(folder.path().join("campaign"), &config, &stacks)?;
///
/// // An annotator fills in what was asked for; here the truth stands in.
/// let masks = Masks::default().stack("ct", folder.path().join("truth.nii.gz")).accept_empty(true);
/// phantom.stack.write_labels(folder.path().join("truth.nii.gz"), phantom.truth.labels())?;
/// assert!(matches!(campaign.status().next, Next::Annotate { .. }));
/// campaign.ingest(&masks)?;
/// campaign.train(&mut Silent)?;
/// campaign.query(&mut Silent)?;
/// let segmentations = campaign.predict(&mut Silent)?;
/// assert!(segmentations[0].ends_with("segmentations/ct.nii.gz"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Campaign {
    folder: PathBuf,
    manifest: Manifest,
    /// Held as long as the campaign is open; the system lets go of it whatever ends the process.
    _lock: File,
}

impl Campaign {
    /// Opens the campaign of a folder.
    ///
    /// # Errors
    /// [`Error::NoCampaign`] where there is none, [`Error::Locked`] while another program has it
    /// open, [`Error::Manifest`] with the line where `campaign.json` makes no sense.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        let path = folder.join(MANIFEST);
        if !path.is_file() {
            return Err(Error::NoCampaign { folder });
        }
        let lock = lock(&folder)?;
        let manifest = read::read(&path)?;
        tidy::tidy(&folder, &manifest)?;
        Ok(Self { folder, manifest, _lock: lock })
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All it knows.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder of a round's files, made if missing.
    fn round_folder(&self, round: usize) -> Result<PathBuf, Error> {
        let folder = self.folder.join(format!("round-{round}"));
        make(&folder)?;
        Ok(folder)
    }

    /// Makes a changed manifest the campaign's, on disk first.
    fn commit(&mut self, manifest: Manifest) -> Result<(), Error> {
        save(&self.folder, &manifest)?;
        self.manifest = manifest;
        Ok(())
    }
}

fn save(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let mut json = serde_json::to_vec_pretty(manifest)?;
    json.push(b'\n');
    Ok(qunet_stack::write_file(&folder.join(MANIFEST), &json)?)
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.to_owned(), source })
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let failed = |source| Error::Write { path: path.clone(), source };
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
