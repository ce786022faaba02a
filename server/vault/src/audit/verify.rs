//! Whether the audit log is whole: every file from its first line on, and as far as the vault remembers.
//!
//! Must never change anything.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use super::{
    ChainHead, Line, Reached,
    file::{files, name},
};
use crate::record::{Act, Who};

/// What the vault remembers, by the files' names.
pub type ChainHeads = BTreeMap<String, ChainHead>;

/// Lines are read into memory one at a time; a longer one is not ours.
const LONGEST: u64 = 64 * 1024;

/// What is wrong, and where first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct Finding {
    /// The file's name.
    pub file: String,
    pub line: u64,
    pub what: String,
}

/// What a log came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub files: u64,
    pub lines: u64,
    pub reads: u64,
    pub changes: u64,
    /// Reads that no request and no command asked for.
    pub without_request: u64,
    /// Milliseconds since 1970 of the first line and the last.
    pub from: Option<u64>,
    pub to: Option<u64>,
    /// What other machines answer for, by their names.
    pub elsewhere: BTreeMap<String, Elsewhere>,
}

/// Files that another machine keeps, as far as the vault remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    pub files: u64,
    pub lines: u64,
}

/// Reads every line of every file, whoever wrote it. `node` is who answers for this folder: what others wrote need not be
/// in it. Where it is absent everything has to be.
///
/// # Errors
/// The outer one: the folder cannot be read. The inner one: the first line of the first file that is broken.
pub fn verify(folder: &Path, heads: &ChainHeads, node: Option<&str>) -> io::Result<Result<Summary, Finding>> {
    let mut summary = Summary::default();
    let mut seen = Vec::new();
    for path in files(folder)? {
        let name = name(&path);
        if let Err(finding) = verify_file(&path, &name, heads.get(&name), &mut summary)? {
            return Ok(Err(finding));
        }
        summary.files += 1;
        seen.push(name);
    }
    for (name, head) in heads.iter().filter(|(name, head)| head.reached.lines > 0 && !seen.contains(name)) {
        match (node, &head.node) {
            (Some(own), Some(node)) if node != own => {
                let elsewhere = summary.elsewhere.entry(node.clone()).or_default();
                elsewhere.files += 1;
                elsewhere.lines += head.reached.lines;
            }
            (Some(_) | None, _) => {
                let what = format!("the file is gone, with {} lines", head.reached.lines);
                return Ok(Err(Finding { file: name.clone(), line: 1, what }));
            }
        }
    }
    Ok(Ok(summary))
}

/// Reads every line of one file, and adds it to `sums`.
///
/// # Errors
/// As [`verify`].
pub fn verify_file(path: &Path, name: &str, head: Option<&ChainHead>, sums: &mut Summary) -> io::Result<Result<(), Finding>> {
    let finding = |line: u64, what: String| Ok(Err(Finding { file: name.to_owned(), line, what }));
    let disk_failed = head.and_then(|head| head.disk_failed);
    let head = head.map(|head| &head.reached);
    let mut reader = BufReader::new(File::open(path)?);
    let mut reached = Reached::default();
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        io::Read::take(&mut reader, LONGEST).read_until(b'\n', &mut bytes)?;
        let number = reached.lines + 1;
        let Some(text) = bytes.strip_suffix(b"\n") else {
            // What is being written, or was never finished: nobody was told that it is there.
            break;
        };
        let line: Line = match serde_json::from_slice(text) {
            Ok(line) => line,
            Err(error) => return finding(number, format!("it cannot be read: {error}")),
        };
        if line.before != reached.hash {
            return finding(number, "it does not follow the line before: one was changed, removed, added or moved".to_owned());
        }
        if line.line != number {
            return finding(number, format!("it says that it is line {}", line.line));
        }
        reached = Reached { lines: number, hash: blake3::hash(text).to_hex().to_string() };
        if head.is_some_and(|head| head.lines == number && head.hash != reached.hash) {
            return finding(number, "it is not the line that the vault remembers: the file was written anew".to_owned());
        }
        sums.add(&line);
    }
    match head {
        Some(head) if head.lines > reached.lines => {
            let why = match disk_failed {
                None => String::new(),
                Some(at) => format!(
                    ", and that the disk failed when more were written ({}): lines that it had kept are lost with it, \
                     which is no sign of somebody's hand by itself",
                    when(at)
                ),
            };
            finding(reached.lines + 1, format!("the file ends here; the vault remembers {} lines{why}", head.lines))
        }
        Some(_) | None => Ok(Ok(())),
    }
}

