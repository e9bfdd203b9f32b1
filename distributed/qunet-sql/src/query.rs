//! A query and what it is asked of.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::sql::parser::DFParser;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use qunet_datafusion::{Errors, Roots, StacksExec, StacksOptions, StacksTable};

use crate::Output;

/// A query, the stacks it is asked of, and where its rows go.
#[derive(Args, Clone, Debug)]
#[group(id = "asked", multiple = true)]
pub struct Query {
    /// The statements; several are divided by semicolons.
    #[arg(value_name = "SQL", required_unless_present = "file", conflicts_with = "file")]
    sql: Option<String>,
    /// A file that holds them.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A folder, or the URL of a prefix of an object store, as the table `stacks`; NAME=FOLDER for another name.
    #[arg(long, value_name = "[NAME=]FOLDER")]
    stacks: Vec<String>,
    /// A folder with the regions of interest of the stacks, under the same names.
    #[arg(long, value_name = "FOLDER")]
    roi: Option<String>,
    /// What becomes of stacks and slices that cannot be read: rows with an `error`, or none.
    #[arg(long, value_name = "HOW", default_value = "rows")]
    errors: Unread,
    #[command(flatten)]
    output: Output,
}

/// Whose disk the folders of a query are on.
#[derive(Clone, Copy, Debug)]
pub enum Disk<'a> {
    /// This machine's: what may be read of it.
    Own(&'a Arc<Roots>),
    /// That of the machines of the cluster, which say themselves what may be read.
    OfTheCluster,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unread {
    Rows,
    Skip,
}

impl Query {
    /// The folders that it names; URLs are no folders.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        let stacks = self.stacks.iter().map(|stacks| named(stacks).1);
        let all = stacks.chain(self.roi.as_deref());
        all.filter(|place| !place.contains("://")).map(PathBuf::from).collect()
    }

    fn statements(&self) -> anyhow::Result<String> {
        match (&self.sql, &self.file) {
            (Some(sql), _) => Ok(sql.clone()),
            (None, Some(file)) => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display())),
            (None, None) => bail!("give a statement"),
        }
    }

    /// The tables: each, and beside it that of what cannot be read.
    fn register(&self, session: &SessionContext, disk: Disk<'_>) -> anyhow::Result<()> {
        let nothing = Arc::new(Roots::default());
        for stacks in &self.stacks {
            let (name, place) = named(stacks);
            let (place, roots) = match disk {
                Disk::Own(roots) if !place.contains("://") => {
                    (std::path::absolute(place)?.to_string_lossy().into_owned(), roots)
                }
                Disk::Own(roots) => (place.to_owned(), roots),
                Disk::OfTheCluster => (place.to_owned(), &nothing),
            };
            let table = |errors: Errors| {
                let mut options = StacksOptions::default();
                options.errors = errors;
                options.roi = self.roi.clone();
                Arc::new(StacksTable::new(place.clone(), options, roots))
            };
            let errors = match self.errors {
                Unread::Rows => Errors::Rows,
                Unread::Skip => Errors::Skip,
            };
            session.register_table(name, table(errors))?;
            session.register_table(format!("{name}_errors"), table(Errors::Only))?;
        }
        Ok(())
    }

    /// Runs all statements; the rows of the last go where they are asked to go.
    ///
    /// # Errors
    /// Those of the engine, and where the rows cannot be written.
    pub async fn run(&self, session: &SessionContext, disk: Disk<'_>) -> anyhow::Result<()> {
        self.output.check()?;
        self.register(session, disk)?;
        let mut statements = DFParser::parse_sql(&self.statements()?)?;
        let last = statements.pop_back().context("there is no statement")?;
        for statement in statements {
            let plan = session.state().statement_to_plan(statement).await?;
            session.execute_logical_plan(plan).await?.collect().await?;
        }
        let plan = session.state().statement_to_plan(last).await?;
        let copies = matches!(plan, LogicalPlan::Copy(_));
        let rows = session.execute_logical_plan(plan).await?;
        let written = self.write(session, rows).await;
        match disk {
            // The reason that the executors give does not arrive.
            Disk::OfTheCluster if copies => {
                written.context("a cluster writes no files: let the rows come here with --out FILE")
            }
            _ => written,
        }
    }

    async fn write(&self, session: &SessionContext, rows: DataFrame) -> anyhow::Result<()> {
        let schema = Arc::clone(rows.schema().inner());
        let plan = rows.create_physical_plan().await?;
        let watched = watch(&plan);
        let mut stream = execute_stream(plan, session.task_ctx())?;
        let mut sink = self.output.open(&schema)?;
        while let Some(batch) = stream.next().await {
            sink.write(&batch?)?;
        }
        drop(watched);
        sink.finish()
    }
}

/// `NAME=FOLDER`, or a folder under the name `stacks`.
fn named(stacks: &str) -> (&str, &str) {
    match stacks.split_once('=') {
        Some((name, place)) if name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') => {
            (name, place)
        }
        _ => ("stacks", stacks),
    }
}

/// Ends the bar when it is dropped.
struct Watched(ProgressBar, tokio::task::JoinHandle<()>);

impl Drop for Watched {
    fn drop(&mut self) {
        self.1.abort();
        self.0.finish_and_clear();
    }
}

/// Shows on a terminal how many stacks are read; nothing where the plan reads none here.
fn watch(plan: &Arc<dyn ExecutionPlan>) -> Option<Watched> {
    let mut readers = Vec::new();
    collect(plan, &mut readers);
    if readers.is_empty() || !std::io::stderr().is_terminal() {
        return None;
    }
    let progress = move || {
        let each = readers
            .iter()
            .filter_map(|reader| Some(reader.downcast_ref::<StacksExec>()?.progress()));
        each.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
    };
    let bar = ProgressBar::new(progress().0 as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} stacks, {elapsed}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let shown = bar.clone();
    let ticking = tokio::spawn(async move {
        loop {
            shown.set_position(progress().1 as u64);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    Some(Watched(bar, ticking))
}

fn collect(plan: &Arc<dyn ExecutionPlan>, readers: &mut Vec<Arc<dyn ExecutionPlan>>) {
    if plan.downcast_ref::<StacksExec>().is_some() {
        readers.push(Arc::clone(plan));
    }
    plan.children().into_iter().for_each(|child| collect(child, readers));
}
