//! `powercurve chart`

use std::path::{Path, PathBuf};

use super::price_args::TariffArgs;
use super::subject::{self, View, is_workload, of_workload};
use super::{Done, Out, warn};
use crate::advise::Strategy;
use crate::error::{Error, Result};
use crate::pattern::Pattern;
use crate::render::chart::{AxisScale, Chart, FileKind, Mark, Picture, Size, Theme};
use crate::show;
use crate::workload::Preset;

/// Draw a run or a workload: duration and cost against memory size.
///
/// Of a run it shows the measured points, the pattern, and the curve that the model sees behind the points with its
/// 90 % interval; of a workload the expected curve.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  powercurve chart results.json -o results.svg
  powercurve chart before.json --overlay after.json -o c.png --title \"After\"
  powercurve chart runs.jsonl --id thumbnails -o t.png --theme dark --cores
  powercurve chart workload.toml -o expected.html
  powercurve chart s3-download -o s3-download.svg --thumbnail
  powercurve chart --patterns -o patterns.svg

The best sizes are those of `recommend`: of a run among the measured sizes, of a workload among the drawn points
or, without --seed, among the sizes that power tuning measures by default.")]
pub struct Args {
    /// A recorded run (a file, a folder, - for standard input, a visualization URL) or a workload (a preset, a pattern, a TOML file).
    #[arg(value_name = "RUN|WORKLOAD", required_unless_present = "patterns", conflicts_with = "patterns")]
    input: Option<String>,

    /// File to write; its ending chooses the form: .svg, .png or .html.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Which run, where the input holds several.
    #[arg(long)]
    id: Option<String>,

    /// A second run or workload to compare with.
    #[arg(long, value_name = "RUN|WORKLOAD", conflicts_with = "patterns")]
    overlay: Option<String>,

    /// Which run of the overlay; without --overlay, a second run of the input.
    #[arg(long, value_name = "ID", conflicts_with = "patterns")]
    overlay_id: Option<String>,

    /// One small chart for each pattern: the curve of its preset.
    #[arg(long)]
    patterns: bool,

    /// Only what was measured: no pattern, no curve, no interval.
    #[arg(long)]
    plain: bool,

    /// Add to a workload the points of one simulated tuning run with this seed; --patterns always does.
    #[arg(long)]
    seed: Option<u64>,

    /// Mark only the best size by this strategy (cost, speed or balanced) instead of all three.
    #[arg(long, value_name = "NAME", value_parser = strategy)]
    strategy: Option<Strategy>,

    /// Headline instead of the name of the run and its pattern.
    #[arg(long)]
    title: Option<String>,

    /// Background; a page follows the reader's system unless this is given.
    #[arg(long)]
    theme: Option<Theme>,

    /// Scale of the duration axis; with --patterns the automatic one is logarithmic.
    #[arg(long, default_value = "auto")]
    scale: AxisScale,

    /// Mark the sizes at which a function sees a further core.
    #[arg(long)]
    cores: bool,

    /// Curves and a few ticks only, in a small picture for a table; best sizes only with --strategy.
    #[arg(long, conflicts_with = "patterns")]
    thumbnail: bool,

    /// Width in pixels: 1600, of a thumbnail 360.
    #[arg(long)]
    width: Option<u32>,

    /// Height in pixels: 900, of a thumbnail 220.
    #[arg(long)]
    height: Option<u32>,

    #[command(flatten)]
    tariff: TariffArgs,
}

impl Args {
    fn view(&self) -> View {
        View { plain: self.plain, seed: self.seed }
    }
}

fn strategy(name: &str) -> Result<Strategy> {
    Strategy::named(name, Strategy::DEFAULT_WEIGHT)
}

