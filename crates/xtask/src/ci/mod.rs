//! `cargo xtask ci`: stages in order, each with its time, and a table at the end.

mod data;
mod examples;
mod stages;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use stages::{GROUPS, Outcome, STAGES, Stage};

/// What `cargo xtask ci` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this stage, or `test` for all stages of tests; without it all stages run in order.
    stage: Option<String>,
    /// List the stages and stop.
    #[arg(long)]
    list: bool,
}

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
