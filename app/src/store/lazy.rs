//! Slices of the state that load with their pages.
//!
//! [`State`](super::State) holds what a first visit needs. What some pages alone need is a lazy slice: its state, actions,
//! requests and `update` are code of those pages' chunks, because nothing in the main module names them. The rules are
//! those of the whole store: actions say what happened, `update` is pure, [`LazyStore`] alone asks.
//!
//! A slice comes to be when the first of its pages does, follows the address from then on, and stays.

use std::fmt::Debug;
#[cfg(feature = "ssr")]
use std::sync::Arc;

use leptos::prelude::*;
use serde::Serialize;

#[cfg(feature = "browser")]
use super::in_flight::{BoxedFuture, InFlight};
use super::{Action, AppStore};
use crate::{client::Client, route::Route};

/// A part of the state with everything that can happen to it.
pub trait LazySlice: Clone + Default + PartialEq + Serialize + Send + Sync + 'static {
    /// What can happen. Its `Debug` must not show a secret: developers' tools do.
    type Action: Debug + Send + 'static;
    type Request: Send + 'static;

    /// What developers' tools call it.
    const NAME: &'static str;

    /// Whether the server asks what it needs while it renders its pages (`store/slices.rs`).
    const IS_PRELOADED: bool = false;

    /// The address changed; a slice ignores what is none of its pages.
    fn opened(route: Route) -> Self::Action;

    /// The viewer asked to try again what failed on this screen.
    fn retry_wanted() -> Self::Action;

    /// The next state, in place, and what is to be done outside of it. Pure.
    fn update(&mut self, action: Self::Action) -> Vec<LazyEffect<Self::Request>>;

    /// Whether asking changes nothing, so that a server may ask it while it renders.
    fn is_safe(request: &Self::Request) -> bool;

    /// Sends one request and makes an action of the answer.
    fn send(client: &Client, request: Self::Request) -> impl Future<Output = Self::Action>;
}

/// Something to be done outside of a lazy slice.
#[derive(Clone, Debug, PartialEq)]
pub enum LazyEffect<Request> {
    /// A call whose answer is an action of the slice.
    Send(Request),
    /// Something that the rest of the state must know.
    Tell(Box<Action>),
}

impl<Request> LazyEffect<Request> {
    /// Tells the rest of the state.
    pub fn tell(action: Action) -> Self {
        Self::Tell(Box::new(action))
    }

    /// Says something in passing.
    pub fn note(text: impl Into<String>) -> Self {
        Self::tell(Action::Noted { text: text.into() })
    }
}

/// A lazy slice as its pages see it. Cheap to clone.
pub struct LazyStore<S: LazySlice> {
    cell: Cell<S>,
    app: AppStore,
}

/// What the app's store keeps of a slice: not the store itself, which would then never go.
struct Cell<S: LazySlice> {
    state: ArcRwSignal<S>,
    /// What is asked and not answered yet.
    #[cfg(feature = "browser")]
    in_flight: InFlight<S::Request>,
}

impl<S: LazySlice> Clone for Cell<S> {
    fn clone(&self) -> Self {
        Self {
            state: self.state.clone(),
            #[cfg(feature = "browser")]
            in_flight: self.in_flight.clone(),
        }
    }
}

impl<S: LazySlice> Clone for LazyStore<S> {
    fn clone(&self) -> Self {
        Self { cell: self.cell.clone(), app: self.app.clone() }
    }
}

/// The slice `S` of this page's store, for one of its pages or parts.
pub fn slice<S: LazySlice>() -> LazyStore<S> {
    slice_of(expect_context::<AppStore>())
}

/// The same for what is no part of a page.
pub(super) fn slice_of<S: LazySlice>(app: AppStore) -> LazyStore<S> {
    let mut slices = app.slices.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(cell) = slices.iter().find_map(|slice| slice.downcast_ref::<Cell<S>>()) {
        return LazyStore { cell: cell.clone(), app: app.clone() };
    }
    let rendered = rendered::<S>(&app);
    #[cfg(feature = "browser")]
    let is_rendered = rendered.is_some();
    let cell = Cell {
        state: ArcRwSignal::new(rendered.unwrap_or_default()),
        #[cfg(feature = "browser")]
        in_flight: InFlight::default(),
    };
    slices.push(Box::new(cell.clone()));
    drop(slices);
    let store = LazyStore { cell, app };
    #[cfg(feature = "browser")]
    store.follow(is_rendered);
    store
}

/// The slice that the server preloaded, or that a rendered page was rendered from.
fn rendered<S: LazySlice>(app: &AppStore) -> Option<S> {
    #[cfg(feature = "ssr")]
    if let Some(preloaded) = use_context::<Arc<S>>() {
        return Some(S::clone(&preloaded));
    }
    #[cfg(feature = "browser")]
    {
        use super::StateStoreFields;

        (S::IS_PRELOADED && crate::client::rendered::are_there()).then(|| replay(app.state.route().get_untracked()))
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = app;
        None
    }
}

