//! Weights files: safetensors, which are plain numbers behind a JSON header and nothing that could be executed.
//! Variables and a description go in and come out; what they are the weights of is the caller's.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use qunet_stack::write_file;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo, TensorView, serialize};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tch::nn::VarStore;
use tch::{Kind, TchError, Tensor};

use crate::error::{Error, WeightsProblem, While};
use crate::tensors::channels_last;

/// A header has some hundred bytes per tensor, and a history; nothing larger is read into memory.
const LARGEST_HEADER: u64 = 16 << 20;

/// The name of our own text in the header.
const TEXT: &str = "qunet";

/// All variables of a network, in the order of their names.
pub(crate) fn named(variables: &VarStore) -> Vec<(String, Tensor)> {
    let mut named: Vec<_> = variables.variables().into_iter().collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    named
}

/// Writes tensors, as f32, and their description as JSON in the header; whole or not at all.
pub(crate) fn write(
    path: &Path,
    tensors: Vec<(String, Tensor)>,
    description: &impl Serialize,
) -> Result<(), Error> {
    let mut values = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let flat = flat(&tensor).while_doing("copying weights out of the network")?;
        let shape: Vec<usize> = tensor.size().iter().map(|&side| side as usize).collect();
        values.push((name, shape, flat));
    }
    let failed = |problem: WeightsProblem| Error::Weights { path: path.to_owned(), problem };
    let views: Result<Vec<_>, _> = values
        .iter()
        .map(|(name, shape, flat)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(flat));
            view.map(|view| (name.as_str(), view))
        })
        .collect();
    let views = views.map_err(|why| failed(std::io::Error::other(why).into()))?;
    let text =
        serde_json::to_string(description).map_err(|why| failed(WeightsProblem::Header(why)))?;
    let text = Some(HashMap::from([(TEXT.to_owned(), text)]));
    // The crate's own `serialize_to_file` writes in place: a kill would leave half a file under the final name.
    let bytes = serialize(views, text).map_err(|why| failed(std::io::Error::other(why).into()))?;
    Ok(write_file(path, &bytes)?)
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>, TchError> {
    let tensor = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?;
    Vec::<f32>::try_from(&tensor.f_contiguous()?.f_reshape([-1])?)
}

/// Reads the variables of a network from a file that holds these and no others.
pub(crate) fn load(path: &Path, variables: &VarStore) -> Result<(), Error> {
    let mut file = WeightsFile::open(path)?;
    let named = named(variables);
    // A checkpoint has moments, an average and the best weights, PyTorch counts the batches of its statistics.
    let skipped = |name: &str| {
        ["adam.", "average.", "best."].iter().any(|prefix| name.starts_with(prefix))
            || name.ends_with(".num_batches_tracked")
    };
    let unknown = |name: &String| !skipped(name) && named.iter().all(|(own, _)| own != name);
    if let Some(name) = file.names().into_iter().find(unknown) {
        return Err(file.refused(WeightsProblem::Surplus { name }));
    }
    file.fill(named)
}

/// A copy of all variables in memory.
pub(crate) fn copies(variables: &VarStore) -> Result<Vec<(String, Tensor)>, Error> {
    let mut copies = named(variables);
    for (_, tensor) in &mut copies {
        *tensor = tensor.f_detach().map(|tensor| tensor.copy()).while_doing("copying weights")?;
    }
    Ok(copies)
}

/// Sets the variables of a network to such a copy.
pub(crate) fn restore(variables: &VarStore, copies: Vec<(String, Tensor)>) -> Result<(), Error> {
    let variables = named(variables).into_iter();
    set_all(copies.into_iter().zip(variables).map(|((_, value), (_, to))| (value, to)).collect())
}

/// Copies values into tensors.
pub(super) fn set_all(read: Vec<(Tensor, Tensor)>) -> Result<(), Error> {
    let _no_grad = tch::no_grad_guard();
    for (values, mut tensor) in read {
        set(&mut tensor, &values).while_doing("setting weights")?;
    }
    Ok(())
}

fn set(variable: &mut Tensor, values: &Tensor) -> Result<(), TchError> {
    let values = if values.dim() == 4 { channels_last(values)? } else { values.shallow_clone() };
    variable.f_copy_(&values)?;
    Ok(())
}

/// An opened file, its header read and checked against its length.
pub(crate) struct WeightsFile {
    path: PathBuf,
    file: BufReader<File>,
    header: Metadata,
    /// Where the numbers begin.
    start: u64,
}

