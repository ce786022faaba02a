//! The master keys: from a file, the environment or a command, several at once, the first in use for what is new.
//!
//! The form is the same everywhere: a key to a line, 32 bytes in base64, the current one first, `#` before a remark. Read
//! again where something was wrapped by a key that is not known yet, so that a rotation needs no restart. Must never log a
//! key, nor repeat what a source said.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use storage::{atomic_file, make_private_directory};
use tokio::{process::Command, sync::Mutex, time::timeout};

use super::envelope::{KEY, Key, MasterId};

/// How long a command may take that asks a key service.
const COMMAND: Duration = Duration::from_secs(10);
/// How often an unknown key makes the source be read again.
const AGAIN: Duration = Duration::from_secs(2);
/// Bytes that a command says at most: some hundred keys.
const SAID: usize = 16 * 1024;

/// Where the keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Made where it is missing, with mode 0600.
    File(PathBuf),
    /// The name of a variable.
    Variable(String),
    /// A program and its arguments; its standard output is read.
    Command(Vec<String>),
}

/// The master keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MasterError {
    #[error("vault.key_file: {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("vault.key_file: {} can be read by others: make it `chmod 600`", .0.display())]
    Open(PathBuf),
    #[error("vault.key_variable: the variable {0} is not set")]
    Variable(String),
    #[error("vault.key_command: {program}: {reason}")]
    Command { program: String, reason: String },
    #[error("the vault's master keys cannot be read: line {0} is not 32 bytes in base64")]
    Line(usize),
    #[error("the vault's master keys cannot be read: there is none")]
    Empty,
    #[error("only keys in a file are made here: put a new key first where {0} takes its keys from, and rotate again")]
    NotHere(&'static str),
}

struct Master {
    id: MasterId,
    key: Key,
}

/// The keys at one moment, the current one first; never empty.
pub struct KeyRing(Vec<Master>);

/// The keys, and where they come from.
pub struct Masters {
    source: Source,
    ring: RwLock<Arc<KeyRing>>,
    read: Mutex<Instant>,
}

impl KeyRing {
    fn parse(text: &str) -> Result<Self, MasterError> {
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let bytes = STANDARD.decode(line).ok().and_then(|bytes| <[u8; KEY]>::try_from(bytes).ok());
            let key = Key::new(bytes.ok_or(MasterError::Line(number + 1))?);
            keys.push(Master { id: id(&key), key });
        }
        if keys.is_empty() { Err(MasterError::Empty) } else { Ok(Self(keys)) }
    }

    /// What new keys are wrapped with.
    pub fn current(&self) -> (MasterId, &Key) {
        let first = &self.0[0];
        (first.id, &first.key)
    }

    pub fn find(&self, id: MasterId) -> Option<&Key> {
        self.0.iter().find(|master| master.id == id).map(|master| &master.key)
    }
}

impl Masters {
    /// Reads the keys; a file that is missing is made with one.
    ///
    /// # Errors
    /// [`MasterError`].
    pub async fn open(source: Source) -> Result<Self, MasterError> {
        if let Source::File(path) = &source {
            there(path).map_err(|error| MasterError::File { path: path.clone(), source: error })?;
        }
        let ring = KeyRing::parse(&text(&source).await?)?;
        Ok(Self { source, ring: RwLock::new(Arc::new(ring)), read: Mutex::new(Instant::now()) })
    }

    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys, with this one among them if the source has it by now.
    pub async fn knowing(&self, id: MasterId) -> Arc<KeyRing> {
        let ring = self.ring();
        if ring.find(id).is_some() {
            return ring;
        }
        let mut read = self.read.lock().await;
        if self.ring().find(id).is_none() && read.elapsed() >= AGAIN {
            *read = Instant::now();
            if let Err(error) = self.reload().await {
                tracing::error!(%error, "the vault's master keys cannot be read again");
            }
        }
        self.ring()
    }

