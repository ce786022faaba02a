//! Reads the copy's log from its first object on, and holds every object against the one before.
//!
//! Must never take an object for good whose number, chain or form is wrong.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;

use super::{Copy, Link, Opening, Written, failed};
use crate::{storage::StoreError, vault::envelope::Head};

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
pub type Page = Vec<(String, Head, Bytes)>;

/// Goes along a log.
pub struct Reader<'a> {
    copy: &'a Copy,
    /// The last object that was read.
    pub at: Link,
}

impl<'a> Reader<'a> {
    pub fn new(copy: &'a Copy) -> Self {
        Self { copy, at: Link::beginning() }
    }

    /// The changes of the next object; nothing behind the last.
    ///
    /// # Errors
    /// [`Broken`].
    pub async fn next(&mut self) -> Result<Option<Page>, Broken> {
        let number = self.at.number + 1;
        let Some(bytes) = self.copy.fetch(number).await.map_err(|error| failed(&error))? else {
            let later = self.copy.last_number(number).await.map_err(|error| failed(&error))?;
            return if later.is_some() { Err(Broken::Missing(number)) } else { Ok(None) };
        };
        let page = read(&self.at, &bytes).map_err(|what| Broken::Object { number, what })?;
        self.at = Link::of(number, &bytes);
        Ok(Some(page))
    }
}

fn read(before: &Link, bytes: &[u8]) -> Result<Page, String> {
    let text = bytes.strip_suffix(b"\n").ok_or("it was cut short")?;
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let opening: Opening = serde_json::from_slice(first).map_err(|error| format!("its first line cannot be read: {error}"))?;
    if opening.number != before.number + 1 {
        return Err(format!("it says that it is object {}", opening.number));
    }
    if opening.before != before.hash {
        return Err("it does not follow the object before: one of them was changed".to_owned());
    }
    let mut page = Page::with_capacity(opening.changes.min(1024));
    for line in lines {
        let place = page.len() + 2;
        let written: Written = serde_json::from_slice(line).map_err(|error| format!("line {place} cannot be read: {error}"))?;
        let envelope = STANDARD.decode(written.envelope).map_err(|error| format!("line {place}: {error}"))?;
        let head = Head::read(&envelope).map_err(|_| format!("line {place} holds no envelope"))?;
        page.push((written.record, head, envelope.into()));
    }
    if page.len() != opening.changes {
        return Err(format!("it holds {} changes and says {}", page.len(), opening.changes));
    }
    Ok(page)
}
