//! `learn` serves the bundle to this machine, with strict headers, and nothing else; `learn --export` writes it.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin;

type Test = Result<(), Box<dyn Error>>;

/// A running server: ended when the test is.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start() -> Result<Self, Box<dyn Error>> {
        let mut process =
            Command::new(cargo_bin("powercurve")).args(["learn", "--port", "0"]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split_once('/')).ok_or("no address")?.0;
        Ok(Self { process, address: address.to_owned() })
    }

    /// Head and body of the answer to a request.
    fn ask(&self, request: &str) -> Result<(String, Vec<u8>), Box<dyn Error>> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").ok_or("no head")?;
        Ok((String::from_utf8(answer[..end].to_vec())?.to_ascii_lowercase(), answer[end + 4..].to_vec()))
    }

    fn request(&self, method: &str, path: &str) -> Result<(String, Vec<u8>), Box<dyn Error>> {
        self.ask(&format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_bundle_and_nothing_else() -> Test {
    let server = Server::start()?;
    assert!(server.address.starts_with("127.0.0.1:"), "{}", server.address);
    for (path, media_type, file) in [
        ("/", "text/html", "index.html"),
        ("/app.js", "text/javascript", "app.js"),
        ("/core.wasm", "application/wasm", "core.wasm"),
    ] {
        let (head, body) = server.request("GET", path)?;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains(&format!("content-type: {media_type}")), "{head}");
        assert!(head.contains("content-security-policy: default-src 'self'"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff") && head.contains("x-frame-options: deny"), "{head}");
        assert!(!head.contains("access-control"), "{head}");
        assert!(body == std::fs::read(format!("page/dist/{file}"))?, "{path}");
        let (head, body) = server.request("HEAD", path)?;
        assert!(head.starts_with("http/1.1 200") && body.is_empty(), "{head}");
    }
    for path in ["/Cargo.toml", "/../Cargo.toml", "/..%2fCargo.toml", "/page/dist/app.js", "//"] {
        let (head, _) = server.request("GET", path)?;
        assert!(head.starts_with("http/1.1 404") && head.contains("content-security-policy"), "{path}: {head}");
    }
    Ok(())
}

#[test]
fn other_methods_and_foreign_names_are_refused() -> Test {
    let server = Server::start()?;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let (head, _) = server.request(method, "/")?;
        assert!(head.starts_with("http/1.1 405") && head.contains("allow: get, head"), "{method}: {head}");
    }
    let (head, _) = server.ask("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")?;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_named() -> Test {
    let server = Server::start()?;
    let port = server.address.rsplit(':').next().ok_or("no port")?;
    let second = Command::new(cargo_bin("powercurve")).args(["learn", "--port", port]).output()?;
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr)?;
    assert!(said.contains(&format!("port {port}")) && said.contains("--port 0"), "{said}");
    Ok(())
}

#[test]
fn the_export_is_the_bundle() -> Test {
    let folder = tempfile::tempdir()?;
    let site = folder.path().join("a/site");
    let export = Command::new(cargo_bin("powercurve")).args(["learn", "--export"]).arg(&site).output()?;
    assert!(export.status.success());
    for entry in std::fs::read_dir("page/dist")? {
        let entry = entry?;
        assert!(
            std::fs::read(entry.path())? == std::fs::read(site.join(entry.file_name()))?,
            "{:?}",
            entry.file_name()
        );
    }
    assert_eq!(std::fs::read_dir("page/dist")?.count(), std::fs::read_dir(&site)?.count());
    Ok(())
}
