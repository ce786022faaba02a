//! Where authentication and billing are kept, what with, and where their copy goes.

use std::path::{Path, PathBuf};

use runtime::bounded::Bounded;
use serde::Deserialize;

/// The section `[vault]` of the config.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A store of its own. `sqlite:data/vault.db` where it is absent.
    pub store: Option<String>,
    /// The file of master keys. `data/vault.key` where nothing is said of keys.
    pub key_file: Option<PathBuf>,
    /// In place of a file: the variable that holds them.
    pub key_variable: Option<String>,
    /// In place of a file: a program and its arguments, which says them. So a key service is asked.
    pub key_command: Option<Vec<String>>,
    /// The copy, on storage of another kind: `file:PATH` or `s3://BUCKET/FOLDER`. None where it is absent.
    pub copy: Option<String>,
    /// Where the copy's account keys go, which must be deletable where the copy must not. The same place as `copy` where
    /// it is absent.
    pub copy_keys: Option<String>,
    /// The folder of the audit log. `data/audit` where it is absent.
    pub audit: Option<PathBuf>,
    /// By which this machine answers for its audit log, among those that share the store. The machine's own name and the
    /// log's folder where it is absent.
    pub node: Option<String>,
    /// Reads by one account or address within a minute that nobody does by hand.
    pub alert_reads_per_minute: Bounded<1, 1_000_000>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            store: None,
            key_file: None,
            key_variable: None,
            key_command: None,
            copy: None,
            copy_keys: None,
            audit: None,
            node: None,
            alert_reads_per_minute: Bounded::of(60),
        }
    }
}

impl Settings {
    pub fn store(&self, data: &Path) -> String {
        self.store.clone().unwrap_or_else(|| format!("sqlite:{}", data.join("vault.db").display()))
    }

    /// The file of master keys; nothing where they come from a variable or a program.
    pub fn key_path(&self, data: &Path) -> Option<PathBuf> {
        match (&self.key_file, &self.key_variable, &self.key_command) {
            (Some(path), _, _) => Some(path.clone()),
            (None, None, None) => Some(data.join("vault.key")),
            (None, Some(_), _) | (None, _, Some(_)) => None,
        }
    }

    pub fn audit(&self, data: &Path) -> PathBuf {
        self.audit.clone().unwrap_or_else(|| data.join("audit"))
    }

    /// Never from the log's folder itself: whoever deletes that would take the name along.
    pub fn node(&self, data: &Path) -> String {
        self.node.clone().unwrap_or_else(|| {
            let folder = self.audit(data);
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            let machine = rustix::system::uname();
            format!("{}:{}", machine.nodename().to_string_lossy(), folder.display())
        })
    }
}
