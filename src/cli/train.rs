//! `powercurve train`

use std::path::PathBuf;

use super::{Done, Out};
use crate::error::Result;
use crate::model::Library;
use crate::pattern::{CLASSIFY_LEN, Training, train};
use crate::render::file;

/// Rebuild the model from the simulator: the library of simulated curves and the classifier.
///
/// No recorded run is read. The same seeds write the same bytes, on any number of threads.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  powercurve train --out model\n  powercurve train --runs 5000 --seed 1 --out quick\n\nThe shipped model in datasets/model is what `powercurve train --out datasets/model` writes."
)]
pub struct Args {
    /// Folder for library.bin and classifier.json; made when missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Seed of the library.
    #[arg(long, default_value_t = 1)]
    library_seed: u64,
    /// Workloads in the library.
    #[arg(long, default_value_t = Library::SHIPPED_LEN, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(256..=1_000_000))]
    library_len: usize,
    /// Seed of the training runs.
    #[arg(long, default_value_t = Training::default().seed)]
    seed: u64,
    /// Simulated runs to train on.
    #[arg(long, default_value_t = Training::default().runs, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1000..=1_000_000))]
    runs: usize,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    // a folder that cannot be written should not cost a training
    file::create_folder(&args.out)?;
    let library = Library::simulate(args.library_seed, args.library_len);
    let settings = Training { seed: args.seed, runs: args.runs, ..Training::default() };
    let classifier = train(&library.prefix(CLASSIFY_LEN), &settings)?;
    let place = args.out.display().to_string();
    file::write_whole(&args.out.join("library.bin"), &library.to_bytes())?;
    file::write_whole(&args.out.join("classifier.json"), classifier.to_json().as_bytes())?;
    writeln!(
        out,
        "{} workloads in {place}/library.bin, {} training runs behind {place}/classifier.json",
        library.len(),
        args.runs
    )?;
    Ok(Done::All)
}
