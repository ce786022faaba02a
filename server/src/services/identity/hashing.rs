//! argon2id (RFC 9106), off the async threads: a few at a time, each in memory that is used again.
//!
//! A permit belongs to the work, not to the request: one that is cut off frees nothing before its hash is done. Must never
//! let more hashes run, nor more requests wait, than there are permits, and must never log what it hashes.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use contract::{Code, Problem};
use runtime::spare;
use tokio::sync::Semaphore;

/// Checks that wait at most, beyond those that run; the next one is told to come again.
const WAITING: usize = 64;
/// Hashes at a time: each holds 19 MiB, which stay with the process.
const RUNNING_AT_MOST: usize = 8;
/// A hash that nothing opens, of the same cost as every other.
pub const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Bytes of a salt (RFC 9106, section 3.1).
const SALT: usize = 16;

/// Cheap to clone.
#[derive(Clone)]
pub struct Hashing {
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
    memory: Arc<Memory>,
}

/// What hashes were made in before. As many as ever ran at once, so that a flood leaves nothing with the allocator.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    fn take(&self) -> Vec<Block> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn put(&self, blocks: Vec<Block>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
    }
}

impl Hashing {
    pub fn new() -> Self {
        let running = spare::processors().min(RUNNING_AT_MOST);
        Self {
            running: Arc::new(Semaphore::new(running)),
            places: Arc::new(Semaphore::new(running + WAITING)),
            memory: Arc::default(),
        }
    }

    /// Whether another one may wait: asked before a try is counted, so that who is sent away has not tried.
    ///
    /// # Errors
    /// `overloaded`.
    pub fn check_room(&self) -> Result<(), Problem> {
        if self.places.available_permits() == 0 { Err(busy()) } else { Ok(()) }
    }

    /// The hash of `secret`, as it is kept (PHC string format).
    ///
    /// # Errors
    /// `overloaded` where too many wait already.
    pub async fn hash(&self, secret: String) -> Result<String, Problem> {
        let hash = self.work(move |memory| hash(secret.as_bytes(), memory)).await?;
        hash.map_err(|error| {
            tracing::error!(%error, "a password cannot be hashed");
            Problem::internal()
        })
    }

    /// Which of `secrets` the hash is of: the first that is.
    ///
    /// # Errors
    /// `overloaded` where too many wait already.
    pub async fn find(&self, secrets: Vec<String>, hash: String) -> Result<Option<usize>, Problem> {
        self.work(move |memory| secrets.iter().position(|secret| is_of(&hash, secret.as_bytes(), memory))).await
    }

    /// What is begun is done, with its permits, also where nobody waits for it any more.
    async fn work<T: Send + 'static>(&self, act: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static) -> Result<T, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        let memory = Arc::clone(&self.memory);
        let work = move || {
            let mut blocks = memory.take();
            let outcome = act(&mut blocks);
            memory.put(blocks);
            drop((turn, place));
            outcome
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a password was not worked on");
            Problem::internal()
        })
    }
}

/// Whether a hash is made as new ones are.
pub fn is_current(hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let is_same = Params::try_from(&hash.params).is_ok_and(|params| params == Params::default());
    is_same && hash.algorithm == Algorithm::Argon2id.ident()
}

fn hash(secret: &[u8], memory: &mut Vec<Block>) -> argon2::password_hash::Result<String> {
    let params = Params::default();
    let salt = rand::random::<[u8; SALT]>();
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    memory.resize(params.block_count(), Block::new());
    Argon2::from(&params).hash_password_into_with_memory(secret, &salt, &mut out, memory.as_mut_slice())?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&out)?),
    };
    Ok(hash.to_string())
}

/// Whether `hash` is of `secret`. One that cannot be read is of none.
fn is_of(hash: &str, secret: &[u8], memory: &mut Vec<Block>) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return false };
    let Ok(algorithm) = Algorithm::try_from(hash.algorithm.as_str()) else { return false };
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from);
    let (Ok(version), Ok(params)) = (version, Params::try_from(&hash)) else { return false };
    memory.resize(params.block_count(), Block::new());
    let mut out = vec![0; expected.len()];
    let made = Argon2::new(algorithm, version, params);
    let made = made.hash_password_into_with_memory(secret, salt, &mut out, memory.as_mut_slice());
    // `Output` compares in constant time.
    made.is_ok() && Output::new(&out).is_ok_and(|out| out == *expected)
}

fn busy() -> Problem {
    Problem::new(Code::Overloaded).with_retry_after(5)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[tokio::test]
    async fn what_is_hashed_in_memory_that_was_used_before_is_what_the_crate_makes_of_it() {
        let hashing = Hashing::new();
        for secret in ["correct horse", "", "käse", &"x".repeat(1024)] {
            let ours = hashing.hash(secret.into()).await.unwrap();
            assert!(Argon2::default().verify_password(secret.as_bytes(), ours.as_str()).is_ok(), "{secret}");
            let theirs = Argon2::default().hash_password(secret.as_bytes()).unwrap().to_string();
            assert_eq!(hashing.find(vec!["another".into(), secret.into()], theirs.clone()).await.unwrap(), Some(1));
            assert_eq!(hashing.find(vec![format!("{secret}.")], theirs).await.unwrap(), None);
        }
        assert_eq!(hashing.find(vec![String::new()], "no hash".into()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_opens_and_is_known_as_old() {
        let hashing = Hashing::new();
        let cheap = Argon2::new(Algorithm::Argon2id, Version::default(), Params::new(8 * 1024, 1, 1, None).unwrap());
        let old = cheap.hash_password(b"correct horse").unwrap().to_string();
        assert_eq!(hashing.find(vec!["correct horse".into()], old.clone()).await.unwrap(), Some(0));
        assert!(!is_current(&old) && !is_current("no hash"));
        assert!(is_current(NOBODYS) && is_current(&hashing.hash("x".into()).await.unwrap()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn requests_that_are_cut_off_free_no_permit_before_their_work_is_done() {
        let hashing = Hashing::new();
        let most = hashing.running.available_permits();
        let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..200 {
            let (running, peak) = (Arc::clone(&running), Arc::clone(&peak));
            let work = hashing.work(move |memory| {
                peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                memory.resize(1024, Block::new());
                std::thread::sleep(std::time::Duration::from_millis(2));
                running.fetch_sub(1, Ordering::SeqCst);
            });
            // Begun, and left.
            let _ = tokio::time::timeout(std::time::Duration::from_micros(200), work).await;
        }
        let _all = hashing.running.acquire_many(u32::try_from(most).unwrap()).await.unwrap();
        assert!(peak.load(Ordering::SeqCst) <= most, "{peak:?} of {most}");
        assert!(peak.load(Ordering::SeqCst) > 0);
        let kept = hashing.memory.0.lock().unwrap().len();
        assert!(kept <= most, "{kept} pieces of memory are kept");
    }

    #[tokio::test]
    async fn beyond_its_queue_it_says_so_and_does_not_wait() {
        let hashing = Hashing::new();
        let places = hashing.places.available_permits();
        let _taken = hashing.places.try_acquire_many(u32::try_from(places).unwrap()).unwrap();
        let refused = hashing.find(vec!["anything".into()], NOBODYS.into()).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::Overloaded, Some(5)));
        assert_eq!(hashing.check_room().unwrap_err().code, Code::Overloaded);
    }
}
