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

    /// Gives each file that was put aside the next number, the oldest first, so that whatever is broken off loses none but that.
    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.keep).rev() {
            rename(&self.numbered(number), &self.numbered(number + 1))?;
        }
        rename(&self.path, &self.numbered(1))?;
        (self.file, self.size) = open(&self.path)?;
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
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

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
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
}
