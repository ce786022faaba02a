//! Whether a program that is there can do what is asked of it: the encoders of ffmpeg, the versions of node and npm.
//!
//! Says what is missing and how to get it before anything is built that would fail for it. Must never install or replace
//! anything.

use std::process::Command;

use crate::process;

/// What films are packaged with.
const ENCODERS: [&str; 2] = ["libx264", "aac"];
/// The first npm that reads lock files of version 3, which ours are.
const NPM: u32 = 7;
/// What Playwright asks for.
const NODE: u32 = 20;

/// What the ffmpeg that is there lacks.
pub fn ffmpeg() -> Option<String> {
    let described = |encoder: &str| {
        let asked = Command::new("ffmpeg").args(["-v", "error", "-h", &format!("encoder={encoder}")]).output();
        asked.map_or_else(|_| String::new(), |said| String::from_utf8_lossy(&said.stdout).into_owned())
    };
    missing_encoders(described)
}

fn missing_encoders(described: impl Fn(&str) -> String) -> Option<String> {
    let is_missing = |encoder: &&str| !described(encoder).starts_with(&format!("Encoder {encoder} "));
    let missing: Vec<_> = ENCODERS.into_iter().filter(is_missing).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "the ffmpeg on PATH cannot encode with {}, which films are packaged with: put one on PATH that was built with \
             --enable-gpl --enable-libx264 (Debian's and Ubuntu's is; Fedora's ffmpeg-free is not, RPM Fusion's is)",
            missing.join(" and ")
        )
    })
}

/// What the npm that is there lacks, for fetching packages.
pub fn npm() -> Option<String> {
    too_old("npm", &version("npm"), NPM, "it comes with Node 16 and newer: https://nodejs.org/en/download")
}

/// What the node that is there lacks, for the browser tests.
pub fn node() -> Option<String> {
    too_old("node", &version("node"), NODE, "Debian 12's own is 18; newer ones are at https://nodejs.org/en/download")
}

fn version(program: &str) -> String {
    process::capture(Command::new(program).arg("--version")).unwrap_or_default()
}

fn too_old(program: &str, version: &str, least: u32, how: &str) -> Option<String> {
    let major = version.trim_start_matches('v').split('.').next().and_then(|number| number.parse::<u32>().ok());
    match major {
        Some(major) if major >= least => None,
        Some(_) => Some(format!("{program} {version} is on PATH, and {least} or newer is needed; {how}")),
        None => Some(format!("`{program} --version` says {version:?}, and version {least} or newer is needed; {how}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ffmpeg_without_an_encoder_is_refused_by_its_name() {
        let without_x264 = |encoder: &str| match encoder {
            "libx264" => "Codec 'libx264' is not recognized by FFmpeg.".to_owned(),
            other => format!("Encoder {other} [{other}]:"),
        };
        let said = missing_encoders(without_x264).unwrap();
        assert!(said.contains("cannot encode with libx264, ") && said.contains("--enable-libx264"), "{said}");
        assert_eq!(missing_encoders(|encoder| format!("Encoder {encoder} [{encoder}]:")), None);
        // An encoder that only begins with the name is another.
        assert!(missing_encoders(|encoder| format!("Encoder {encoder}rgb [{encoder}rgb]:")).is_some());
        assert!(missing_encoders(|_| String::new()).unwrap().contains("libx264 and aac"));
    }

    #[test]
    fn a_version_that_is_too_old_or_none_is_refused_and_a_newer_one_is_not() {
        assert_eq!(too_old("node", "v20.20.2", 20, ""), None);
        assert_eq!(too_old("npm", "11.19.1", 7, ""), None);
        let said = too_old("node", "v18.19.0", 20, "elsewhere").unwrap();
        assert!(said.contains("node v18.19.0") && said.contains("20 or newer") && said.ends_with("elsewhere"), "{said}");
        assert!(too_old("node", "", 20, "").is_some() && too_old("node", "twenty", 20, "").is_some());
    }

    #[test]
    fn the_machine_that_runs_the_tests_is_fit_for_them() {
        assert_eq!((ffmpeg(), npm(), node()), (None, None, None));
    }
}
