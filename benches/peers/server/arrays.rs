//! The pixels that requests name.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, bail, ensure};
use bytemuck::AnyBitPattern;
use ndarray::{ArrayD, IxDyn};

use crate::request::{Dtype, Load};

/// Pixels of any type, an image (H, W) or a stack (N, H, W).
pub(crate) enum Array {
    U8(ArrayD<u8>),
    U16(ArrayD<u16>),
    I16(ArrayD<i16>),
    F32(ArrayD<f32>),
    Bool(ArrayD<bool>),
}

/// All that is loaded, by name.
#[derive(Default)]
pub(crate) struct Arrays(HashMap<String, Array>);

impl Arrays {
    pub(crate) fn load(&mut self, file: Load) -> anyhow::Result<()> {
        let array = read(&file).with_context(|| format!("cannot load {}", file.path.display()))?;
        self.0.insert(file.name, array);
        Ok(())
    }

    pub(crate) fn remove(&mut self, name: &str) -> anyhow::Result<()> {
        let gone = self.0.remove(name).map(drop);
        gone.with_context(|| format!("no array `{name}` to drop; load it first"))
    }

    pub(crate) fn get(&self, name: &str) -> anyhow::Result<&Array> {
        self.0.get(name).with_context(|| format!("no array `{name}`; load it first"))
    }
}

impl Array {
    /// The mask in it.
    pub(crate) fn mask(&self) -> anyhow::Result<&ArrayD<bool>> {
        match self {
            Self::Bool(mask) => Ok(mask),
            _ => bail!("the ROI holds pixels; load it with the dtype `bool`"),
        }
    }
}

fn read(file: &Load) -> anyhow::Result<Array> {
    let bytes = fs::read(&file.path)?;
    Ok(match file.dtype {
        Dtype::U8 => Array::U8(pixels(&bytes, &file.shape)?),
        Dtype::U16 => Array::U16(pixels(&bytes, &file.shape)?),
        Dtype::I16 => Array::I16(pixels(&bytes, &file.shape)?),
        Dtype::F32 => Array::F32(pixels(&bytes, &file.shape)?),
        Dtype::Bool => Array::Bool(pixels::<u8>(&bytes, &file.shape)?.mapv(|byte| byte != 0)),
    })
}

fn pixels<T: AnyBitPattern>(bytes: &[u8], shape: &[usize]) -> anyhow::Result<ArrayD<T>> {
    let wanted = shape.iter().product::<usize>() * size_of::<T>();
    let found = bytes.len();
    ensure!(found == wanted, "{found} bytes instead of {wanted} for the shape {shape:?}");
    let pixels = bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned);
    Ok(ArrayD::from_shape_vec(IxDyn(shape), pixels.collect())?)
}
