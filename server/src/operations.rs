//! What operators are told of how this process fares, in a call: what `/readyz` says at the metrics' address.
//!
//! Reasons may name hosts and paths. Must never be told to anybody else.

use contract::operations::{GetHealth, Health, StoreHealth, TaskFailure, TaskHealth};
use runtime::supervise::TaskReport;

use crate::{gateway::health::Readiness, mount::Mount};

/// Has the call answered by this process.
pub fn mount(mount: &mut Mount, readiness: &Readiness) {
    let readiness = readiness.clone();
    mount.call(move |_, GetHealth {}| {
        let readiness = readiness.clone();
        async move { Ok(health(&readiness).await) }
    });
}

async fn health(readiness: &Readiness) -> Health {
    let outcomes = readiness.outcomes().await;
    let store = |(name, outcome): &(&'static str, Result<(), String>)| StoreHealth {
        name: (*name).to_owned(),
        failure: outcome.as_ref().err().cloned(),
    };
    Health { stores: outcomes.iter().map(store).collect(), tasks: readiness.tasks().into_iter().map(task).collect() }
}

fn task(report: TaskReport) -> TaskHealth {
    let TaskReport { name, is_well, restarts, last_failure } = report;
    let last_failure = last_failure.map(|failure| TaskFailure { at: failure.at, reason: failure.reason });
    TaskHealth { name: name.to_owned(), is_well, restarts, last_failure }
}
