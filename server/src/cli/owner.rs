//! Whose the data folder is: a command that root gives there is done as its owner.
//!
//! What root makes is closed to a server that runs as somebody else: it could neither go on with a database's log nor replace
//! a film. So the process becomes the owner for good before it opens anything, with the groups that the owner has; where it
//! cannot, or where the owner cannot get at what is named, it is refused before anything is made. Must be called while the
//! process has one thread of its own.

use std::{
    ffi::CString,
    fmt, fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use nix::unistd::{Gid, Uid, User, geteuid, setgid, setuid};
use rustix::fs::{Access, access};

/// Somebody who is not root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    uid: Uid,
    gid: Gid,
    name: Option<String>,
}

/// Why root's command is not done.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    #[error("whose {} is cannot be found out: {source}", path.display())]
    Unknown { path: PathBuf, source: io::Error },
    #[error(
        "{} belongs to {owner}, and a server that runs as {owner} could not use what root makes there. This process cannot \
         become {owner} ({source}): give the command as {owner}, as in `sudo -u {owner} marquee ...`",
        path.display()
    )]
    Refused { path: PathBuf, owner: Owner, source: io::Error },
    #[error(
        "{} belongs to {owner}, who cannot get at it from here ({source}). Where a systemd service with DynamicUser=yes keeps \
         it, give the command as that service does: `systemd-run --pipe --wait -p DynamicUser=yes -p User=marquee -p \
         StateDirectory=marquee marquee ...`",
        path.display()
    )]
    Shut { path: PathBuf, owner: Owner, source: io::Error },
    #[error(
        "{} cannot be read as {owner}, to whom the data folder belongs and as whom root's imports are done ({source}): let \
         {owner} read it, or move it to where that is so",
        path.display()
    )]
    Unreadable { path: PathBuf, owner: Owner, source: io::Error },
}

impl fmt::Display for Owner {
    /// As `sudo -u` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "#{}", self.uid),
        }
    }
}

impl Owner {
    /// To whom the folder belongs; nobody where there is none, where it is root's, or where this process is not root.
    ///
    /// # Errors
    /// [`OwnerError::Unknown`].
    fn of(data: &Path) -> Result<Option<Self>, OwnerError> {
        let unknown = |source| OwnerError::Unknown { path: data.to_owned(), source };
        if !geteuid().is_root() {
            return Ok(None);
        }
        let found = match fs::metadata(data) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unknown(error)),
        };
        let uid = Uid::from_raw(found.uid());
        if uid.is_root() {
            return Ok(None);
        }
        let user = User::from_uid(uid).map_err(|errno| unknown(errno.into()))?;
        let (gid, name) = match user {
            Some(user) => (user.gid, Some(user.name)),
            None => (Gid::from_raw(found.gid()), None),
        };
        Ok(Some(Self { uid, gid, name }))
    }

    /// From now on this process is this user, with their groups and no more rights than they have.
    fn take_over(&self) -> io::Result<()> {
        self.take_groups()?;
        setgid(self.gid)?;
        setuid(self.uid)?;
        Ok(())
    }

    #[cfg(not(target_vendor = "apple"))]
    fn take_groups(&self) -> io::Result<()> {
        match &self.name {
            Some(name) => nix::unistd::initgroups(&CString::new(name.as_str())?, self.gid)?,
            None => nix::unistd::setgroups(&[self.gid])?,
        }
        Ok(())
    }

    #[cfg(target_vendor = "apple")]
    fn take_groups(&self) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "groups cannot be given up on this system"))
    }

    /// Says which of these somebody who gave the command as root cannot read as this user.
    ///
    /// # Errors
    /// [`OwnerError::Unreadable`].
    pub fn check_readable(&self, paths: &[PathBuf]) -> Result<(), OwnerError> {
        for path in paths {
            let opened = if path.is_dir() { fs::read_dir(path).map(drop) } else { fs::File::open(path).map(drop) };
            match opened {
                Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
                    return Err(OwnerError::Unreadable { path: path.clone(), owner: self.clone(), source });
                }
                // Whoever imports it says what else is wrong.
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// Becomes the owner of the data folder, where root gave the command and the folder is somebody else's.
///
/// # Errors
/// [`OwnerError`]; nothing was made.
pub fn become_owner(data: &Path) -> Result<Option<Owner>, OwnerError> {
    let Some(owner) = Owner::of(data)? else { return Ok(None) };
    let path = || data.to_owned();
    owner.take_over().map_err(|source| OwnerError::Refused { path: path(), owner: owner.clone(), source })?;
    match access(data, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Ok(Some(owner)),
        Err(errno) => Err(OwnerError::Shut { path: path(), owner, source: errno.into() }),
    }
}
