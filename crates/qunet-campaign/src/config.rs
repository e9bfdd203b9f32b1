use qunet_model::{BatchNormConfig, TrainConfig, UnetConfig, UnetPlusPlusConfig};
use qunet_quality::QualityParams;
use qunet_select::{
    DisagreementOrder, DisagreementParams, EmptyAgreement, InitialParams, QualityThreshold,
};
use qunet_stack::Scaling;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Everything that decides a run of both steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwoStepConfig {
    /// How pixel values become intensities, for the metrics and the network alike.
    pub scaling: Scaling,
    /// The quality metrics of step 1.
    pub quality: QualityParams,
    /// The choice of S0; its `max_slices` is further bounded by the budget.
    pub initial: InitialParams,
    /// The choice of S_m; its `max_slices` is further bounded by the budget.
    pub query: DisagreementParams,
    /// The largest share of the slices to annotate in both steps together, in (0, 1]. Three
    /// fifths of it are for S0, the rest for S_m.
    pub budget: f64,
    /// The network.
    pub network: UnetPlusPlusConfig,
    /// Height and width at which the network works, a multiple of 16.
    pub size: usize,
    /// Training on S0.
    pub train: TrainConfig,
    /// Further training on S0 and S_m.
    pub fine_tune: TrainConfig,
    /// Slices that go through the network at once when predicting.
    pub prediction_batch: usize,
    /// Seeds the first weights; [`TwoStepConfig::with_seed`] sets all seeds.
    pub seed: u64,
}

impl Default for TwoStepConfig {
    fn default() -> Self {
        Self::quick()
    }
}

impl TwoStepConfig {
    /// A reduced network (8 filters, 96 x 96) and settings that hold up with a handful of
    /// slices: minutes on two CPU cores. Unlike in the paper the whole budget is spent, whatever Q
    /// is, and the slices on which the heads differ by the largest area come first
    /// ([`DisagreementOrder::Area`]). A network that saw no lesion agrees with itself everywhere and
    /// would ask for nothing, and the lowest Q are those of nearly empty slices; `docs/strategies.md`
    /// has the evidence.
    #[must_use]
    pub fn quick() -> Self {
        let unet = UnetConfig {
            width: 8,
            dropout: 0.2,
            batch_norm: BatchNormConfig::torch(),
            ..UnetConfig::paper()
        };
        Self {
            query: DisagreementParams::default()
                .quality_threshold(QualityThreshold::Fraction(1.0))
                .order(DisagreementOrder::Area)
                .empty_agreement(EmptyAgreement::Unknown),
            network: UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() },
            size: 96,
            train: TrainConfig { epochs: 30, ..TrainConfig::default() },
            fine_tune: TrainConfig { epochs: 15, ..TrainConfig::default() },
            ..Self::paper()
        }
    }

    /// The paper's network and recipe: 256 x 256, 32 filters, 60 epochs in batches of 20, Adam
    /// 1e-4, negative Dice. With few slices and rare lesions this recipe can end in a network
    /// that predicts nothing.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            scaling: Scaling::StackMinMax,
            quality: QualityParams::paper(),
            initial: InitialParams::default(),
            query: DisagreementParams::default(),
            budget: 0.2,
            network: UnetPlusPlusConfig::paper(),
            size: 256,
            train: TrainConfig::paper(),
            fine_tune: TrainConfig::paper(),
            prediction_batch: 4,
            seed: 0,
        }
    }

    /// Sets every seed of the run from one.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self.train.seed = seed;
        self.fine_tune.seed = seed.wrapping_add(1);
        self
    }

    /// Checks every setting, so that a run does not fail half-way.
    ///
    /// # Errors
    /// Each names the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        if !(self.budget > 0.0 && self.budget <= 1.0) {
            let rule = "the budget is a share of the slices in (0, 1]";
            return Err(Error::Parameter { field: "budget", value: self.budget, rule });
        }
        if self.size == 0 || !self.size.is_multiple_of(16) {
            let rule = "the network's size must be a multiple of 16";
            return Err(Error::Parameter { field: "size", value: self.size as f64, rule });
        }
        if self.prediction_batch == 0 {
            let rule = "it must be at least 1";
            return Err(Error::Parameter { field: "prediction_batch", value: 0.0, rule });
        }
        self.scaling.check()?;
        self.quality.check()?;
        self.initial.check()?;
        self.query.start()?;
        self.network.unet.check()?;
        self.train.check()?;
        Ok(self.fine_tune.check()?)
    }

    /// How many slices may be annotated in all, and how many of them in step 1.
    #[must_use]
    pub fn slices_of_budget(&self, slices: usize) -> (usize, usize) {
        let all = ((self.budget * slices as f64) as usize).max(2).min(slices);
        let initial = (all * 3 / 5).max(1).min(self.initial.max_slices);
        (all, initial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_never_overspent() {
        let config = TwoStepConfig::quick();
        // 66 slices: 13.2; 60: 12; 11: 2.2; 829: 165, of which S0 stays within its own cap.
        assert_eq!(config.slices_of_budget(66), (13, 7));
        assert_eq!(config.slices_of_budget(60), (12, 7));
        assert_eq!(config.slices_of_budget(11), (2, 1));
        assert_eq!(config.slices_of_budget(829), (165, 10));
        assert_eq!(config.slices_of_budget(2), (2, 1));
    }

    #[test]
    fn configurations_survive_json_and_nonsense_is_named() {
        for config in [TwoStepConfig::quick(), TwoStepConfig::paper().with_seed(9)] {
            config.check().unwrap();
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<TwoStepConfig>(&json).unwrap(), config);
        }
        let size = TwoStepConfig { size: 100, ..TwoStepConfig::quick() };
        assert_eq!(
            size.check().unwrap_err().to_string(),
            "size is 100: the network's size must be a multiple of 16"
        );
        assert!(TwoStepConfig { budget: 0.0, ..TwoStepConfig::quick() }.check().is_err());
    }
}