impl WeightsFile {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::read_header(path).map_err(|problem| Error::Weights { path: path.to_owned(), problem })
    }

    fn read_header(path: &Path) -> Result<Self, WeightsProblem> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut file = BufReader::new(file);
        let mut size = [0; 8];
        file.read_exact(&mut size)?;
        let bytes = u64::from_le_bytes(size);
        if bytes > LARGEST_HEADER {
            return Err(WeightsProblem::HeaderSize { bytes });
        }
        let start = 8 + bytes;
        if start > length {
            return Err(WeightsProblem::Length { found: length, expected: start });
        }
        let mut text = vec![0; bytes as usize];
        file.read_exact(&mut text)?;
        let header: Metadata = serde_json::from_slice(&text).map_err(WeightsProblem::Header)?;
        let expected = start + header.data_len() as u64;
        if expected != length {
            return Err(WeightsProblem::Length { found: length, expected });
        }
        Ok(Self { path: path.to_owned(), file, header, start })
    }

    /// The description that [`write()`] was given.
    pub(crate) fn description<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = self.header.metadata().as_ref().and_then(|texts| texts.get(TEXT));
        let text = text.ok_or_else(|| self.refused(WeightsProblem::Undescribed))?;
        serde_json::from_str(text).map_err(|why| self.refused(WeightsProblem::Description(why)))
    }

    /// The names of all tensors, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.header.tensors().into_keys().collect();
        names.sort_unstable();
        names
    }

    /// Sets each tensor from the one of its name. All are read and checked before the first is changed.
    pub(crate) fn fill(&mut self, tensors: Vec<(String, Tensor)>) -> Result<(), Error> {
        for (name, tensor) in &tensors {
            self.check(name, &tensor.size())?;
        }
        let mut read = Vec::with_capacity(tensors.len());
        for (name, tensor) in tensors {
            read.push((self.tensor(&name)?, tensor));
        }
        set_all(read)
    }

    /// Refuses a tensor that is missing, of another shape or not of real numbers.
    pub(crate) fn check(&self, name: &str, shape: &[i64]) -> Result<(), Error> {
        let info = self.info(name)?;
        let expected: Vec<usize> = shape.iter().map(|&side| side as usize).collect();
        if info.shape != expected {
            let (name, found) = (name.to_owned(), info.shape.clone());
            return Err(self.refused(WeightsProblem::Shape { name, found, expected }));
        }
        kind_of(name, info.dtype).map(|_| ()).map_err(|problem| self.refused(problem))
    }

    /// One tensor, as f32 on the processor.
    pub(crate) fn tensor(&mut self, name: &str) -> Result<Tensor, Error> {
        let info = self.info(name)?;
        let (dtype, (begin, end)) = (info.dtype, info.data_offsets);
        let shape: Vec<i64> = info.shape.iter().map(|&side| side as i64).collect();
        self.read(name, dtype, begin as u64, end - begin, &shape)
            .map_err(|problem| self.refused(problem))
    }

    fn read(
        &mut self,
        name: &str,
        dtype: Dtype,
        begin: u64,
        length: usize,
        shape: &[i64],
    ) -> Result<Tensor, WeightsProblem> {
        let kind = kind_of(name, dtype)?;
        self.file.seek(SeekFrom::Start(self.start + begin))?;
        let mut bytes = vec![0; length];
        self.file.read_exact(&mut bytes)?;
        let tensor = Tensor::f_from_data_size(&bytes, shape, kind)?.f_to_kind(Kind::Float)?;
        if tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
            return Err(WeightsProblem::NotFinite { name: name.to_owned() });
        }
        Ok(tensor)
    }

    fn info(&self, name: &str) -> Result<&TensorInfo, Error> {
        let missing = || self.refused(WeightsProblem::Missing { name: name.to_owned() });
        self.header.info(name).ok_or_else(missing)
    }

    fn refused(&self, problem: WeightsProblem) -> Error {
        Error::Weights { path: self.path.clone(), problem }
    }
}

fn kind_of(name: &str, dtype: Dtype) -> Result<Kind, WeightsProblem> {
    Ok(match dtype {
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::F32 => Kind::Float,
        Dtype::F64 => Kind::Double,
        other => {
            let (name, found) = (name.to_owned(), format!("{other:?}"));
            return Err(WeightsProblem::NumberType { name, found });
        }
    })
}
