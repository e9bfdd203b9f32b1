//! The names most programs need: `use qunet::prelude::*;`.

pub use qunet_quality::{QualityParams, QualityRecord, score_file, score_stack};
pub use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
pub use qunet_select::{Pool, Request, Selection, Strategy, StrategyConfig};
pub use qunet_stack::{Geometry, LabelMap, Pixels, Scaling, SliceId, Stack};

#[cfg(feature = "campaign")]
pub use qunet_campaign::{
    CampaignConfig, CampaignReport, RecordedLabels, evaluate, run_rounds, run_two_steps,
};
#[cfg(feature = "model")]
pub use qunet_model::{
    Channels, Device, Network, Predictor, Silent, TrainConfig, Trainer, TrainingSet,
    UnetPlusPlusConfig,
};
