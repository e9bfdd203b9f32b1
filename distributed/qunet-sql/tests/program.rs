//! The program as a user has it before him.
#![cfg(unix)]

use std::error::Error;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use qunet_stack::phantom::CtPhantom;

type Outcome = Result<(), Box<dyn Error>>;

fn sql(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qunet-sql"));
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn archive(folder: &Path) -> Result<String, Box<dyn Error>> {
    CtPhantom { slices: 6, size: 48, seed: 1 }.generate()?.stack.write(folder.join("ct.nii.gz"))?;
    std::fs::write(folder.join("no.nii"), "no image")?;
    Ok(folder.to_string_lossy().into_owned())
}

fn failure(output: &Output) -> String {
    assert!(!output.status.success());
    let why = text(&output.stderr);
    assert!(
        why.starts_with("error: ") && why.lines().count() < 8 && !why.contains("panicked"),
        "{why}"
    );
    why
}

#[test]
fn rows_go_where_they_are_asked_to_go() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stacks = archive(folder.path())?;
    let out = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let scores =
        "SELECT stack, slice, qunet_scores(pixels) AS s, pixels FROM stacks ORDER BY stack, slice";
    let table = sql(&["--stacks", &stacks, "SELECT * FROM stacks"]).output()?;
    assert!(text(&table.stdout).contains("| int16 48 x 48 |"), "{}", text(&table.stderr));
    for name in ["a.csv", "a.json", "a.parquet"] {
        let output = sql(&["--stacks", &stacks, scores, "--out", &out(name)]).output()?;
        assert!(output.status.success() && output.stdout.is_empty(), "{}", text(&output.stderr));
    }
    let csv = std::fs::read_to_string(out("a.csv"))?;
    assert!(csv.starts_with("stack,slice,s.variance_of_laplacian,s.blurriness,"), "{csv}");
    assert!(csv.contains("int16 48 x 48") && csv.lines().count() == 8, "{csv}");
    assert!(csv.lines().any(|line| line.starts_with("no.nii,,,")), "{csv}");
    assert_eq!(std::fs::read_to_string(out("a.json"))?.lines().count(), 7);
    // Parquet has all of it, so that scores are measured again from what it holds.
    let again = format!(
        "CREATE EXTERNAL TABLE p STORED AS PARQUET LOCATION '{}'; SELECT count(*) AS n FROM p WHERE \
         qunet_blurriness(pixels) = s['blurriness']",
        out("a.parquet")
    );
    let output = sql(&["--format", "csv", &again]).output()?;
    assert_eq!(text(&output.stdout), "n\n6\n", "{}", text(&output.stderr));
    // The second table has what the first cannot read.
    let errors = "SELECT stack, error FROM stacks_errors";
    let output =
        sql(&["--stacks", &stacks, "--errors", "skip", "--format", "csv", errors]).output()?;
    assert!(text(&output.stdout).lines().nth(1).is_some_and(|line| line.starts_with("no.nii,")));
    // From a file, under another name.
    std::fs::write(
        out("query.sql"),
        "SELECT count(*) AS n FROM ct; SELECT count(error) AS e FROM ct",
    )?;
    let named = format!("ct={stacks}");
    let output =
        sql(&["--stacks", &named, "--file", &out("query.sql"), "--format", "csv"]).output()?;
    assert_eq!(text(&output.stdout), "e\n1\n", "{}", text(&output.stderr));
    Ok(())
}

#[test]
fn mistakes_are_told_in_a_sentence_and_leave_no_file() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stacks = archive(folder.path())?;
    let out = folder.path().join("out.csv").to_string_lossy().into_owned();
    for (arguments, problem) in [
        (&["--stacks", "/nowhere", "SELECT 1"][..], "/nowhere"),
        (&["--stacks", &stacks, "SELEC 1"], "SELEC"),
        (&["--stacks", &stacks, "SELECT nothing FROM stacks"], "No field named nothing"),
        (&["--stacks", &stacks, "SELECT 1 FROM others"], "others"),
        (&["--stacks", &stacks, ""], "there is no statement"),
        (&["--stacks", &stacks, "SELECT qunet_scores(slice) FROM stacks"], "is no image"),
        (&["--file", "/nowhere.sql"], "cannot read /nowhere.sql"),
        (&["SELECT 1", "--out", "/nowhere/a.csv"], "there is no folder /nowhere"),
        (&["SELECT 1", "--format", "parquet"], "name a file with --out"),
        (&["--roi", "/nowhere", "SELECT 1"], "/nowhere"),
    ] {
        let why = failure(&sql(arguments).output()?);
        assert!(why.contains(problem), "{why}");
    }
    // The query fails when half of the rows are there.
    let fails = "SELECT qunet_scores(pixels, NULL, '{\"scaling\": {\"mode\": \"window\", \"centre\": 0, \"width\": 0}}') FROM stacks";
    failure(&sql(&["--stacks", &stacks, fails, "--out", &out]).output()?);
    let left: Vec<_> =
        std::fs::read_dir(folder.path())?.flatten().map(|it| it.file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    Ok(())
}

#[test]
fn a_closed_pipe_is_no_error_and_ctrl_c_leaves_no_file() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stacks = archive(folder.path())?;
    let many =
        "SELECT a.value, b.value FROM generate_series(1, 3000) a, generate_series(1, 3000) b";
    let mut child =
        sql(&[many, "--format", "csv"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    drop(child.stdout.take());
    let output = child.wait_with_output()?;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    let out = folder.path().join("out.csv");
    let long = "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000) b WHERE a.value % 7 = b.value % 11";
    let child = sql(&["--stacks", &stacks, long, "--out", &out.to_string_lossy()])
        .stderr(Stdio::piped())
        .spawn()?;
    std::thread::sleep(std::time::Duration::from_secs(2));
    let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let output = child.wait_with_output()?;
    assert!(pressed.success());
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "error: interrupted; nothing was written\n");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 2);
    Ok(())
}
