//! The pixels that requests name.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, bail, ensure};
use bytemuck::AnyBitPattern;
use ndarray::{ArrayD, IxDyn};

use crate::request::{Dtype, Load};

/// Numbers of any type: an image (H, W), a stack (N, H, W), a volume or a list.
pub(crate) enum Array {
    U8(ArrayD<u8>),
    U16(ArrayD<u16>),
    I16(ArrayD<i16>),
    F32(ArrayD<f32>),
    F64(ArrayD<f64>),
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
            _ => bail!("the array holds numbers, not a mask; load it with the dtype `bool`"),
        }
    }

    /// Everything in it, in order of memory.
    pub(crate) fn bytes(&self) -> anyhow::Result<&[u8]> {
        let bytes = match self {
            Self::U8(array) => array.as_slice(),
            Self::U16(array) => array.as_slice().map(bytemuck::cast_slice),
            Self::I16(array) => array.as_slice().map(bytemuck::cast_slice),
            Self::F32(array) => array.as_slice().map(bytemuck::cast_slice),
            Self::F64(array) => array.as_slice().map(bytemuck::cast_slice),
            Self::Bool(array) => array.as_slice().map(bytemuck::cast_slice),
        };
        bytes.context("the array is not in one piece")
    }
}

fn read(file: &Load) -> anyhow::Result<Array> {
    let bytes = fs::read(&file.path)?;
    Ok(match file.dtype {
        Dtype::U8 => Array::U8(pixels(&bytes, &file.shape)?),
        Dtype::U16 => Array::U16(pixels(&bytes, &file.shape)?),
        Dtype::I16 => Array::I16(pixels(&bytes, &file.shape)?),
        Dtype::F32 => Array::F32(pixels(&bytes, &file.shape)?),
        Dtype::F64 => Array::F64(pixels(&bytes, &file.shape)?),
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
