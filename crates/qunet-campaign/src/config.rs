//! The settings of a campaign, each read in one place.

use std::collections::BTreeSet;
use std::str::FromStr;

use qunet_context::{Source, TreesConfig};
use qunet_model::{
    Architecture, Channels, Description, Device, NormConfig, Threads, TrainConfig, UnetConfig,
    UnetPlusPlusConfig,
};
use qunet_quality::QualityParams;
use qunet_select::{
    AgreementParams, Budget, Column, Coverage, EmptyAgreement, HeadDisagreement, ImageQuality,
    Spread, StoppingRules, Strategy, StrategyConfig,
};
use qunet_stack::{Scaling, SliceId};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::require;

/// Everything that decides a campaign: what the network sees, how it learns, which slices are asked
/// for and when it ends.
///
/// The presets are [`CampaignConfig::quick`] (the default), [`CampaignConfig::two_steps`] and
/// [`CampaignConfig::paper`].
///
/// ```
/// use qunet_campaign::CampaignConfig;
///
/// let config: CampaignConfig = serde_json::from_str(
///     r#"{"later": {"strategy": "entropy"}, "stopping": {"max_rounds": 3}}"#,
/// )?;
/// config.check()?;
/// assert_eq!(config.classes, ["lesion"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignConfig {
    /// Names of the foreground classes; the first has label 1.
    pub classes: Vec<String>,
    /// How pixel values become intensities, for the metrics, the network and the pictures.
    pub scaling: Scaling,
    /// The quality metrics.
    pub quality: QualityParams,
    /// What the network sees of a slice.
    pub input: InputConfig,
    /// The network; it needs two heads at least.
    pub network: UnetPlusPlusConfig,
    /// The training from fresh weights.
    pub train: TrainConfig,
    /// The training that continues from the weights of the round before.
    pub fine_tune: TrainConfig,
    /// How slices go through the trained network.
    pub prediction: PredictionConfig,
    /// How the slices that nobody drew are completed.
    pub completion: CompletionConfig,
    /// How the agreement of the last two heads is measured.
    pub agreement: AgreementParams,
    /// Chooses the slices of the first round, before there is a network.
    pub first: StrategyConfig,
    /// Chooses the slices of all later rounds.
    pub later: StrategyConfig,
    /// How many slices a round asks for.
    pub rounds: RoundSizes,
    /// What may be annotated in all, and when another round is no longer worth it.
    pub stopping: StoppingRules,
    /// Slices that no strategy may choose, so that all can be judged on the same ones.
    pub reserve: Option<Reserve>,
    /// How many threads train; the number is recorded with each round, and an interrupted training
    /// continues with as many.
    pub threads: Threads,
    /// The seed of everything drawn at random: weights, training and selection.
    pub seed: u64,
}

/// What the network sees of a slice (section II-A of the paper).
///
/// Where the stack has a region of interest, the image outside it is set to 0 and the slice is cut
/// to the box around it; the prediction is brought back, and is background outside the region.
/// Without a region the network sees the whole slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputConfig {
    /// Height and width in pixels to which the input is resized, a multiple of the network's
    /// divisor (16 with five rows).
    pub size: usize,
    /// Whether pixels outside the region of interest are set to 0.
    pub mask: bool,
    /// Whether slices are cut to the box of the region of interest over the whole stack.
    pub crop: bool,
    /// Margin around that box as a share of its longer side, in [0, 1].
    pub margin: f64,
    /// By how many mm the region of interest is widened, >= 0.
    pub dilation: f64,
    /// The most pixels of the longer side of the grid on which all sources are made one; `None` =
    /// the slices' own pixels.
    pub grid: Option<usize>,
    /// The correlation of the details of neighbouring slices from which on the network is shown the
    /// slices before and after, too; the slice itself stands for them in other stacks. `None` =
    /// never. Slices that lie far apart tell a network what it only learns by heart.
    pub neighbours: Option<f64>,
    /// Whether the network is shown what was drawn on either side, interpolated along z.
    pub prior: bool,
}

