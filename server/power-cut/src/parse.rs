//! From what strace wrote to what was done below a folder.
//!
//! Calls of several threads overlap: a call counts where it came to its end, and a sync covers what had come to its end before
//! it began. A call that changes files in a way that is not modelled here ends the test.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use crate::{
    recorder::ACKNOWLEDGED,
    recording::{FileId, Operation, Recording},
    trace::{Value, values},
};

/// A position in a file, which descriptors that were duplicated share.
#[derive(Clone, Copy)]
struct OpenFile {
    file: FileId,
    position: u64,
    appends: bool,
}

#[derive(Default)]
struct Parser {
    root: PathBuf,
    operations: Vec<Operation>,
    /// The names as they are now, of files alone.
    names: BTreeMap<PathBuf, FileId>,
    sizes: Vec<u64>,
    open: Vec<OpenFile>,
    /// By number.
    descriptors: HashMap<i64, usize>,
    /// Calls that have begun: by thread, their beginning and how many operations had come to their end.
    begun: HashMap<String, (String, usize)>,
}

/// What the program did below `root`, which was empty when it began.
pub fn parse(trace: &str, root: &Path) -> Recording {
    let mut parser = Parser { root: root.to_owned(), ..Parser::default() };
    for line in trace.lines() {
        parser.line(line);
    }
    Recording { operations: parser.operations }
}

impl Parser {
    fn line(&mut self, line: &str) {
        let Some((thread, call)) = line.split_once(' ') else { return };
        let call = call.trim_start();
        if call.starts_with("+++") || call.starts_with("---") {
            return;
        }
        // A number that is closed may be another file's before the call that closes it has come to its end.
        if let Some(arguments) = call.strip_prefix("close(") {
            self.descriptors.remove(&values(arguments)[0].number());
        }
        let now = self.operations.len();
        if let Some(beginning) = call.strip_suffix(" <unfinished ...>") {
            self.begun.insert(thread.to_owned(), (beginning.to_owned(), now));
            return;
        }
        let (call, begun) = match call.strip_prefix("<... ") {
            Some(rest) => {
                let (_, end) = rest.split_once(" resumed>").expect("a call is resumed");
                let (beginning, begun) = self.begun.remove(thread).expect("a call that is resumed has begun");
                (format!("{beginning}{end}"), begun)
            }
            None => (call.to_owned(), now),
        };
        let (name, rest) = call.split_once('(').unwrap_or_else(|| panic!("{call} is no call"));
        // Results stand in a column.
        let Some((arguments, result)) = rest.rsplit_once(" = ") else { return };
        let arguments = arguments.trim_end().strip_suffix(')').expect("arguments end");
        // What is cut off by the end of the process never came to an end.
        if result.starts_with('-') || result.starts_with('?') {
            return;
        }
        let result = values(result).into_iter().next().expect("a call returns something");
        self.call(name, &values(arguments), &result, begun);
    }

    fn call(&mut self, name: &str, arguments: &[Value], result: &Value, begun: usize) {
        match name {
            "openat" => self.opened(arguments[2].word(), result),
            "open" => self.opened(arguments[1].word(), result),
            "creat" => self.opened("O_WRONLY|O_CREAT|O_TRUNC", result),
            // Counts where it begins.
            "close" => {}
            "dup" | "dup2" | "dup3" => self.duplicated(&arguments[0], result),
            "fcntl" if arguments[1].word().starts_with("F_DUPFD") => self.duplicated(&arguments[0], result),
            "fcntl" => {}
            "write" => self.written(arguments, result, None),
            "pwrite64" => self.written(arguments, result, arguments.last().map(Value::number)),
            "writev" => self.written(arguments, result, None),
            "pwritev" => self.written(arguments, result, arguments.last().map(Value::number)),
            "lseek" => {
                if let Some(open) = self.descriptors.get(&arguments[0].number()) {
                    self.open[*open].position = unsigned(result.number());
                }
            }
            "ftruncate" => self.resized(&arguments[0], |_| unsigned(arguments[1].number())),
            "fallocate" if arguments[1].word() == "0" => {
                let end = unsigned(arguments[2].number() + arguments[3].number());
                self.resized(&arguments[0], |size| size.max(end));
            }
            "fsync" | "fdatasync" => self.synced(&arguments[0], begun),
            "rename" => self.renamed(&self.named(None, &arguments[0]), &self.named(None, &arguments[1])),
            "renameat" | "renameat2" => {
                self.renamed(&self.named(Some(&arguments[0]), &arguments[1]), &self.named(Some(&arguments[2]), &arguments[3]));
            }
            "link" => self.linked(&self.named(None, &arguments[0]), &self.named(None, &arguments[1])),
            "linkat" => {
                self.linked(&self.named(Some(&arguments[0]), &arguments[1]), &self.named(Some(&arguments[2]), &arguments[3]))
            }
            "unlink" | "rmdir" => self.removed(&self.named(None, &arguments[0])),
            "unlinkat" => self.removed(&self.named(Some(&arguments[0]), &arguments[1])),
            "mkdir" => self.folder_made(&self.named(None, &arguments[0])),
            "mkdirat" => self.folder_made(&self.named(Some(&arguments[0]), &arguments[1])),
            // Waits for the device alone, and brings neither a size nor a name along: as good as nothing.
            "sync_file_range" => {}
            other => {
                let is_ours = |value: &Value| match value {
                    Value::Descriptor(_, path) => self.below(Path::new(path)).is_some(),
                    Value::Text(_) | Value::Word(_) => false,
                };
                assert!(!arguments.iter().any(is_ours), "{other} is not modelled: {arguments:?}");
            }
        }
    }

