//! Operations of several steps, with a store that fails, loses its answer, or ends the process at each of them in turn.
//!
//! Whatever happens, what is stored is afterwards in a state that the next call can use.

mod accounts;
mod creations;
mod credentials;
mod deleting;
pub mod injector;
mod profile_life;
mod refreshing;
mod watching;

use std::{fs, path::Path, sync::Arc};

use contract::{
    Problem,
    identity::{SetUp, SignIn},
};
use runtime::clock::Clock;
use server::assemble::Surroundings;

use testing::Steps;

use self::injector::{Fault, Injector};
use crate::support::{Cookies, TestApp};

/// More operations than any call needs: a scenario that never ends is a mistake.
const AT_MOST: u32 = 200;

/// Something that a viewer does, and what must hold after it, however it went.
trait Scenario: Sized {
    /// What the servers go by.
    fn clock(&self) -> Clock {
        Clock::default()
    }

    /// What there is before, made on a server without faults.
    async fn prepare(app: &TestApp) -> Self;

    /// What is done while a store fails.
    async fn act(&self, app: &TestApp) -> Result<(), Problem>;

    /// What must hold after it, on a server whose stores are well again. Nothing came back where the process ended.
    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>);
}

/// Tries `S` with a fault at each operation, each time from the same beginning: with each of the faults in `cargo xtask soak`,
/// with one of them in turn in `cargo xtask test`, the first of which each run draws.
async fn at_every_operation<S: Scenario>() {
    let beginning = TestApp::start().await;
    let scenario = S::prepare(&beginning).await;
    let cookies = beginning.cookies();
    let folder = beginning.folder();
    drop(beginning);
    let steps = Steps::draw(u32::try_from(Fault::ALL.len()).unwrap());
    let mut tried = 0;
    'operations: for nth in 1..=AT_MOST {
        for (fault, number) in Fault::ALL.into_iter().zip(0..) {
            if !steps.take(nth + number) {
                continue;
            }
            // Nothing fails before the `nth` operation, so that all faults find as many.
            if round(&scenario, folder.path(), &cookies, (nth, fault)).await.is_none() {
                break 'operations;
            }
            tried = nth;
        }
    }
    assert!((1..AT_MOST).contains(&tried), "a fault was tried at {tried} operations");
}

/// One round; which operation failed, or nothing where all was done before the `nth`.
async fn round<S: Scenario>(scenario: &S, folder: &Path, cookies: &Cookies, (nth, fault): (u32, Fault)) -> Option<String> {
    let copy = Arc::new(tempfile::tempdir().unwrap());
    copy_all(folder, copy.path());
    let injector = Injector::default();
    let layer = injector.clone();
    let surround = |surroundings: &mut Surroundings| {
        surroundings.stores = Some(Arc::new(layer));
        surroundings.clock = scenario.clock();
    };
    let app = TestApp::reopened(Arc::clone(&copy), surround).await;
    app.be(cookies.clone());
    injector.arm(nth, fault);
    let outcome = tokio::select! {
        outcome = scenario.act(&app) => Some(outcome),
        () = injector.stopped() => None,
    };
    let hit = injector.disarm()?;
    eprintln!("{fault:?} at {nth}: {hit}: {outcome:?}");
    if fault.ends_the_process() {
        let carried = app.cookies();
        drop(app);
        let app = TestApp::reopened(copy, |surroundings| surroundings.clock = scenario.clock()).await;
        app.be(carried);
        scenario.check(&app, outcome).await;
    } else {
        scenario.check(&app, outcome).await;
    }
    Some(hit)
}

/// Everything but the index, which is derived. Databases are copied as SQLite reads them: one that was used a moment ago
/// may still be open.
pub fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "search" || name.ends_with("-wal") || name.ends_with("-shm") {
            continue;
        }
        if name.ends_with(".db") {
            let database = rusqlite::Connection::open(entry.path()).unwrap();
            database.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

const PASSWORD: &str = "correct horse battery";

fn set_up() -> SetUp {
    SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }
}

fn sign_in_with(password: &str) -> SignIn {
    SignIn { login: "ada".into(), password: password.into(), code: None, replaces_oldest: false }
}
