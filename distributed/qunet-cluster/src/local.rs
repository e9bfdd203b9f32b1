//! A cluster on this machine's loopback: one scheduler and executors, each a process of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

#[derive(Args)]
pub(crate) struct Options {
    /// How many executors.
    #[arg(long, value_name = "N", default_value = "2")]
    executors: NonZeroUsize,
    /// Tasks at once in each executor.
    #[arg(long, value_name = "N", default_value = "1")]
    threads: NonZeroUsize,
    /// The port of the scheduler [default: one that is free].
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// A folder that may be read; nothing else of the disk is.
    #[arg(long, value_name = "FOLDER", required = true)]
    root: Vec<PathBuf>,
}

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process of the cluster; it ends when this is dropped.
struct Process {
    name: String,
    child: Child,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    // Before anything starts, so that nothing is left behind whenever Ctrl-C comes.
    let mut stopped = Stopped::listen()?;
    let mut processes = Vec::new();
    let ended = tokio::select! {
        ended = serve(options, &mut processes) => ended,
        () = stopped.wait() => Ok(()),
    };
    stop(processes).await;
    ended
}

/// Starts all processes and stays until there is no cluster any more.
async fn serve(options: &Options, processes: &mut Vec<Process>) -> anyhow::Result<()> {
    let port = options.port.map_or_else(free_port, Ok)?;
    let scheduler = format!("127.0.0.1:{port}");
    let port = port.to_string();
    processes.push(start("the scheduler", options, &["scheduler", "--port", &port])?);
    until_answers(processes, &scheduler).await?;
    println!("scheduler   {scheduler}");
    for number in 1..=options.executors.get() {
        let (port, tasks, threads) = (free_port()?, free_port()?, options.threads.to_string());
        let (flight, tasks) = (port.to_string(), tasks.to_string());
        let arguments =
            ["executor", "--scheduler", &scheduler, "--port", &flight, "--task-port", &tasks];
        let arguments = [&arguments[..], &["--threads", &threads]].concat();
        let process = start(&format!("executor {number}"), options, &arguments)?;
        let id = process.child.id().unwrap_or_default();
        processes.push(process);
        let address = format!("127.0.0.1:{port}");
        until_answers(processes, &address).await?;
        println!("executor {number}  {address}  (process {id})");
    }
    println!("Ask it:  qunet-cluster query --scheduler {scheduler} --stacks FOLDER \"SELECT ...\"");
    println!("Ctrl-C ends it.");
    watch(processes).await
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

fn start(name: &str, options: &Options, arguments: &[&str]) -> anyhow::Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    // Ctrl-C reaches this process, which ends the others in order.
    #[cfg(unix)]
    command.process_group(0);
    for root in &options.root {
        command.arg("--root").arg(root);
    }
    let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    Ok(Process { name: name.to_owned(), child })
}

/// Waits for the last process to listen; an error if any ends before.
async fn until_answers(processes: &mut [Process], address: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        for process in &mut *processes {
            if let Some(status) = process.child.try_wait()? {
                bail!("{} ended with {status}", process.name);
            }
        }
        if begun.elapsed() > PATIENCE {
            bail!("nothing answers on {address}");
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Tells of executors that end; without a scheduler, or without any executor, there is no cluster.
async fn watch(processes: &mut Vec<Process>) -> anyhow::Result<()> {
    loop {
        let mut place = 0;
        while place < processes.len() {
            let Some(status) = processes[place].child.try_wait()? else {
                place += 1;
                continue;
            };
            let process = processes.remove(place);
            if place == 0 || processes.len() == 1 {
                bail!("{} ended with {status}", process.name);
            }
            eprintln!("{} ended with {status}; the others go on", process.name);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Executors first, so that each can say goodbye.
async fn stop(processes: Vec<Process>) {
    for Process { mut child, .. } in processes.into_iter().rev() {
        terminate(&child).await;
        if tokio::time::timeout(Duration::from_secs(5), child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

/// Asks a process to end.
#[cfg(unix)]
async fn terminate(child: &Child) {
    if let Some(id) = child.id() {
        let _ = Command::new("kill").arg(id.to_string()).status().await;
    }
}

#[cfg(not(unix))]
async fn terminate(_child: &Child) {}

/// Ctrl-C, or what `kill` sends, from the moment at which it listens.
#[cfg(unix)]
struct Stopped([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Stopped {
    fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn wait(&mut self) {
        let [interrupted, terminated] = &mut self.0;
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Stopped;

#[cfg(not(unix))]
impl Stopped {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
