//! Serves the bundle to this machine's own browser: loopback only, GET and HEAD only, nothing is ever written.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::runtime;

use crate::error::{Error, Result};
use crate::page;

/// What every answer says. The page may load from itself alone, compile WebAssembly, and show pictures that it makes.
const HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// Serves the page on 127.0.0.1 until the process ends; port 0 takes a free one. `ready` gets the address.
///
/// ```
/// use powercurve::{Error, page::server};
/// // port 0 takes a free one
/// let ended = server::serve(0, |address| {
///     assert!(address.ip().is_loopback() && address.port() != 0);
///     Err(Error::new("enough"))
/// });
/// assert!(ended.is_err());
/// ```
///
/// # Errors
/// When the port is taken or may not be used.
pub fn serve(port: u16, ready: impl FnOnce(SocketAddr) -> Result<()>) -> Result<()> {
    let failed = |e: std::io::Error| Error::new(format!("the page cannot be served: {e}"));
    // files from memory for one person: one thread is plenty
    let runtime = runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|e| {
            Error::new(format!("port {port} of this machine cannot be used: {e}"))
                .help("choose another one with --port, or --port 0 for any that is free")
        })?;
        ready(listener.local_addr().map_err(failed)?)?;
        axum::serve(listener, Router::new().fallback(answer)).await.map_err(failed)
    })
}

async fn answer(request: Request) -> Response {
    let mut response = match *request.method() {
        _ if !is_local(request.headers()) => refuse(StatusCode::FORBIDDEN),
        Method::GET | Method::HEAD => match page::find(request.uri().path()) {
            Some(file) => ([(header::CONTENT_TYPE, file.media_type)], file.bytes).into_response(),
            None => refuse(StatusCode::NOT_FOUND),
        },
        _ => ([(header::ALLOW, "GET, HEAD")], refuse(StatusCode::METHOD_NOT_ALLOWED)).into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refuse(status: StatusCode) -> Response {
    (status, status.canonical_reason().unwrap_or_default()).into_response()
}

/// Whether the browser asked for this machine by a name of its own: a foreign name that resolves to 127.0.0.1 is how
/// other sites reach local servers.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["127.0.0.1", "localhost"].contains(&name)
}
