//! Where tests keep what they make: in memory, where the machine has plenty of it.
//!
//! A server syncs what it acknowledges, and tests make thousands of such writes: on a disk that others use as well they wait
//! for it more than they work. A process that is killed loses nothing that it wrote to memory, so that what is tried stays
//! what it was. Must never fill the machine's memory: where there is little, tests use the system's folder for temporary files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::fs::StatVfsMountFlags;

use crate::process;

/// File systems in memory, where a system has one.
const IN_MEMORY: &str = "/dev/shm";
const PREFIX: &str = "marquee-test-";
/// Less than this is kept for files, and for what runs.
const ROOM: u64 = 4 << 30;
const MEMORY: u64 = 8 << 30;

/// A folder of this run's own; removed when this is dropped.
pub struct Scratch(Option<PathBuf>);

impl Scratch {
    /// Makes it, and removes those of runs that were killed.
    pub fn make() -> Self {
        Self::within(Path::new(IN_MEMORY), available_memory(), ROOM)
    }

    fn within(place: &Path, memory: u64, room: u64) -> Self {
        if memory < MEMORY || !takes_programs(place, room) {
            return Self(None);
        }
        for left in fs::read_dir(place).into_iter().flatten().flatten() {
            let name = left.file_name().to_string_lossy().into_owned();
            if name.strip_prefix(PREFIX).is_some_and(|id| !process::is_alive(id)) {
                let _ = fs::remove_dir_all(left.path());
            }
        }
        let folder = place.join(format!("{PREFIX}{}", std::process::id()));
        Self(fs::create_dir_all(&folder).is_ok().then_some(folder))
    }

    /// The variable that programs find their folder for temporary files by; none where that is the system's own.
    pub fn variable(&self) -> Option<(&'static str, &Path)> {
        self.0.as_deref().map(|folder| ("TMPDIR", folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Whether there is so much room, for files and for programs that are started: tests make such, too.
fn takes_programs(place: &Path, room: u64) -> bool {
    rustix::fs::statvfs(place)
        .is_ok_and(|disk| disk.f_bavail * disk.f_frsize >= room && !disk.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// What the kernel could give without swapping; nothing where it does not say.
fn available_memory() -> u64 {
    fs::read_to_string("/proc/meminfo").map_or(0, |text| available_of(&text))
}

fn available_of(meminfo: &str) -> u64 {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_gone_afterwards_and_so_is_what_a_killed_run_left() {
        let place = tempfile::tempdir().unwrap();
        let left = place.path().join("marquee-test-4194999");
        fs::create_dir_all(left.join("deep")).unwrap();
        let scratch = Scratch::within(place.path(), MEMORY, 1);
        let (name, folder) = scratch.variable().unwrap();
        assert!(name == "TMPDIR" && folder.is_dir() && !left.exists());
        let folder = folder.to_owned();
        drop(scratch);
        assert!(!folder.exists() && place.path().exists());
    }

    #[test]
    fn with_little_memory_or_little_room_the_disk_is_used() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(Scratch::within(place.path(), MEMORY - 1, 1).variable(), None);
        assert_eq!(Scratch::within(place.path(), MEMORY, u64::MAX).variable(), None);
        assert_eq!(Scratch::within(&place.path().join("not there"), MEMORY, 1).variable(), None);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_memory_that_is_available_is_read_from_the_kernels_words() {
        assert_eq!(available_of("MemTotal:  9 kB\nMemAvailable:   23068672 kB\nBuffers: 1 kB\n"), 22 << 30);
        assert_eq!(available_of("MemTotal: 9 kB\n"), 0);
    }
}
