//! What builds that told two stores apart by writing left behind, where they were killed over it.

use std::time::{Duration, SystemTime};

use object_store::path::Path;

use super::{ObjectKey, Objects};
use crate::StoreError;

/// Where they put it, under a name of 32 hexadecimal digits.
const FOLDER: &str = "probe";
/// A process of such a build deletes its own within seconds.
const OLD: Duration = Duration::from_secs(60 * 60);

impl Objects {
    /// Removes them; how many there were. One that may still be somebody's stays.
    ///
    /// # Errors
    /// [`StoreError`]; then some may be left.
    pub async fn remove_old_probes(&self) -> Result<u64, StoreError> {
        let is_old = |at: SystemTime| at.elapsed().is_ok_and(|age| age >= OLD);
        let mut removed = 0;
        for (key, head) in self.list(&ObjectKey(Path::from(FOLDER))).await? {
            if is_probe(&key) && is_old(head.modified) {
                self.delete(&key).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn is_probe(key: &ObjectKey) -> bool {
    let name = key.as_str().strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[tokio::test]
    async fn what_an_older_build_was_killed_over_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::in_directory(folder.path()).unwrap();
        assert_eq!(objects.remove_old_probes().await.unwrap(), 0);
        let (old, new) = ("probe/0123456789abcdef0123456789abcdef", "probe/ffffffffffffffffffffffffffffffff");
        fs::create_dir_all(folder.path().join("media/probe")).unwrap();
        fs::create_dir(folder.path().join("probe")).unwrap();
        for name in [old, new, "probe/letter", "media/probe/0123456789abcdef0123456789abcdef"] {
            let file = File::create(folder.path().join(name)).unwrap();
            let age = if name == new { Duration::ZERO } else { 2 * OLD };
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        assert_eq!(objects.remove_old_probes().await.unwrap(), 1);
        let left = |name: &str| folder.path().join(name).exists();
        assert!(!left(old) && left(new) && left("probe/letter") && left("media/probe/0123456789abcdef0123456789abcdef"));
    }
}
