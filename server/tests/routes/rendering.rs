//! Pages that are put together on several threads.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Context,
    thread,
};

use axum::{body::Body, http::Request};
use tokio::runtime::Handle;

use crate::{every_page::EveryPage, support::ask};

/// Goes on with a future on another thread each time, as a busy server now and then does.
async fn passed_around<F>(future: F) -> F::Output
where
    F: Future<Output: Send> + Send,
{
    let mut future = pin!(future);
    poll_fn(move |context| {
        let (runtime, waker) = (Handle::current(), context.waker());
        let go_on = || {
            let _entered = runtime.enter();
            future.as_mut().poll(&mut Context::from_waker(waker))
        };
        thread::scope(|threads| threads.spawn(go_on).join().unwrap())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_any_kind_is_rendered_whichever_threads_it_passes() {
    let every = EveryPage::open("by the river").await;
    let cookies: Vec<_> = every.app.cookies().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    assert!(every.pages.len() > 30);
    for path in &every.pages {
        let request = Request::get(path).header("accept", "text/html").header("cookie", &cookies).body(Body::empty()).unwrap();
        let router = every.app.server.router.clone();
        let answer = passed_around(async move { ask(&router, request).await }).await;
        assert!(matches!(answer.status.as_u16(), 200 | 303 | 404), "{path}: {answer:?}");
    }
}
