use qunet_select::{Budget, CoreSet, Hybrid, Space, StoppingRules, StrategyConfig, Typicality};
use serde::{Deserialize, Serialize};

use crate::{Error, TwoStepConfig};

/// Everything that decides a campaign.
///
/// ```
/// use qunet_campaign::CampaignConfig;
///
/// let config: CampaignConfig = serde_json::from_str(
///     r#"{"strategy": {"strategy": "entropy"}, "stopping": {"max_rounds": 3}}"#,
/// )?;
/// config.check()?;
/// assert_eq!(config.classes, ["lesion"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignConfig {
    /// Intensities, metrics, the choice of the first slices, the network and its trainings; its
    /// `budget` is the share of all slices that may be annotated.
    pub steps: TwoStepConfig,
    /// Names of the foreground classes; the first has label 1.
    pub classes: Vec<String>,
    /// Chooses the slices of the first round in place of image quality.
    pub first: Option<StrategyConfig>,
    /// Chooses the slices of all later rounds.
    pub strategy: StrategyConfig,
    /// The most slices asked for in a later round.
    pub slices_per_round: usize,
    /// When the campaign ends, besides `steps.budget`.
    pub stopping: StoppingRules,
    /// Samples of Monte-Carlo dropout per slice, for strategies that go by BALD; 0 = none.
    pub monte_carlo: usize,
    /// Gives the features of the network to every strategy, not only to those known to need them.
    pub features: bool,
}

impl Default for CampaignConfig {
    /// Rounds of five slices on which the heads differ by the largest area, far from each other in
    /// features and along z ([`Hybrid`]); the quick preset. The paper's rule is
    /// [`StrategyConfig::Disagreement`], with or without q0; `docs/strategies.md` compares them.
    fn default() -> Self {
        Self {
            steps: TwoStepConfig::quick(),
            classes: vec!["lesion".to_owned()],
            first: None,
            strategy: StrategyConfig::Hybrid(Hybrid::default()),
            slices_per_round: 5,
            stopping: StoppingRules::default(),
            monte_carlo: 0,
            features: false,
        }
    }
}

impl CampaignConfig {
    /// Checks every setting, so that a campaign does not fail half-way.
    ///
    /// # Errors
    /// Each names the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        self.steps.check()?;
        self.stopping.check()?;
        if self.slices_per_round == 0 {
            let rule = "it must be at least 1";
            return Err(Error::Parameter { field: "slices_per_round", value: 0.0, rule });
        }
        let classes = self.classes.len();
        if classes == 0 || classes > 253 {
            let rule = "a campaign has 1 to 253 foreground classes";
            return Err(Error::Parameter { field: "classes", value: classes as f64, rule });
        }
        let outputs = self.steps.network.unet.classes;
        if outputs != 1 && outputs != classes + 1 {
            let rule = "leave it at 1: it follows from the names of the classes";
            let value = outputs as f64;
            return Err(Error::Parameter { field: "steps.network.unet.classes", value, rule });
        }
        Ok(())
    }

    /// Sets every seed of the campaign from one.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { steps: self.steps.with_seed(seed), ..self }
    }

    /// Outputs of the network: 1 for a single class, the background and every class otherwise.
    pub(super) fn outputs(&self) -> usize {
        if self.classes.len() == 1 { 1 } else { self.classes.len() + 1 }
    }

    /// The stopping rules with the budget of `steps` in them.
    pub(super) fn rules(&self) -> StoppingRules {
        let budget = self.stopping.budget;
        let share = budget.fraction.map_or(self.steps.budget, |share| share.min(self.steps.budget));
        let budget = Budget { fraction: Some(share), ..budget };
        StoppingRules { budget, ..self.stopping }
    }

    /// Whether the strategy of later rounds looks at the features of the network.
    pub(super) fn needs_features(&self) -> bool {
        let space = match &self.strategy {
            StrategyConfig::CoreSet(CoreSet { space }) => *space,
            StrategyConfig::Typicality(Typicality { space, .. }) => *space,
            StrategyConfig::Hybrid(Hybrid { space, .. }) => *space,
            _ => Space::Quality,
        };
        self.features || space != Space::Quality
    }
}
