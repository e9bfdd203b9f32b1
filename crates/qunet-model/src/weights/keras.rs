//! Weights of the author's notebooks: Keras' names and Keras' order of axes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tch::nn::VarStore;
use tch::{TchError, Tensor};

use super::file::{WeightsFile, named, set_all};
use crate::error::{Error, WeightsProblem, While};

/// Sets all variables from a file or a folder; see [`Network::load_keras`](crate::Network::load_keras).
pub(crate) fn load_keras(path: &Path, variables: &VarStore) -> Result<(), Error> {
    let refused = |problem| Error::Weights { path: path.to_owned(), problem };
    let layers = if path.is_dir() { folder(path).map_err(refused)? } else { file(path)? };
    let norms = norms(&layers);
    let mut read = Vec::new();
    for (name, variable) in named(variables) {
        let keras = keras_name(&name, &norms).ok_or_else(|| {
            refused(WeightsProblem::Missing { name: format!("batch normalisation of {name}") })
        })?;
        let found = keras.iter().find_map(|keras| layers.get(keras));
        let missing = || refused(WeightsProblem::Missing { name: keras[0].clone() });
        let values =
            transposed(found.ok_or_else(missing)?).while_doing("transposing Keras' axes")?;
        if values.size() != variable.size() {
            let shape = |tensor: &Tensor| tensor.size().iter().map(|&side| side as usize).collect();
            let (found, expected) = (shape(&values), shape(&variable));
            return Err(refused(WeightsProblem::Shape { name: keras[0].clone(), found, expected }));
        }
        read.push((values, variable));
    }
    set_all(read)
}

type Layers = BTreeMap<String, Tensor>;

fn file(path: &Path) -> Result<Layers, Error> {
    let mut file = WeightsFile::open(path)?;
    let mut layers = Layers::new();
    for name in file.names() {
        layers.insert(plain(&name), file.tensor(&name)?);
    }
    Ok(layers)
}

fn folder(path: &Path) -> Result<Layers, WeightsProblem> {
    let mut layers = Layers::new();
    let mut open = vec![(path.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), format!("{prefix}{name}/")));
            } else if let Some(name) = name.strip_suffix(".npy") {
                let tensor = Tensor::read_npy(entry.path())?.f_to_kind(tch::Kind::Float)?;
                layers.insert(plain(&format!("{prefix}{name}")), tensor);
            }
        }
    }
    Ok(layers)
}

/// `conv11_1/conv11_1/kernel:0` and `conv11_1__kernel` are both `conv11_1/kernel`.
fn plain(name: &str) -> String {
    let name = name.replace("__", "/");
    let mut parts: Vec<&str> = name.trim_end_matches(":0").split('/').collect();
    parts.dedup();
    let last_two = parts.len().saturating_sub(2);
    parts[last_two..].join("/")
}

/// The layers of batch normalisation in the order in which they were made.
fn norms(layers: &Layers) -> Vec<String> {
    let mut norms: Vec<(usize, String)> = layers
        .keys()
        .filter_map(|name| name.strip_suffix("/gamma"))
        .filter_map(|layer| {
            let number = layer.strip_prefix("batch_normalization")?.trim_start_matches('_');
            Some((number.parse().unwrap_or(0), layer.to_owned()))
        })
        .collect();
    norms.sort_unstable();
    norms.into_iter().map(|(_, layer)| layer).collect()
}

/// The names under which Keras may have a variable of ours.
fn keras_name(name: &str, norms: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&str> = name.split('.').collect();
    let kernel = |last: &str| if last == "weight" { "kernel" } else { "bias" };
    Some(match parts[..] {
        [node, conv, last] if conv.starts_with("conv") => {
            vec![format!("conv{}_{}/{}", &node[1..], &conv[4..], kernel(last))]
        }
        [node, norm, last] => {
            let row: usize = node.get(1..2)?.parse().ok()?;
            let which: usize = norm.strip_prefix("norm")?.parse().ok()?;
            let layer = norms.get(2 * (row.checked_sub(1)?) + which.checked_sub(1)?)?;
            let last = match last {
                "weight" => "gamma",
                "bias" => "beta",
                "running_mean" => "moving_mean",
                _ => "moving_variance",
            };
            vec![format!("{layer}/{last}")]
        }
        [layer, last] => match layer.strip_prefix("head") {
            Some("") => vec![format!("output/{}", kernel(last))],
            Some(level) => {
                vec![format!("output_{level}/{}", kernel(last)), format!("output/{}", kernel(last))]
            }
            None => vec![format!("{layer}/{}", kernel(last))],
        },
        _ => return None,
    })
}

/// Keras keeps kernels as (height, width, in, out), of transposed convolutions as (height, width, out, in); LibTorch
/// keeps (out, in, height, width) and (in, out, height, width).
fn transposed(values: &Tensor) -> Result<Tensor, TchError> {
    if values.dim() == 4 { values.f_permute([3, 2, 0, 1]) } else { Ok(values.shallow_clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_notebook() {
        let norms = vec!["batch_normalization_8".to_owned(), "batch_normalization_9".to_owned()];
        let keras = |name: &str| keras_name(name, &norms).unwrap()[0].clone();
        assert_eq!(keras("x12.conv1.weight"), "conv12_1/kernel");
        assert_eq!(keras("x41.conv2.bias"), "conv41_2/bias");
        assert_eq!(keras("up13.weight"), "up13/kernel");
        assert_eq!(keras("head4.bias"), "output_4/bias");
        assert_eq!(keras("head.weight"), "output/kernel");
        assert_eq!(keras("x11.norm2.running_var"), "batch_normalization_9/moving_variance");
        assert_eq!(keras_name("x21.norm1.weight", &norms), None);
    }

    #[test]
    fn the_ways_to_write_a_name_are_one() {
        for name in ["conv11_1/conv11_1/kernel:0", "conv11_1__kernel", "conv11_1/kernel:0"] {
            assert_eq!(plain(name), "conv11_1/kernel");
        }
    }
}
