//! The only place where effects touch the world.
//!
//! In the browser, [`AppStore::dispatch`] runs `update` and carries out what it returns. On the server,
//! [`preload`] does the same without a screen until every safe request is answered, and the result is rendered.

pub mod authenticator;
#[cfg(feature = "browser")]
pub mod chunked;
#[cfg(feature = "browser")]
mod heartbeats;
#[cfg(feature = "browser")]
mod kept;
#[cfg(feature = "ssr")]
mod preload;
pub mod random_id;

#[cfg(feature = "ssr")]
pub use preload::{Preloading, preload};
#[cfg(feature = "browser")]
use std::mem::discriminant;
use std::{
    any::Any,
    sync::{Arc, Mutex},
};

use contract::{
    Code,
    catalog::{ListSimilarTitles, TitleCard},
    discovery::ListRelatedTitles,
};
use leptos::prelude::*;
use reactive_stores::Store;

#[cfg(feature = "browser")]
use super::in_flight::{BoxedFuture, InFlight};
use super::{Action, Effect, Request, State, StateStoreFields, action::Response, draft::Slice, update};
use crate::client::Client;
#[cfg(feature = "browser")]
use crate::pages::chunks;
#[cfg(feature = "browser")]
use contract::identity::GetWatcher;

/// The store as components see it. Cheap to copy around.
#[derive(Clone)]
pub struct AppStore {
    pub state: Store<State>,
    /// What the lazy slices ask through, too.
    pub(super) client: Client,
    /// What is asked and not answered yet.
    #[cfg(feature = "browser")]
    in_flight: InFlight<Request>,
    /// The lazy slices whose pages were opened so far; of what type each is, only its pages know.
    pub(super) slices: Arc<Mutex<Vec<Box<dyn Any + Send + Sync>>>>,
    /// What lives as long as the document.
    #[cfg(feature = "browser")]
    pub(super) owner: Owner,
}

impl AppStore {
    pub fn new(state: State, client: Client) -> Self {
        Self {
            state: Store::new(state),
            client,
            #[cfg(feature = "browser")]
            in_flight: InFlight::default(),
            slices: Arc::default(),
            #[cfg(feature = "browser")]
            owner: Owner::current().unwrap_or_default(),
        }
    }

    /// Says that something happened.
    pub fn dispatch(&self, action: Action) {
        #[cfg(all(feature = "browser", debug_assertions))]
        let said = action.clone();
        // Of a store whose page is gone nobody reads anything any more.
        let Some(mut state) = self.state.try_write_untracked() else { return };
        let (effects, changed) = update(&mut state, action);
        drop(state);
        #[cfg(all(feature = "browser", debug_assertions))]
        self.state.with_untracked(|state| super::devtools::send(&said, state));
        changed.slices().for_each(|slice| self.notify(slice));
        for effect in effects {
            self.run(effect);
        }
    }

    /// Tells whoever reads this slice, and nobody else.
    fn notify(&self, slice: Slice) {
        match slice {
            Slice::route => self.state.route().notify(),
            Slice::device => self.state.device().notify(),
            Slice::titles => self.state.titles().notify(),
            Slice::mine => self.state.mine().notify(),
            Slice::home => self.state.home().notify(),
            Slice::continue_watching => self.state.continue_watching().notify(),
            Slice::preparation => self.state.preparation().notify(),
            Slice::browse => self.state.browse().notify(),
            Slice::search => self.state.search().notify(),
            Slice::title => self.state.title().notify(),
            Slice::watch => self.state.watch().notify(),
            Slice::watcher => self.state.watcher().notify(),
            Slice::viewer => {
                self.speak_for_viewer();
                self.state.viewer().notify();
            }
            Slice::may_not_watch => self.state.may_not_watch().notify(),
            Slice::preferences => self.state.preferences().notify(),
            Slice::mutations => self.state.mutations().notify(),
            Slice::notices => self.state.notices().notify(),
            Slice::saved => self.state.saved().notify(),
        }
    }

