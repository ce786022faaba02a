//! Starting a film, and saving how far it went, that break off.

use contract::{
    Problem,
    ids::TitleId,
    playback::{GetProgress, PlayState, SaveProgress, StartPlayback, StopPlayback},
};

use super::{Scenario, at_every_operation, set_up};
use crate::{
    support::TestApp,
    watching::{film, import, watchable},
};

/// Somebody who is signed in, and a film.
async fn a_film(app: &TestApp) -> TitleId {
    app.send(set_up()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Hello Marquee (2026).mp4"));
    import(app, folder.path()).await;
    watchable(app).await.id
}

struct Starting(TitleId);

impl Scenario for Starting {
    async fn prepare(app: &TestApp) -> Self {
        Self(a_film(app).await)
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(StartPlayback { title: self.0.clone(), replaces: None }).await.map(drop)
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        let session = app.send(StartPlayback { title: self.0.clone(), replaces: None }).await.unwrap();
        assert_eq!(app.get(&session.manifest).await.status, 200);
        app.send(StopPlayback { session: session.session }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_whose_start_breaks_off_anywhere_can_be_started() {
    at_every_operation::<Starting>().await;
}

/// How far it goes, in a film of four seconds.
const FAR: f64 = 2.0;

struct Saving(TitleId);

impl Saving {
    async fn kept(&self, app: &TestApp) -> Option<f64> {
        let report = app.send(GetProgress { id: self.0.clone() }).await.unwrap();
        report.progress.map(|progress| progress.position)
    }
}

impl Scenario for Saving {
    async fn prepare(app: &TestApp) -> Self {
        Self(a_film(app).await)
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        let session = app.send(StartPlayback { title: self.0.clone(), replaces: None }).await?.session;
        let save = SaveProgress {
            session: session.clone(),
            position: FAR,
            state: PlayState::Paused,
            quality: None,
            buffered_millis: None,
        };
        app.send(save).await?;
        app.send(StopPlayback { session }).await
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        let kept = self.kept(app).await;
        if outcome.is_some_and(|outcome| outcome.is_ok()) {
            assert_eq!(kept, Some(FAR), "saved, and not kept");
        }
        self.act(app).await.unwrap();
        assert_eq!(self.kept(app).await, Some(FAR));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_whose_save_breaks_off_anywhere_is_saved_by_the_next_one() {
    at_every_operation::<Saving>().await;
}
