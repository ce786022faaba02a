//! A file of lines that is put aside when it is full, and of which the last few are kept.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The file that is written now.
#[derive(Debug)]
pub struct RotatedFile {
    path: PathBuf,
    max_bytes: u64,
    keep: u32,
    file: File,
    size: u64,
}

impl RotatedFile {
    /// Goes on with the file that is there. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path, max_bytes: u64, keep: u32) -> io::Result<Self> {
        let (file, size) = open(path)?;
        Ok(Self { path: path.to_owned(), max_bytes, keep, file, size })
    }

    /// Writes whole lines into one file. Blocks.
    ///
    /// # Errors
    /// What the file system says; then a part of them may be there.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.size > 0 && self.size + lines.len() as u64 > self.max_bytes {
            self.rotate()?;
        }
        self.file.write_all(lines)?;
        self.size += lines.len() as u64;
        Ok(())
    }

    /// Puts the file aside, and goes on with an empty one that was made beside it before: where it is broken off, what is there stays, and
    /// whoever does it again finds a number that is free, up to which alone the others are moved. The oldest of all goes.
    fn rotate(&mut self) -> io::Result<()> {
        let beside = self.beside("next");
        let (next, size) = open(&beside)?;
        if self.path.try_exists()? {
            let mut free = 1;
            while free < self.keep && self.numbered(free).try_exists()? {
                free += 1;
            }
            for number in (1..free).rev() {
                fs::rename(self.numbered(number), self.numbered(number + 1))?;
            }
            fs::rename(&self.path, self.numbered(1))?;
        }
        fs::rename(beside, &self.path)?;
        (self.file, self.size) = (next, size);
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        self.beside(&number.to_string())
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{suffix}"));
        name.into()
    }
}

/// For its owner alone: who asks for what is nobody else's business.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_put_aside_and_the_last_few_are_kept_also_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.jsonl");
        let read = |suffix: &str| fs::read_to_string(format!("{}{suffix}", path.display())).unwrap_or_default();
        let mut file = RotatedFile::open(&path, 10, 2).unwrap();
        for line in ["one..\n", "two..\n"] {
            file.append(line.as_bytes()).unwrap();
        }
        drop(file);
        let mut file = RotatedFile::open(&path, 10, 2).unwrap();
        for line in ["three\n", "four.\n", "longer than a file may be\n", "six..\n"] {
            file.append(line.as_bytes()).unwrap();
        }
        assert_eq!([read(""), read(".1"), read(".2")], ["six..\n", "longer than a file may be\n", "four.\n"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn where_no_new_file_can_be_made_what_was_put_aside_stays_however_often_it_is_tried() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.jsonl");
        let read = |suffix: &str| fs::read_to_string(format!("{}{suffix}", path.display())).unwrap_or_default();
        let mut file = RotatedFile::open(&path, 10, 3).unwrap();
        for line in ["one..\n", "two..\n", "three\n"] {
            file.append(line.as_bytes()).unwrap();
        }
        let kept = || [read(""), read(".1"), read(".2"), read(".3")];
        let before = kept();
        assert_eq!(before, ["three\n", "two..\n", "one..\n", ""]);
        // Nothing can be opened where a folder is.
        let next = folder.path().join("access.jsonl.next");
        fs::create_dir(&next).unwrap();
        for _ in 0..5 {
            assert!(file.append(b"four.\n").is_err());
        }
        assert_eq!(kept(), before);
        fs::remove_dir(&next).unwrap();
        // It was broken off when the file was put aside already.
        for (from, to) in [(".2", ".3"), (".1", ".2"), ("", ".1")] {
            fs::rename(format!("{}{from}", path.display()), format!("{}{to}", path.display())).unwrap();
        }
        file.append(b"four.\n").unwrap();
        assert_eq!(kept(), ["four.\n", "three\n", "two..\n", "one..\n"]);
    }
}