    /// Reads the source again.
    ///
    /// # Errors
    /// [`MasterError`]; the keys from before stay.
    pub async fn reload(&self) -> Result<(), MasterError> {
        let ring = Arc::new(KeyRing::parse(&text(&self.source).await?)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// Puts a new key before the others, where they are in a file.
    ///
    /// # Errors
    /// [`MasterError::NotHere`] where they are not; that the file cannot be written.
    pub async fn renew(&self) -> Result<(), MasterError> {
        let path = match &self.source {
            Source::File(path) => path,
            Source::Variable(_) => return Err(MasterError::NotHere("vault.key_variable")),
            Source::Command(_) => return Err(MasterError::NotHere("vault.key_command")),
        };
        let before = text(&self.source).await?;
        make(path, &before, Put::Over).map_err(|error| MasterError::File { path: path.clone(), source: error })?;
        self.reload().await
    }
}

fn id(key: &Key) -> MasterId {
    let hash = blake3::derive_key("marquee vault 2026 id of a master key", key.bytes());
    let mut id = MasterId::default();
    let length = id.len();
    id.copy_from_slice(&hash[..length]);
    id
}

async fn text(source: &Source) -> Result<String, MasterError> {
    match source {
        Source::File(path) => {
            let failed = |source| MasterError::File { path: path.clone(), source };
            if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
                return Err(MasterError::Open(path.clone()));
            }
            fs::read_to_string(path).map_err(failed)
        }
        Source::Variable(name) => std::env::var(name).map_err(|_| MasterError::Variable(name.clone())),
        Source::Command(words) => said(words).await,
    }
}

/// What a program says. Its standard error is the operator's to read in the log of this process.
async fn said(words: &[String]) -> Result<String, MasterError> {
    let (program, arguments) = words.split_first().ok_or(MasterError::Empty)?;
    let failed = |reason: String| MasterError::Command { program: program.clone(), reason };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    let child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let output = timeout(COMMAND, child.wait_with_output())
        .await
        .map_err(|_| failed(format!("no answer within {} s", COMMAND.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(format!("it ended with {}", output.status)));
    }
    if output.stdout.len() > SAID {
        return Err(failed(format!("it said more than {SAID} bytes")));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("what it said is no text".to_owned()))
}

enum Put {
    IfMissing,
    Over,
}

/// Makes the file where it is missing. Where it is not, whoever made it may have been ended before its name was on the disk;
/// who may not look into its folder, or not write there, did not make it.
fn there(path: &Path) -> io::Result<()> {
    if !path.try_exists()? {
        return make(path, "", Put::IfMissing);
    }
    if let Err(error) = atomic_file::sync_folder_of(path) {
        tracing::debug!(%error, path = %path.display(), "the name of a file that is there was not brought to the disk");
    }
    Ok(())
}

/// Of two who make it at once, both use the first.
fn make(path: &Path, before: &str, put: Put) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_private_directory(folder)?;
    }
    let text = format!("{}\n{before}", STANDARD.encode(rand::random::<[u8; KEY]>()));
    match put {
        Put::IfMissing => atomic_file::make(path, text.as_bytes()),
        Put::Over => atomic_file::replace(path, text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_made_once_for_its_owner_alone_and_renewed_with_the_old_key_behind_the_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/vault.key");
        let masters = Masters::open(Source::File(path.clone())).await.unwrap();
        let first = masters.ring().current().0;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Masters::open(Source::File(path.clone())).await.unwrap().ring().current().0, first);
        masters.renew().await.unwrap();
        let ring = masters.ring();
        assert_ne!(ring.current().0, first);
        assert!(ring.find(first).is_some());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Masters::open(Source::File(path)).await, Err(MasterError::Open(_))));
    }

    #[tokio::test]
    async fn a_command_gives_keys_and_one_that_fails_or_babbles_is_refused_without_its_words() {
        let one = STANDARD.encode([1; KEY]);
        let shell = |script: String| Source::Command(vec!["sh".into(), "-c".into(), script]);
        let masters = Masters::open(shell(format!("echo '# keys'; echo {one} '# first'"))).await.unwrap();
        assert_eq!(masters.ring().current().1.bytes(), &[1; KEY]);
        for (script, words) in [
            ("exit 3", "exit status: 3"),
            ("echo hunter2", "line 1"),
            ("true", "there is none"),
            ("yes | head -c 20000", "more than"),
        ] {
            let message = Masters::open(shell(script.into())).await.err().unwrap().to_string();
            assert!(message.contains(words) && !message.contains("hunter2"), "{message}");
        }
        let none = Masters::open(Source::Command(vec!["/no/such/program".into()])).await.err().unwrap();
        assert!(none.to_string().contains("vault.key_command: /no/such/program"), "{none}");
    }

    #[tokio::test]
    async fn a_variable_that_is_not_set_is_named() {
        let error = Masters::open(Source::Variable("NO_SUCH_VARIABLE_OF_MARQUEE".into())).await.err().unwrap();
        assert!(error.to_string().contains("NO_SUCH_VARIABLE_OF_MARQUEE"), "{error}");
    }
}
