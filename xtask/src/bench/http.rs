//! Just enough of HTTP/1.1 (RFC 9112) to ask a server on this machine and to count what it sends.
//!
//! Must never be used for anything else: it knows neither TLS nor redirects.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

/// Nothing on this machine takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer, its body as it was sent (compressed where it was).
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value, the empty string where it is absent.
    pub fn header(&self, name: &str) -> &str {
        let matching = |line: &'_ str| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        self.head.lines().find(|line| matching(line)).and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }

    /// The values of a header that may stand there more than once.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        pairs.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Where it is not.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).context("the server's answer is not JSON")
    }
}

/// Fetches `path` from `address` (`host:port`).
///
/// # Errors
/// Where the server does not answer, or not with success.
pub fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Result<Reply> {
    let reply = send(address, "GET", path, headers, b"")?;
    ensure!(reply.status < 300, "GET {path} was answered with {}", reply.status);
    Ok(reply)
}

/// Sends JSON to `path`.
///
/// # Errors
/// As [`get`].
pub fn post(address: &str, path: &str, headers: &[(&str, &str)], json: &serde_json::Value) -> Result<Reply> {
    let headers = [&[("Content-Type", "application/json")], headers].concat();
    let reply = send(address, "POST", path, &headers, json.to_string().as_bytes())?;
    ensure!(reply.status < 300, "POST {path} was answered with {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
    Ok(reply)
}

/// Puts JSON at `path`.
///
/// # Errors
/// As [`get`].
pub fn put(address: &str, path: &str, headers: &[(&str, &str)], json: &serde_json::Value) -> Result<()> {
    let headers = [&[("Content-Type", "application/json")], headers].concat();
    let reply = send(address, "PUT", path, &headers, json.to_string().as_bytes())?;
    ensure!(reply.status < 300, "PUT {path} was answered with {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
    Ok(())
}

/// Deletes what `path` names.
///
/// # Errors
/// As [`get`].
pub fn delete(address: &str, path: &str, headers: &[(&str, &str)]) -> Result<()> {
    let reply = send(address, "DELETE", path, headers, b"")?;
    ensure!(reply.status < 300, "DELETE {path} was answered with {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
    Ok(())
}

/// A connection that stays open from one request to the next, for answers that say how long they are.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// # Errors
    /// Where nobody listens.
    pub fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("{address} does not answer"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    /// Sends a whole request and reads its answer to the end; the status.
    ///
    /// # Errors
    /// Where the answer breaks off, or does not say how long it is.
    pub fn ask(&mut self, request: &str) -> Result<u16> {
        self.stream.write_all(request.as_bytes())?;
        self.read.clear();
        let mut piece = [0; 4096];
        loop {
            let more = self.stream.read(&mut piece)?;
            ensure!(more > 0, "the connection was closed");
            self.read.extend_from_slice(&piece[..more]);
            let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = parse(&self.read[..end + 4])?;
            // One without a body says nothing of its length (RFC 9112, section 6.3).
            let length = match (head.status, head.header("content-length")) {
                (204 | 304, _) => 0,
                (_, length) => length.parse::<usize>().context("the answer does not say how long it is")?,
            };
            if self.read.len() >= end + 4 + length {
                return Ok(head.status);
            }
        }
    }

    /// As [`Connection::ask`], with the answer itself.
    ///
    /// # Errors
    /// As [`Connection::ask`], and where the answer is no success.
    pub fn get(&mut self, request: &str) -> Result<Reply> {
        let status = self.ask(request)?;
        ensure!(status < 300, "answered with {status}: {}", request.lines().next().unwrap_or_default());
        parse(&self.read)
    }
}

fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply> {
    let mut stream = TcpStream::connect(address).with_context(|| format!("{address} does not answer"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer)
}

/// Reads an answer that was sent whole.
///
/// # Errors
/// Where it breaks off.
pub fn parse(answer: &[u8]) -> Result<Reply> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { bail!("the answer has no end of its head") };
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).context("the answer has no status")?;
    let mut reply = Reply { status, head, body: answer[end + 4..].to_vec() };
    if reply.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        reply.body = without_chunks(&reply.body)?;
    }
    Ok(reply)
}

fn without_chunks(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").context("a chunk has no size")?;
        let size =
            usize::from_str_radix(String::from_utf8_lossy(&rest[..line]).trim(), 16).context("a chunk's size is no number")?;
        let (begin, end) = (line + 2, line + 2 + size);
        ensure!(rest.len() >= end + 2, "the answer ends within a chunk");
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&rest[begin..end]);
        rest = &rest[end + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        let reply =
            parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").unwrap();
        assert_eq!((reply.status, reply.body.as_slice(), reply.header("x-a")), (200, b"abcde".as_slice(), "b"));
    }

    #[test]
    fn an_answer_that_breaks_off_is_an_error() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").is_err());
    }
}
