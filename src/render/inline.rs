//! Results inside a notebook: what the Rust kernel [evcxr](https://github.com/evcxr/evcxr) shows of a value that ends a cell.

use super::chart::{Chart, Picture, Size};
use super::table::Table;

/// Writes a piece of a MIME type to standard output between the marks that the kernel looks for; see the "Custom display"
/// section of its documentation.
fn show(kind: &str, content: &str) {
    println!("EVCXR_BEGIN_CONTENT {kind}\n{content}\nEVCXR_END_CONTENT");
}

/// Fits the text column of a notebook.
const WIDTH: u32 = 860;

impl Picture<'_> {
    /// Shows the picture in a notebook; an error in its place where it cannot be drawn.
    pub fn evcxr_display(&self) {
        match self.svg() {
            // never wider than the cell
            Ok(svg) => {
                show("image/svg+xml", svg.trim_end().replacen("<svg ", "<svg style=\"max-width: 100%\" ", 1).as_str())
            }
            Err(error) => eprintln!("{error}"),
        }
    }
}

impl Chart {
    /// Shows the chart in a notebook.
    pub fn evcxr_display(&self) {
        match Size::new(WIDTH, WIDTH * 9 / 16) {
            Ok(size) => Picture::chart(self).size(size).evcxr_display(),
            Err(error) => eprintln!("{error}"),
        }
    }
}

impl Table {
    /// Shows the table in a notebook, as HTML and as text.
    pub fn evcxr_display(&self) {
        // notebooks know no classes of ours
        let html = self.html().replace("class=\"words\"", "style=\"text-align: left\"");
        show("text/html", html.trim_end());
        show("text/plain", self.text().trim_end());
    }
}
