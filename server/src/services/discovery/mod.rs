//! The service `discovery`: what the home page shows, and what the server is still preparing.
//!
//! [`Discovery`] owns nothing and answers GetHome and GetPreparation. Asks the catalogue in contract calls, through the
//! request's context. Must never make two viewers' home pages differ by more than the age up to which films are shown to
//! them: what is personal is answered by [`recommendations`]. Nor name a film that is being made to whoever is not shown it.

mod home;
pub mod recommendations;
mod rows;

use std::sync::Arc;

use contract::discovery::{GetHome, GetPreparation, Job, Preparation};

use super::{Service, cards::shown_cards};
use crate::{
    context::RequestContext,
    jobs::{Jobs, RunningJob},
    mount::Mount,
};

/// Titles of a row at most: they fill a wide screen and are cut at its edge.
const ROW: usize = 14;

/// The service.
pub struct Discovery {
    jobs: Jobs,
}

impl Discovery {
    pub fn new(jobs: Jobs) -> Self {
        Self { jobs }
    }
}

impl Service for Discovery {
    fn name(&self) -> &'static str {
        "discovery"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        mount.call(|context, GetHome {}| async move { home::make(&context).await });
        mount.call(move |context, GetPreparation {}| {
            let jobs = self.jobs.list();
            async move { Ok(Preparation { jobs: told(&context, jobs).await }) }
        });
    }
}

/// The jobs whose names are for whoever asks. Whoever has no age limit is shown every title, before the catalogue has it; with one,
/// what is rated for them, and nothing where the catalogue does not answer.
async fn told(context: &RequestContext, jobs: Vec<RunningJob>) -> Vec<Job> {
    if context.viewer.authorization.maturity.is_none() {
        return jobs.into_iter().map(|running| running.job).collect();
    }
    let shown = shown_cards(context, jobs.iter().filter_map(|running| running.title.as_ref())).await;
    let shown = shown.inspect_err(|problem| tracing::debug!(%problem, "titles that are being made")).unwrap_or_default();
    let is_for_them = |running: &RunningJob| running.title.as_ref().is_none_or(|title| shown.contains_key(title));
    jobs.into_iter().filter(is_for_them).map(|running| running.job).collect()
}
