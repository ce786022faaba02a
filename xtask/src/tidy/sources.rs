//! The files that the rules read: all that git knows or would add, as text.

use std::{fs, process::Command};

use anyhow::Result;

use crate::{layout::Layout, process};

/// One text file.
pub struct Source {
    /// From the workspace's root, with `/` between its parts.
    pub path: String,
    pub text: String,
}

impl Source {
    /// Its lines with their numbers, without `//` comments: the rules are about code.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| (number, line.split_once("//").map_or(line, |(code, _)| code)))
    }

    /// Its lines with their numbers, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }
}

/// Every text file of the workspace, and what the machine is called in paths.
#[derive(Default)]
pub struct Sources {
    pub files: Vec<Source>,
    /// Beginnings of paths that exist on this machine alone.
    pub machine: Vec<String>,
}

impl Sources {
    /// Reads the workspace.
    ///
    /// # Errors
    /// Where git is missing or a file cannot be read.
    pub fn read(layout: &Layout) -> Result<Self> {
        let list = ["ls-files", "--cached", "--others", "--exclude-standard"];
        let names = process::capture(Command::new("git").args(list).current_dir(layout.root()))?;
        let mut files = Vec::new();
        for path in names.lines() {
            // Gone from the disk but not yet from the index, or not text: neither is for the rules.
            if let Ok(text) = fs::read_to_string(layout.at(path)) {
                files.push(Source { path: path.to_owned(), text });
            }
        }
        let home = std::env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/"));
        let machine = home.into_iter().chain([layout.root().to_string_lossy().into_owned()]).collect();
        Ok(Self { files, machine })
    }

    /// Files under `folder` with one of `extensions`.
    pub fn under<'a>(&'a self, folder: &'a str, extensions: &'a [&'a str]) -> impl Iterator<Item = &'a Source> {
        self.files.iter().filter(move |source| source.path.starts_with(folder) && source.has_extension(extensions))
    }

    pub fn get(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|source| source.path == path)
    }

    /// Sources made up by a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
        Self { files, machine: vec!["/home/somebody/".to_owned()] }
    }
}

/// Whether `code` uses the identifier `word`: not as a part of a longer one.
pub fn names(code: &str, word: &str) -> bool {
    let inside = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    code.match_indices(word)
        .any(|(at, _)| !inside(code[..at].chars().next_back()) && !inside(code[at + word.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_a_whole_alone() {
        assert!(names("use server::x;", "server"));
        assert!(!names("use leptos_server::x;", "server") && !names("servers", "server"));
    }

    #[test]
    fn comments_are_not_code() {
        let sources = Sources::of(&[("a.rs", "let a = 1; // server\n// server\n")]);
        assert!(sources.files[0].code().all(|(_, code)| !names(code, "server")));
    }
}