impl<S: LazySlice> LazyStore<S> {
    /// A part of the slice; whoever reads it is told when that part changes.
    pub fn select<T: Clone + PartialEq + Send + Sync + 'static>(
        &self,
        part: impl Fn(&S) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        let state = self.cell.state.clone();
        Memo::new(move |_| state.with(|slice| part(slice)))
    }

    /// A part of the slice that is about something else on the screen.
    pub fn select_with<K, T>(&self, part: impl Fn(&S, &K) -> T + Send + Sync + 'static, key: Signal<K>) -> Memo<T>
    where
        K: Send + Sync + 'static,
        T: PartialEq + Send + Sync + 'static,
    {
        let state = self.cell.state.clone();
        Memo::new(move |_| state.with(|slice| key.with(|key| part(slice, key))))
    }

    /// The same as it is now.
    pub fn read<T>(&self, part: impl FnOnce(&S) -> T) -> T {
        self.cell.state.with_untracked(part)
    }

    /// The way to say that something happened.
    pub fn dispatcher(&self) -> Callback<S::Action> {
        let store = self.clone();
        Callback::new(move |action| store.dispatch(action))
    }

    /// For [`Failure`](crate::parts::failure::Failure): tries again what failed on this screen.
    pub fn again(&self) -> Callback<()> {
        let store = self.clone();
        Callback::new(move |()| store.dispatch(S::retry_wanted()))
    }

    #[cfg(not(feature = "browser"))]
    pub(super) fn dispatch(&self, _action: S::Action) {
        // On the server a slice is preloaded before it is rendered, and nothing happens to it afterwards.
    }

    #[cfg(feature = "browser")]
    pub(super) fn dispatch(&self, action: S::Action) {
        #[cfg(debug_assertions)]
        let said = format!("{}: {action:?}", S::NAME);
        let mut next = self.cell.state.get_untracked();
        let effects = next.update(action);
        #[cfg(debug_assertions)]
        super::devtools::send_slice(&said, &next, &self.app.state.get_untracked());
        if self.cell.state.with_untracked(|now| *now != next) {
            self.cell.state.set(next);
        }
        for effect in effects {
            match effect {
                LazyEffect::Send(request) => self.send(request),
                LazyEffect::Tell(action) => self.app.dispatch(*action),
            }
        }
    }

    /// As the store's own: what changes nothing is given up where the same is asked anew.
    #[cfg(feature = "browser")]
    fn send(&self, request: S::Request) {
        let store = self.clone();
        let kind = S::is_safe(&request).then(|| std::mem::discriminant(&request));
        let sending: BoxedFuture<S::Action> = Box::pin(async move { S::send(&store.app.client, request).await });
        let store = self.clone();
        self.cell.in_flight.send(kind, sending, move |action| store.dispatch(action));
    }

    /// Says when the address changes, for as long as the document lives. What the server rendered it has preloaded.
    #[cfg(feature = "browser")]
    fn follow(&self, is_rendered: bool) {
        use super::StateStoreFields;

        let store = self.clone();
        self.app.owner.with(|| {
            Effect::new(move |before: Option<()>| {
                let route = store.app.state.route().get();
                if before.is_some() || !is_rendered {
                    store.dispatch(S::opened(route));
                }
            });
        });
    }
}

/// The same from what a rendered page carries.
#[cfg(feature = "browser")]
fn replay<S: LazySlice>(route: Route) -> S {
    use std::collections::VecDeque;

    use futures::FutureExt;

    let mut slice = S::default();
    let mut effects = VecDeque::from(slice.update(S::opened(route)));
    while let Some(effect) = effects.pop_front() {
        if let LazyEffect::Send(request) = effect
            && S::is_safe(&request)
            && let Some(action) = S::send(&Client::Rendered, request).now_or_never()
        {
            effects.extend(slice.update(action));
        }
    }
    slice
}

/// The slice once every safe request that opening `route` leads to is answered.
#[cfg(feature = "ssr")]
pub async fn preload<S: LazySlice>(route: &Route, client: &Client) -> S {
    use futures::stream::{FuturesUnordered, StreamExt};

    let mut slice = S::default();
    let mut asked = FuturesUnordered::new();
    let mut effects = slice.update(S::opened(route.clone()));
    loop {
        for effect in effects {
            match effect {
                LazyEffect::Send(request) if S::is_safe(&request) => asked.push(S::send(client, request)),
                LazyEffect::Send(_) | LazyEffect::Tell(_) => {}
            }
        }
        match asked.next().await {
            Some(action) => effects = slice.update(action),
            None => return slice,
        }
    }
}
