//! What an experiment compares: data sets, strategies, settings, budgets and seeds.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use qunet_campaign::{CampaignConfig, Reserve};
use qunet_model::Threads;
use qunet_select::StrategyConfig;
use qunet_stack::phantom::CtPhantom;
use qunet_stack::roi::Anatomy;
use qunet_stack::{Foreground, LabelMap, Scaling, Stack};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Value;

/// A file that describes an experiment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// File of results, relative to the plan.
    pub(crate) out: PathBuf,
    /// File that says of every stack where it is, relative to the plan.
    stacks: PathBuf,
    /// Seeds 0, 1, 2, ...
    pub(crate) seeds: u64,
    /// Shares of the slices that may be drawn.
    pub(crate) budgets: Vec<f64>,
    /// Slices that no arm may draw; of several combs the seeds take one after the other.
    reserve: Option<Combs>,
    /// Whether each source is scored by itself, too; its trees are fitted once more for that.
    #[serde(default)]
    pub(crate) by_source: bool,
    /// What is segmented.
    pub(crate) data: Vec<DataSet>,
    /// How slices are chosen.
    pub(crate) strategy: Vec<Arm>,
    /// How stacks are completed.
    pub(crate) setting: Vec<Setting>,
    /// The folder of the plan.
    #[serde(skip)]
    folder: PathBuf,
    /// What the file of stacks says, with paths from here.
    #[serde(skip)]
    known: BTreeMap<String, StackFiles>,
}

/// One comb of slices, or several.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
struct Combs(Vec<Reserve>);

impl TryFrom<Value> for Combs {
    type Error = toml::de::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::Array(combs) => {
                combs.into_iter().map(Value::try_into).collect::<Result<_, _>>().map(Self)
            }
            comb => Ok(Self(vec![comb.try_into()?])),
        }
    }
}

impl Combs {
    fn of_seed(&self, seed: u64) -> Option<Reserve> {
        self.0.get(usize::try_from(seed).ok()?.checked_rem(self.0.len())?).copied()
    }
}

/// Stacks of one campaign.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct DataSet {
    pub(crate) name: String,
    /// Names of the stacks on which slices are drawn.
    stacks: Vec<String>,
    /// Names of the stacks on which nobody draws; none of a patient whose slices are drawn.
    test: Vec<String>,
    /// How pixels become intensities; that of the settings where it is not given.
    scaling: Option<Scaling>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DataFields {
    name: String,
    stacks: Option<Vec<String>>,
    #[serde(default)]
    test: Vec<String>,
    scaling: Option<Scaling>,
}

/// A stack by its name, or several with a name of their own.
impl TryFrom<Value> for DataSet {
    type Error = toml::de::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let DataFields { name, stacks, test, scaling } = match value {
            Value::String(name) => {
                DataFields { name, stacks: None, test: Vec::new(), scaling: None }
            }
            fields => fields.try_into()?,
        };
        let stacks = stacks.unwrap_or_else(|| vec![name.clone()]);
        Ok(Self { name, stacks, test, scaling })
    }
}

/// Where a stack is, or how it is made.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StackFiles {
    image: Option<PathBuf>,
    truth: Option<PathBuf>,
    roi: Option<PathBuf>,
    /// A region of interest that is found.
    anatomy: Option<Anatomy>,
    /// Which values of the truth are lesion.
    #[serde(default)]
    foreground: Foreground,
    /// Stacks of one patient are not drawn on and tested on at once; the stack's name by default.
    patient: Option<String>,
    /// A phantom, in the place of files.
    phantom: Option<CtPhantom>,
}

/// Strategies of the first round and of later ones; without the latter, one round.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arm {
    pub(crate) name: String,
    first: Chosen,
    later: Option<Chosen>,
    /// The budgets of this arm alone, in the place of the plan's; a strategy may be there again with others.
    budgets: Option<Vec<f64>>,
    /// The settings it is run with; all where none is named.
    settings: Option<Vec<String>>,
    /// Fewer seeds than the plan's, for an arm that costs more or varies less than the others.
    seeds: Option<u64>,
}

/// A strategy by its name, or with settings.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
struct Chosen(StrategyConfig);

