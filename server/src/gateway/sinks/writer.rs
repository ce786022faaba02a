//! Where the lines of a sink go: a file, standard output, or a receiver over HTTP.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use tokio::task::spawn_blocking;
use url::Url;

use super::{file::RotatedFile, outbound};
use crate::{config::Sink as Config, outbound::Outbound};

/// Lines that are written to a file at a time.
const LINES: usize = 1000;
/// How long a receiver has to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between tries of one post; after the last it is given up.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(25)];

/// One of them.
pub enum Writer {
    File(Arc<Mutex<RotatedFile>>),
    Http { outbound: Outbound, url: Url, batch: usize },
    Stdout,
}

impl Writer {
    /// # Errors
    /// What the file system says.
    pub fn open(config: &Config) -> io::Result<Self> {
        Ok(match config {
            Config::File { path, max_bytes, keep } => {
                Self::File(Arc::new(Mutex::new(RotatedFile::open(path, max_bytes.get(), keep.as_u32())?)))
            }
            Config::Http { url, batch } => {
                Self::Http { outbound: outbound(), url: url.0.clone(), batch: usize::try_from(batch.get()).unwrap_or(LINES) }
            }
            Config::Stdout {} => Self::Stdout,
        })
    }

    /// Lines that are to be written at a time.
    pub const fn batch(&self) -> usize {
        match self {
            Self::Http { batch, .. } => *batch,
            Self::File(_) | Self::Stdout => LINES,
        }
    }

    /// Writes lines, all or, as far as anybody knows, none.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn write(&self, lines: Vec<String>) -> Result<(), String> {
        let mut text = lines.join("\n");
        text.push('\n');
        match self {
            Self::File(file) => {
                let file = Arc::clone(file);
                blocking(move || file.lock().unwrap_or_else(PoisonError::into_inner).append(text.as_bytes())).await
            }
            Self::Stdout => {
                blocking(move || {
                    let mut out = io::stdout().lock();
                    out.write_all(text.as_bytes()).and_then(|()| out.flush())
                })
                .await
            }
            Self::Http { outbound, url, .. } => post(outbound, url, text.into()).await,
        }
    }
}

async fn blocking(write: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), String> {
    spawn_blocking(write).await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// Posts lines, and again after a pause where nobody took them. What a receiver refuses for what it is is given up at once.
async fn post(outbound: &Outbound, url: &Url, body: Bytes) -> Result<(), String> {
    let mut pauses = PAUSES.iter();
    loop {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        let (why, may_pass) = match outbound.post(url, headers, body.clone(), PATIENCE).await {
            Ok(200..=299) => return Ok(()),
            Ok(status) => (format!("the receiver answered with {status}"), matches!(status, 408 | 425 | 429 | 500..)),
            Err(error) => (error.to_string(), true),
        };
        match pauses.next().filter(|_| may_pass) {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return Err(why),
        }
    }
}
