use serde::{Deserialize, Serialize};

use super::{
    ByScore, CoreSet, EvenlySpaced, ForegroundRandom, Hybrid, PowerScore, Random, Strategy,
    Typicality,
};
use crate::{Column, Error, Pool, Selection};

/// A strategy by name, as configuration files hold it; unknown fields are refused.
///
/// ```
/// use qunet_select::{CoreSet, Space, StrategyConfig};
///
/// let config: StrategyConfig =
///     serde_json::from_str(r#"{"strategy": "core_set", "space": "unit_features"}"#).unwrap();
/// assert_eq!(config, StrategyConfig::CoreSet(CoreSet { space: Space::UnitFeatures }));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum StrategyConfig {
    /// [`Random`].
    Random {},
    /// [`EvenlySpaced`].
    EvenlySpaced {},
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
    /// [`ByScore::disagreement`].
    Disagreement {
        /// q0; `None` = the lowest agreement, whatever it is.
        #[serde(default)]
        quality_threshold: Option<f64>,
    },
    /// [`ByScore`] of [`Column::Disagreement`]: the largest area on which the heads differ.
    DisagreementArea {},
    /// [`ByScore`] of [`Column::Quality`].
    Quality {},
    /// [`ByScore`] of any column.
    Score(ByScore),
    /// [`Hybrid`].
    Hybrid(Hybrid),
}

impl StrategyConfig {
    /// One of each, with default settings, for a comparison at equal budget.
    #[must_use]
    pub fn every() -> Vec<Self> {
        vec![
            Self::Random {},
            Self::EvenlySpaced {},
            Self::ForegroundRandom(ForegroundRandom::default()),
            Self::Entropy {},
            Self::Margin {},
            Self::Bald {},
            Self::PowerBald(PowerScore::default()),
            Self::CoreSet(CoreSet::default()),
            Self::Typicality(Typicality::default()),
            Self::Disagreement { quality_threshold: None },
            Self::DisagreementArea {},
            Self::Quality {},
            Self::Hybrid(Hybrid::default()),
        ]
    }

    /// The strategy itself.
    #[must_use]
    pub fn strategy(&self) -> Box<dyn Strategy> {
        match self {
            Self::Random {} => Box::new(Random {}),
            Self::EvenlySpaced {} => Box::new(EvenlySpaced {}),
            Self::ForegroundRandom(it) => Box::new(*it),
            Self::Entropy {} => Box::new(ByScore::new(Column::Entropy)),
            Self::Margin {} => Box::new(ByScore::new(Column::Margin)),
            Self::Bald {} => Box::new(ByScore::new(Column::Bald)),
            Self::PowerBald(it) => Box::new(it.clone()),
            Self::CoreSet(it) => Box::new(*it),
            Self::Typicality(it) => Box::new(*it),
            Self::Disagreement { quality_threshold } => {
                Box::new(ByScore::disagreement(*quality_threshold))
            }
            Self::DisagreementArea {} => Box::new(ByScore::new(Column::Disagreement)),
            Self::Quality {} => Box::new(ByScore::new(Column::Quality)),
            Self::Score(it) => Box::new(it.clone()),
            Self::Hybrid(it) => Box::new(it.clone()),
        }
    }

    /// As [`Strategy::select`] of the strategy.
    ///
    /// # Errors
    /// As [`Strategy::select`].
    pub fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        self.strategy().select(pool, count, seed)
    }
}
