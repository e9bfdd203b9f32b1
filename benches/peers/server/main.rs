//! Times this project's kernels for `cargo xtask peers`.
//!
//! Reads one request a line from standard input and answers each with one line, both in JSON, so that
//! another process can alternate between this side and its own on the same pixels.

mod arrays;
mod kernels;
mod request;
mod timing;

use std::io::{self, BufRead, Write};

use request::{Answer, Request};

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
                let array = self.arrays.get(&run.array)?;
                let roi = run.roi.as_deref().map(|name| self.arrays.get(name)).transpose()?;
                let pool = self.pools.of(run.threads)?;
                pool.install(|| kernels::run(&run, array, roi))
            }
        }
    }
}
