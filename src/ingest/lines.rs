//! Bytes in, lines out: bounded memory, whatever the input holds.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::GzDecoder;
use memchr::memchr;

use crate::error::{Error, Result};

/// The longest line, and the longest JSON document that is spread over lines, in bytes: 16 MiB.
///
/// ```
/// use powercurve::ingest::{Input, LINE_LIMIT, read_inputs};
/// let long = Input::of_bytes("endless", vec![b'x'; LINE_LIMIT + 1]);
/// let error = read_inputs(vec![Ok(long)]).next().unwrap().unwrap_err();
/// assert!(error.problem().starts_with("line is longer than 16 MiB"));
/// ```
pub const LINE_LIMIT: usize = 16 << 20;

/// What is said of an input without content.
pub(super) const EMPTY: &str = "input is empty: expected a power-tuning output, run records, CSV or REPORT lines";

/// Bytes of the beginning that content detection looks at.
const HEAD: usize = 64 << 10;

/// Bytes asked for at a time.
const CHUNK: usize = 256 << 10;

/// After a line that is too long, at most this many bytes are passed over in search of its end.
const SKIP_LIMIT: usize = 16 * LINE_LIMIT;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Reads an input line by line from one buffer that never grows past [`LINE_LIMIT`].
pub(super) struct Lines {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    number: u64,
    finished: bool,
    /// Why the input ended before its end; told behind what was read.
    broken: Option<Error>,
}

impl Lines {
    /// Opens an input: unpacks gzip, passes over a byte-order mark.
    ///
    /// # Errors
    /// When nothing of it can be read, it is empty, or it is UTF-16.
    pub(super) fn open(reader: Box<dyn Read + Send>) -> Result<Self> {
        let mut lines = Self::new(reader);
        if lines.head().starts_with(&GZIP_MAGIC) {
            let packed = BufReader::with_capacity(CHUNK, lines.into_read());
            lines = Self::new(Box::new(Gunzip(Some(GzDecoder::new(packed)))));
        }
        let head = lines.head();
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(Error::new("text is encoded as UTF-16: expected UTF-8").help("save it as UTF-8 and try again"));
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            lines.start += 3;
        }
        if lines.finished && lines.pending().trim_ascii().is_empty() {
            return Err(lines
                .broken
                .take()
                .unwrap_or_else(|| Error::new(EMPTY).help("check that the command which wrote it succeeded")));
        }
        Ok(lines)
    }

    /// The same input, cut off with an error where it goes on after `limit` more bytes, in readers that keep what they read.
    #[cfg(feature = "loads")]
    pub(super) fn at_most(mut self, limit: u64) -> Self {
        self.reader = Box::new(AtMost { inner: self.reader, limit, left: limit });
        self
    }

    fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, buffer: vec![0; CHUNK], start: 0, end: 0, number: 0, finished: false, broken: None }
    }

    /// The beginning of what is left, up to 64 KiB; stays to be read.
    pub(super) fn head(&mut self) -> &[u8] {
        self.ahead(HEAD)
    }

    /// The beginning of what is left, as far as it may be kept, which is up to [`LINE_LIMIT`]; stays to be read.
    pub(super) fn long_head(&mut self) -> &[u8] {
        self.ahead(LINE_LIMIT)
    }

    fn ahead(&mut self, bytes: usize) -> &[u8] {
        while self.end - self.start < bytes && self.fill() {}
        &self.buffer[self.start..self.end.min(self.start + bytes)]
    }

    /// The next line with its number, counted from 1, without its line end.
    pub(super) fn next_line(&mut self) -> Option<Result<(u64, &[u8])>> {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr(b'\n', &self.buffer[self.start + searched..self.end]) {
                let from = self.start;
                let to = from + searched + at;
                self.start = to + 1;
                self.number += 1;
                return Some(Ok((self.number, without_cr(&self.buffer[from..to]))));
            }
            searched = self.end - self.start;
            if searched >= LINE_LIMIT {
                return Some(Err(self.skip_line()));
            }
            if self.fill() {
                continue;
            }
            let from = self.start;
            self.start = self.end;
            if let Some(error) = self.broken.take() {
                return Some(Err(error.at(format!("after line {}", self.number))));
            }
            if searched == 0 {
                return None;
            }
            self.number += 1;
            return Some(Ok((self.number, without_cr(&self.buffer[from..self.end]))));
        }
    }

    /// Everything that is left, as one text.
    ///
    /// # Errors
    /// When it is longer than [`LINE_LIMIT`] or cannot be read.
    pub(super) fn whole(&mut self) -> Result<&[u8]> {
        while self.end - self.start < LINE_LIMIT {
            if !self.fill() {
                let from = self.start;
                self.start = self.end;
                return self.broken.take().map_or(Ok(&self.buffer[from..self.end]), Err);
            }
        }
        Err(Error::new(format!("JSON document is longer than {} MiB", LINE_LIMIT >> 20))
            .help("write one JSON value a line, for example with jq -c '.[]' or jq -c '.events[]'"))
    }

    /// Everything that is left, as a stream.
    pub(super) fn into_read(mut self) -> Box<dyn Read + Send> {
        self.buffer.truncate(self.end);
        let mut rest = Cursor::new(self.buffer);
        rest.set_position(self.start as u64);
        match self.broken {
            Some(error) => Box::new(rest.chain(Broken(Some(error)))),
            None => Box::new(rest.chain(self.reader)),
        }
    }

    fn pending(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads more behind what is pending; `false` at the end of the input, and where it breaks off.
    fn fill(&mut self) -> bool {
        if self.finished {
            return false;
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize((2 * self.end).min(LINE_LIMIT + CHUNK), 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.finished = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    self.finished = true;
                    let error = Error::new(format!("cannot read on: {e}"));
                    self.broken = Some(error.help("check that the file is complete; a .gz file may have been cut off"));
                }
            }
            return !self.finished;
        }
    }

    /// Passes over a line that is too long, and says so.
    fn skip_line(&mut self) -> Error {
        self.number += 1;
        let lost = match self.find_line_end() {
            Ok(true) => String::new(),
            Ok(false) => {
                self.finished = true;
                self.start = self.end;
                format!(", and does not end within {} MiB: nothing after it was read", SKIP_LIMIT >> 20)
            }
            Err(error) => format!(", and its end was not found: {}", error.problem()),
        };
        Error::new(format!("line is longer than {} MiB{lost}", LINE_LIMIT >> 20))
            .help("write one record or one log event a line, for example with jq -c '.[]'")
            .at(format!("line {}", self.number))
    }

    /// Passes over what is left of a line; whether it ends soon enough.
    fn find_line_end(&mut self) -> Result<bool> {
        let mut skipped = 0;
        while skipped < SKIP_LIMIT {
            if let Some(at) = memchr(b'\n', self.pending()) {
                self.start += at + 1;
                return Ok(true);
            }
            skipped += self.end - self.start;
            self.start = self.end;
            if !self.fill() {
                return self.broken.take().map_or(Ok(true), Err);
            }
        }
        Ok(false)
    }
}

