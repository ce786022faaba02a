//! The service `discovery`: what the home page shows, and what the server is still preparing.
//!
//! [`Discovery`] owns nothing and answers GetHome and GetPreparation. Asks the catalogue in contract calls, through the
//! request's context. Must never make two viewers' home pages differ by more than the age up to which films are shown to
//! them: what is personal is answered by [`recommendations`].

mod home;
pub mod recommendations;
mod rows;

use std::sync::Arc;

use contract::discovery::{GetHome, GetPreparation, Preparation};

use super::Service;
use crate::{jobs::Jobs, mount::Mount};

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
        mount.call(move |_, GetPreparation {}| {
            let jobs = self.jobs.list();
            async move { Ok(Preparation { jobs }) }
        });
    }
}
