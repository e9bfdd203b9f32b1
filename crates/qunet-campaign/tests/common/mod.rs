//! A small campaign, and an annotator who knows the truth.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses its part

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use qunet_campaign::{
    Campaign, CampaignConfig, Manifest, Masks, Next, RoundSizes, Silent, StackSource,
};
use qunet_model::{Threads, TrainConfig, UnetConfig, UnetPlusPlusConfig};
use qunet_select::StrategyConfig;
use qunet_stack::phantom::{CtPhantom, Phantom};

/// LibTorch has one random generator for the whole process: one run at a time, and on one thread,
/// since the nets are tiny.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    qunet_model::tch::set_num_threads(1);
    turn
}

pub(crate) fn phantom(seed: u64) -> Phantom {
    CtPhantom { slices: 10, size: 48, seed }.generate().unwrap()
}

/// Two stacks of ten slices on disk, `a` as NIfTI and `b` as a folder of pictures, with the truth
/// of each beside it.
pub(crate) fn stacks(folder: &Path) -> Vec<StackSource> {
    let scaling = qunet_stack::Scaling::lung_window();
    let (a, b) = (phantom(1), phantom(2));
    a.stack.write(folder.join("a.nii.gz")).unwrap();
    a.stack.write_labels(folder.join("a.truth.nii.gz"), a.truth.labels()).unwrap();
    if !folder.join("b").exists() {
        b.stack.write_pngs(folder.join("b"), &scaling).unwrap();
        b.stack.write_label_pngs(folder.join("b.truth"), b.truth.labels()).unwrap();
    }
    vec![StackSource::new(folder.join("a.nii.gz")), StackSource::new(folder.join("b"))]
}

/// The truth of both stacks.
pub(crate) fn truth(folder: &Path) -> Masks {
    Masks::default()
        .stack("a", folder.join("a.truth.nii.gz"))
        .stack("b", folder.join("b.truth"))
        .accept_empty(true)
}

/// Half of twenty slices, four in the first round and three in each later one, the least certain
/// first.
pub(crate) fn config() -> CampaignConfig {
    let rounds = RoundSizes { first: Some(4), share: 0.6, later: Some(3) };
    let config =
        CampaignConfig { later: StrategyConfig::Entropy {}, rounds, ..CampaignConfig::quick() };
    tiny(config)
}

/// Seconds instead of minutes.
pub(crate) fn tiny(mut config: CampaignConfig) -> CampaignConfig {
    let unet = UnetConfig { width: 2, ..config.network.unet };
    config.network = UnetPlusPlusConfig { unet, ..config.network };
    config.input.size = 32;
    config.completion.trees.trees = 8;
    config.threads = Threads::Fixed(NonZeroUsize::MIN);
    config.stopping.budget.fraction = Some(0.5);
    config.seed = 3;
    for train in [&mut config.train, &mut config.fine_tune] {
        *train =
            TrainConfig { epochs: 3, batch_size: 2, steps_per_epoch: Some(2), ..train.clone() };
    }
    config
}

pub(crate) fn begin(folder: &Path, config: &CampaignConfig) -> Campaign {
    Campaign::create(folder.join("campaign"), config, &stacks(folder)).unwrap()
}

/// Does whatever comes next until the campaign is done.
pub(crate) fn drive(folder: &Path, config: &CampaignConfig) -> Campaign {
    let mut campaign = begin(folder, config);
    loop {
        match campaign.status().next {
            Next::Annotate { .. } => drop(campaign.ingest(&truth(folder)).unwrap()),
            Next::Train => drop(campaign.train(&mut Silent).unwrap().clone()),
            Next::Query => drop(campaign.query(&mut Silent).unwrap()),
            Next::Segment { .. } => drop(campaign.segment().unwrap()),
            _ => return campaign,
        }
    }
}

/// What must not depend on how often it was interrupted: all but paths and times.
pub(crate) fn essence(campaign: &Campaign) -> Manifest {
    let mut manifest = campaign.manifest().clone();
    for stack in &mut manifest.stacks {
        stack.source.image = stack.source.image.file_name().unwrap().into();
    }
    let trainings = manifest.rounds.iter_mut().filter_map(|round| round.training.as_mut());
    let members = trainings.flat_map(|training| &mut training.members);
    for record in members.flat_map(|member| &mut member.history) {
        (record.seconds, record.data_seconds) = (0.0, 0.0);
    }
    manifest
}

/// An error with its causes, as a program prints it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string())
        .chain(causes.map(ToString::to_string))
        .collect::<Vec<_>>()
        .join(": ")
}

/// Every file of a folder, by its path within it.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    all.sort();
    all
}