/// How the slices that nobody drew are completed: what counts, and what is done to the result.
///
/// `docs/completion.md` describes the steps and what each of them gains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompletionConfig {
    /// What says something of a slice that nobody drew. [`Source::Network`] is always trained.
    pub sources: BTreeSet<Source>,
    /// Into how many shares the drawn slices are parted. With two or more, a network is trained
    /// without each share beside the one that learns from all slices, so that the sources can be
    /// weighed by what they say of slices they have not seen; with fewer than three drawn slices
    /// there is one network all the same.
    pub shares: usize,
    /// The share of the epochs that the networks which leave slices out are trained for, in (0, 1].
    pub effort: f64,
    /// Boosted trees over pixels.
    pub trees: TreesConfig,
    /// A difference in mean Dice by which a source weighs e times less than another, > 0.
    pub temperature: f64,
    /// A pixel is foreground where the fused probability is strictly above this, in [0, 1), or
    /// above a threshold nearby that serves the held-back slices better. Of calibrated
    /// probabilities the best threshold is half of the Dice that can be reached (Z. Lipton et al.,
    /// Optimal thresholding of classifiers to maximize F1 measure, 2014).
    pub threshold: f32,
    /// The correlation of the details of neighbouring slices from which on probabilities are
    /// smoothed along z; `None` = never.
    pub smoothing: Option<f64>,
    /// The quantile of the drawn components' areas below which a spot is removed that touches
    /// nothing next door; `None` = none is.
    pub spots: Option<f64>,
}

/// How slices go through the trained network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictionConfig {
    /// Slices that go through the network at once.
    pub batch_size: usize,
    /// A pixel is foreground where its probability is strictly above this, in [0, 1).
    pub threshold: f32,
    /// Whether each slice is predicted mirrored left to right, too, and the mean taken.
    pub flips: bool,
    /// Samples of Monte-Carlo dropout per slice, for strategies that read [`Column::Bald`]; 0 =
    /// none.
    pub monte_carlo: usize,
}

/// A comb of slices: every so many, from one on. As text `every:first`, for instance `3:1`.
///
/// ```
/// use qunet_campaign::Reserve;
/// use qunet_stack::SliceId;
///
/// let reserve: Reserve = "3:1".parse()?;
/// let held: Vec<bool> = (0..6).map(|slice| reserve.holds(SliceId(slice))).collect();
/// assert_eq!(held, [false, true, false, false, true, false]);
/// # Ok::<(), qunet_campaign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reserve {
    every: usize,
    first: usize,
}

impl Reserve {
    /// Whether a slice is one of them.
    #[must_use]
    pub fn holds(self, slice: SliceId) -> bool {
        slice.0 % self.every == self.first
    }
}

impl FromStr for Reserve {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once(':');
        let numbers =
            parts.and_then(|(every, first)| Some((every.parse().ok()?, first.parse().ok()?)));
        match numbers {
            Some((every, first)) if every > 1 && first < every => Ok(Self { every, first }),
            _ => Err(Error::Parameter {
                field: "reserve".into(),
                value: format!("{text:?}"),
                rule: "name every how many-th slice is kept, at least 2, and the first one, for \
                       instance 3:1"
                    .into(),
            }),
        }
    }
}

impl TryFrom<String> for Reserve {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Reserve> for String {
    fn from(Reserve { every, first }: Reserve) -> Self {
        format!("{every}:{first}")
    }
}

/// How many slices a round asks for, as far as the budget allows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoundSizes {
    /// The most slices of the first round.
    pub first: Option<usize>,
    /// The share of the budget, in (0, 1], that bounds the first round too where more rounds may
    /// follow; but never to fewer than two slices.
    pub share: f64,
    /// The most slices of a later round; `None` = all that the budget leaves.
    pub later: Option<usize>,
}