fn when(millis: u64) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis);
    httpdate::fmt_http_date(at)
}

impl Summary {
    fn add(&mut self, line: &Line) {
        self.lines += 1;
        if line.act.is_read() {
            self.reads += 1;
            self.without_request += u64::from(line.request.is_none() && line.who != Who::Machine);
        }
        self.changes += match line.act {
            Act::Put | Act::Delete | Act::Shred | Act::Rotate => 1,
            Act::Get | Act::List => 0,
        };
        self.from = Some(self.from.map_or(line.at, |from| from.min(line.at)));
        self.to = Some(self.to.map_or(line.at, |to| to.max(line.at)));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;
    use crate::{
        audit::{
            Entry,
            file::{AuditFile, LogFile},
        },
        record::{Access, Purpose},
    };

    /// Five lines in one file, and how far it has come.
    fn log() -> (tempfile::TempDir, PathBuf, ChainHeads) {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AuditFile::open(folder.path(), &ChainHeads::new()).unwrap();
        for number in 0..5 {
            let act = if number == 0 { Act::Put } else { Act::Get };
            let entry = Entry { access: Access::own(Purpose::SignIn), act, what: format!("ada/{number}") };
            let (line, reached) = file.reached().next(&entry, 1000 + number).unwrap();
            file.append(&line, reached).unwrap();
        }
        let head = ChainHead { reached: file.reached().clone(), node: Some("here".to_owned()), disk_failed: None };
        let heads = ChainHeads::from([(file.name().to_owned(), head)]);
        let path = folder.path().join(format!("{}.jsonl", file.name()));
        (folder, path, heads)
    }

    fn tampered(with: impl FnOnce(&mut Vec<String>)) -> Finding {
        let (folder, path, heads) = log();
        let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        with(&mut lines);
        fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        verify(folder.path(), &heads, Some("here")).unwrap().unwrap_err()
    }

    #[test]
    fn a_whole_log_is_summed_up() {
        let (folder, _, heads) = log();
        let summary = verify(folder.path(), &heads, Some("here")).unwrap().unwrap();
        let expected = Summary {
            files: 1,
            lines: 5,
            reads: 4,
            changes: 1,
            without_request: 4,
            from: Some(1000),
            to: Some(1004),
            elsewhere: BTreeMap::new(),
        };
        assert_eq!(summary, expected);
    }

    #[test]
    fn a_changed_line_is_found_at_the_one_after_it_and_a_changed_last_one_too() {
        assert_eq!(tampered(|lines| lines[1] = lines[1].replace("ada/1", "bob/1")).line, 3);
        assert_eq!(tampered(|lines| lines[4] = lines[4].replace("ada/4", "bob/4")).line, 5);
    }

    #[test]
    fn a_removed_an_added_and_a_swapped_line_are_found() {
        assert_eq!(tampered(|lines| drop(lines.remove(2))).line, 3);
        assert_eq!(tampered(|lines| drop(lines.remove(0))).line, 1);
        assert_eq!(tampered(|lines| lines.insert(2, lines[1].clone())).line, 3);
        assert_eq!(tampered(|lines| lines.swap(1, 2)).line, 2);
    }

    #[test]
    fn a_log_that_was_cut_short_or_is_gone_is_found_because_the_vault_remembers() {
        let cut = tampered(|lines| lines.truncate(3));
        assert_eq!(cut.line, 4);
        assert!(cut.what.contains("the vault remembers 5 lines"), "{cut}");
        let (folder, path, heads) = log();
        fs::remove_file(path).unwrap();
        let gone = verify(folder.path(), &heads, Some("here")).unwrap().unwrap_err();
        assert!(gone.what.contains("gone, with 5 lines"), "{gone}");
    }

    #[test]
    fn lines_that_are_missing_after_the_disk_failed_are_told_as_what_they_are() {
        let (folder, path, mut heads) = log();
        heads.values_mut().for_each(|head| head.disk_failed = Some(1_700_000_000_000));
        assert!(verify(folder.path(), &heads, Some("here")).unwrap().is_ok(), "every line is there");
        drop(AuditFile::open(folder.path(), &heads).unwrap());
        let lines = fs::read_to_string(&path).unwrap();
        fs::write(&path, lines.lines().take(3).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        let finding = verify(folder.path(), &heads, Some("here")).unwrap().unwrap_err();
        assert_eq!(finding.line, 4);
        assert!(finding.what.contains("the disk failed when more were written (Tue, 14 Nov 2023 22:13:20 GMT)"), "{finding}");
        assert!(finding.what.contains("the vault remembers 5 lines"), "{finding}");
    }

    #[test]
    fn what_another_machine_answers_for_is_counted_unless_everything_has_to_be_here() {
        let (folder, path, heads) = log();
        fs::remove_file(&path).unwrap();
        let summary = verify(folder.path(), &heads, Some("there")).unwrap().unwrap();
        assert_eq!(summary.elsewhere, BTreeMap::from([("here".to_owned(), Elsewhere { files: 1, lines: 5 })]));
        assert!(verify(folder.path(), &heads, None).unwrap().unwrap_err().what.contains("gone, with 5 lines"));
        // As it was remembered before machines had names: whoever looks for it misses it.
        let text = serde_json::to_value(&heads.values().next().unwrap().reached).unwrap();
        let old: ChainHead = serde_json::from_value(text).unwrap();
        assert_eq!(old.node, None);
        let old = ChainHeads::from([(heads.keys().next().unwrap().clone(), old)]);
        assert!(verify(folder.path(), &old, Some("there")).unwrap().unwrap_err().what.contains("gone, with 5 lines"));
    }

    #[test]
    fn a_file_that_lacks_what_the_vault_remembers_is_not_gone_on_with() {
        for with in [
            (|lines| lines.truncate(3)) as fn(&mut Vec<String>),
            |lines| lines[4] = lines[4].replace("ada/4", "bob/4"),
            // Longer than what is remembered, and hangs together: but it is another's.
            |lines| {
                let mut reached = Reached::default();
                *lines = (0..7)
                    .map(|number| {
                        let entry = Entry { access: Access::own(Purpose::SignIn), act: Act::Get, what: "bob/1".to_owned() };
                        let (line, next) = reached.next(&entry, number).unwrap();
                        reached = next;
                        String::from_utf8(line).unwrap().trim_end().to_owned()
                    })
                    .collect();
            },
        ] {
            let (folder, path, heads) = log();
            assert_eq!(AuditFile::open(folder.path(), &heads).unwrap().name(), name(&path), "as it was left");
            let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
            with(&mut lines);
            let forged: String = lines.iter().map(|line| format!("{line}\n")).collect();
            fs::write(&path, &forged).unwrap();
            let other = AuditFile::open(folder.path(), &heads).unwrap();
            assert_ne!(other.name(), name(&path));
            assert_eq!(fs::read_to_string(&path).unwrap(), forged, "it stays as it was found");
        }
    }

    #[test]
    fn a_log_that_was_written_anew_is_found_however_well_it_hangs_together() {
        let (_other, path_of_other, _) = log();
        let (folder, path, heads) = log();
        let other = fs::read_to_string(path_of_other).unwrap().replace("ada", "bob");
        let mut reached = Reached::default();
        let mut forged = Vec::new();
        for line in other.lines() {
            let line: Line = serde_json::from_str(line).unwrap();
            let entry = Entry { access: Access::own(line.why), act: line.act, what: line.what };
            let (bytes, next) = reached.next(&entry, line.at).unwrap();
            forged.extend(bytes);
            reached = next;
        }
        fs::write(&path, forged).unwrap();
        let finding = verify(folder.path(), &heads, Some("here")).unwrap().unwrap_err();
        assert_eq!(finding.line, 5, "{finding}");
    }

    #[test]
    fn a_line_that_was_never_finished_is_no_fault_and_is_gone_when_the_file_is_opened_again() {
        let (folder, path, heads) = log();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [whole.as_slice(), b"{\"line\":6,\"at\""].concat()).unwrap();
        assert_eq!(verify(folder.path(), &heads, Some("here")).unwrap().unwrap().lines, 5);
        let file = AuditFile::open(folder.path(), &ChainHeads::new()).unwrap();
        assert_eq!(*file.reached(), heads[file.name()].reached);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}
