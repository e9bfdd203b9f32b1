//! What the run works on: files, or the phantom.

use qunet::Error;
use qunet::stack::phantom::CtPhantom;
use qunet::stack::{LabelMap, Stack};

use crate::arguments::Arguments;

/// A stack and the labels that stand in for its annotator.
pub(crate) struct Input {
    pub(crate) stack: Stack,
    pub(crate) truth: LabelMap,
}

impl Input {
    pub(crate) fn read(arguments: &Arguments) -> Result<Self, Error> {
        let (Some(stack), Some(labels)) = (&arguments.stack, &arguments.labels) else {
            let phantom = CtPhantom { seed: arguments.seed, ..CtPhantom::default() }.generate()?;
            return Ok(Self { stack: phantom.stack, truth: phantom.truth });
        };
        let mut stack = Stack::open(stack)?;
        if let Some(roi) = &arguments.roi {
            stack = stack.with_roi(roi)?;
        }
        let truth = LabelMap::open_binary(labels, &stack)?;
        Ok(Self { stack, truth })
    }
}