    #[cfg(not(feature = "browser"))]
    fn run(&self, _effect: Effect) {
        // On the server a screen is preloaded before it is rendered, and nothing happens to it afterwards.
    }

    #[cfg(feature = "browser")]
    fn run(&self, effect: Effect) {
        match effect {
            Effect::Send(request) => self.send(request),
            Effect::After { timer, milliseconds, action } => {
                let store = self.clone();
                browser::after(timer, milliseconds, move || store.dispatch(*action));
            }
            Effect::Beacon(save) => browser::beacon(&save),
            Effect::SaveOnLeaving { call, viewer } => browser::send_on(&call, viewer),
            // It runs out by itself where this does not arrive.
            Effect::Stop(stop) => browser::send_on(&stop, None),
            Effect::Identify(profile) => self.identify(&profile),
            Effect::Apply(preferences) => browser::apply(&preferences),
            Effect::Load { address } => browser::load(&address, self.state.route().get_untracked().is_passed()),
            Effect::LoadAnew { address } => browser::load_anew(&address),
            Effect::Keep { viewer, mutation } => kept::keep(viewer, mutation),
            Effect::Discard { id } => kept::discard(id),
            Effect::ForgetDrafts { but_of } => crate::parts::dom::forget_texts(but_of.as_deref()),
            Effect::ReadKept => {
                let read = kept::read();
                if !read.is_empty() {
                    self.dispatch(Action::KeptRead { kept: read, now: now() });
                }
            }
        }
    }

    /// Where a newer request of the same kind is asked meanwhile, this one is given up, unless it changes something.
    #[cfg(feature = "browser")]
    fn send(&self, request: Request) {
        let store = self.clone();
        let kind = request.is_safe().then(|| discriminant(&request));
        // Boxed, so that its code is in the client once.
        let sending: BoxedFuture<Option<Action>> = Box::pin(async move {
            let _turn = heartbeats::turn_of(&request).await.ok()?;
            let is_last = matches!(request, Request::SaveLast(_));
            Some(match request {
                Request::Mutate { mutation, viewer } => {
                    Action::MutationAnswered { id: mutation.id, answer: chunks::send_change(store, mutation, viewer).await }
                }
                Request::SaveProgress(call) | Request::SaveLast(call) => {
                    let session = call.session.clone();
                    Action::WatchSaved { session, answer: chunks::save_progress(store, call, is_last).await }
                }
                Request::Playback { visit, call, last } => {
                    Action::PlaybackAnswered { visit, answer: chunks::start_playback(store, call, last).await }
                }
                request => send(&store.client, request).await,
            })
        });
        let store = self.clone();
        self.in_flight.send(kind, sending, move |action| _ = action.map(|action| store.dispatch(action)));
    }

    #[cfg(feature = "browser")]
    fn identify(&self, profile: &contract::device::DeviceProfile) {
        if let Some(http) = self.client.http() {
            http.identify(profile);
        }
    }

    /// Whether the server answers by now, whatever it says.
    #[cfg(feature = "browser")]
    pub async fn is_server_there(&self) -> bool {
        self.client.send(GetWatcher {}).await.err().is_none_or(|problem| problem.code != Code::Unreachable)
    }

    /// From now on requests are made on behalf of the viewer of the state; once somebody else watches with this browser, the
    /// store is told.
    #[cfg(feature = "browser")]
    pub fn speak_for_viewer(&self) {
        if let Some(http) = self.client.http() {
            let store = self.clone();
            http.speak_for(self.state.viewer().get_untracked());
            http.on_somebody_else(move |code| {
                // A guest is told to sign in, and is no other for that.
                if code == Code::ViewerChanged || store.state.watcher().with_untracked(Option::is_some) {
                    store.dispatch(Action::ViewerMayHaveChanged);
                }
            });
        }
    }