impl Default for InputConfig {
    /// 96 x 96 in the network and a grid of 256, masked and cropped with a margin of 4 %, the
    /// region widened by 2 mm, with the prior, and with neighbours whose details correlate by 0.7.
    fn default() -> Self {
        Self {
            size: 96,
            mask: true,
            crop: true,
            margin: 0.04,
            dilation: 2.0,
            grid: Some(256),
            neighbours: Some(0.7),
            prior: true,
        }
    }
}

impl InputConfig {
    /// The region at 256 x 256, and nothing else (section II-A).
    #[must_use]
    pub fn paper() -> Self {
        Self {
            size: 256,
            dilation: 0.0,
            grid: None,
            neighbours: None,
            prior: false,
            ..Self::default()
        }
    }
}

impl Default for CompletionConfig {
    /// All sources, three shares; a threshold of 0.4, probabilities smoothed where the details of
    /// neighbours correlate by 0.7, spots below the lower quartile removed.
    fn default() -> Self {
        let sources =
            [Source::Interpolation, Source::Trees, Source::Network, Source::NetworkWithPrior];
        Self {
            sources: BTreeSet::from(sources),
            shares: 3,
            effort: 0.5,
            trees: TreesConfig::default(),
            temperature: 0.05,
            threshold: 0.4,
            smoothing: Some(0.7),
            spots: Some(0.25),
        }
    }
}

impl CompletionConfig {
    /// One network, whose last head is the segmentation.
    #[must_use]
    pub fn network_alone() -> Self {
        Self {
            sources: BTreeSet::from([Source::Network]),
            shares: 1,
            threshold: 0.5,
            smoothing: None,
            spots: None,
            ..Self::default()
        }
    }
}

impl Default for PredictionConfig {
    /// Four slices at once, a threshold of 0.5, no flips and no Monte-Carlo samples.
    fn default() -> Self {
        Self { batch_size: 4, threshold: 0.5, flips: false, monte_carlo: 0 }
    }
}

impl Default for RoundSizes {
    /// The whole budget at once; where it grows afterwards, five in each round.
    fn default() -> Self {
        Self { first: None, share: 1.0, later: Some(5) }
    }
}

impl Default for CampaignConfig {
    fn default() -> Self {
        Self::quick()
    }
}