impl TryFrom<Value> for Chosen {
    type Error = anyhow::Error;

    fn try_from(value: Value) -> anyhow::Result<Self> {
        Ok(Self(match value {
            Value::String(name) => name.parse()?,
            settings => settings.try_into()?,
        }))
    }
}

/// Changes of the settings that come with the library, as in the JSON of a campaign.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub(crate) name: String,
    #[serde(default)]
    base: Base,
    #[serde(default)]
    config: serde_json::Value,
    /// One network in the place of a campaign.
    pub(crate) alone: Option<Alone>,
}

/// The settings that are changed.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Base {
    #[default]
    TwoSteps,
    Paper,
}

/// One network, trained at once on the slices of the first strategy, as those of the paper's Table I.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alone {
    pub(crate) network: NetworkKind,
    /// A stack all of whose slices it learns first.
    pub(crate) before: Option<String>,
}

/// A network without the settings, which are those of the campaign.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NetworkKind {
    Unet,
    UnetPlusPlus,
}

impl Setting {
    /// What makes a network alone other than a campaign with the same settings; nothing for a campaign.
    pub(crate) fn alone_as_text(&self) -> anyhow::Result<String> {
        Ok(match &self.alone {
            Some(alone) => serde_json::to_string(alone)?,
            None => String::new(),
        })
    }
}

/// The stacks of a data set, opened.
pub(crate) struct Opened {
    pub(crate) stacks: Vec<Stack>,
    pub(crate) truths: Vec<LabelMap>,
    /// Stacks on which nobody draws.
    pub(crate) test: Vec<(Stack, LabelMap)>,
    /// On whom it is judged: those of the latter where there are any, else of the former.
    pub(crate) patients: Vec<String>,
    scaling: Option<Scaling>,
}

/// One run of a plan.
pub(crate) struct Job<'a> {
    pub(crate) data: &'a DataSet,
    pub(crate) arm: &'a Arm,
    pub(crate) setting: &'a Setting,
    pub(crate) budget: f64,
    pub(crate) seed: u64,
}

impl Job<'_> {
    /// Whether the first round of another is the same, so that it is trained once for both.
    pub(crate) fn begins_as(&self, other: &Self) -> bool {
        let alike = self.data.name == other.data.name && self.setting.name == other.setting.name;
        let alike = alike && self.seed == other.seed && self.budget == other.budget;
        let rounds = self.arm.later.is_some() && other.arm.later.is_some();
        alike && rounds && self.arm.first == other.arm.first
    }
}

