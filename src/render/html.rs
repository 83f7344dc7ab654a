//! Pages that stand alone: one file, no script, nothing from elsewhere.

use super::chart::Theme;

const STYLE: &str = "\
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; background: var(--paper); color: var(--text);
  font: 1rem/1.5 Arial, Helvetica, 'Liberation Sans', Arimo, sans-serif }
svg { width: 100%; height: auto }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: bold; padding: .5rem 0 }
th { color: var(--muted); font-weight: normal; vertical-align: bottom }
th, td { text-align: right; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid var(--grid); white-space: nowrap }
th.words, td.words { text-align: left; white-space: normal }
";

/// A page in a theme, or in that of the reader's system; paper is always light.
///
/// `title` is text, `style` CSS beside the usual one, `body` HTML in which everything foreign went through [`escape`].
pub(super) fn document(title: &str, theme: Option<Theme>, style: &str, body: &str) -> String {
    let [light, dark] = [Theme::Light, Theme::Dark].map(|theme| {
        let name = if theme == Theme::Light { "light" } else { "dark" };
        format!("color-scheme: {name}; {}", theme.css())
    });
    let colors = match theme {
        None => {
            format!(":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n")
        }
        Some(Theme::Light) => format!(":root {{ {light} }}\n"),
        Some(Theme::Dark) => format!(":root {{ {light} }}\n@media screen {{ :root {{ {dark} }} }}\n"),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{colors}{STYLE}{style}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
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
    fn paper_is_light_in_every_theme() {
        for theme in [None, Some(Theme::Light), Some(Theme::Dark)] {
            let page = document("", theme, "", "");
            assert!(page.contains("<style>\n:root { color-scheme: light;"), "{theme:?}: {page}");
            let dark = page.lines().filter(|line| line.contains("color-scheme: dark"));
            assert!(dark.into_iter().all(|line| line.starts_with("@media screen")), "{theme:?}: {page}");
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("a<b & \"c\"\u{1}'"), "a&lt;b &amp; &quot;c&quot; &#39;");
    }
}
