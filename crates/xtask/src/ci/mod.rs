//! `cargo xtask ci`: stages in order, each with its time, and a table at the end.

mod examples;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use crate::{command, distributed, downstream, tasks};

/// What `cargo xtask ci` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only this stage, or `test` for all stages of tests; all stages run in order without it.
    stage: Option<String>,
    /// List the stages and stop.
    #[arg(long)]
    list: bool,
}

/// How a stage ended that did not fail.
pub(crate) enum Outcome {
    Done,
    /// There was nothing to do, for this reason.
    Skipped(String),
}

/// One stage.
#[derive(Debug)]
struct Stage {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> anyhow::Result<Outcome>,
}

/// In the order in which they run: what is quick and fails often comes first.
const STAGES: [Stage; 10] = [
    Stage { name: "fmt", about: "formatting", run: fmt },
    Stage {
        name: "clippy",
        about: "lints of everything; warnings are errors (needs no LibTorch)",
        run: clippy,
    },
    Stage {
        name: "docs",
        about: "documentation of everything; warnings are errors (needs no LibTorch)",
        run: docs,
    },
    Stage {
        name: "test-core",
        about: "tests of what needs no LibTorch",
        run: |workspace| tasks::test_core(workspace).map(done),
    },
    Stage {
        name: "test-libtorch",
        about: "tests of the rest, with LibTorch",
        run: |workspace| tasks::test_libtorch(workspace).map(done),
    },
    Stage {
        name: "downstream",
        about: "a crate outside the workspace that follows the README",
        run: |workspace| downstream::run(workspace).map(done),
    },
    Stage { name: "examples", about: "each example on small input", run: examples::each },
    Stage { name: "benches", about: "each bench once, without measuring", run: benches },
    Stage {
        name: "data",
        about: "the demo on real stacks, where they are at hand",
        run: examples::on_real_stacks,
    },
    Stage {
        name: "distributed",
        about: "formatting and tests of distributed/, where it or a crate it uses changed lately",
        run: distributed::stage,
    },
];

/// Names for several stages; `test` is what `cargo xtask test` runs.
const GROUPS: [(&str, &[&str]); 1] = [("test", &["test-core", "test-libtorch", "downstream"])];

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    if options.list {
        for stage in &STAGES {
            println!("{:14} {}", stage.name, stage.about);
        }
        for (name, members) in GROUPS {
            println!("{name:14} {}", members.join(", "));
        }
        return Ok(());
    }
    let chosen = choose(options.stage.as_deref())?;
    let mut table = Vec::new();
    let result = chosen.iter().try_for_each(|stage| run_stage(workspace, stage, &mut table));
    print_table(&table);
    result
}

fn choose(name: Option<&str>) -> anyhow::Result<Vec<&'static Stage>> {
    let Some(name) = name else {
        return Ok(STAGES.iter().collect());
    };
    let group = GROUPS.iter().find(|(group, _)| *group == name);
    let wanted = |stage: &&Stage| match group {
        Some((_, members)) => members.contains(&stage.name),
        None => stage.name == name,
    };
    let chosen: Vec<_> = STAGES.iter().filter(wanted).collect();
    if chosen.is_empty() {
        bail!("there is no stage `{name}`; `cargo xtask ci --list` lists them");
    }
    Ok(chosen)
}

struct Row {
    name: &'static str,
    result: String,
    elapsed: Duration,
}

fn run_stage(workspace: &Workspace, stage: &Stage, table: &mut Vec<Row>) -> anyhow::Result<()> {
    eprintln!("\n=== {}: {}", stage.name, stage.about);
    let start = Instant::now();
    let outcome = (stage.run)(workspace);
    let elapsed = start.elapsed();
    let result = match &outcome {
        Ok(Outcome::Done) => "ok".to_owned(),
        Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
        Err(_) => "FAILED".to_owned(),
    };
    eprintln!("=== {}: {result} ({})", stage.name, seconds(elapsed));
    table.push(Row { name: stage.name, result, elapsed });
    outcome.map(drop).with_context(|| format!("stage {}", stage.name))
}

fn print_table(table: &[Row]) {
    println!();
    for row in table {
        println!("{:14} {:>9}  {}", row.name, seconds(row.elapsed), row.result);
    }
    let total = table.iter().map(|row| row.elapsed).sum();
    println!("{:14} {:>9}", "total", seconds(total));
}

fn seconds(elapsed: Duration) -> String {
    let all = elapsed.as_secs_f64();
    if all < 60.0 {
        return format!("{all:.1} s");
    }
    format!("{} min {:02} s", all as u64 / 60, all as u64 % 60)
}

fn done((): ()) -> Outcome {
    Outcome::Done
}

fn fmt(workspace: &Workspace) -> anyhow::Result<Outcome> {
    command::run(workspace.cargo().args(["fmt", "--all", "--check"])).map(done)
}

/// `--all-features` has `doc-only` among them, with which the bindings need no LibTorch. The second call
/// sees what is left out when the features are off.
fn clippy(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let everything: &[&str] = &["--workspace", "--all-features"];
    let least: &[&str] = &["-p", "qunet-examples", "--no-default-features"];
    for choice in [everything, least] {
        let mut cargo = workspace.cargo();
        cargo.arg("clippy").args(choice);
        command::run(cargo.args(["--all-targets", "--", "-D", "warnings"]))?;
    }
    Ok(Outcome::Done)
}

fn docs(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    command::run(cargo.args(["doc", "--workspace", "--all-features", "--no-deps"])).map(done)
}

/// Those of the default members, with whose tests all they need is compiled; how the time of a
/// selection grows is measured by a test of its own.
fn benches(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--bench", "quality", "--bench", "segmetrics", "--profile", "dev"]);
    command::run(cargo.args(["--", "--test"])).map(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: Option<&str>) -> Vec<&'static str> {
        choose(name).unwrap().iter().map(|stage| stage.name).collect()
    }

    #[test]
    fn a_stage_a_group_or_all() {
        assert_eq!(names(Some("fmt")), ["fmt"]);
        assert_eq!(names(Some("test")), ["test-core", "test-libtorch", "downstream"]);
        assert_eq!(names(None).len(), STAGES.len());
        let why = choose(Some("nothing")).unwrap_err().to_string();
        assert!(why.contains("`nothing`") && why.contains("--list"), "{why}");
    }

    #[test]
    fn groups_name_stages() {
        for (_, members) in GROUPS {
            for member in members {
                assert!(STAGES.iter().any(|stage| stage.name == *member), "{member}");
            }
        }
    }

    #[test]
    fn times_are_short_to_read() {
        assert_eq!(seconds(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
