//! Work that its first asker does itself, and that goes on without them.
//!
//! To begin a task for what takes microseconds costs about as much as the work: another thread is woken for it. So whoever asks
//! polls it, and where they go away before its end it becomes a task of its own. Must never be dropped half done.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

/// A future that comes to its end whether or not somebody waits for it.
pub struct Detaching<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Detaching<T> {
    pub fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Detaching<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = self.0.as_mut() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Detaching<T> {
    fn drop(&mut self) {
        // At the end of the process there is no runtime, and nobody waits.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move { drop(work.await) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn what_somebody_waits_for_is_theirs_and_what_nobody_waits_for_comes_to_its_end() {
        assert_eq!(Detaching::new(async { 7 }).await, 7);
        let (gate, is_done) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let work = {
            let (gate, is_done) = (Arc::clone(&gate), Arc::clone(&is_done));
            Detaching::new(async move {
                gate.notified().await;
                is_done.store(true, Ordering::SeqCst);
            })
        };
        let waiting = tokio::spawn(work);
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.is_err());
        assert!(!is_done.load(Ordering::SeqCst));
        gate.notify_one();
        while !is_done.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }
}