impl Plan {
    /// Reads a plan, and the file of stacks that it names.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let plan: Self = read(path, "plan")?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let stacks = folder.join(&plan.stacks);
        let mut known: BTreeMap<String, StackFiles> = read(&stacks, "file of stacks")?;
        let beside = stacks.parent().unwrap_or(Path::new(""));
        known.values_mut().for_each(|files| files.move_to(beside));
        let plan = Self { folder, known, ..plan };
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(self.seeds > 0, "seeds is 0: give at least 1");
        let settings: Vec<&String> = self.setting.iter().map(|it| &it.name).collect();
        for (what, names) in [
            ("data", self.data.iter().map(|it| &it.name).collect::<Vec<_>>()),
            ("setting", settings.clone()),
        ] {
            ensure!(!names.is_empty(), "the plan has no {what}");
            let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
            ensure!(twice.is_none(), "{what} {:?} is there twice", twice.map(|(_, name)| name));
        }
        for name in self.strategy.iter().filter_map(|arm| arm.settings.as_ref()).flatten() {
            ensure!(settings.contains(&name), "the plan has no setting {name:?}");
        }
        self.check_arms()?;
        self.data.iter().try_for_each(|data| self.check_patients(data))
    }

    /// Refuses arms that would not run, or not as they say, and two of one name.
    fn check_arms(&self) -> anyhow::Result<()> {
        ensure!(!self.strategy.is_empty(), "the plan has no strategy");
        for (at, arm) in self.strategy.iter().enumerate() {
            let name = &arm.name;
            ensure!(!self.budgets_of(arm).is_empty(), "strategy {name:?} has no budget");
            let mut alone = self.setting.iter().filter(|it| it.alone.is_some() && arm.has(it));
            if let Some(Setting { name: setting, .. }) =
                alone.next().filter(|_| arm.later.is_some())
            {
                bail!(
                    "strategy {name:?} has a second round, for which a network alone ({setting:?}) is not asked"
                );
            }
            let mut others = self.strategy[..at].iter().filter(|it| it.name == *name);
            ensure!(others.all(|it| self.are_apart(arm, it)), "strategy {name:?} is there twice");
        }
        Ok(())
    }

    /// Whether two arms of one name are one strategy with other budgets, so that each may have seeds of its own.
    fn are_apart(&self, one: &Arm, other: &Arm) -> bool {
        let budgets = self.budgets_of(one);
        let apart = !self.budgets_of(other).iter().any(|it| budgets.contains(it));
        apart && one.first == other.first && one.later == other.later
    }

    fn budgets_of<'a>(&'a self, arm: &'a Arm) -> &'a [f64] {
        arm.budgets.as_ref().unwrap_or(&self.budgets)
    }

    /// Refuses stacks that are not known, and a patient on both sides.
    fn check_patients(&self, data: &DataSet) -> anyhow::Result<()> {
        ensure!(!data.stacks.is_empty(), "data {:?} has no stack", data.name);
        let drawn = data.stacks.iter().map(|name| self.patient(name));
        let drawn = drawn.collect::<Result<Vec<_>, _>>()?;
        for test in &data.test {
            let patient = self.patient(test)?;
            ensure!(
                !drawn.contains(&patient),
                "data {:?} draws on patient {patient:?} and tests on {test:?} of the same",
                data.name
            );
        }
        let learnt_before = |it: &Setting| it.alone.as_ref()?.before.clone();
        for before in self.setting.iter().filter_map(learnt_before) {
            let patient = self.patient(&before)?;
            for name in data.stacks.iter().chain(&data.test) {
                ensure!(
                    self.patient(name)? != patient,
                    "a setting learns {before:?} before, which shows the patient of {name:?}"
                );
            }
        }
        Ok(())
    }

    /// Whose stack it is.
    fn patient(&self, name: &str) -> anyhow::Result<&str> {
        let of_files = self.files(name)?.patient.as_deref();
        let own_name = self.known.get_key_value(name).map(|(name, _)| name.as_str());
        Ok(of_files.or(own_name).unwrap_or_default())
    }

    fn files(&self, name: &str) -> anyhow::Result<&StackFiles> {
        let files = self.known.get(name);
        files.with_context(|| format!("{} has no stack {name:?}", self.stacks.display()))
    }

    /// A path of the plan, from here.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// All runs: seeds outermost, so that every data set and arm has a first result early; arms innermost, so that a
    /// stack is opened once for all of them.
    pub(crate) fn jobs(&self) -> Vec<Job<'_>> {
        let mut jobs = Vec::new();
        for seed in 0..self.seeds {
            for data in &self.data {
                for setting in &self.setting {
                    for arm in self.strategy.iter().filter(|arm| arm.runs_with(setting, seed)) {
                        let job = |&budget| Job { data, arm, setting, budget, seed };
                        jobs.extend(self.budgets_of(arm).iter().map(job));
                    }
                }
            }
        }
        jobs
    }

    /// Opens one stack.
    pub(crate) fn open_stack(&self, name: &str) -> anyhow::Result<(Stack, LabelMap)> {
        let opened = self.files(name)?.open(name)?;
        opened.with_context(|| format!("the files of stack {name:?} are not there"))
    }

    /// Opens a data set; `None` where its files are not there.
    pub(crate) fn open_data(&self, data: &DataSet) -> anyhow::Result<Option<Opened>> {
        let open = |names: &[String]| -> anyhow::Result<Option<Vec<(Stack, LabelMap)>>> {
            names.iter().map(|name| self.files(name)?.open(name)).collect()
        };
        let (Some(drawn), Some(test)) = (open(&data.stacks)?, open(&data.test)?) else {
            return Ok(None);
        };
        let (stacks, truths) = drawn.into_iter().unzip();
        let judged = if data.test.is_empty() { &data.stacks } else { &data.test };
        let patients = judged.iter().map(|name| Ok(self.patient(name)?.to_owned()));
        let patients = patients.collect::<anyhow::Result<_>>()?;
        Ok(Some(Opened { stacks, truths, test, patients, scaling: data.scaling }))
    }

    /// The settings of one run.
    pub(crate) fn config(
        &self,
        &Job { arm, setting, budget, seed, .. }: &Job<'_>,
        data: &Opened,
        threads: NonZeroUsize,
    ) -> anyhow::Result<CampaignConfig> {
        let base = match setting.base {
            Base::TwoSteps => CampaignConfig::two_steps(),
            Base::Paper => CampaignConfig::paper(),
        };
        let mut json = serde_json::to_value(base)?;
        merge(&mut json, &setting.config);
        let mut config: CampaignConfig =
            serde_json::from_value(json).with_context(|| format!("setting {:?}", setting.name))?;
        config.seed = seed;
        config.reserve = self.reserve.as_ref().and_then(|combs| combs.of_seed(seed));
        config.threads = Threads::Fixed(threads);
        config.stopping.budget.fraction = Some(budget);
        config.scaling = data.scaling.unwrap_or(config.scaling);
        let first = arm.first.0.clone();
        let config = match (&arm.later, &setting.alone) {
            (Some(later), _) => CampaignConfig { first, later: later.0.clone(), ..config },
            // It is trained once, for the epochs that the setting says.
            (None, Some(_)) => CampaignConfig { first, ..config },
            (None, None) => config.single_round(first),
        };
        config.check().with_context(|| format!("setting {:?}, {:?}", setting.name, arm.name))?;
        Ok(config)
    }
}

