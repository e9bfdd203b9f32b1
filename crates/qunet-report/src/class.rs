use plotters::style::RGBColor;
use qunet_select::Verdict;

use crate::marker::Marker;
use crate::palette::{BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY};

/// The kinds of verdict a chart tells apart, in the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Kept,
    Blurred,
    LowContrast,
    NearDuplicate,
    TooNear,
    OverQuota,
    OverCap,
    Degenerate,
    Other,
}

impl Class {
    pub(crate) const ALL: [Self; 9] = [
        Self::Kept,
        Self::Blurred,
        Self::LowContrast,
        Self::NearDuplicate,
        Self::TooNear,
        Self::OverQuota,
        Self::OverCap,
        Self::Degenerate,
        Self::Other,
    ];

    pub(crate) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Kept { .. } => Self::Kept,
            Verdict::Blurred { .. } => Self::Blurred,
            Verdict::LowContrast { .. } => Self::LowContrast,
            Verdict::NearDuplicate { .. } => Self::NearDuplicate,
            Verdict::TooNear { .. } => Self::TooNear,
            Verdict::OverQuota { .. } => Self::OverQuota,
            Verdict::OverCap { .. } => Self::OverCap,
            Verdict::Degenerate { .. } => Self::Degenerate,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept (S0)",
            Self::Blurred => "blurred",
            Self::LowContrast => "low contrast",
            Self::NearDuplicate => "near duplicate",
            Self::TooNear => "too near along z",
            Self::OverQuota => "over the quota",
            Self::OverCap => "over the cap",
            Self::Degenerate => "degenerate",
            Self::Other => "other",
        }
    }

    pub(crate) fn mark(self) -> (Marker, RGBColor) {
        match self {
            Self::Kept => (Marker::Diamond, GREEN),
            Self::Blurred => (Marker::Disc, ORANGE),
            Self::LowContrast => (Marker::Triangle, SKY),
            Self::NearDuplicate => (Marker::Ring, PURPLE),
            Self::TooNear => (Marker::Ring, ORANGE),
            Self::OverQuota => (Marker::Triangle, GREY),
            Self::OverCap => (Marker::Square, GREY),
            Self::Degenerate => (Marker::Cross, INK),
            Self::Other => (Marker::Square, BLUE),
        }
    }
}
