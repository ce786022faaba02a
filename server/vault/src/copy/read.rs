//! Reads the copy's log from its first object on, or from a base on, and holds every object against the one before.
//!
//! Several objects are asked for at once, and taken in their order.
//! Must never take an object for good whose number, chain or form is wrong. Whoever restores takes what opens in the others
//! too: an attacker who may add can put anything behind the last object, and what the server writes after that is behind it.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use storage::{StoreError, objects::First};

use super::{Base, Copy, Link, Opening, Written, failed};
use crate::envelope::Header;

/// Objects that are asked for at a time.
const AT_ONCE: usize = 32;

/// Why a log is not whole, and where first.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("object {0} is missing from the copy")]
    Missing(u64),
    #[error("object {number} of the copy: {what}")]
    Object { number: u64, what: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The changes of one object, in order: the record, what its envelope says of itself, the envelope.
pub type Page = Vec<(String, Header, Bytes)>;

/// Goes along a log.
pub struct Reader<'a> {
    copy: &'a Copy,
    /// The last object that was read.
    pub at: Link,
    /// Objects that somebody hid, or put something over.
    pub covered: u64,
    /// The next objects, as the bucket's versions name them.
    ahead: BTreeMap<u64, First>,
    /// What was asked for, in order.
    coming: FuturesOrdered<Fetch<'a>>,
    /// The last number that was asked for.
    asked: u64,
}

type Fetch<'a> = BoxFuture<'a, Result<Option<Bytes>, object_store::Error>>;

/// An object that was read.
pub struct Step {
    /// What of it has the form of changes.
    pub page: Page,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

impl<'a> Reader<'a> {
    pub fn new(copy: &'a Copy) -> Self {
        let (ahead, coming) = (BTreeMap::new(), FuturesOrdered::new());
        Self { copy, at: Link::beginning(), covered: 0, ahead, coming, asked: 0 }
    }

    /// Goes on behind a base, as if everything before had been read.
    pub fn go_on_from(&mut self, base: &Base) {
        self.at = base.at.clone();
        self.coming = FuturesOrdered::new();
    }

    /// The changes of the next object; nothing behind the last.
    ///
    /// # Errors
    /// [`Broken`].
    pub async fn next(&mut self) -> Result<Option<Page>, Broken> {
        match self.step().await? {
            Some(Step { wrong: Some(what), .. }) => Err(Broken::Object { number: self.at.number, what }),
            Some(Step { page, wrong: None }) => Ok(Some(page)),
            None => Ok(None),
        }
    }

    /// The next object, whatever is wrong with it; nothing behind the last.
    ///
    /// # Errors
    /// [`Broken`], but for [`Broken::Object`].
    pub async fn step(&mut self) -> Result<Option<Step>, Broken> {
        let number = self.at.number + 1;
        let Some(bytes) = self.fetch(number).await.map_err(|error| failed(&error))? else {
            let later = self.copy.last_number(number).await.map_err(|error| failed(&error))?;
            return if later.is_some() { Err(Broken::Missing(number)) } else { Ok(None) };
        };
        let step = match read(&bytes) {
            Ok((opening, page)) => Step { page, wrong: follows(&self.at, &opening).err() },
            Err(what) => Step { page: Page::new(), wrong: Some(what) },
        };
        self.at = Link::of(number, &bytes);
        Ok(Some(step))
    }

    async fn fetch(&mut self, number: u64) -> Result<Option<Bytes>, object_store::Error> {
        let fetched = self.fetch_ahead(number).await;
        if !matches!(fetched, Ok(Some(_))) {
            // What was asked for behind it is asked for again: it may be there by then.
            self.coming = FuturesOrdered::new();
        }
        fetched
    }

    async fn fetch_ahead(&mut self, number: u64) -> Result<Option<Bytes>, object_store::Error> {
        if self.coming.is_empty() {
            self.asked = number - 1;
        }
        while self.coming.len() < AT_ONCE {
            let (copy, next) = (self.copy, self.asked + 1);
            let fetch = if copy.versions.is_none() {
                copy.fetch(next).boxed()
            } else {
                // The next names are asked for when all that are known are taken.
                if !self.ahead.contains_key(&next) && self.coming.is_empty() {
                    self.ahead = copy.firsts(next - 1).await?;
                }
                let Some(first) = self.ahead.remove(&next) else { break };
                self.covered += u64::from(first.is_covered);
                copy.fetch_version(next, first.version).boxed()
            };
            self.coming.push_back(fetch);
            self.asked = next;
        }
        self.coming.next().await.unwrap_or(Ok(None))
    }
}

fn follows(before: &Link, opening: &Opening) -> Result<(), String> {
    if opening.number != before.number + 1 {
        return Err(format!("it says that it is object {}", opening.number));
    }
    if opening.before != before.hash {
        return Err("it does not follow the object before: one of them was changed".to_owned());
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<(Opening, Page), String> {
    let text = bytes.strip_suffix(b"\n").ok_or("it was cut short")?;
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let opening: Opening = serde_json::from_slice(first).map_err(|error| format!("its first line cannot be read: {error}"))?;
    let page = changes(lines, opening.changes)?;
    Ok((opening, page))
}

/// The changes in these lines, of which there are to be so many.
pub fn changes<'a>(lines: impl Iterator<Item = &'a [u8]>, count: usize) -> Result<Page, String> {
    let mut page = Page::with_capacity(count.min(1024));
    for line in lines {
        let place = page.len() + 2;
        let written: Written = serde_json::from_slice(line).map_err(|error| format!("line {place} cannot be read: {error}"))?;
        let envelope = STANDARD.decode(written.envelope).map_err(|error| format!("line {place}: {error}"))?;
        let header = Header::read(&envelope).map_err(|_| format!("line {place} holds no envelope"))?;
        page.push((written.record, header, envelope.into()));
    }
    if page.len() != count {
        return Err(format!("it holds {} changes and says {count}", page.len()));
    }
    Ok(page)
}
