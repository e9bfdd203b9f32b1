//! What an experiment compares: data sets, strategies, settings, budgets and seeds.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use qunet_campaign::{CampaignConfig, Reserve};
use qunet_model::Threads;
use qunet_select::StrategyConfig;
use qunet_stack::roi::Anatomy;
use qunet_stack::{Foreground, LabelMap, Scaling, Stack};
use serde::Deserialize;

/// A file that describes an experiment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// File of results, relative to the plan.
    pub(crate) out: PathBuf,
    /// Seeds 0, 1, 2, ...
    pub(crate) seeds: u64,
    /// Shares of the slices that may be drawn.
    pub(crate) budgets: Vec<f64>,
    /// Slices that no arm may draw.
    pub(crate) reserve: Option<Reserve>,
    /// What is segmented.
    pub(crate) data: Vec<DataSet>,
    /// How slices are chosen.
    pub(crate) strategy: Vec<Arm>,
    /// How stacks are completed.
    pub(crate) setting: Vec<Setting>,
    /// The folder of the plan.
    #[serde(skip)]
    folder: PathBuf,
}

/// Stacks of one campaign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataSet {
    pub(crate) name: String,
    stack: Vec<StackFiles>,
    /// How pixels become intensities; that of the settings where it is not given.
    scaling: Option<Scaling>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StackFiles {
    image: PathBuf,
    truth: PathBuf,
    roi: Option<PathBuf>,
    /// A region of interest that is found.
    anatomy: Option<Anatomy>,
    /// Which values of the truth are lesion.
    #[serde(default)]
    foreground: Foreground,
}

/// Strategies of the first round and of later ones; without the latter, one round.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arm {
    pub(crate) name: String,
    first: Chosen,
    later: Option<Chosen>,
}

/// A strategy by its name, or with settings.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Chosen {
    Named(String),
    Given(StrategyConfig),
}

impl Chosen {
    fn config(&self) -> anyhow::Result<StrategyConfig> {
        match self {
            Self::Named(name) => Ok(name.parse()?),
            Self::Given(config) => Ok(config.clone()),
        }
    }
}

/// Changes of the default settings, as in the JSON of a campaign.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub(crate) name: String,
    #[serde(default)]
    config: serde_json::Value,
}

/// The stacks of a data set, opened.
pub(crate) struct Opened {
    pub(crate) stacks: Vec<Stack>,
    pub(crate) truths: Vec<LabelMap>,
    scaling: Option<Scaling>,
}

impl Plan {
    /// Reads a plan.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let plan: Self =
            toml::from_str(&text).with_context(|| format!("{} is no plan", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        ensure!(plan.seeds > 0, "seeds is 0: give at least 1");
        for (what, names) in [
            ("data", plan.data.iter().map(|it| &it.name).collect::<Vec<_>>()),
            ("strategy", plan.strategy.iter().map(|it| &it.name).collect()),
            ("setting", plan.setting.iter().map(|it| &it.name).collect()),
        ] {
            ensure!(!names.is_empty(), "the plan has no {what}");
            let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
            ensure!(twice.is_none(), "{what} {:?} is there twice", twice.map(|(_, name)| name));
        }
        Ok(Self { folder, ..plan })
    }

    /// A path of the plan, from here.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// Opens a data set; `None` where its files are not there.
    pub(crate) fn open_data(&self, data: &DataSet) -> anyhow::Result<Option<Opened>> {
        let (mut stacks, mut truths) = (Vec::new(), Vec::new());
        for files in &data.stack {
            let (image, truth) = (self.path(&files.image), self.path(&files.truth));
            if !image.exists() || !truth.exists() {
                return Ok(None);
            }
            let mut stack = Stack::open(image)?;
            if let Some(roi) = &files.roi {
                stack = stack.with_roi(self.path(roi))?;
            }
            if let Some(anatomy) = files.anatomy {
                stack = stack.with_found_roi(anatomy)?;
            }
            truths.push(LabelMap::open(truth, &stack, &files.foreground)?);
            stacks.push(stack);
        }
        Ok(Some(Opened { stacks, truths, scaling: data.scaling }))
    }

    /// The settings of one run.
    pub(crate) fn config(
        &self,
        (arm, setting): (&Arm, &Setting),
        data: &Opened,
        (budget, seed): (f64, u64),
        threads: NonZeroUsize,
    ) -> anyhow::Result<CampaignConfig> {
        let mut json = serde_json::to_value(CampaignConfig::two_steps())?;
        merge(&mut json, &setting.config);
        let mut config: CampaignConfig =
            serde_json::from_value(json).with_context(|| format!("setting {:?}", setting.name))?;
        config.seed = seed;
        config.reserve = self.reserve;
        config.threads = Threads::Fixed(threads);
        config.stopping.budget.fraction = Some(budget);
        config.scaling = data.scaling.unwrap_or(config.scaling);
        let first = arm.first.config()?;
        let config = match &arm.later {
            None => config.single_round(first),
            Some(later) => CampaignConfig { first, later: later.config()?, ..config },
        };
        config.check().with_context(|| format!("setting {:?}, {:?}", setting.name, arm.name))?;
        Ok(config)
    }
}

/// Puts the values of `changes` in the place of those of `whole`.
fn merge(whole: &mut serde_json::Value, changes: &serde_json::Value) {
    match (whole, changes) {
        (serde_json::Value::Object(whole), serde_json::Value::Object(changes)) => {
            for (field, change) in changes {
                merge(whole.entry(field).or_insert(serde_json::Value::Null), change);
            }
        }
        (_, serde_json::Value::Null) => {}
        (whole, changes) => *whole = changes.clone(),
    }
}
