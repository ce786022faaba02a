//! How imports and exports share a server: one of an account at a time, some at once, and of their work a slice at a time in turn.
//!
//! What there is room for is counted before it is written, and of two imports at once each would fill it. A file takes memory for as long
//! as it is read or made, so that there are places for some, and few of one account wait for theirs. What an import or an export does it
//! does in slices, before each of which it waits for its turn behind the others: a long file makes no short one wait. Of this process alone.

use std::time::Duration;

use contract::{Code, Problem};
use tokio::time::timeout;

use crate::{
    context::RequestContext,
    mount::Sender,
    services::fair_queue::{FairQueue, Turn},
};

/// Files that are read or made at once: each takes some megabytes.
const PLACES: usize = 8;
/// Of one account (of the guests of one network): one that goes on, and those who wait for it.
const OF_ONE: usize = 4;
/// Slices of work that are done at once.
const TURNS: usize = 2;
/// How long is waited for a place.
const WAIT: Duration = Duration::from_secs(10);
/// Seconds after which to try again.
const AGAIN: u32 = 10;

/// The imports and exports that go on.
pub struct Transfers {
    places: FairQueue<Sender>,
    turns: FairQueue<Sender>,
}

/// One of them, until this is dropped.
pub struct Transfer {
    sender: Sender,
    turns: FairQueue<Sender>,
    _place: Turn<Sender>,
}

impl Default for Transfers {
    fn default() -> Self {
        Self { places: FairQueue::new(PLACES, OF_ONE), turns: FairQueue::new(TURNS, OF_ONE) }
    }
}

impl Transfers {
    /// Waits for those of the same account that came before, and then for a place.
    ///
    /// # Errors
    /// `overloaded`: at once where more than a few of the account wait, and where it takes long.
    pub async fn begin(&self, context: &RequestContext) -> Result<Transfer, Problem> {
        let sender = Sender::of(context);
        let place = timeout(WAIT, self.places.turn(&sender)).await;
        let place = place.ok().and_then(Result::ok).ok_or_else(|| Problem::new(Code::Overloaded).with_retry_after(AGAIN))?;
        Ok(Transfer { sender, turns: self.turns.clone(), _place: place })
    }
}

impl Transfer {
    /// Waits until a slice of work may be done; until the answer is dropped. Not to be asked by whoever has one.
    ///
    /// # Errors
    /// Never: of each sender there is one that asks.
    pub async fn turn(&self) -> Result<Turn<Sender>, Problem> {
        Ok(self.turns.turn(&self.sender).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;

    use super::*;
    use crate::{context::Viewer, mount::Dispatcher};

    fn guest(of: u8) -> RequestContext {
        let mut context = RequestContext::of(Viewer::guest("p".parse().unwrap(), false, Arc::default()), Dispatcher::default());
        context.caller.address = [192, 0, 2, of].into();
        context
    }

    #[tokio::test]
    async fn one_goes_on_after_the_other_few_wait_and_others_do_not_wait_for_it() {
        let (transfers, ada, bob) = (Transfers::default(), guest(1), guest(2));
        let first = transfers.begin(&ada).await.unwrap();
        let mut waiting: Vec<_> = (1..OF_ONE).map(|_| Box::pin(transfers.begin(&ada))).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        let refused = transfers.begin(&ada).now_or_never().unwrap().err().unwrap();
        assert_eq!((refused.code, refused.retry_after), (Code::Overloaded, Some(AGAIN)));
        let other = transfers.begin(&bob).now_or_never().unwrap().unwrap();
        let (turn, others) = (first.turn().now_or_never(), other.turn().now_or_never());
        assert!(turn.is_some() && others.is_some());
        drop((turn, first));
        assert!(waiting.remove(0).now_or_never().unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_finds_no_place_is_told_so_after_a_while() {
        let transfers = Transfers::default();
        let mut all = Vec::new();
        for of in 0..PLACES {
            all.push(transfers.begin(&guest(u8::try_from(of).unwrap())).now_or_never().unwrap().unwrap());
        }
        let begun = tokio::time::Instant::now();
        assert_eq!(transfers.begin(&guest(200)).await.err().unwrap().code, Code::Overloaded);
        assert!(begun.elapsed() >= WAIT);
        drop(all.pop());
        assert!(transfers.begin(&guest(200)).now_or_never().unwrap().is_ok());
    }
}
