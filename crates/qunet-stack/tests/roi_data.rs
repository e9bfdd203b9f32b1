//! Regions that are found, against those that people drew, where the data is at hand.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use qunet_stack::ndarray;
use qunet_stack::roi::Anatomy;
use qunet_stack::{LabelMap, Stack};

fn data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = root.join(name);
    if !path.is_dir() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn dice(found: &ndarray::Array3<bool>, truth: &LabelMap) -> f64 {
    let (mut both, mut all) = (0u64, 0u64);
    for (&found, &truth) in found.iter().zip(truth.labels()) {
        both += u64::from(found && truth > 0);
        all += u64::from(found) + u64::from(truth > 0);
    }
    2.0 * both as f64 / all as f64
}

#[test]
fn lungs_are_those_that_were_drawn() {
    let Some(folder) = data("covid_ct_radiopaedia_a") else { return };
    let mut masks: Vec<PathBuf> = walk(&folder);
    masks.retain(|path| path.to_string_lossy().ends_with("_lung.nii.gz"));
    masks.sort();
    assert!(!masks.is_empty());
    for mask in masks {
        let name = mask.file_name().unwrap().to_string_lossy().replace("_lung.nii.gz", "");
        let image = walk(&folder).into_iter().find(|path| {
            let file = path.file_name().unwrap().to_string_lossy();
            file.starts_with(&name) && !file.contains("lung") && !file.contains("infection")
        });
        let stack = Stack::open(image.unwrap()).unwrap();
        let truth = LabelMap::open_binary(&mask, &stack).unwrap();
        let dice = dice(&Anatomy::Lungs.find(&stack).unwrap(), &truth);
        println!("{name}: Dice {dice:.4}");
        assert!(dice > 0.85, "{name}: {dice}");
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