    /// A path's part below the root.
    fn below(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    /// The path that a text names, from a folder where it is relative.
    fn named(&self, folder: Option<&Value>, text: &Value) -> PathBuf {
        let name = PathBuf::from(String::from_utf8(text.text().to_vec()).expect("paths of tests are text"));
        match folder.map(Value::descriptor) {
            Some((_, folder)) if name.is_relative() => Path::new(folder).join(name),
            _ => name,
        }
    }

    fn opened(&mut self, flags: &str, result: &Value) {
        let (number, path) = result.descriptor();
        self.descriptors.remove(&number);
        let Some(path) = self.below(Path::new(path)) else { return };
        let has = |flag: &str| flags.split('|').any(|one| one == flag);
        assert!(!has("O_TMPFILE"), "a file without a name is not modelled");
        let file = match self.names.get(&path) {
            Some(file) => *file,
            None if has("O_CREAT") => {
                let file = FileId(self.sizes.len());
                self.sizes.push(0);
                self.names.insert(path.clone(), file);
                self.operations.push(Operation::Create { path, file });
                file
            }
            // A folder.
            None => return,
        };
        if has("O_TRUNC") && self.sizes[file.0] > 0 {
            self.sizes[file.0] = 0;
            self.operations.push(Operation::Resize { file, length: 0 });
        }
        self.descriptors.insert(number, self.open.len());
        self.open.push(OpenFile { file, position: 0, appends: has("O_APPEND") });
    }

    fn duplicated(&mut self, from: &Value, to: &Value) {
        match self.descriptors.get(&from.number()).copied() {
            Some(open) => drop(self.descriptors.insert(to.number(), open)),
            None => drop(self.descriptors.remove(&to.number())),
        }
    }

    fn written(&mut self, arguments: &[Value], result: &Value, offset: Option<i64>) {
        let mut bytes = Vec::new();
        for value in arguments {
            if let Value::Text(text) = value {
                bytes.extend_from_slice(text);
            }
        }
        bytes.truncate(usize::try_from(result.number()).expect("a count"));
        let number = arguments[0].number();
        let Some(open) = self.descriptors.get(&number).copied() else {
            if number == 1 {
                let said = String::from_utf8_lossy(&bytes).into_owned();
                let words = said.lines().filter_map(|line| line.split_once(ACKNOWLEDGED).map(|(_, words)| words.to_owned()));
                self.operations.extend(words.map(Operation::Acknowledge));
            }
            self.assert_elsewhere(&arguments[0]);
            return;
        };
        let OpenFile { file, position, appends } = self.open[open];
        let at = match offset {
            Some(offset) => unsigned(offset),
            None if appends => self.sizes[file.0],
            None => position,
        };
        let end = at + bytes.len() as u64;
        if offset.is_none() {
            self.open[open].position = end;
        }
        self.sizes[file.0] = self.sizes[file.0].max(end);
        self.operations.push(Operation::Write { file, offset: at, bytes });
    }

    fn resized(&mut self, descriptor: &Value, to: impl FnOnce(u64) -> u64) {
        let Some(open) = self.descriptors.get(&descriptor.number()) else { return self.assert_elsewhere(descriptor) };
        let file = self.open[*open].file;
        let length = to(self.sizes[file.0]);
        self.sizes[file.0] = length;
        self.operations.push(Operation::Resize { file, length });
    }

    /// What changes a file of ours by a descriptor that was not seen to be opened would be missing from the recording.
    fn assert_elsewhere(&self, descriptor: &Value) {
        if let Value::Descriptor(number, path) = descriptor {
            assert!(self.below(Path::new(path)).is_none(), "{number} leads to {path}, and was not seen to be opened");
        }
    }

    fn synced(&mut self, descriptor: &Value, begun: usize) {
        let (number, path) = descriptor.descriptor();
        let operation = match self.descriptors.get(&number) {
            Some(open) => Operation::SyncFile { file: self.open[*open].file, begun },
            None => match self.below(Path::new(path)) {
                Some(path) => Operation::SyncFolder { path, begun },
                None => return,
            },
        };
        self.operations.push(operation);
    }

    fn renamed(&mut self, from: &Path, to: &Path) {
        let (Some(from), Some(to)) = (self.below(from), self.below(to)) else { return };
        let moved: Vec<(PathBuf, FileId)> =
            self.names.iter().filter(|(path, _)| path.starts_with(&from)).map(|(path, file)| (path.clone(), *file)).collect();
        for (path, file) in moved {
            self.names.remove(&path);
            let rest = path.strip_prefix(&from).expect("it begins so");
            self.names.insert(if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) }, file);
        }
        self.operations.push(Operation::Rename { from, to });
    }

    fn linked(&mut self, from: &Path, to: &Path) {
        let (Some(from), Some(to)) = (self.below(from), self.below(to)) else { return };
        let file = self.names[&from];
        self.names.insert(to.clone(), file);
        self.operations.push(Operation::Link { from, to });
    }

    fn removed(&mut self, path: &Path) {
        let Some(path) = self.below(path) else { return };
        self.names.remove(&path);
        self.operations.push(Operation::Remove { path });
    }

    fn folder_made(&mut self, path: &Path) {
        if let Some(path) = self.below(path) {
            self.operations.push(Operation::MakeFolder { path });
        }
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).expect("an offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = concat!(
        "7 mkdir(\"/r/a\", 0777) = 0\n",
        "7 openat(AT_FDCWD</>, \"/r/a/x\", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 3</r/a/x>\n",
        "7 write(3</r/a/x>, \"\\x61\\x62\", 2) = 2\n",
        "7 fdatasync(3</r/a/x> <unfinished ...>\n",
        "8 pwrite64(3</r/a/x>, \"\\x63\", 1, 0) = 1\n",
        "7 <... fdatasync resumed>)                = 0\n",
        "7 rename(\"/r/a/x\", \"/r/a/y\") = 0\n",
        "7 openat(AT_FDCWD</>, \"/r/a\", O_RDONLY|O_CLOEXEC) = 4</r/a>\n",
        "7 fsync(4</r/a>) = 0\n",
        "7 write(1<pipe:[5]>, \"acknowledged: one\\x0a\", 18) = 18\n",
        "8 openat(AT_FDCWD</>, \"/elsewhere\", O_RDWR|O_CREAT, 0600) = 5</elsewhere>\n",
        "8 write(5</elsewhere>, \"\\x61\", 1) = 1\n",
        "8 unlink(\"/r/a/none\") = -1 ENOENT (No such file or directory)\n",
        "8 +++ exited with 0 +++\n",
    );

    #[test]
    fn a_number_that_another_thread_closes_is_the_new_files_from_then_on() {
        let trace = concat!(
            "7 openat(AT_FDCWD</>, \"/r/a\", O_RDWR|O_CREAT, 0600) = 3</r/a>\n",
            "7 close(3</r/a> <unfinished ...>\n",
            "8 openat(AT_FDCWD</>, \"/r/b\", O_RDWR|O_CREAT, 0600) = 3</r/b>\n",
            "7 <... close resumed>)                = 0\n",
            "8 write(3</r/b>, \"\\x61\", 1) = 1\n",
        );
        let recording = parse(trace, Path::new("/r"));
        assert_eq!(recording.operations[2], Operation::Write { file: FileId(1), offset: 0, bytes: b"a".to_vec() });
    }

    #[test]
    #[should_panic(expected = "was not seen to be opened")]
    fn a_write_to_a_file_that_was_not_seen_to_be_opened_ends_the_test() {
        parse("7 write(3</r/a>, \"\\x61\", 1) = 1\n", Path::new("/r"));
    }

    #[test]
    fn calls_that_overlap_count_where_they_end_and_a_sync_covers_what_ended_before_it_began() {
        let file = FileId(0);
        let path = |text: &str| PathBuf::from(text);
        let expected = vec![
            Operation::MakeFolder { path: path("a") },
            Operation::Create { path: path("a/x"), file },
            Operation::Write { file, offset: 0, bytes: b"ab".to_vec() },
            Operation::Write { file, offset: 0, bytes: b"c".to_vec() },
            Operation::SyncFile { file, begun: 3 },
            Operation::Rename { from: path("a/x"), to: path("a/y") },
            Operation::SyncFolder { path: path("a"), begun: 6 },
            Operation::Acknowledge("one".to_owned()),
        ];
        let recording = parse(TRACE, Path::new("/r"));
        assert_eq!(recording.operations, expected);
        assert_eq!(recording.points(), [5, 7, 8]);
        assert_eq!(recording.acknowledged(8), ["one"]);
    }
}
