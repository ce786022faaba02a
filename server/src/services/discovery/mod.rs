//! The service `discovery`: what the home page shows, and what the server is still preparing.
//!
//! Owns nothing. Answers GetHome and GetPreparation. Asks the catalogue in contract calls, through the
//! request's context. Must never make two viewers' home pages differ by more than the age up to which films are shown to
//! them: what is personal comes from elsewhere.

mod home;
mod rows;

use std::sync::Arc;

use contract::discovery::{GetHome, GetPreparation, Preparation};

use super::Service;
use crate::{jobs::Jobs, mount::Mount};

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
