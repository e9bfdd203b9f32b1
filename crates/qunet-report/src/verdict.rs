//! The verdict on each slice as a reader sees it: its class, the word for it and its mark.

use std::collections::BTreeMap;

use plotters::style::RGBColor;
use qunet_quality::QualityRecord;
use qunet_select::{SliceVerdict, Verdict};
use qunet_stack::SliceId;

use crate::Error;
use crate::palette::{BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION};
use crate::surface::Marker;

/// The classes of verdicts, in the order of a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Picked,
    Annotated,
    Blurred,
    LowContrast,
    NearDuplicate,
    TooNear,
    OverQuota,
    Agrees,
    NotReached,
    Undefined,
    Degenerate,
    /// A verdict that this crate does not know yet.
    Other,
}

impl Class {
    pub(crate) const ALL: [Self; 12] = [
        Self::Picked,
        Self::Annotated,
        Self::Blurred,
        Self::LowContrast,
        Self::NearDuplicate,
        Self::TooNear,
        Self::OverQuota,
        Self::Agrees,
        Self::NotReached,
        Self::Undefined,
        Self::Degenerate,
        Self::Other,
    ];

    pub(crate) fn new(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Picked { .. } => Self::Picked,
            Verdict::Annotated => Self::Annotated,
            Verdict::Blurred { .. } => Self::Blurred,
            Verdict::LowContrast { .. } => Self::LowContrast,
            Verdict::NearDuplicate { .. } => Self::NearDuplicate,
            Verdict::TooNear { .. } => Self::TooNear,
            Verdict::OverQuota { .. } => Self::OverQuota,
            Verdict::Agrees { .. } => Self::Agrees,
            Verdict::NotReached => Self::NotReached,
            Verdict::Undefined { .. } => Self::Undefined,
            Verdict::Degenerate { .. } => Self::Degenerate,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Picked => "picked",
            Self::Annotated => "annotated",
            Self::Blurred => "blurred",
            Self::LowContrast => "low contrast",
            Self::NearDuplicate => "near duplicate",
            Self::TooNear => "too near along z",
            Self::OverQuota => "over the quota",
            Self::Agrees => "heads agree",
            Self::NotReached => "not reached",
            Self::Undefined => "undefined",
            Self::Degenerate => "degenerate",
            Self::Other => "other",
        }
    }

    /// Shape and colour, of which no two classes have both in common.
    pub(crate) fn mark(self) -> (Marker, RGBColor) {
        match self {
            Self::Picked => (Marker::Diamond, GREEN),
            Self::Annotated => (Marker::Diamond, BLUE),
            Self::Blurred => (Marker::Disc, ORANGE),
            Self::LowContrast => (Marker::Triangle, SKY),
            Self::NearDuplicate => (Marker::Ring, PURPLE),
            Self::TooNear => (Marker::Ring, ORANGE),
            Self::OverQuota => (Marker::Triangle, GREY),
            Self::Agrees => (Marker::Disc, SKY),
            Self::NotReached => (Marker::Square, GREY),
            Self::Undefined => (Marker::Cross, VERMILLION),
            Self::Degenerate => (Marker::Cross, INK),
            Self::Other => (Marker::Square, BLUE),
        }
    }
}

/// The verdict on each slice of `records`, in their order.
pub(crate) fn verdicts_of<'a>(
    records: &[QualityRecord],
    verdicts: &'a [SliceVerdict],
) -> Result<Vec<&'a Verdict>, Error> {
    if verdicts.len() != records.len() {
        return Err(Error::LengthMismatch {
            what: "verdicts",
            expected: records.len(),
            found: verdicts.len(),
        });
    }
    let by_slice: BTreeMap<SliceId, &Verdict> =
        verdicts.iter().map(|it| (it.id.slice, &it.verdict)).collect();
    let verdict = |record: &QualityRecord| {
        let slice = record.id;
        by_slice.get(&slice).copied().ok_or(Error::MissingVerdict { slice })
    };
    records.iter().map(verdict).collect()
}

/// Refuses records whose scores are no numbers.
pub(crate) fn check_scores(records: &[QualityRecord]) -> Result<(), Error> {
    if records.is_empty() {
        return Err(Error::Empty { what: "quality records" });
    }
    for record in records {
        let SliceId(index) = record.id;
        let variance = record.variance_of_laplacian;
        check_number("variance of Laplacian", index, variance)?;
        if let Some(contrast) = record.inverse_psnr {
            check_number("inverse PSNR", index, contrast)?;
        }
    }
    Ok(())
}

fn check_number(what: &'static str, index: usize, value: f64) -> Result<(), Error> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(Error::InvalidNumber { what, index, value, rule: "finite and not negative" })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use qunet_select::{Column, Degenerate, Reason};

    use super::*;

    #[test]
    fn every_verdict_has_a_class_of_its_own() {
        let of = SliceId(1);
        let verdicts = [
            Verdict::Picked {
                rank: 1,
                spacing: None,
                reason: Reason::Spaced { part: 1, parts: 1 },
            },
            Verdict::Annotated,
            Verdict::Blurred { blurriness: 1.0, limit: 0.5 },
            Verdict::LowContrast { inverse_psnr: 1.0, limit: 0.5 },
            Verdict::NearDuplicate { of, distance: 0.0 },
            Verdict::TooNear { of, distance: 1.0 },
            Verdict::OverQuota { quota: 1 },
            Verdict::Agrees { quality_index: 1.0, threshold: 0.5 },
            Verdict::NotReached,
            Verdict::Undefined { column: Column::Entropy },
            Verdict::Degenerate { reason: Degenerate::Constant },
        ];
        let classes: Vec<Class> = verdicts.iter().map(Class::new).collect();
        assert_eq!(classes, Class::ALL[..Class::ALL.len() - 1]);
    }

    #[test]
    fn classes_differ_by_name_and_by_mark() {
        let names: BTreeSet<_> = Class::ALL.map(Class::name).into();
        let mark = |class: Class| {
            let (marker, RGBColor(r, g, b)) = class.mark();
            (marker as u8, r, g, b)
        };
        let marks: BTreeSet<_> = Class::ALL.map(mark).into();
        assert_eq!([names.len(), marks.len()], [Class::ALL.len(); 2]);
    }
}