impl CampaignConfig {
    /// Reduced networks (8 filters, 96 x 96) and a recipe that holds up with a handful of slices:
    /// minutes on two CPU cores. A fifth of the slices are asked for at once, as
    /// [`StrategyConfig::recommended`] chooses them; later rounds, where the budget grows, go where drawn
    /// slices are missed most ([`Coverage`]). `docs/completion.md` has the completion and what other
    /// choices give.
    #[must_use]
    pub fn quick() -> Self {
        let unet = UnetConfig {
            width: 8,
            dropout: 0.2,
            norm: NormConfig::instance(),
            ..UnetConfig::paper()
        };
        Self {
            classes: vec!["lesion".to_owned()],
            scaling: Scaling::StackMinMax,
            quality: QualityParams::paper(),
            input: InputConfig::default(),
            network: UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() },
            train: TrainConfig { epochs: 30, copy_paste: 0.5, ..TrainConfig::default() },
            fine_tune: TrainConfig { epochs: 10, copy_paste: 0.5, ..TrainConfig::default() },
            prediction: PredictionConfig::default(),
            completion: CompletionConfig::default(),
            agreement: AgreementParams {
                empty_agreement: EmptyAgreement::Unknown,
                ..AgreementParams::default()
            },
            first: StrategyConfig::recommended(),
            later: StrategyConfig::Coverage(Coverage::default()),
            rounds: RoundSizes::default(),
            stopping: StoppingRules {
                budget: Budget { fraction: Some(0.2), ..Budget::default() },
                ..StoppingRules::default()
            },
            reserve: None,
            threads: Threads::Auto,
            seed: 0,
        }
    }

    /// [`CampaignConfig::quick`] in two rounds, each with half of the budget and the first with ten
    /// slices at most, which image quality chooses within its parts of the stack: what
    /// [`run_two_steps`](crate::run_two_steps) takes.
    #[must_use]
    pub fn two_steps() -> Self {
        let quick = Self::quick();
        Self {
            first: StrategyConfig::Spread(Spread::by_quality()),
            train: TrainConfig { epochs: 20, ..quick.train },
            rounds: RoundSizes { first: Some(10), share: 0.5, later: None },
            stopping: StoppingRules { max_rounds: Some(2), ..quick.stopping },
            ..quick
        }
    }

    /// The paper's two steps (Algorithm 1): 256 x 256, 32 filters, 60 epochs in batches of 20, Adam
    /// 1e-4, negative Dice; S0 by the means of both metrics, then every slice with Q < 0.5. With few
    /// slices and rare lesions this recipe can end in a network that predicts nothing.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            input: InputConfig::paper(),
            network: UnetPlusPlusConfig::paper(),
            train: TrainConfig::paper(),
            fine_tune: TrainConfig::paper(),
            completion: CompletionConfig::network_alone(),
            agreement: AgreementParams::default(),
            first: StrategyConfig::ImageQuality(ImageQuality::paper()),
            later: StrategyConfig::HeadDisagreement(HeadDisagreement::paper()),
            // Section II-B: fewer than 10.
            rounds: RoundSizes { first: Some(9), share: 0.6, later: None },
            ..Self::two_steps()
        }
    }

    /// The same effort with all slices chosen at once by another strategy, for comparison: one
    /// round over the whole budget. Where these settings leave slices for a second round, it is
    /// trained for as many epochs as both trainings together.
    #[must_use]
    pub fn single_round(&self, strategy: StrategyConfig) -> Self {
        let mut train = self.train.clone();
        if self.rounds.share < 1.0 && self.stopping.max_rounds != Some(1) {
            train.epochs += self.fine_tune.epochs;
        }
        Self {
            first: strategy,
            train,
            rounds: RoundSizes { first: None, ..self.rounds },
            stopping: StoppingRules { max_rounds: Some(1), ..self.stopping },
            ..self.clone()
        }
    }

    /// Checks every setting, so that a campaign does not fail half-way.
    ///
    /// # Errors
    /// Each names the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        self.check_classes()?;
        self.scaling.check()?;
        self.quality.check()?;
        self.network.check()?;
        self.input.check(self.network.unet.divisor())?;
        // The disagreement of the last two heads is observed in every round.
        self.network.last_two_levels()?;
        for (name, train) in [("train", &self.train), ("fine_tune", &self.fine_tune)] {
            train.check()?;
            let field = format!("{name}.patience");
            require(train.patience.is_none(), &field, train.patience.unwrap_or_default(), || {
                "early stopping needs validation slices, and a campaign trains on all it has".into()
            })?;
        }
        self.prediction.check()?;
        self.completion.check(&self.input)?;
        self.agreement.check()?;
        self.stopping.check()?;
        self.rounds.check()?;
        self.check_strategies()
    }

    fn check_classes(&self) -> Result<(), Error> {
        let classes = self.classes.len();
        let most = usize::from(qunet_model::IGNORE) - 2;
        require((1..=most).contains(&classes), "classes", classes, || {
            format!("a campaign has 1 to {most} foreground classes")
        })?;
        for (place, name) in self.classes.iter().enumerate() {
            require(!name.trim().is_empty(), "classes", format!("{name:?}"), || {
                "every class has a name".into()
            })?;
            // Formats that annotators' programs write tell classes by name alone, and some of them
            // neither see a space at the end nor the case.
            let same = |other: &String| other.trim().eq_ignore_ascii_case(name.trim());
            require(
                !self.classes[..place].iter().any(same),
                "classes",
                format!("{name:?}"),
                || "classes differ in more than case and spaces".into(),
            )?;
            require(
                !RESERVED.iter().any(|reserved| name.trim().eq_ignore_ascii_case(reserved)),
                "classes",
                format!("{name:?}"),
                || "annotators' programs call other labels so; use another name".into(),
            )?;
            require(!name.contains(char::is_control), "classes", format!("{name:?}"), || {
                "a name has no line breaks and other control characters".into()
            })?;
        }
        Ok(())
    }

    fn check_strategies(&self) -> Result<(), Error> {
        self.first.check()?;
        self.later.check()?;
        require(!self.first.needs().network(), "first", self.first.name(), || {
            "this strategy reads what a trained network predicts, and in the first round there is \
             none"
                .into()
        })?;
        self.check_samples(&self.later)
    }

    /// Refuses a strategy that reads samples where there are none: neither several networks nor
    /// Monte-Carlo dropout.
    pub(crate) fn check_samples(&self, strategy: &dyn Strategy) -> Result<(), Error> {
        let drawn = self.prediction.monte_carlo > 0 || self.completion.shares > 1;
        let holds = drawn || !strategy.needs().contains(&Column::Bald);
        require(holds, "prediction.monte_carlo", 0, || {
            format!("the strategy {} needs samples, for instance 8", strategy.name())
        })
    }

    /// Outputs of the network: 1 for a single class, the background and every class otherwise.
    pub(crate) fn outputs(&self) -> usize {
        if self.classes.len() == 1 { 1 } else { self.classes.len() + 1 }
    }

    /// The networks, but for their weights.
    pub(crate) fn description(&self) -> Description {
        let architecture = Architecture::UnetPlusPlus(self.network);
        Description { architecture, channels: self.channels() }
    }

    /// Refuses networks and batches that this machine cannot hold, before anything is annotated.
    pub(crate) fn check_memory(&self) -> Result<(), Error> {
        if Device::cuda_if_available() != Device::Cpu {
            return Ok(());
        }
        let batch = self.train.batch_size.max(self.fine_tune.batch_size);
        let size = (self.input.size, self.input.size);
        Ok(self.description().check_memory(batch, size)?)
    }

    /// Channels of the network: the slice and its neighbours, and behind them the prior of each
    /// class and where there is one.
    pub(crate) fn channels(&self) -> Channels {
        let intensities = if self.input.neighbours.is_some() { 3 } else { 1 };
        let priors = if self.input.prior { self.classes.len() + 1 } else { 0 };
        Channels { input: intensities + priors, classes: self.outputs(), priors }
    }

    /// The most slices to ask for in a round.
    ///
    /// In the first of several rounds a share of the budget, so that the network can ask for the
    /// rest, and two slices at least: from one alone a network learns nothing general.
    pub(crate) fn slices_of_round(&self, round: usize, total: usize, annotated: usize) -> usize {
        let left = self.stopping.budget.left(total, annotated);
        if round > 1 {
            return self.rounds.later.map_or(left, |most| most.min(left));
        }
        let share = match self.stopping.max_rounds {
            Some(1) => left,
            _ => ((left as f64 * self.rounds.share) as usize).max(2).min(left),
        };
        self.rounds.first.map_or(share, |most| most.min(share))
    }

    /// The seed of everything drawn in a round.
    pub(crate) fn seed_of_round(&self, round: usize) -> u64 {
        self.seed.wrapping_add(round as u64 - 1)
    }
}

