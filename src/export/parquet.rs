//! Rows of a data set as Parquet, through the `parquet` crate.

use std::io::Write;
use std::sync::Arc;

use ::parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::Type;

use crate::dataset::{COLUMNS, Kind, Value};
use crate::error::{Error, Result};

/// Rows of a row group: some megabytes.
const GROUP: usize = 65_536;

/// Writes rows of [`COLUMNS`] to a Parquet file, a row group at a time, compressed with Snappy.
///
/// ```
/// use powercurve::{MemoryMb, dataset::{Recipe, rows}, export::ParquetRows};
/// let recipe = Recipe { seed: 1, sizes: vec![MemoryMb::MAX], invocations: 10, pattern: None };
/// let mut file = ParquetRows::new(Vec::new())?; // or a `std::fs::File`
/// for row in rows(&recipe.example(0)?.unwrap()) {
///     file.push(row)?;
/// }
/// assert!(file.finish()?.starts_with(b"PAR1"));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub struct ParquetRows<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    rows: Vec<[Value; COLUMNS.len()]>,
}

impl<W: Write + Send> ParquetRows<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(to: W) -> Result<Self> {
        let field = |(name, kind): &(&str, Kind)| {
            let (physical, repetition) = match kind {
                Kind::Text => (Physical::BYTE_ARRAY, Repetition::REQUIRED),
                Kind::Integer => (Physical::INT64, Repetition::REQUIRED),
                Kind::Number => (Physical::DOUBLE, Repetition::OPTIONAL),
            };
            let builder = Type::primitive_type_builder(name, physical).with_repetition(repetition);
            let builder = if *kind == Kind::Text { builder.with_converted_type(ConvertedType::UTF8) } else { builder };
            builder.build().map(Arc::new)
        };
        let fields = COLUMNS.iter().map(field).collect::<std::result::Result<_, _>>().map_err(failed)?;
        let schema = Type::group_type_builder("runs").with_fields(fields).build().map_err(failed)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
        let properties = properties.set_created_by(format!("powercurve {}", env!("CARGO_PKG_VERSION"))).build();
        let writer = SerializedFileWriter::new(to, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        Ok(Self { writer, rows: Vec::new() })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When a row group is full and cannot be written.
    pub fn push(&mut self, row: [Value; COLUMNS.len()]) -> Result<()> {
        self.rows.push(row);
        if self.rows.len() == GROUP { self.write_group().map_err(failed) } else { Ok(()) }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<W> {
        if !self.rows.is_empty() {
            self.write_group().map_err(failed)?;
        }
        self.writer.into_inner().map_err(failed)
    }

    fn write_group(&mut self) -> std::result::Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group()?;
        for (c, (_, kind)) in COLUMNS.iter().enumerate() {
            let Some(mut column) = group.next_column()? else { break };
            let values = rows.iter().map(|row| &row[c]);
            match kind {
                Kind::Text => {
                    let values: Vec<ByteArray> = values.filter_map(text).collect();
                    column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
                }
                Kind::Integer => {
                    let values: Vec<i64> = values.filter_map(integer).collect();
                    column.typed::<Int64Type>().write_batch(&values, None, None)?;
                }
                Kind::Number => {
                    let values: Vec<Option<f64>> = values.map(number).collect();
                    let known: Vec<f64> = values.iter().copied().flatten().collect();
                    let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_some())).collect();
                    column.typed::<DoubleType>().write_batch(&known, Some(&levels), None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        Ok(())
    }
}

fn text(value: &Value) -> Option<ByteArray> {
    if let Value::Text(text) = value { Some(ByteArray::from(text.as_str())) } else { None }
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::Integer(n) = value { Some(*n) } else { None }
}

fn number(value: &Value) -> Option<f64> {
    if let Value::Number(x) = value { *x } else { None }
}

fn failed(error: ParquetError) -> Error {
    Error::new(format!("cannot write Parquet: {error}")).help("check the folder and the free space")
}
