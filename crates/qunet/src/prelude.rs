//! The names most programs need: `use qunet::prelude::*;`.

pub use qunet_quality::{QualityParams, QualityRecord, score_file, score_stack};
pub use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
pub use qunet_select::{Pool, Request, Selection, Strategy, StrategyConfig};
pub use qunet_stack::{Geometry, LabelMap, Pixels, Scaling, SliceId, Stack};

#[cfg(feature = "campaign")]
pub use qunet_campaign::{RecordedLabels, Silent, TwoStepConfig, evaluate, run_two_steps};
#[cfg(feature = "model")]
pub use qunet_model::{
    Device, Network, Predictor, TrainConfig, Trainer, TrainingSet, UnetPlusPlus, UnetPlusPlusConfig,
};