    #[cfg(not(feature = "browser"))]
    fn speak_for_viewer(&self) {
        // A page is rendered on behalf of whoever asked for it.
    }
}

/// Sends one request and makes an action of the answer.
pub async fn send(client: &Client, request: Request) -> Action {
    match request {
        Request::Home(call) => Action::HomeAnswered(client.send(call).await),
        Request::Continue(call) => Action::ContinueAnswered(client.send(call).await),
        Request::Preparation(call) => Action::PreparationAnswered(client.send(call).await),
        Request::Browse(asked) => Action::BrowseAnswered { answer: client.send(asked.clone()).await, asked },
        Request::BrowsePage(asked) => Action::BrowsePageAnswered { answer: client.send(asked.clone()).await, asked },
        Request::Search(asked) => Action::SearchAnswered { answer: client.send(asked.clone()).await, asked },
        Request::Title(call) => Action::TitleAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::Similar(call) => Action::SimilarAnswered { id: call.id.clone(), answer: related(client, call).await },
        Request::Progress(call) => Action::ProgressAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::Playback { visit, .. } => Action::PlaybackAnswered { visit, answer: not_here() },
        Request::SaveProgress(call) | Request::SaveLast(call) => Action::WatchSaved { session: call.session, answer: not_here() },
        Request::Mutate { mutation, .. } => Action::MutationAnswered { id: mutation.id, answer: not_here() },
        Request::Device => Action::DeviceAnswered(client.send(contract::playback::GetDevice {}).await),
        Request::Snapshot(call) => Action::SnapshotAnswered(client.send(call).await),
        Request::Watcher(call) => Action::WatcherAnswered(client.send(call).await),
        Request::Save { call, preferences } => Action::SaveAnswered { preferences, answer: client.send(call).await },
    }
}

/// For whom nothing is recommended, and where that fails, there is what is like the title by what that is about.
async fn related(client: &Client, call: ListRelatedTitles) -> Response<Vec<TitleCard>> {
    let id = call.id.clone();
    match client.send(call).await {
        Err(problem) if problem.code != Code::Unreachable => client.send(ListSimilarTitles { id }).await,
        answer => answer,
    }
}

/// The answer where the code that asks is not there: it comes with a chunk, which a server has none of, and a browser may not get.
pub fn not_here<T>() -> Response<T> {
    Err(contract::Problem::new(Code::Unreachable))
}

/// Milliseconds since 1970 by this device's clock.
#[cfg(feature = "browser")]
fn now() -> u64 {
    crate::parts::dom::now()
}

/// As [`preload`], from what a rendered page carries: the state that it was rendered from.
#[cfg(feature = "browser")]
pub fn replay(first: Action) -> State {
    use std::collections::VecDeque;

    use futures::FutureExt;

    let mut state = State::default();
    let mut effects = VecDeque::from(update(&mut state, first).0);
    while let Some(effect) = effects.pop_front() {
        if let Effect::Send(request) = effect
            && request.is_safe()
            && let Some(action) = send(&Client::Rendered, request).now_or_never()
        {
            effects.extend(update(&mut state, action).0);
        }
    }
    left_to_the_browser(&mut state);
    state
}

/// What a browser asks for once it has taken over; it has nothing to save yet.
fn left_to_the_browser(state: &mut State) {
    state.watch = super::state::WatchState::default();
    state.saved.is_due = false;
    state.notices.announcement = None;
}

#[cfg(feature = "browser")]
mod browser {
    //! The document, timers and beacons.

    use std::{
        cell::{Cell, RefCell},
        collections::HashMap,
    };

    use contract::{Call, identity::VIEWER_HEADER, playback::SaveProgress, wire::WireRequest};
    use gloo_timers::callback::Timeout;
    use js_sys::{Function, Object, Promise, Reflect};
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::Blob;

    use crate::{
        parts::dom::on_woken,
        store::{effect::Timer, state::Preferences},
    };