/// The names under which annotators' programs show slices nobody annotated, and label 0.
const RESERVED: [&str; 2] = ["not asked for", "background"];

impl InputConfig {
    fn check(&self, divisor: usize) -> Result<(), Error> {
        let fits = self.size > 0 && self.size.is_multiple_of(divisor);
        require(fits, "input.size", self.size, || {
            format!("it must be a multiple of {divisor}, which the network halves down to 1")
        })?;
        let holds = (0.0..=1.0).contains(&self.margin);
        require(holds, "input.margin", self.margin, || "a share of the box lies in 0..=1".into())?;
        let holds = self.dilation >= 0.0 && self.dilation.is_finite();
        require(holds, "input.dilation", self.dilation, || "it must not be negative".into())?;
        correlation("input.neighbours", self.neighbours)?;
        let grid = self.grid.unwrap_or(1);
        require(grid > 0, "input.grid", grid, || "it must be at least 1".into())
    }
}

impl CompletionConfig {
    /// The training of a network that leaves slices out.
    pub(crate) fn shortened(&self, train: &TrainConfig) -> TrainConfig {
        let share = |epochs: usize| (epochs as f64 * self.effort).ceil() as usize;
        let (epochs, warmup_epochs) = (share(train.epochs), share(train.warmup_epochs));
        TrainConfig { epochs, warmup_epochs, ..train.clone() }
    }

