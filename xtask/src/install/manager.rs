//! The package managers that are known here, and what each calls a tool.
//!
//! Must never be asked for a version: the distribution's own is what its users have.

use std::process::Command;

use anyhow::{Context, Result};

use super::Tool;
use crate::process;

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Apt,
    Dnf,
    Pacman,
    Zypper,
    Brew,
}

impl Manager {
    const ALL: [Self; 5] = [Self::Apt, Self::Dnf, Self::Pacman, Self::Zypper, Self::Brew];

    /// The first one that is installed.
    pub fn of_this_machine() -> Option<Self> {
        Self::ALL.into_iter().find(|manager| process::find_program(manager.program()).is_some())
    }

    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Zypper => "zypper",
            Self::Brew => "brew",
        }
    }

    /// Installs `tools`, through sudo where that is needed.
    ///
    /// # Errors
    /// Where the package manager fails; the message says what to run by hand.
    pub fn install(self, tools: &[Tool]) -> Result<()> {
        let packages: Vec<&str> = tools.iter().flat_map(|tool| self.packages(*tool)).copied().collect();
        let as_root = self != Self::Brew && process::capture(Command::new("id").arg("-u"))? != "0";
        for arguments in self.command_lines(&packages) {
            let mut command = match as_root {
                true => Command::new("sudo"),
                false => Command::new(self.program()),
            };
            if as_root {
                command.arg(self.program());
            }
            command.args(&arguments).env("DEBIAN_FRONTEND", "noninteractive");
            let by_hand =
                || format!("could not install; run `{} {}` by hand and start again", self.program(), arguments.join(" "));
            process::run(&mut command).with_context(by_hand)?;
        }
        Ok(())
    }

    fn command_lines<'a>(self, packages: &[&'a str]) -> Vec<Vec<&'a str>> {
        let with = |words: &[&'static str]| [words, packages].concat();
        match self {
            Self::Apt => vec![vec!["update", "-q"], with(&["install", "-q", "-y", "--no-install-recommends"])],
            Self::Dnf => vec![with(&["install", "-y"])],
            Self::Pacman => vec![with(&["-Sy", "--noconfirm", "--needed"])],
            Self::Zypper => vec![with(&["--non-interactive", "install"])],
            Self::Brew => vec![with(&["install"])],
        }
    }

    fn packages(self, tool: Tool) -> &'static [&'static str] {
        match (tool, self) {
            (Tool::Ffmpeg, Self::Dnf) => &["ffmpeg-free"],
            (Tool::Ffmpeg, Self::Apt | Self::Pacman | Self::Zypper | Self::Brew) => &["ffmpeg"],
            (Tool::Node | Tool::NodeOfJourneys, Self::Brew) => &["node"],
            (Tool::Node | Tool::NodeOfJourneys, Self::Apt | Self::Dnf | Self::Pacman | Self::Zypper) => &["nodejs", "npm"],
            (Tool::Chromium, Self::Apt | Self::Dnf | Self::Pacman | Self::Zypper | Self::Brew) => &["chromium"],
            (Tool::Firefox, Self::Apt) => &["firefox-esr"],
            (Tool::Firefox, Self::Dnf | Self::Pacman | Self::Brew) => &["firefox"],
            (Tool::Firefox, Self::Zypper) => &["MozillaFirefox"],
            (Tool::Webkit, Self::Apt) => &[
                "webkit2gtk-driver",
                "xvfb",
                "gstreamer1.0-plugins-base",
                "gstreamer1.0-plugins-good",
                "gstreamer1.0-plugins-bad",
                "gstreamer1.0-libav",
            ],
            (Tool::Webkit, Self::Dnf) => &["webkit2gtk4.1", "xorg-x11-server-Xvfb", "gstreamer1-plugin-libav"],
            (Tool::Webkit, Self::Pacman) => &["webkit2gtk-4.1", "xorg-server-xvfb", "gst-plugins-bad", "gst-libav"],
            (Tool::Webkit, Self::Zypper) => &["webkit2gtk3-minibrowser", "xorg-x11-server-Xvfb", "gstreamer-plugins-libav"],
            // WebKitGTK is not there for macOS: what is asked for is missing afterwards, and that is said.
            (Tool::Webkit, Self::Brew) => &["webkitgtk"],
            (Tool::Fonts, Self::Apt) => &["fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"],
            (Tool::Fonts, Self::Dnf) => {
                &["google-noto-sans-fonts", "google-noto-sans-cjk-fonts", "google-noto-color-emoji-fonts"]
            }
            (Tool::Fonts, Self::Pacman) => &["noto-fonts", "noto-fonts-cjk", "noto-fonts-emoji"],
            (Tool::Fonts, Self::Zypper) => &["google-noto-fonts", "google-noto-sans-cjk-fonts", "google-noto-coloremoji-fonts"],
            (Tool::Fonts, Self::Brew) => &["font-noto-sans", "font-noto-sans-cjk", "font-noto-color-emoji"],
            (Tool::Nginx, Self::Apt) => &["nginx-light"],
            (Tool::Nginx, Self::Dnf | Self::Pacman | Self::Zypper | Self::Brew) => &["nginx"],
            (Tool::Wrk, Self::Apt | Self::Dnf | Self::Pacman | Self::Zypper | Self::Brew) => &["wrk"],
            (Tool::Redis, Self::Apt) => &["redis-server"],
            (Tool::Redis, Self::Dnf | Self::Pacman) => &["valkey"],
            (Tool::Redis, Self::Zypper | Self::Brew) => &["redis"],
            (Tool::Pip, Self::Apt | Self::Dnf | Self::Zypper) => &["python3-pip"],
            (Tool::Pip, Self::Pacman) => &["python-pip"],
            // It comes with Python.
            (Tool::Pip, Self::Brew) => &["python"],
            (Tool::Strace, Self::Apt | Self::Dnf | Self::Pacman | Self::Zypper | Self::Brew) => &["strace"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manager_installs_every_tool_without_asking() {
        for manager in Manager::ALL {
            for tool in [
                Tool::Ffmpeg,
                Tool::Node,
                Tool::Chromium,
                Tool::Firefox,
                Tool::Webkit,
                Tool::Fonts,
                Tool::Nginx,
                Tool::Wrk,
                Tool::Redis,
                Tool::Strace,
                Tool::Pip,
            ] {
                let lines = manager.command_lines(manager.packages(tool));
                let last = lines.last().unwrap();
                assert!(last.contains(&manager.packages(tool)[0]), "{manager:?} {last:?}");
                // zypper and pacman say the same in words of their own; Homebrew never asks.
                let unasked = ["-y", "--noconfirm", "--non-interactive"].iter().any(|word| last.contains(word));
                assert!(unasked || manager == Manager::Brew, "{manager:?} would ask: {last:?}");
            }
        }
        assert_eq!(Manager::Apt.command_lines(&["wrk"])[0], ["update", "-q"], "package lists come first");
    }
}
