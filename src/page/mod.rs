//! The teaching page: the built bundle of `page/dist`, and a server for it.

pub mod server;

/// One file of the bundle.
///
/// ```
/// use powercurve::page;
/// let script = page::find("/app.js").expect("a file of the bundle");
/// assert_eq!((script.name, script.media_type), ("app.js", "text/javascript; charset=utf-8"));
/// assert!(!script.bytes.is_empty());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Its name, relative to the page's folder.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal is $media_type:literal),* $(,)?) => {
        [$(File {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../../page/dist/", $name)),
        }),*]
    };
}

/// Every file of the bundle.
///
/// ```
/// use powercurve::page::FILES;
/// assert!(FILES.iter().any(|file| file.name == "core.wasm" && file.bytes.starts_with(b"\0asm")));
/// ```
pub static FILES: [File; 5] = files![
    "index.html" is "text/html; charset=utf-8",
    "app.js" is "text/javascript; charset=utf-8",
    "style.css" is "text/css; charset=utf-8",
    "core.wasm" is "application/wasm",
    "icon.svg" is "image/svg+xml",
];

/// The file that a request path names.
///
/// ```
/// use powercurve::page;
/// assert_eq!(page::find("/").map(|file| file.name), Some("index.html"));
/// assert!(page::find("/../Cargo.toml").is_none());
/// ```
pub fn find(path: &str) -> Option<&'static File> {
    let name = path.strip_prefix('/')?;
    let name = if name.is_empty() { "index.html" } else { name };
    FILES.iter().find(|f| f.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_found() {
        assert_eq!(find("/").map(|f| f.name), Some("index.html"));
        assert_eq!(find("/core.wasm").map(|f| f.media_type), Some("application/wasm"));
        for path in ["", "core.wasm", "/../Cargo.toml", "//core.wasm", "/core.wasm/", "/%63ore.wasm"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_page_names_only_files_of_the_bundle() {
        let page = String::from_utf8_lossy(FILES[0].bytes);
        let named = page.match_indices("src=\"").chain(page.match_indices("href=\""));
        let named = named.filter_map(|(at, what)| page[at + what.len()..].split('"').next());
        let named: Vec<&str> = named.filter(|name| !name.starts_with('#')).collect();
        assert!(named.contains(&"app.js"), "{named:?}");
        for name in named {
            assert!(find(&format!("/{name}")).is_some(), "{name}");
        }
    }
}
