//! The facade's default features work without LibTorch.

use std::process::Command;

/// The crates that `qunet` depends on, with these extra arguments of `cargo tree`.
fn tree(arguments: &[&str]) -> anyhow::Result<Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "qunet", "-e", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let first_word = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    Ok(text.lines().map(first_word).collect())
}

#[test]
fn default_features_bring_no_libtorch() -> anyhow::Result<()> {
    let names = tree(&[])?;
    assert!(names.iter().any(|name| name == "qunet-stack"), "{names:?}");
    for bindings in ["tch", "torch-sys", "qunet-model", "qunet-campaign"] {
        assert!(!names.iter().any(|name| name == bindings), "{bindings}");
    }
    Ok(())
}

#[test]
fn the_model_feature_brings_it() -> anyhow::Result<()> {
    let names = tree(&["--features", "model"])?;
    assert!(names.iter().any(|name| name == "torch-sys"), "{names:?}");
    Ok(())
}