    fn check(&self, input: &InputConfig) -> Result<(), Error> {
        require(!self.sources.is_empty(), "completion.sources", "empty", || {
            "something must say what is on a slice".into()
        })?;
        let shown = input.prior || !self.sources.contains(&Source::NetworkWithPrior);
        require(shown, "completion.sources", "network_with_prior", || {
            "the network is shown no prior; set input.prior".into()
        })?;
        require((1..=16).contains(&self.shares), "completion.shares", self.shares, || {
            "give 1 to 16 shares".into()
        })?;
        let holds = self.effort > 0.0 && self.effort <= 1.0;
        require(holds, "completion.effort", self.effort, || "it must lie in (0, 1]".into())?;
        self.trees.check()?;
        let positive = self.temperature > 0.0 && self.temperature.is_finite();
        require(positive, "completion.temperature", self.temperature, || {
            "it must be positive".into()
        })?;
        let holds = (0.0..1.0).contains(&self.threshold);
        require(holds, "completion.threshold", self.threshold, || "it must lie in [0, 1)".into())?;
        correlation("completion.smoothing", self.smoothing)?;
        let quantile = self.spots.unwrap_or(0.0);
        let holds = (0.0..=1.0).contains(&quantile);
        require(holds, "completion.spots", quantile, || "a quantile lies in 0..=1".into())
    }
}

/// Refuses what is no correlation.
fn correlation(field: &str, least: Option<f64>) -> Result<(), Error> {
    let least = least.unwrap_or(0.0);
    require((-1.0..=1.0).contains(&least), field, least, || "a correlation lies in -1..=1".into())
}

impl PredictionConfig {
    fn check(&self) -> Result<(), Error> {
        let holds = (1..=1024).contains(&self.batch_size);
        require(holds, "prediction.batch_size", self.batch_size, || {
            "it must lie in 1..=1024".into()
        })?;
        require(self.monte_carlo <= 10_000, "prediction.monte_carlo", self.monte_carlo, || {
            "give at most 10000 samples".into()
        })?;
        let holds = (0.0..1.0).contains(&self.threshold);
        require(holds, "prediction.threshold", self.threshold, || "it must lie in [0, 1)".into())
    }
}

impl RoundSizes {
    fn check(&self) -> Result<(), Error> {
        for (field, most) in [("rounds.first", self.first), ("rounds.later", self.later)] {
            let most = most.unwrap_or(1);
            require(most > 0, field, most, || "it must be at least 1".into())?;
        }
        let holds = self.share > 0.0 && self.share <= 1.0;
        require(holds, "rounds.share", self.share, || "it must lie in (0, 1]".into())
    }
}

#[cfg(test)]
mod tests {
    use qunet_model::HeadPlacement;

    use super::*;

    #[test]
    fn the_budget_is_never_overspent() {
        let config = CampaignConfig::two_steps();
        let sizes = |total| {
            let first = config.slices_of_round(1, total, 0);
            (first, config.slices_of_round(2, total, first))
        };
        // 66 slices: 13.2; 60: 12; 11: 2.2; 829: 165, of which the first round takes ten.
        assert_eq!(sizes(66), (6, 7));
        assert_eq!(sizes(60), (6, 6));
        assert_eq!(sizes(11), (2, 0));
        assert_eq!(sizes(829), (10, 155));
        // Of the paper's S0 there are fewer than ten.
        assert_eq!(CampaignConfig::paper().slices_of_round(1, 829, 0), 9);
        let single = config.single_round(StrategyConfig::Random {});
        assert_eq!(single.slices_of_round(1, 66, 0), 13);
        assert_eq!(single.train.epochs, config.train.epochs + config.fine_tune.epochs);
        // A campaign asks for all at once, and trains as long.
        let quick = CampaignConfig::quick();
        assert_eq!((quick.slices_of_round(1, 66, 0), quick.slices_of_round(2, 66, 13)), (13, 0));
        assert_eq!(quick.train, single.train);
        assert_eq!(quick.single_round(StrategyConfig::Random {}).train, quick.train);
    }

