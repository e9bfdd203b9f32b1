//! What is compared.

use std::fmt;

use anyhow::bail;
use qunet_select::StrategyConfig;

/// Where the first slices come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Quality,
    EvenlySpaced,
    Random,
}

impl Start {
    pub(crate) const ALL: [Self; 3] = [Self::Quality, Self::EvenlySpaced, Self::Random];

    /// As a campaign's settings have it; `None` is S0.
    pub(crate) fn strategy(self) -> Option<StrategyConfig> {
        match self {
            Self::Quality => None,
            Self::EvenlySpaced => Some(StrategyConfig::EvenlySpaced {}),
            Self::Random => Some(StrategyConfig::Random {}),
        }
    }

    /// What every strategy is tried with after the paper's S0, and a few after the others.
    fn takes(self, later: &str) -> bool {
        match self {
            Self::Quality => true,
            Self::EvenlySpaced => {
                ["evenly_spaced", "disagreement", "disagreement_area", "hybrid"].contains(&later)
            }
            Self::Random => ["random", "disagreement"].contains(&later),
        }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quality => "quality",
            Self::EvenlySpaced => "evenly_spaced",
            Self::Random => "random",
        })
    }
}

/// A way to choose the first slices and one to choose the others.
#[derive(Clone)]
pub(crate) struct Arm {
    pub(crate) start: Start,
    pub(crate) later: StrategyConfig,
}

impl Arm {
    fn all() -> Vec<Self> {
        let of = |start: Start| {
            let taken = StrategyConfig::every().into_iter();
            taken.map(move |later| Self { start, later })
        };
        let all = Start::ALL.into_iter().flat_map(of);
        all.filter(|arm| arm.start.takes(arm.later.strategy().name())).collect()
    }

    /// All arms, or those of these names.
    pub(crate) fn named(names: &[String]) -> anyhow::Result<Vec<Self>> {
        let all = Self::all();
        let known = |name: &String| all.iter().any(|arm| arm.to_string() == *name);
        if let Some(unknown) = names.iter().find(|name| !known(name)) {
            let known: Vec<String> = all.iter().map(Self::to_string).collect();
            bail!("there is no arm {unknown}; there are {}", known.join(", "));
        }
        let wanted = |arm: &Self| names.is_empty() || names.contains(&arm.to_string());
        Ok(all.into_iter().filter(wanted).collect())
    }

    /// Whether it needs Monte-Carlo dropout.
    pub(crate) fn needs_samples(&self) -> bool {
        matches!(self.later, StrategyConfig::Bald {} | StrategyConfig::PowerBald(_))
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start, self.later.strategy().name())
    }
}
