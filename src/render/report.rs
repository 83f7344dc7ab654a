//! A report of recorded runs as one page: it opens without a network, prints, and holds no script.

use super::chart::{Chart, Mark, Picture, Size, Theme};
use super::html::{document, escape};
use super::table::{Cell, Column, Table};
use crate::advise::{Cliff, Evaluation, Recommendation, Strategy};
use crate::error::Result;
use crate::pattern::{Classification, Pattern};
use crate::predict::Next;
use crate::show::{self, Levers, Report};
use crate::units::{Millis, Usd};

const STYLE: &str = "\
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere }
h2 { margin: 0; font-size: 1.5rem }
h3 { margin: 1.5rem 0 .5rem; font-size: 1.1rem }
a { color: var(--duration) }
section { border-top: 2px solid var(--grid); margin-top: 3rem; padding-top: 1.5rem }
.verdict { font-size: 1.2rem; margin: .25rem 0 }
.muted, .assumes { color: var(--muted) }
.wide { overflow-x: auto }
.wide > table { margin: .25rem 0 }
.on-narrow { display: none }
@media (max-width: 36rem) {
  .on-narrow { display: block }
  .on-wide { display: none }
  th, td { padding-right: .6rem }
  .levers tr { display: grid; grid-template-columns: repeat(4, 1fr); padding: .25rem 0; border-bottom: 1px solid var(--grid) }
  .levers :is(th, td) { border: none; padding: 0 .6rem 0 0 }
  .levers :is(th, td):is(:first-child, :last-child) { grid-column: 1 / -1 }
  .levers td:first-child { font-weight: bold }
  .levers th:last-child { display: none }
}
td.words { min-width: 5rem }
header td.words { white-space: nowrap }
header td:first-child { white-space: normal; min-width: 12rem; overflow-wrap: anywhere }
td:last-child.words { min-width: 14rem }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0 2.5rem }
.bars { list-style: none; margin: 0; padding: 0 }
.bars li { margin: .5rem 0 }
.bars .value { float: right; font-variant-numeric: tabular-nums }
.track { display: block; height: .5rem; background: var(--grid); border-radius: .25rem; overflow: hidden }
.track > * { display: block; float: left; height: 100%; background: var(--duration) }
.track > .wait { background: var(--axis) }
.track > .transfer { background: var(--optimum) }
.key::before { content: ''; display: inline-block; width: .75em; height: .75em; margin-right: .4em; background: var(--duration) }
.key.wait::before { background: var(--axis) }
.key.transfer::before { background: var(--optimum) }
ul { padding-left: 1.2rem; margin: .25rem 0 }
@media print {
  body { margin: 0; max-width: none; font-size: 10pt }
  section { break-before: page; border: none; margin: 0; padding: 0 }
  header + section { break-before: auto; margin-top: 1rem }
  h2, h3 { break-after: avoid }
  svg, tr, .bars { break-inside: avoid }
  .wide { overflow: visible }
  table { font-size: 9pt }
  th, td { padding-right: .6rem }
  header td.words { white-space: normal }
  td.words, header td:first-child, td:last-child.words { min-width: 0; overflow-wrap: anywhere }
  .levers td:first-child { white-space: nowrap }
  .on-wide { display: block }
  .on-narrow { display: none }
  .track, .track > *, .key::before { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
";

/// One run of a report, drawn.
///
/// ```
/// use powercurve::advise::{Market, PricedCurve};
/// use powercurve::platform::pricing::PriceOverride;
/// use powercurve::render::report::{Section, page};
/// use powercurve::show::{Load, Report};
/// use powercurve::{PowerCurve, Run};
/// let run = Run::new("primes", PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0)])?);
/// let (priced, tariff) = PricedCurve::usual(&run)?;
/// let market = Market { region: "us-east-1".to_owned(), given: PriceOverride::default(), free_tier: false };
/// let report = Report::of(&run, &priced, &tariff, &Load { market, per_month: 1e6 })?;
/// let html = page("Our functions", None, &[Section::new(&report)?]);
/// assert!(html.contains("<h2>primes</h2>") && html.contains("<strong>cpu-bound</strong>"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Section {
    /// Cells of the index.
    row: [Cell; 6],
    id: String,
    html: String,
}

impl Section {
    /// Draws the part of the page that is about one run.
    ///
    /// # Errors
    /// When plotters cannot draw the chart.
    pub fn new(report: &Report) -> Result<Self> {
        let reading = &report.reading;
        let picked = |name: &str| {
            let choice = report.choices.iter().find(|(strategy, _)| strategy.name() == name);
            Cell::or_empty(choice, |(_, r)| Cell::Memory(r.choice.memory))
        };
        let next = match report.forecast.next {
            Next::Measure { memory, .. } => format!("measure {memory}"),
            Next::Stop { .. } => "nothing".to_owned(),
        };
        let doubt = if reading.uncertain { "perhaps " } else { "" };
        Ok(Self {
            row: [
                Cell::Text(format!("{doubt}{}", reading.pattern)),
                Cell::Share(reading.confidence),
                picked("cost"),
                picked("balanced"),
                picked("speed"),
                Cell::Text(next),
            ],
            id: report.id.clone(),
            html: body(report)?,
        })
    }
}

/// The page: an index where there are several runs, then one section a run.
///
/// ```
/// use powercurve::render::{chart::Theme, report::page};
/// let html = page("Week 7", Some(Theme::Dark), &[]);
/// assert!(html.contains("<h1>Week 7</h1>") && html.contains("color-scheme: dark"));
/// assert!(!html.contains("<script") && !html.contains("http")); // it stands alone
/// ```
pub fn page(title: &str, theme: Option<Theme>, sections: &[Section]) -> String {
    let mut html = format!("<header>\n<h1>{}</h1>\n", escape(title));
    if sections.len() > 1 {
        html += &index(sections);
    }
    html += "</header>\n";
    for (i, section) in sections.iter().enumerate() {
        html +=
            &format!("<section id=\"run-{}\">\n<h2>{}</h2>\n{}</section>\n", i + 1, escape(&section.id), section.html);
    }
    document(title, theme, STYLE, &html)
}

fn index(sections: &[Section]) -> String {
    let columns = ["run", "pattern", "probability", "cheapest", "balanced", "fastest", "next"].map(Column::plain);
    let mut table = Table::new(&columns);
    for (i, section) in sections.iter().enumerate() {
        let link = Cell::Link { text: section.id.clone(), to: format!("#run-{}", i + 1) };
        table.row(std::iter::once(link).chain(section.row.clone()));
    }
    wide(&table)
}

/// A table that scrolls by itself where the screen is narrow.
fn wide(table: &Table) -> String {
    // a region that scrolls must be reachable with the keyboard
    format!("<div class=\"wide\" tabindex=\"0\">\n{}</div>\n", table.html())
}

fn list(lines: impl IntoIterator<Item = String>) -> String {
    let items: String = lines.into_iter().map(|line| format!("<li>{}</li>\n", escape(&line))).collect();
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

fn body(report: &Report) -> Result<String> {
    let reading = &report.reading;
    let doubt = if reading.uncertain { "uncertain, perhaps " } else { "" };
    let words = format!("Duration and cost of {} by memory size", report.id);
    let mut html = format!(
        "<p class=\"verdict\">{doubt}<strong>{}</strong> ({:.0} %): {}</p>\n",
        reading.pattern,
        100.0 * reading.confidence,
        escape(reading.pattern.summary())
    );
    html += &format!("<p class=\"muted\">{}</p>\n", escape(&report.about));
    let wide = Picture::chart(&report.chart).size(Size::PAGE).described(&words);
    // the table below says which size is the best by what
    let optima = report.chart.optima.iter().map(|m| Mark::new(m.memory, m.memory.to_string())).collect();
    let brief = Chart { optima, ..report.chart.clone() };
    let narrow = Picture::narrow(&brief).described(&words);
    html += &format!("<div class=\"on-wide\">\n{}</div>\n", wide.themed_svg()?);
    html += &format!("<div class=\"on-narrow\">\n{}</div>\n", narrow.themed_svg()?);
    html += "<div class=\"columns\">\n<div>\n<h3>Pattern</h3>\n";
    html += &probabilities(report);
    html += "<h3>Where the time goes at 1 vCPU</h3>\n";
    html += &shares(report);
    html += "</div>\n<div>\n<h3>Why</h3>\n";
    html += &format!("<div class=\"reasons\">\n{}</div>\n", list(reading.reasons.clone()));
    if !reading.warnings.is_empty() {
        html += "<h3>Warnings</h3>\n";
        html += &list(reading.warnings.clone());
    }
    html += "<h3>What to measure next</h3>\n";
    html += &paragraph(&format!("{}.", show::advice(&report.forecast.next)));
    if !report.too_small.is_empty() {
        html += &paragraph(&show::too_small(&report.too_small));
    }
    html += "</div>\n</div>\n<h3>Which size</h3>\n";
    html += &choices(report);
    html += "<h3>What would help</h3>\n";
    html += &levers(&report.levers, reading);
    html += "<details>\n<summary>Measured and predicted durations</summary>\n";
    html += &numbers(report);
    Ok(html + "</details>\n")
}

fn probabilities(report: &Report) -> String {
    let item = |(pattern, share): (Pattern, f64)| {
        format!(
            "<li>{pattern} <span class=\"value\">{:.0} %</span><span class=\"track\"><i style=\"width:{:.1}%\"></i></span></li>\n",
            100.0 * share,
            100.0 * share
        )
    };
    let items: String = show::ranked(&report.reading).into_iter().map(item).collect();
    format!("<ul class=\"bars\">\n{items}</ul>\n")
}

fn shares(report: &Report) -> String {
    let s = &report.reading.shares;
    let part = |class: &str, share: f64| format!("<i class=\"{class}\" style=\"width:{:.1}%\"></i>", 100.0 * share);
    let bar = [part("cpu", s.cpu), part("wait", s.wait), part("transfer", s.transfer)].concat();
    let key = "<p class=\"muted\"><span class=\"key\">CPU</span> · <span class=\"key wait\">waiting</span> · \
               <span class=\"key transfer\">transfer</span></p>\n";
    format!("<span class=\"track\">{bar}</span>\n{key}{}", wide(&show::shares(&report.reading)))
}

fn choices(report: &Report) -> String {
    let columns = ["strategy", "size", "duration", "per million"].map(Column::plain);
    let mut table = Table::new(&columns);
    let mut notes: Vec<String> = Vec::new();
    let mut note = |text: String| {
        if !notes.contains(&text) {
            notes.push(text);
        }
    };
    for (strategy, r) in &report.choices {
        let name = match strategy {
            Strategy::Cost => "lowest cost",
            Strategy::Balanced(_) => "balanced",
            Strategy::Speed => "fastest",
        };
        let choice = &r.choice;
        table.row([
            Cell::Text(name.to_owned()),
            Cell::Memory(choice.memory),
            Cell::Duration(choice.duration),
            Cell::PerMillion(choice.cost).in_currency(report.currency),
        ]);
        r.cliffs.iter().filter(|c| c.step == report.step && c.is_steep()).for_each(|cliff| note(cliff_note(r, cliff)));
    }
    if let Some((_, r)) = report.choices.first() {
        note(show::choice(&r.pareto, report.measured.len()));
    }
    format!("<div class=\"choices\">\n{}</div>\n{}", wide(&table), list(notes))
}

fn cliff_note(r: &Recommendation, cliff: &Cliff) -> String {
    format!(
        "At {}, billed by {}: {:.2} ms less would save {:.1} % of the cost.",
        r.choice.memory,
        cliff.step,
        cliff.shave_ms,
        100.0 * cliff.saving_share
    )
}

fn levers(levers: &Levers, reading: &Classification) -> String {
    let before = match &levers.before {
        Ok(before) => before,
        Err(error) => return paragraph(&format!("The fitted function does not finish here: {}.", error.problem())),
    };
    let mut html = paragraph(&format!(
        "At {}, for the workload that explains the measurements within {:.1} %: {} and {} a month before any change, at \
         list prices with the charge per request.",
        levers.memory,
        100.0 * levers.rms,
        before.duration,
        levers.currency.text(&before.per_month.to_string())
    ));
    if let Some(words) = show::other_reading(levers.pattern, reading) {
        html += &paragraph(&format!("Take care: {words}."));
    }
    if levers.help.is_empty() {
        html += &paragraph("None of the known changes would save one per cent of the time or of the bill.");
    } else {
        let columns = ["change", "duration", "time", "per month", "bill", "assumes"].map(Column::plain);
        let mut table = Table::new(&columns);
        for (lever, after) in &levers.help {
            let ratio = |value: fn(&Evaluation) -> f64| Cell::Change(value(after) / value(before) - 1.0);
            let info = lever.info();
            let guess = if info.confidence.is_assumption() { "(give your own value) " } else { "" };
            table.row([
                Cell::Text(lever.to_string()),
                Cell::Duration(after.duration),
                ratio(|e| e.duration.ms()),
                Cell::Cost(after.per_month).in_currency(levers.currency),
                ratio(|e| e.per_month.usd()),
                Cell::Text(format!("{guess}{}", info.assumption)),
            ]);
        }
        html += &format!("<div class=\"levers\">\n{}</div>\n", wide(&table));
    }
    let reasons = levers.no_help.iter().map(|(lever, reason)| format!("{}: {reason}", lever.name()));
    html + &format!("<details>\n<summary>What would not help, and why</summary>\n{}</details>\n", list(reasons))
}

fn numbers(report: &Report) -> String {
    let f = &report.forecast;
    let columns = ["memory", "measured", "predicted", "90 % from", "to", "per million", "cheapest"].map(Column::plain);
    let mut table = Table::new(&columns);
    let curve = report.chart.run.measured.as_ref();
    for (i, memory) in f.sizes.iter().enumerate() {
        let duration = |ms| Cell::or_empty(Millis::new(ms).ok(), Cell::Duration);
        let d = &f.durations[i];
        table.row([
            Cell::Memory(*memory),
            Cell::or_empty(curve.and_then(|c| c.at(*memory)), |p| Cell::Duration(p.duration)),
            duration(d.ms),
            duration(d.low_ms),
            duration(d.high_ms),
            Cell::or_empty(Usd::new(f.costs[i]).ok(), Cell::PerMillion).in_currency(report.currency),
            Cell::Share(f.cheapest[i]),
        ]);
    }
    wide(&table)
}