    /// Nothing of the completion touches the paper's recipe.
    #[test]
    fn the_paper_completes_by_its_network_alone() {
        let paper = CampaignConfig::paper();
        assert_eq!(paper.completion, CompletionConfig::network_alone());
        assert_eq!((paper.completion.shares, paper.completion.threshold), (1, 0.5));
        assert_eq!((paper.completion.smoothing, paper.completion.spots), (None, None));
        assert_eq!(paper.channels(), Channels::default());
        let InputConfig { size, mask, crop, dilation, grid, .. } = paper.input;
        assert_eq!((size, mask, crop, dilation, grid), (256, true, true, 0.0, None));
        assert_eq!((paper.train.ema, paper.train.copy_paste), (None, 0.0));
        assert!(!paper.prediction.flips);
    }

    #[test]
    fn presets_are_valid_and_survive_json() {
        for config in
            [CampaignConfig::quick(), CampaignConfig::two_steps(), CampaignConfig::paper()]
        {
            config.check().unwrap();
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<CampaignConfig>(&json).unwrap(), config);
        }
    }

    #[test]
    fn what_no_memory_holds_is_refused_before_anything_is_annotated() {
        let mut config = CampaignConfig::quick();
        config.check_memory().unwrap();
        config.input.size = 1 << 40;
        config.check().unwrap();
        let message = config.check_memory().unwrap_err().to_string();
        assert!(message.contains("1099511627776 x 1099511627776 pixels at once"), "{message}");
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_field() {
        type Change = fn(&mut CampaignConfig);
        let refused = |change: Change| {
            let mut config = CampaignConfig::quick();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        let cases: [(Change, &str); 15] = [
            (|it| it.input.size = 100, "input.size is 100: "),
            (|it| it.train.epochs = usize::MAX, "epochs is 18446744073709551615: "),
            (|it| it.prediction.batch_size = 4096, "prediction.batch_size is 4096: "),
            (|it| it.prediction.monte_carlo = 1 << 40, "prediction.monte_carlo is 1099511627776: "),
            (|it| it.prediction.threshold = 1.0, "prediction.threshold is 1: "),
            (|it| it.network.heads = HeadPlacement::Last, "two heads are needed"),
            (|it| it.train.patience = Some(3), "train.patience is 3: "),
            (|it| it.first = StrategyConfig::Entropy {}, "first is entropy: "),
            (
                |it| (it.later, it.completion.shares) = (StrategyConfig::Bald {}, 1),
                "prediction.monte_carlo is 0: ",
            ),
            (|it| it.input.prior = false, "completion.sources is network_with_prior: "),
            (|it| it.completion.sources.clear(), "completion.sources is empty: "),
            (|it| it.completion.shares = 0, "completion.shares is 0: "),
            (|it| it.completion.trees.leaves = 1, "leaves is 1: "),
            (|it| it.classes = vec!["a".into(), "A ".into()], "classes is \"A \": "),
            (|it| it.classes = vec!["Not asked for".into()], "classes is \"Not asked for\": "),
        ];
        for (change, start) in cases {
            let message = refused(change);
            assert!(message.starts_with(start), "{message}");
        }
        // A shallow network has fewer rows to halve, and still two heads.
        let mut shallow = CampaignConfig::quick();
        (shallow.network.unet.depth, shallow.input.size) = (3, 20);
        shallow.check().unwrap();
    }
}
