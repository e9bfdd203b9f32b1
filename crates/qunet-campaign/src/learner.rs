use std::collections::BTreeMap;
use std::ops::ControlFlow;

use ndarray::{Array2, Array3, Axis};
use qunet_model::{
    Device, EpochRecord, HeadMaps, Predictor, TrainConfig, Trainer, TrainingSet, UnetPlusPlus,
};
use qunet_stack::{SliceId, Stack};

use crate::Error;
use crate::annotator::Annotator;
use crate::config::TwoStepConfig;
use crate::event::{Event, Observer, Stage, Watched};

/// A network together with the stack it learns from and the slices annotated so far.
pub(crate) struct Learner<'a> {
    stack: &'a Stack,
    config: &'a TwoStepConfig,
    network: UnetPlusPlus,
    annotated: BTreeMap<SliceId, Array2<bool>>,
}

impl<'a> Learner<'a> {
    /// A fresh network, its weights seeded.
    pub(crate) fn new(stack: &'a Stack, config: &'a TwoStepConfig) -> Result<Self, Error> {
        Ok(Self { stack, config, network: fresh(config)?, annotated: BTreeMap::new() })
    }

    /// Asks for the masks of more slices; how many of them hold any lesion.
    pub(crate) fn annotate(
        &mut self,
        ids: &[SliceId],
        stage: Stage,
        annotator: &mut dyn Annotator,
        observer: &mut dyn Observer,
    ) -> Result<usize, Error> {
        let [_, height, width] = self.stack.shape();
        let mut with_lesion = 0;
        for &slice in ids {
            let mask = annotator.annotate(slice)?;
            if mask.dim() != (height, width) {
                let (found, expected) = (mask.dim(), (height, width));
                return Err(Error::AnnotationShape { slice, found, expected });
            }
            with_lesion += usize::from(mask.iter().any(|&lesion| lesion));
            self.annotated.insert(slice, mask);
        }
        told(observer, &Event::Annotated { stage, ids, with_lesion })?;
        Ok(with_lesion)
    }

    /// Back to fresh weights: a network that saw no lesion has learnt to find none, and is a poor
    /// place to start from.
    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        self.network = fresh(self.config)?;
        Ok(())
    }

    /// Trains on everything annotated so far.
    pub(crate) fn fit(
        &self,
        train: &TrainConfig,
        stage: Stage,
        observer: &mut dyn Observer,
    ) -> Result<Vec<EpochRecord>, Error> {
        let mut slices = Vec::with_capacity(self.annotated.len());
        for (&id, mask) in &self.annotated {
            slices.push((self.stack.scaled_slice(id, &self.config.scaling)?, mask.clone()));
        }
        let size = (self.config.size, self.config.size);
        let set = TrainingSet::new(slices, size, Device::cuda_if_available())?;
        let mut watched = Watched { observer, stage };
        Ok(Trainer::new(train.clone())?.fit(&self.network, &set, &mut watched)?)
    }

    /// Runs every slice outside the annotated ones, a batch in memory at a time.
    pub(crate) fn predict(
        &self,
        stage: Stage,
        observer: &mut dyn Observer,
        mut each: impl FnMut(SliceId, HeadMaps) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let size = (self.config.size, self.config.size);
        let predictor = Predictor::new(&self.network, size, self.config.prediction_batch)?;
        let ids = self.unannotated();
        let mut done = 0;
        for batch in ids.chunks(predictor.batch_size()) {
            let slices: Result<Vec<_>, _> =
                batch.iter().map(|&id| self.stack.scaled_slice(id, &self.config.scaling)).collect();
            for (&id, maps) in batch.iter().zip(predictor.heads(&slices?)?) {
                each(id, maps)?;
            }
            done += batch.len();
            told(observer, &Event::Predicted { stage, done, total: ids.len() })?;
        }
        Ok(())
    }

    /// The annotator's masks where there are some, L4 above the threshold everywhere else.
    pub(crate) fn segment(&self, observer: &mut dyn Observer) -> Result<Array3<u8>, Error> {
        let [slices, height, width] = self.stack.shape();
        let mut labels = Array3::zeros((slices, height, width));
        for (id, mask) in &self.annotated {
            labels.index_axis_mut(Axis(0), id.0).assign(&mask.mapv(u8::from));
        }
        let threshold = self.config.query.probability_threshold;
        self.predict(Stage::Segment, observer, |id, maps| {
            let mask = maps.last().mapv(|probability| u8::from(probability > threshold));
            labels.index_axis_mut(Axis(0), id.0).assign(&mask);
            Ok(())
        })?;
        Ok(labels)
    }

    pub(crate) fn into_network(self) -> UnetPlusPlus {
        self.network
    }

    fn unannotated(&self) -> Vec<SliceId> {
        self.stack.ids().filter(|id| !self.annotated.contains_key(id)).collect()
    }
}

fn fresh(config: &TwoStepConfig) -> Result<UnetPlusPlus, Error> {
    qunet_model::seed(config.seed);
    Ok(UnetPlusPlus::new(&config.network, Device::cuda_if_available())?)
}

/// Tells the observer, and turns its wish to stop into the error that ends the run.
pub(crate) fn told(observer: &mut dyn Observer, event: &Event<'_>) -> Result<(), Error> {
    match observer.event(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Interrupted),
    }
}
