//! The numbers behind a chart, as tables of a page.

use super::frame::per_million;
use super::scale::number;
use super::{Chart, Series};
use crate::curve::{Point, PowerCurve};
use crate::render::html::escape;
use crate::units::Currency;

/// The numbers behind charts.
pub(super) fn tables(charts: &[&Chart]) -> String {
    charts.iter().flat_map(|chart| chart.series().map(move |series| tables_of(chart, series))).collect()
}

/// The points, or the model where there are none.
fn tables_of(chart: &Chart, series: &Series) -> String {
    let name = if series.name.is_empty() { &chart.title } else { &series.name };
    let kind = if series.simulated { "simulated" } else { "measured" };
    let points = [(&series.measured, kind), (&series.withheld, "measured, not given to the model")];
    let mut tables: String =
        points.into_iter().filter_map(|(c, kind)| Some(table(name, kind, c.as_ref()?, series.currency))).collect();
    if let (true, Some(model)) = (tables.is_empty(), &series.model) {
        tables = table(name, "model", model, series.currency);
    }
    tables
}

fn table(name: &str, kind: &str, curve: &PowerCurve, currency: Currency) -> String {
    let rows: String = curve.points().iter().map(row).collect();
    let table = format!(
        "<table>\n<caption>{} ({kind})</caption>\n<tr><th scope=\"col\">memory size (MB)</th>\
         <th scope=\"col\">duration (ms)</th><th scope=\"col\">cost per million ({})</th></tr>\n{rows}</table>\n",
        escape(name),
        currency.text("$")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_for_each_point_and_folds_when_long() {
        let curve = |n: u32| {
            let points: Vec<(u32, f64)> = (0..n).map(|i| (128 + i, 1_234.5)).collect();
            PowerCurve::from_ms(&points).unwrap()
        };
        let short = table("a & b", "measured", &curve(3), Currency::Usd);
        assert_eq!(short.matches("<tr><td>").count(), 3);
        assert!(
            short.contains("<caption>a &amp; b (measured)</caption>") && short.contains("<td>1,234.50</td><td></td>")
        );
        assert!(!short.contains("<details>") && table("a", "model", &curve(41), Currency::Cny).contains("<details>"));
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
