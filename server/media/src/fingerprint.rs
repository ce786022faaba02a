//! Tells whether a file was imported already.
//!
//! Must never read a film as a whole: a library is checked again on every run.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Bytes that are read at the head, in the middle and at the tail.
const PART: u64 = 1 << 20;

/// What a file is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Bytes.
    pub size: u64,
    /// BLAKE3 over the size and the three parts, in hexadecimal.
    pub content: String,
    /// BLAKE3 over the content's and the file's name, 32 hexadecimal digits: the source of a title that is made for a file.
    pub key: String,
}

/// Reads three parts of the file. Blocks.
pub fn fingerprint(path: &Path, file_name: &str) -> io::Result<Fingerprint> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&size.to_le_bytes());
    for start in [0, (size / 2).saturating_sub(PART / 2), size.saturating_sub(PART)] {
        file.seek(SeekFrom::Start(start))?;
        hasher.update_reader((&mut file).take(PART))?;
    }
    let content = hasher.finalize();
    let key = key(&content, file_name);
    Ok(Fingerprint { size, content: content.to_hex().to_string(), key })
}

fn key(content: &blake3::Hash, file_name: &str) -> String {
    let mut key = blake3::Hasher::new();
    key.update(content.as_bytes()).update(file_name.as_bytes());
    key.finalize().to_hex()[..32].to_owned()
}

/// [`Fingerprint::key`] of a content as a manifest tells it; absent where that is no fingerprint.
pub fn key_of(content: &str, file_name: &str) -> Option<String> {
    blake3::Hash::from_hex(content).ok().map(|content| key(&content, file_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_name_make_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film");
        let of = |bytes: &[u8], name: &str| {
            std::fs::write(&path, bytes).unwrap();
            fingerprint(&path, name).unwrap()
        };
        let first = of(b"abc", "a.mkv");
        assert_eq!(first, of(b"abc", "a.mkv"));
        assert_ne!(first.key, of(b"abc", "b.mkv").key);
        assert_eq!(first.content, of(b"abc", "b.mkv").content);
        assert_ne!(first.key, of(b"abd", "a.mkv").key);
        let mut long = vec![0; 5 << 20];
        let before = of(&long, "a.mkv");
        *long.last_mut().unwrap() = 1;
        assert_ne!(before.key, of(&long, "a.mkv").key, "the tail counts");
    }
}
