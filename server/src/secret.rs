//! The one secret of an installation: 32 random bytes in a file that only its owner can read.
//!
//! Every key is derived from it for one purpose. Must never be logged, nor leave this module as it is.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use storage::{atomic_file, make_private_directory};

const LENGTH: usize = 32;

/// The secret of this installation.
pub struct MasterSecret([u8; LENGTH]);

/// The secret's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("{}: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("{} must hold {LENGTH} bytes; put it back from a backup, or delete it to begin anew (viewers are then forgotten)", .0.display())]
    WrongLength(PathBuf),
}

impl MasterSecret {
    /// Reads the secret of a data folder, or makes it. Two processes that start at once end up with the same.
    ///
    /// # Errors
    /// [`SecretError`]
    pub fn open(data: &Path) -> Result<Self, SecretError> {
        let path = data.join("secret");
        let unusable = |source| SecretError::Unusable { path: path.clone(), source };
        make_private_directory(data).map_err(unusable)?;
        atomic_file::make_if_missing(&path, || rand::random::<[u8; LENGTH]>().to_vec()).map_err(unusable)?;
        let bytes = fs::read(&path).map_err(unusable)?;
        bytes.try_into().map(Self).map_err(|_| SecretError::WrongLength(path))
    }

    /// The key for one purpose (HMAC-SHA-256 of its name, as HKDF expands, RFC 5869).
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut block = [0; 64];
        block[..LENGTH].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use power_cut::{Sample, acknowledge, check, finds, record};

    use super::*;

    #[test]
    fn the_secret_stays_and_each_purpose_has_its_own_key() {
        let data = tempfile::tempdir().unwrap();
        let first = MasterSecret::open(&data.path().join("new")).unwrap();
        let again = MasterSecret::open(&data.path().join("new")).unwrap();
        assert_eq!(first.derive("a"), again.derive("a"));
        assert_ne!(first.derive("a"), first.derive("b"));
        let other = MasterSecret::open(&data.path().join("other")).unwrap();
        assert_ne!(first.derive("a"), other.derive("a"));
    }

    #[test]
    fn a_power_cut_leaves_the_secret_that_was_given_out_and_the_folders_that_were_made_for_it() {
        const NAME: &str =
            "secret::tests::a_power_cut_leaves_the_secret_that_was_given_out_and_the_folders_that_were_made_for_it";
        let given = |folder: &Path| MasterSecret::open(&folder.join("marquee/data")).map(|secret| secret.derive("a").to_vec());
        let recording = record(NAME, |folder| acknowledge(&format!("{:?}", given(folder).unwrap())));
        let Some(recording) = recording else { return };
        assert_eq!(recording.acknowledged(recording.operations.len()).len(), 1);
        let is_whole = |folder: &Path, acknowledged: &[&str]| {
            let found = format!("{:?}", given(folder).map_err(|error| error.to_string())?);
            let lost = acknowledged.iter().find(|given| **given != found);
            lost.map_or(Ok(()), |given| Err(format!("{given} was given out, and {found} is there")))
        };
        assert_eq!(check(&recording, Sample::of(12), is_whole), []);
        assert!(finds(&recording.without_folder_syncs(), 12, is_whole));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        MasterSecret::open(data.path()).unwrap();
        let mode = fs::metadata(data.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_of_another_length_is_refused() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("secret"), b"short").unwrap();
        let error = MasterSecret::open(data.path()).unwrap_err();
        assert!(error.to_string().contains("must hold 32 bytes"), "{error}");
    }

    #[test]
    fn processes_that_start_at_once_share_it() {
        let data = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| MasterSecret::open(data.path()).unwrap().derive("x"))).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
