//! Times this project's kernels for `cargo xtask peers`.
//!
//! Reads one request a line from standard input and answers each with one line, both in JSON, so that
//! another process can alternate between this side and its own on the same arrays.

mod arrays;
mod quality;
mod request;
mod segmetrics;
mod timing;

use std::io::{self, BufRead, Write};

use arrays::Array;
use request::{Answer, Kernel, Request, Run};

fn main() -> anyhow::Result<()> {
    let mut server = Server::default();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = server.answer(&line?).unwrap_or_else(|why| Answer::failed(&why));
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

/// What stays from one request to the next.
#[derive(Default)]
struct Server {
    arrays: arrays::Arrays,
    pools: timing::Pools,
}

impl Server {
    fn answer(&mut self, line: &str) -> anyhow::Result<Answer> {
        match serde_json::from_str(line)? {
            Request::Load(file) => self.arrays.load(file).map(|()| Answer::default()),
            Request::Drop { name } => self.arrays.remove(&name).map(|()| Answer::default()),
            Request::Run(run) => {
                let arrays: Vec<&Array> = run
                    .arrays
                    .iter()
                    .map(|name| self.arrays.get(name))
                    .collect::<Result<_, _>>()?;
                let pool = self.pools.of(run.threads)?;
                pool.install(|| answer(&run, &arrays))
            }
        }
    }
}

/// Runs what is asked on this thread's pool.
fn answer(run: &Run, arrays: &[&Array]) -> anyhow::Result<Answer> {
    match &run.kernel {
        Kernel::PlainRead => timing::plain_read(run, arrays),
        Kernel::Quality(kernel) => quality::run(run, *kernel, arrays),
        Kernel::Segmetrics(kernel) => segmetrics::run(run, kernel, arrays),
    }
}
