//! A round in numbers.

use ndarray::{Array3, Zip};
use qunet_model::IGNORE;
use qunet_segmetrics::{ConfusionMatrix, EmptyPolicy};
use qunet_select::RoundSummary;

use super::manifest::FileRecord;
use super::stacks::read_labels;
use super::{Campaign, digest};
use crate::Error;

impl Campaign {
    pub(super) fn summary(
        &self,
        records: &[FileRecord],
        predictions: &[FileRecord],
    ) -> Result<RoundSummary, Error> {
        let records = self.read_records(records)?;
        let agreement = records.iter().flat_map(|stack| &stack.agreement);
        let told: Vec<f64> = agreement.filter(|it| !it.empty).map(|it| it.quality_index).collect();
        let mean = told.iter().sum::<f64>() / told.len() as f64;
        Ok(RoundSummary {
            round: self.manifest.rounds.len(),
            annotated_slices: self.manifest.annotated(),
            total_slices: self.manifest.slices(),
            annotated_foreground: self.manifest.stacks.iter().map(|it| it.foreground).sum(),
            mean_agreement: (!told.is_empty()).then_some(mean),
            prediction_kappa: self.kappa(predictions)?,
        })
    }

    /// Cohen's kappa with the predictions of the round before, on slices still not annotated.
    fn kappa(&self, predictions: &[FileRecord]) -> Result<Option<f64>, Error> {
        let before = self.manifest.rounds.iter().rev().find_map(|round| round.query.as_ref());
        let Some(before) = before else { return Ok(None) };
        let classes = self.manifest.config.classes.len();
        let read = |file: &FileRecord| -> Result<Array3<u8>, Error> {
            read_labels(&digest::unchanged(&self.folder, file)?)
        };
        let mut counts = vec![vec![0; classes + 1]; classes + 1];
        for (now, before) in predictions.iter().zip(&before.predictions) {
            let (mut now, mut before) = (read(now)?, read(before)?);
            Zip::from(&mut now).and(&mut before).for_each(|now, before| {
                if *now == IGNORE || *before == IGNORE {
                    (*now, *before) = (0, IGNORE);
                }
            });
            let matrix = ConfusionMatrix::from_labels(&now, &before, classes + 1, Some(IGNORE))?;
            for (actual, row) in counts.iter_mut().enumerate() {
                for (predicted, count) in row.iter_mut().enumerate() {
                    *count += matrix.count(actual, predicted);
                }
            }
        }
        Ok(ConfusionMatrix::from_rows(counts)?.kappa(EmptyPolicy::Undefined))
    }
}
