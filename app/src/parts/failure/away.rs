//! A server that is away: it is looked for until it answers, so that what failed comes by itself.

#[cfg(feature = "browser")]
use leptos::prelude::*;

#[cfg(feature = "browser")]
use crate::store::AppStore;

/// Where the server answers all the time and something fails all the same, pauses double so often: it may be no better by asking.
#[cfg(feature = "browser")]
const DOUBLINGS: u32 = 6;
/// After so long without a failure the next one is another matter, in milliseconds.
#[cfg(feature = "browser")]
const QUIET: u64 = 2 * 60 * 1_000;

/// Does `back` once the server answers, for as long as whoever asks is on the screen.
pub fn when_it_answers(back: impl Fn() + 'static) {
    #[cfg(feature = "browser")]
    {
        let (asker, store) = (StoredValue::new(()), expect_context::<AppStore>());
        leptos::task::spawn_local(async move {
            if answers(&store, || asker.try_get_value().is_some()).await {
                back();
            }
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = back;
}

/// Whether it answered while it was still wanted.
#[cfg(feature = "browser")]
async fn answers(store: &AppStore, is_wanted: impl Fn() -> bool) -> bool {
    use std::cell::Cell;

    use crate::{parts::dom, store::backoff};

    thread_local! {
        /// How often in a row, and when last.
        static TRIED: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
    }
    // Browsers that lost the same server come back one after the other.
    const JITTER: f64 = 1_000.0;
    if dom::now().saturating_sub(TRIED.get().1) > QUIET {
        TRIED.take();
    }
    for looks in 0_u32.. {
        let pause = backoff::pause(looks.max(TRIED.get().0)) + (JITTER * dom::chance()) as u32;
        dom::wait(pause).await;
        if !is_wanted() {
            return false;
        }
        // Whoever is offline is told by the browser when they are not, and what nobody looks at can wait.
        if dom::is_offline() || document().hidden() {
            continue;
        }
        if !store.is_server_there().await {
            TRIED.take();
        } else {
            TRIED.set((DOUBLINGS.min(TRIED.get().0 + 1), dom::now()));
            return is_wanted();
        }
    }
    false
}
