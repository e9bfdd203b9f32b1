//! Where rows go: a table to read, CSV, lines of JSON, or a Parquet file.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail, ensure};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::pretty::pretty_format_batches;
use clap::{Args, ValueEnum};
use datafusion::parquet::arrow::ArrowWriter;
use qunet_datafusion::image_type;
use tempfile::NamedTempFile;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table to read; images by their type and size.
    Table,
    /// CSV: the fields of structs are columns of their own, images by their type and size.
    Csv,
    /// One JSON object a line.
    Json,
    /// Parquet, with everything in it.
    Parquet,
}

/// Where rows go.
#[derive(Args, Clone, Debug)]
pub struct Output {
    /// A file for the rows: .csv, .json, .jsonl or .parquet. It is whole or not there.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How rows are written [default: a table, or what the name of the file says].
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

impl Output {
    /// As asked for, or as the name of the file says.
    fn format(&self) -> Format {
        let ending = self.out.as_ref().and_then(|out| out.extension()?.to_str());
        self.format.unwrap_or(match ending {
            Some("csv") => Format::Csv,
            Some("json" | "jsonl") => Format::Json,
            Some("parquet") => Format::Parquet,
            _ => Format::Table,
        })
    }

    /// Refuses a file that cannot be written before anything is read.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Some(file) = &self.out else { return Ok(()) };
        let folder = folder_of(file);
        ensure!(folder.is_dir(), "there is no folder {}", folder.display());
        ensure!(!file.is_dir(), "{} is a folder; name a file", file.display());
        Ok(())
    }

    pub(crate) fn open(&self, schema: &SchemaRef) -> anyhow::Result<Sink> {
        let to = Target::open(self.out.as_deref())?;
        Ok(match self.format() {
            Format::Table => Sink::Table { to, schema: Arc::clone(schema), batches: Vec::new() },
            Format::Csv => Sink::Csv(arrow::csv::Writer::new(to)),
            Format::Json => Sink::Json(arrow::json::LineDelimitedWriter::new(to)),
            Format::Parquet if self.out.is_none() => {
                bail!("Parquet is not for a terminal; name a file with --out")
            }
            Format::Parquet => Sink::Parquet(ArrowWriter::try_new(to, Arc::clone(schema), None)?),
        })
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| ".".as_ref())
}

/// The standard output, or a file that gets its name when all is in it.
pub(crate) enum Target {
    Standard(io::Stdout),
    File(NamedTempFile, PathBuf),
}

impl Target {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::Standard(io::stdout())) };
        let folder = folder_of(path);
        let file = NamedTempFile::new_in(folder)
            .with_context(|| format!("cannot write into {}", folder.display()))?;
        Ok(Self::File(file, path.to_owned()))
    }

    fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        if let Self::File(file, path) = self {
            file.as_file().sync_all()?;
            readable_by_all(file.as_file())?;
            file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// A temporary file is its owner's alone; a result has the rights of any new file.
#[cfg(unix)]
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Whether nobody reads the standard output any more. The writers of rows do not tell of what kind an error was.
static CLOSED: AtomicBool = AtomicBool::new(false);

fn note(error: &io::Error) {
    CLOSED.fetch_or(error.kind() == io::ErrorKind::BrokenPipe, Ordering::Relaxed);
}

pub(crate) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes).inspect_err(note),
            Self::File(file, _) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush().inspect_err(note),
            Self::File(file, _) => file.flush(),
        }
    }
}

/// Takes the rows.
pub(crate) enum Sink {
    Table { to: Target, schema: SchemaRef, batches: Vec<RecordBatch> },
    Csv(arrow::csv::Writer<Target>),
    Json(arrow::json::LineDelimitedWriter<Target>),
    Parquet(ArrowWriter<Target>),
}

impl Sink {
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        match self {
            Self::Table { batches, .. } => batches.push(without_pixels(batch)?),
            Self::Csv(writer) => writer.write(&flat(&without_pixels(batch)?)?)?,
            Self::Json(writer) => writer.write(&without_pixels(batch)?)?,
            Self::Parquet(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Table { mut to, schema, batches } => {
                let none = [RecordBatch::new_empty(schema)];
                let batches = if batches.is_empty() { &none[..] } else { &batches };
                writeln!(to, "{}", pretty_format_batches(batches)?)?;
                to.finish()
            }
            Self::Csv(writer) => writer.into_inner().finish(),
            Self::Json(mut writer) => {
                writer.finish()?;
                writer.into_inner().finish()
            }
            Self::Parquet(writer) => writer.into_inner()?.finish(),
        }
    }
}

/// Images as a text: their type and size.
fn without_pixels(batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
    changed(batch, |field, column| {
        if *field.data_type() != image_type() {
            return Ok(vec![(field.clone(), Arc::clone(column))]);
        }
        let image = column.as_struct();
        let part = |name: &str| -> anyhow::Result<StringArray> {
            let part = image.column_by_name(name).context("an image has all its parts")?;
            Ok(cast(part, &DataType::Utf8)?.as_string().clone())
        };
        let (of, height, width) = (part("type")?, part("height")?, part("width")?);
        let text = |row: usize| {
            let size = || format!("{} {} x {}", of.value(row), height.value(row), width.value(row));
            image.is_valid(row).then(size)
        };
        let texts: StringArray = (0..image.len()).map(text).collect();
        Ok(vec![(Field::new(field.name(), DataType::Utf8, true), Arc::new(texts) as ArrayRef)])
    })
}

/// The fields of structs as columns: `scores.blurriness`.
fn flat(batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
    let nested =
        batch.schema().fields().iter().any(|it| matches!(it.data_type(), DataType::Struct(_)));
    if !nested {
        return Ok(batch.clone());
    }
    let flatter = changed(batch, |field, column| {
        let Some(parts) = column.as_any().downcast_ref::<StructArray>() else {
            return Ok(vec![(field.clone(), Arc::clone(column))]);
        };
        let inner = parts.fields().iter().zip(parts.columns());
        let part = |(part, values): (&Arc<Field>, &ArrayRef)| {
            let name = format!("{}.{}", field.name(), part.name());
            // Where the struct is NULL, so are its parts.
            let valid = arrow::compute::is_not_null(parts)?;
            let values = arrow::compute::nullif(values, &arrow::compute::not(&valid)?)?;
            Ok((part.as_ref().clone().with_name(name).with_nullable(true), values))
        };
        inner.map(part).collect()
    })?;
    flat(&flatter)
}

type Columns = Vec<(Field, ArrayRef)>;

fn changed(
    batch: &RecordBatch,
    change: impl Fn(&Field, &ArrayRef) -> anyhow::Result<Columns>,
) -> anyhow::Result<RecordBatch> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let columns: anyhow::Result<Vec<Columns>> =
        columns.map(|(field, column)| change(field, column)).collect();
    let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = columns?.into_iter().flatten().unzip();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}
