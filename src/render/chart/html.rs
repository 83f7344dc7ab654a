//! A page of its own: the picture and the numbers behind it.

use super::frame::per_million;
use super::scale::number;
use super::{Chart, Series};
use crate::curve::{Point, PowerCurve};

const STYLE: &str = "\
:root { color-scheme: light dark; --text: #1b1f24; --muted: #5c6670; --rule: #e4e7eb; --paper: #ffffff }
[data-theme=dark] { color-scheme: dark; --text: #eceef1; --muted: #a3acb7; --rule: #2b3038; --paper: #14171c }
[data-theme=light] { color-scheme: light }
@media (prefers-color-scheme: dark) {
  [data-theme=system] { --text: #eceef1; --muted: #a3acb7; --rule: #2b3038; --paper: #14171c }
  [data-theme=system] .light { display: none }
}
@media not (prefers-color-scheme: dark) { [data-theme=system] .dark { display: none } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; background: var(--paper); color: var(--text);
  font: 1rem/1.5 Arial, Helvetica, 'Liberation Sans', Arimo, sans-serif }
svg { width: 100%; height: auto }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: bold; padding: .5rem 0 }
th { color: var(--muted); font-weight: normal; vertical-align: bottom }
th, td { text-align: right; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid var(--rule) }
";

/// The page: `drawings` are the same picture as SVG for each theme name (`light`, `dark`), and `theme` is
/// one of these or `system`.
pub(super) fn page(title: &str, theme: &str, drawings: &[(&str, String)], charts: &[Chart]) -> String {
    let title = escape(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\" data-theme=\"{theme}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    for (name, svg) in drawings {
        page += &format!("<div class=\"{name}\">\n{svg}</div>\n");
    }
    let tables = charts.iter().flat_map(|chart| chart.series().map(move |series| (chart, series)));
    tables.for_each(|(chart, series)| page += &tables_of(chart, series));
    page + "</body>\n</html>\n"
}

/// The points, or the model where there are none.
fn tables_of(chart: &Chart, series: &Series) -> String {
    let name = if series.name.is_empty() { &chart.title } else { &series.name };
    let kind = if series.simulated { "simulated" } else { "measured" };
    let points = [(&series.measured, kind), (&series.withheld, "measured, not given to the model")];
    let mut tables: String = points.into_iter().filter_map(|(c, kind)| Some(table(name, kind, c.as_ref()?))).collect();
    if let (true, Some(model)) = (tables.is_empty(), &series.model) {
        tables = table(name, "model", model);
    }
    tables
}

fn table(name: &str, kind: &str, curve: &PowerCurve) -> String {
    let rows: String = curve.points().iter().map(row).collect();
    let table = format!(
        "<table>\n<caption>{} ({kind})</caption>\n<tr><th scope=\"col\">memory size (MB)</th>\
         <th scope=\"col\">duration (ms)</th><th scope=\"col\">cost per million ($)</th></tr>\n{rows}</table>\n",
        escape(name)
    );
    if curve.len() > LONG { format!("<details><summary>Numbers</summary>\n{table}</details>\n") } else { table }
}

/// Rows beyond which a table is folded.
const LONG: usize = 40;

fn row(point: &Point) -> String {
    let cost = per_million(point).map_or(String::new(), |usd| number(usd, if usd < 1.0 { 4 } else { 2 }));
    let duration = number(point.duration.ms(), if point.duration.ms() < 1.0 { 5 } else { 2 });
    format!("<tr><td>{}</td><td>{duration}</td><td>{cost}</td></tr>\n", point.memory.mb())
}

/// Text as it stands in XML and HTML, also inside quotes; control characters become spaces.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("a<b & \"c\"\u{1}'"), "a&lt;b &amp; &quot;c&quot; &#39;");
    }

    #[test]
    fn a_table_has_a_row_for_each_point_and_folds_when_long() {
        let curve = |n: u32| {
            let points: Vec<(u32, f64)> = (0..n).map(|i| (128 + i, 1_234.5)).collect();
            PowerCurve::from_ms(&points).unwrap()
        };
        let short = table("a & b", "measured", &curve(3));
        assert_eq!(short.matches("<tr><td>").count(), 3);
        assert!(
            short.contains("<caption>a &amp; b (measured)</caption>") && short.contains("<td>1,234.50</td><td></td>")
        );
        assert!(!short.contains("<details>") && table("a", "model", &curve(41)).contains("<details>"));
    }

    #[test]
    fn a_page_tells_given_sizes_from_withheld_ones_and_the_model_only_fills_in() {
        let curve = || PowerCurve::from_ms(&[(128, 8.0)]).unwrap();
        let mut series = Series { withheld: Some(curve()), ..Series::measured("a", curve()) };
        series.model = Some(curve());
        let tables = tables_of(&Chart::new("t", series.clone()), &series);
        assert!(tables.contains("(measured)") && tables.contains("(measured, not given to the model)"), "{tables}");
        assert!(!tables.contains("(model)"));
        let model = Series::model("a", curve());
        assert!(tables_of(&Chart::new("t", model.clone()), &model).contains("a (model)"));
    }
}