pub fn run(args: &Args, _out: &mut Out) -> Result<Done> {
    // a wrong file name should not cost a simulation
    FileKind::of(&args.output)?;
    let usual = if args.thumbnail { Size::THUMBNAIL } else { Size::SLIDE };
    let size = Size::new(args.width.unwrap_or(usual.width()), args.height.unwrap_or(usual.height()))?;
    let strategies = match args.strategy {
        Some(strategy) => vec![strategy],
        None if args.thumbnail => Vec::new(),
        None => Strategy::ALL.to_vec(),
    };
    let simulated = args.patterns || args.input.iter().chain(&args.overlay).any(|input| is_workload(input));
    if args.seed.is_some() && !simulated {
        return Err(Error::new(
            "--seed simulates a workload, and nothing here is one: expected a preset or a TOML file",
        )
        .help("leave --seed out: a recorded run has points of its own"));
    }
    let mut done = Done::All;
    let mut charts = Vec::new();
    if let Some(input) = &args.input {
        let mut read = |input: &str, id: Option<&String>| {
            let (subject, read) = subject::read(input, id.map(String::as_str), args.view(), &args.tariff)?;
            done = done.and(read);
            Ok(subject)
        };
        let subject = read(input, args.id.as_ref())?;
        let overlay = args.overlay.as_ref().or(args.overlay_id.as_ref().and(Some(input)));
        let overlay = overlay.map(|overlay| read(overlay, args.overlay_id.as_ref())).transpose()?;
        let optima = show::optima(&subject.choices(&strategies));
        let chart = match overlay {
            Some(overlay) => {
                let among = if subject.among.is_empty() { String::new() } else { format!(" among {}", subject.among) };
                let marked = format!("marked: the best sizes of {}{among}", subject.series.name);
                let mut chart = subject.against(overlay);
                if !optima.is_empty() {
                    let parts = [chart.subtitle, marked].into_iter().filter(|part| !part.is_empty());
                    chart.subtitle = parts.collect::<Vec<_>>().join(" · ");
                }
                chart
            }
            None if optima.is_empty() => subject.plain_chart(),
            None => Chart { subtitle: subject.about_marked(), ..subject.plain_chart() },
        };
        charts.push(Chart { optima, ..chart });
    }
    if args.patterns {
        charts = patterns(args.seed.unwrap_or_default(), &args.tariff)?;
    }
    for chart in &mut charts {
        chart.duration_scale = match args.scale {
            // slopes of different charts can only be compared on the same kind of scale
            AxisScale::Auto if args.patterns => AxisScale::Log,
            scale => scale,
        };
        chart.marks.extend(Mark::one_vcpu());
        if args.cores {
            chart.marks.extend(Mark::core_boundaries());
        }
    }
    let title = args.title.as_deref();
    let picture = match &mut charts[..] {
        [chart] if args.thumbnail => Picture::thumbnail(chart),
        [chart] => {
            if let Some(title) = title {
                title.clone_into(&mut chart.title);
            }
            Picture::chart(chart)
        }
        several => Picture::small_multiples(title.unwrap_or("The eight patterns of a power curve"), several),
    };
    let picture = picture.size(size);
    write(&args.theme.map_or(picture.clone(), |theme| picture.theme(theme)), &args.output)?;
    Ok(done)
}

/// Writes a picture; says which letters of a PNG cannot be read.
///
/// # Errors
/// As [`Picture::write`].
pub(super) fn write(picture: &Picture, path: &Path) -> Result<()> {
    let kind = FileKind::of(path)?;
    picture.write(path)?;
    let missing = if kind == FileKind::Png { picture.missing_letters() } else { String::new() };
    if !missing.is_empty() {
        warn(format_args!(
            "{}: the font of PNG files lacks '{missing}': write an .svg or .html instead, which take the reader's fonts",
            path.display()
        ));
    }
    Ok(())
}

/// The preset of each pattern, with a simulated run.
fn patterns(seed: u64, tariff: &TariffArgs) -> Result<Vec<Chart>> {
    let chart = |pattern: Pattern| {
        let subject = of_workload(&Preset::find(pattern.name())?.workload()?, Some(seed), tariff)?;
        Ok(Chart::new(pattern.name(), subject.series))
    };
    Pattern::ALL.into_iter().map(chart).collect()
}
