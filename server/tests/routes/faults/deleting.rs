//! Deleting a title, broken off anywhere.

use std::time::Duration;

use contract::{
    Problem,
    catalog::{DeleteTitle, GetTitle},
    ids::TitleId,
    playback::StartPlayback,
};
use runtime::clock::Clock;

use super::{PASSWORD, Scenario, at_every_operation, sign_in_with};
use crate::{
    deleting::{at, filmed, left_of, set_up},
    support::{Ahead, TestApp},
};

/// After which a film of which an import did not tell the catalogue is told of by whoever looks, and a little more.
const TOLD_BY_OTHERS_AFTER: Duration = Duration::from_secs(61);
/// How often it is looked whether a look that the server began by itself is over, and how long after the other.
const LOOKS: usize = 50;
const MOMENT: Duration = Duration::from_millis(100);

struct DeletingATitle {
    clock: Ahead,
    title: TitleId,
}

impl Scenario for DeletingATitle {
    fn clock(&self) -> Clock {
        self.clock.clock()
    }

    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        let clock = Ahead::default();
        let title = filmed(app, &clock).await;
        let session = app.send(StartPlayback { title: title.clone(), replaces: None }).await.unwrap();
        app.send(at(&session, 30.0)).await.unwrap();
        // Nobody told the catalogue of the film: each server that starts does, while the title is deleted.
        clock.forward(TOLD_BY_OTHERS_AFTER);
        Self { clock, title }
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(DeleteTitle { id: self.title.clone() }).await
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        while app.server.title_deletions.look().await.unwrap() > 0 {}
        app.forget_cookies();
        app.send(sign_in_with(PASSWORD)).await.unwrap();
        if app.send(GetTitle { id: self.title.clone() }).await.is_ok() {
            assert!(outcome.is_none_or(|outcome| outcome.is_err()));
            // It did not happen: it plays, and it can be tried again.
            app.send(StartPlayback { title: self.title.clone(), replaces: None }).await.unwrap();
            app.send(DeleteTitle { id: self.title.clone() }).await.unwrap();
        }
        // The server looks by itself, too, and may be at it: what that look has begun is done a moment later.
        let mut left = Vec::new();
        for _ in 0..LOOKS {
            app.server.media.look().await.unwrap();
            left = left_of(&app.server.stores, &self.title).await;
            if left.is_empty() {
                return;
            }
            tokio::time::sleep(MOMENT).await;
        }
        panic!("of the title there is still: {left:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_whose_deletion_breaks_off_anywhere_plays_as_before_or_nothing_is_left_of_it() {
    at_every_operation::<DeletingATitle>().await;
}