    thread_local! {
        /// One page has one store, and a timer of the same name replaces the one before.
        static TIMERS: RefCell<HashMap<Timer, Timeout>> = RefCell::new(HashMap::new());
        /// Whether the page is on its way to another, which may be slow to come.
        static IS_LEAVING: Cell<bool> = const { Cell::new(false) };
    }

    pub fn after(timer: Timer, milliseconds: u32, act: impl FnOnce() + 'static) {
        let name = timer.clone();
        let timeout = Timeout::new(milliseconds, move || {
            TIMERS.with_borrow_mut(|timers| timers.remove(&name).map(Timeout::forget));
            act();
        });
        TIMERS.with_borrow_mut(|timers| timers.insert(timer, timeout));
    }

    pub fn beacon(save: &SaveProgress) {
        let Ok(request) = WireRequest::of(save) else { return };
        let body = request.body.unwrap_or_default();
        // A text would be sent as text/plain, which no server takes for JSON.
        let Ok(blob) = Blob::new_with_str_sequence(&js_sys::Array::of1(&body.into())) else { return };
        let Ok(blob) = blob.slice_with_f64_and_f64_and_content_type(0.0, blob.size(), "application/json") else { return };
        // Nobody is left to be told where the browser refuses: the last heartbeat stands.
        let _ = window().navigator().send_beacon_with_opt_blob(&request.target, Some(&blob));
    }

    /// Sent on also where the page goes (Fetch, `keepalive`).
    pub fn send_on<C: Call>(call: &C, viewer: Option<String>) {
        let Ok(request) = WireRequest::of(call) else { return };
        let (options, headers) = (Object::new(), Object::new());
        let text = |text: Option<String>| text.map_or(JsValue::UNDEFINED, JsValue::from);
        for (object, name, value) in [
            (&options, "method", request.method.into()),
            (&options, "keepalive", JsValue::TRUE),
            (&options, "headers", headers.clone().into()),
            (&options, "body", text(request.body)),
            (&headers, "content-type", "application/json".into()),
        ] {
            // A plain object takes every member.
            let _ = Reflect::set(object, &name.into(), &value);
        }
        if let Some(viewer) = viewer {
            let _ = Reflect::set(&headers, &VIEWER_HEADER.into(), &viewer.into());
        }
        let window: JsValue = window().into();
        let fetch = Reflect::get(&window, &"fetch".into()).ok().and_then(|fetch| fetch.dyn_into::<Function>().ok());
        let sent = fetch.and_then(|fetch| fetch.call2(&window, &request.target.into(), &options).ok());
        if let Some(Ok(sent)) = sent.map(JsCast::dyn_into::<Promise>) {
            leptos::task::spawn_local(async move {
                let _ = JsFuture::from(sent).await;
            });
        }
    }

    /// In the place of the screen that is there, where nobody comes back to that.
    pub fn load(address: &str, in_its_place: bool) {
        if !IS_LEAVING.replace(true) {
            let _ = on_woken(|| IS_LEAVING.set(false));
        }
        let location = window().location();
        // It refuses only where there is no document.
        let _ = if in_its_place { location.replace(address) } else { location.assign(address) };
    }

    pub fn load_anew(address: &str) {
        if !IS_LEAVING.get() {
            load(address, true);
        }
    }

    pub fn apply(preferences: &Preferences) {
        let Some(root) = document().document_element() else { return };
        let _ = match preferences.theme.as_attribute() {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
        // The rendered document has one for a dark system, and after it one for a light one.
        let Ok(bars) = document().query_selector_all("meta[name=theme-color]") else { return };
        for (index, colour) in (0..).zip(preferences.theme.bars()) {
            if let Some(Ok(bar)) = bars.get(index).map(JsCast::dyn_into::<web_sys::Element>) {
                let _ = bar.set_attribute("content", colour);
            }
        }
    }
}