impl Arm {
    fn has(&self, setting: &Setting) -> bool {
        self.settings.as_ref().is_none_or(|names| names.contains(&setting.name))
    }

    fn runs_with(&self, setting: &Setting, seed: u64) -> bool {
        self.has(setting) && self.seeds.is_none_or(|seeds| seed < seeds)
    }
}

impl StackFiles {
    /// Paths relative to a folder, from here.
    fn move_to(&mut self, folder: &Path) {
        for path in [&mut self.image, &mut self.truth, &mut self.roi].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// The stack and its truth; `None` where they are not there.
    fn open(&self, name: &str) -> anyhow::Result<Option<(Stack, LabelMap)>> {
        let (image, truth) = match (&self.phantom, &self.image, &self.truth) {
            (Some(phantom), None, None) => {
                let phantom = phantom.generate()?;
                return Ok(Some((phantom.stack, phantom.truth)));
            }
            (None, Some(image), Some(truth)) => (image, truth),
            _ => bail!("stack {name:?} needs an image and a truth, or a phantom alone"),
        };
        if !image.exists() || !truth.exists() {
            return Ok(None);
        }
        let mut stack = Stack::open(image)?;
        if let Some(roi) = &self.roi {
            stack = stack.with_roi(roi)?;
        }
        if let Some(anatomy) = self.anatomy {
            stack = stack.with_found_roi(anatomy)?;
        }
        let truth = LabelMap::open(truth, &stack, &self.foreground)?;
        Ok(Some((stack, truth)))
    }
}

/// Reads a TOML file.
fn read<T: DeserializeOwned>(path: &Path, what: &str) -> anyhow::Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no {what}", path.display()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_of_the_folder_can_be_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
        let nothing = Opened {
            stacks: Vec::new(),
            truths: Vec::new(),
            test: Vec::new(),
            patients: Vec::new(),
            scaling: None,
        };
        let mut plans = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name == "stacks.toml") {
                continue;
            }
            let plan = Plan::open(&path).unwrap();
            for job in plan.jobs() {
                let config = plan.config(&job, &nothing, NonZeroUsize::MIN).unwrap();
                // A network alone is trained for as long as its setting says.
                let epochs = job.setting.config.pointer("/train/epochs");
                if let (Some(_), Some(epochs)) = (&job.setting.alone, epochs) {
                    assert_eq!(epochs, config.train.epochs);
                }
            }
            plans += 1;
        }
        assert!(plans > 10, "{plans}");
    }
}
