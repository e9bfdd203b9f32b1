use std::str::FromStr;

use serde::de::value::{Error as NameError, MapDeserializer};
use serde::{Deserialize, Serialize};

use super::{
    ByScore, CoreSet, Coverage, EvenlySpaced, ForegroundRandom, HeadDisagreement, Hybrid,
    ImageQuality, Needs, PowerScore, Random, Spread, Strategy, Typicality,
};
use crate::{Column, Error, Pool, Request, Selection};

/// A strategy by name with its settings, as configuration files hold it; unknown fields are
/// refused.
///
/// ```
/// use qunet_select::{CoreSet, Space, StrategyConfig};
///
/// let config: StrategyConfig =
///     serde_json::from_str(r#"{"strategy": "core_set", "space": "unit_features"}"#).unwrap();
/// assert_eq!(config, StrategyConfig::CoreSet(CoreSet { space: Space::UnitFeatures }));
///
/// // A name alone takes the default settings; an unknown one is answered by those there are.
/// assert_eq!("core_set".parse::<StrategyConfig>()?, StrategyConfig::CoreSet(CoreSet::default()));
/// let error = "best".parse::<StrategyConfig>().unwrap_err().to_string();
/// assert!(error.starts_with(r#"there is no strategy "best"; name one of random, evenly_spaced, "#));
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum StrategyConfig {
    /// [`Random`].
    Random {},
    /// [`EvenlySpaced`].
    EvenlySpaced {},
    /// [`Spread`].
    Spread(Spread),
    /// [`ForegroundRandom`].
    ForegroundRandom(ForegroundRandom),
    /// [`ByScore`] of [`Column::Entropy`].
    Entropy {},
    /// [`ByScore`] of [`Column::Margin`].
    Margin {},
    /// [`ByScore`] of [`Column::Bald`].
    Bald {},
    /// [`PowerScore`], by default of [`Column::Bald`].
    PowerBald(PowerScore),
    /// [`CoreSet`].
    CoreSet(CoreSet),
    /// [`Typicality`].
    Typicality(Typicality),
    /// [`ImageQuality`]: S0.
    ImageQuality(ImageQuality),
    /// [`HeadDisagreement`]: Algorithm 1.
    HeadDisagreement(HeadDisagreement),
    /// [`ByScore`] of [`Column::Disagreement`]: the largest area on which the heads differ.
    DisagreementArea {},
    /// [`ByScore`] of [`Column::Quality`].
    QualityCost {},
    /// [`ByScore`] of any column.
    Score(ByScore),
    /// [`Hybrid`].
    Hybrid(Hybrid),
    /// [`Coverage`].
    Coverage(Coverage),
}

/// The names that configuration files know, in the order of the variants.
const NAMES: [&str; 17] = [
    "random",
    "evenly_spaced",
    "spread",
    "foreground_random",
    "entropy",
    "margin",
    "bald",
    "power_bald",
    "core_set",
    "typicality",
    "image_quality",
    "head_disagreement",
    "disagreement_area",
    "quality_cost",
    "score",
    "hybrid",
    "coverage",
];

impl StrategyConfig {
    /// One of each, with default settings, for a comparison at equal budget; without
    /// [`StrategyConfig::Score`], which repeats others.
    #[must_use]
    pub fn every() -> Vec<Self> {
        vec![
            Self::Random {},
            Self::EvenlySpaced {},
            Self::Spread(Spread::default()),
            Self::ForegroundRandom(ForegroundRandom::default()),
            Self::Entropy {},
            Self::Margin {},
            Self::Bald {},
            Self::PowerBald(PowerScore::default()),
            Self::CoreSet(CoreSet::default()),
            Self::Typicality(Typicality::default()),
            Self::ImageQuality(ImageQuality::default()),
            Self::HeadDisagreement(HeadDisagreement::default()),
            Self::DisagreementArea {},
            Self::QualityCost {},
            Self::Hybrid(Hybrid::default()),
            Self::Coverage(Coverage::default()),
        ]
    }

    /// What campaigns ask for by default, the whole budget at once: [`Spread`].
    ///
    /// Slices evenly spaced over the region of interest, of two of them one in the middle. On fifteen
    /// data sets they were better than random slices, and level with slices spaced evenly over the
    /// whole stack; no strategy was better than these, and most of those that ask a network were
    /// worse (`docs/strategies.md`). It needs no network.
    ///
    /// ```
    /// use qunet_select::{Strategy, StrategyConfig};
    ///
    /// let recommended = StrategyConfig::recommended();
    /// assert_eq!((recommended.name(), recommended.needs().network()), ("spread", false));
    /// ```
    #[must_use]
    pub fn recommended() -> Self {
        Self::Spread(Spread::default())
    }

    /// The strategy itself.
    fn strategy(&self) -> &dyn Strategy {
        static ENTROPY: ByScore = ByScore::new(Column::Entropy);
        static MARGIN: ByScore = ByScore::new(Column::Margin);
        static BALD: ByScore = ByScore::new(Column::Bald);
        static DISAGREEMENT_AREA: ByScore = ByScore::new(Column::Disagreement);
        static QUALITY_COST: ByScore = ByScore::new(Column::Quality);
        match self {
            Self::Random {} => &Random {},
            Self::EvenlySpaced {} => &EvenlySpaced {},
            Self::Spread(it) => it,
            Self::ForegroundRandom(it) => it,
            Self::Entropy {} => &ENTROPY,
            Self::Margin {} => &MARGIN,
            Self::Bald {} => &BALD,
            Self::PowerBald(it) => it,
            Self::CoreSet(it) => it,
            Self::Typicality(it) => it,
            Self::ImageQuality(it) => it,
            Self::HeadDisagreement(it) => it,
            Self::DisagreementArea {} => &DISAGREEMENT_AREA,
            Self::QualityCost {} => &QUALITY_COST,
            Self::Score(it) => it,
            Self::Hybrid(it) => it,
            Self::Coverage(it) => it,
        }
    }
}

impl Strategy for StrategyConfig {
    fn name(&self) -> &str {
        self.strategy().name()
    }

    fn needs(&self) -> Needs {
        self.strategy().needs()
    }

    fn check(&self) -> Result<(), Error> {
        self.strategy().check()
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.strategy().select(pool, request)
    }
}

impl FromStr for StrategyConfig {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let settings = MapDeserializer::<_, NameError>::new([("strategy", name)].into_iter());
        Self::deserialize(settings)
            .map_err(|_| Error::UnknownStrategy { name: name.to_owned(), names: &NAMES })
    }
}
