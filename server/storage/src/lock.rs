//! A file's lock, taken by whoever does not mean to wait for another process that holds it.
//!
//! Must never be held by a program that was started: files are closed when one is executed, and a moment before that it holds
//! all of ours.

use std::{
    fs::{File, TryLockError},
    thread,
    time::Duration,
};

const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Takes the lock. Waits a second at most for programs that are just being started. Blocks.
///
/// # Errors
/// [`TryLockError::WouldBlock`] where another one holds it; what the file system says, which may know no locks.
pub fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    file.try_lock()
}
