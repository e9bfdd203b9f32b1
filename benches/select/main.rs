//! How long selections take, over the number of slices and threads; prints a table and may write
//! the rows as JSON.

mod agreement;
mod core_set;
mod initial;
mod row;
mod timing;

use std::path::PathBuf;

use clap::Parser;

use row::Row;

/// How the time of a selection grows with the number of slices.
#[derive(Parser)]
struct Options {
    /// Small sizes: about a second.
    #[arg(long)]
    quick: bool,
    /// Numbers of threads.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// Only the families whose name holds this text: core set, initial, agreement.
    #[arg(long, default_value = "")]
    rows: String,
    /// File to write the rows to.
    #[arg(long)]
    json: Option<PathBuf>,
    /// What the record says of the machine.
    #[arg(long, default_value = "")]
    machine: String,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let rows = measure(&options)?;
    if let Some(path) = &options.json {
        row::write(path, &options.machine, &rows)?;
    }
    Ok(())
}

fn measure(options: &Options) -> anyhow::Result<Vec<Row>> {
    type Family = fn(bool) -> anyhow::Result<Vec<Row>>;
    let families: [(&str, Family); 3] =
        [("core set", core_set::rows), ("initial", initial::rows), ("agreement", agreement::rows)];
    let mut rows = Vec::new();
    println!("{}", row::HEAD);
    for (_, family) in families.into_iter().filter(|(name, _)| name.contains(&options.rows)) {
        for &threads in &options.threads {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            for mut row in pool.install(|| family(options.quick))? {
                row.threads = threads;
                println!("{row}");
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_runs() -> anyhow::Result<()> {
        let options = Options::try_parse_from(["select-growth", "--quick", "--threads", "1"])?;
        let rows = measure(&options)?;
        assert!(rows.iter().all(|row| row.seconds > 0.0));
        assert_eq!(rows.len(), 10);
        Ok(())
    }
}