/// Unpacks gzip, member after member. Zeros behind the last one pad it, as on tapes.
struct Gunzip<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            match member.read(buffer)? {
                0 if !buffer.is_empty() => {
                    self.0 = self.0.take().map(GzDecoder::into_inner).map_or(Ok(None), next_member)?
                }
                n => return Ok(n),
            }
        }
        Ok(0)
    }
}

/// The member that begins behind zeros, if any.
fn next_member<R: BufRead>(mut packed: R) -> io::Result<Option<GzDecoder<R>>> {
    loop {
        let bytes = packed.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let zeros = bytes.iter().take_while(|&&b| b == 0).count();
        if zeros < bytes.len() {
            packed.consume(zeros);
            return Ok(Some(GzDecoder::new(packed)));
        }
        packed.consume(zeros);
    }
}

/// What is left of an input that broke off.
struct Broken(Option<Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), |error| Err(io::Error::other(error.problem().to_owned())))
    }
}

/// What [`Lines::at_most`] reads from.
#[cfg(feature = "loads")]
struct AtMost {
    inner: Box<dyn Read + Send>,
    limit: u64,
    left: u64,
}

#[cfg(feature = "loads")]
impl Read for AtMost {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // one byte more than there may be tells an end from a limit
        let most = buffer.len().min(usize::try_from(self.left + 1).unwrap_or(usize::MAX));
        let n = self.inner.read(&mut buffer[..most])? as u64;
        if n > self.left {
            let mib = self.limit >> 20;
            return Err(io::Error::other(format!("it goes on after {mib} MiB, the most that is read: split it")));
        }
        self.left -= n;
        Ok(n as usize)
    }
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static [u8]) -> Lines {
        Lines::open(Box::new(text)).unwrap()
    }

    fn all(mut lines: Lines) -> Vec<std::result::Result<(u64, String), String>> {
        let mut out = Vec::new();
        while let Some(line) = lines.next_line() {
            out.push(match line {
                Ok((n, text)) => Ok((n, String::from_utf8_lossy(text).into_owned())),
                Err(e) => Err(e.to_string()),
            });
        }
        out
    }

    #[test]
    fn lines_are_numbered_and_lose_their_line_ends() {
        let got = all(lines(b"\xef\xbb\xbfa\r\n\nb"));
        assert_eq!(got, [Ok((1, "a".into())), Ok((2, String::new())), Ok((3, "b".into()))]);
    }

    #[test]
    fn a_line_that_is_too_long_is_rejected_and_the_next_one_is_read() {
        let text = io::repeat(b'x').take(3 * LINE_LIMIT as u64).chain(&b"\ngood\n"[..]);
        let mut lines = Lines::open(Box::new(text)).unwrap();
        let error = lines.next_line().unwrap().unwrap_err();
        assert_eq!((error.place(), error.problem()), (&["line 1".to_owned()][..], "line is longer than 16 MiB"));
        assert!(lines.buffer.len() <= LINE_LIMIT + CHUNK, "the buffer stays bounded");
        assert_eq!(lines.next_line().unwrap().unwrap(), (2, &b"good"[..]));
        assert!(lines.next_line().is_none());
    }

    #[test]
    fn an_endless_line_is_given_up() {
        let mut lines = Lines::open(Box::new(io::repeat(b'x'))).unwrap();
        let error = lines.next_line().unwrap().unwrap_err();
        assert!(error.problem().ends_with("does not end within 256 MiB: nothing after it was read"), "{error}");
        assert!(lines.next_line().is_none());
    }

    #[test]
    fn an_input_that_breaks_off_in_a_line_that_is_too_long_says_both() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken pipe"))
            }
        }
        let mut lines = Lines::open(Box::new(io::repeat(b'x').take(2 * LINE_LIMIT as u64).chain(Broken))).unwrap();
        let error = lines.next_line().unwrap().unwrap_err();
        assert!(error.problem().contains("longer than 16 MiB") && error.problem().contains("broken pipe"), "{error}");
        assert!(lines.next_line().is_none());
    }

    #[test]
    #[cfg(feature = "loads")]
    fn an_input_that_may_not_go_on_ends_with_an_error() {
        let of = |bytes: u64| {
            let lines = Lines::open(Box::new(io::repeat(b'x').take(bytes))).unwrap().at_most(1 << 20);
            lines.into_read().read_to_end(&mut Vec::new()).map_err(|e| e.to_string())
        };
        // what was read when it was opened does not count
        let most = CHUNK + (1 << 20);
        assert_eq!(of(most as u64), Ok(most));
        assert!(of(most as u64 + 1).is_err_and(|e| e.contains("after 1 MiB")));
    }

    #[test]
    fn a_document_has_the_same_limit() {
        let mut lines = Lines::open(Box::new(io::repeat(b'x'))).unwrap();
        assert!(lines.whole().unwrap_err().problem().contains("16 MiB"));
    }

    #[test]
    fn gzip_is_unpacked_member_after_member() {
        use std::io::Write;
        let mut packed = Vec::new();
        for part in ["one\n", "two\n"] {
            let mut gz = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
            gz.write_all(part.as_bytes()).unwrap();
            gz.finish().unwrap();
        }
        let got = all(Lines::open(Box::new(Cursor::new(packed.clone()))).unwrap());
        assert_eq!(got, [Ok((1, "one".into())), Ok((2, "two".into()))]);

        packed.extend([0; 1000]);
        assert_eq!(all(Lines::open(Box::new(Cursor::new(packed.clone()))).unwrap()), got, "zeros pad the last member");
        packed.extend(b"more");
        assert!(all(Lines::open(Box::new(Cursor::new(packed.clone()))).unwrap())[2].is_err());

        packed.truncate(packed.len() - 1010);
        let cut = all(Lines::open(Box::new(Cursor::new(packed.clone()))).unwrap());
        assert_eq!(cut[..2], got, "what stands before the cut is read");
        assert!(cut[2].as_ref().is_err_and(|e| e.starts_with("after line 2: ") && e.contains("cut off")), "{cut:?}");
        let mut rest = Lines::open(Box::new(Cursor::new(packed))).unwrap().into_read();
        assert!(rest.read_to_end(&mut Vec::new()).is_err(), "a reader of rows learns of it as well");
    }

    #[test]
    fn empty_and_utf16_inputs_are_named() {
        for (text, word) in [(&b""[..], "empty"), (b" \n\n", "empty"), (b"\xff\xfe{\0", "UTF-16")] {
            let error = Lines::open(Box::new(text)).err().unwrap();
            assert!(error.problem().contains(word), "{error}");
        }
    }
}
