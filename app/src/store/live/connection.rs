//! The browser's side of it: the event source, the other tabs, which of them follows.
//!
//! Which tab follows is decided by a lock that all tabs of this browser wait for (Web Locks), and what it is told goes to the
//! others over a channel. Where the page came over plain HTTP there are no locks, and each tab follows by itself. Classes are
//! looked up by name: what web-sys has for them would be a part of what every first visit loads.

use std::{cell::RefCell, rc::Rc};

use contract::{events::Event, events::Follow, stream::Stream};
use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Promise, Reflect};
use leptos::{
    ev,
    prelude::{window, window_event_listener},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::EventTarget;

use super::machine::{Input, Machine, Output};
use crate::json;

/// Of the lock and the channel.
const NAME: &str = "marquee-events";

/// What one tab follows with. Lives as long as the document.
pub struct Connection {
    machine: RefCell<Machine>,
    apply: Box<dyn Fn(Event)>,
    source: RefCell<Option<Source>>,
    timer: RefCell<Option<Timeout>>,
    channel: Option<JsValue>,
    /// Gives the lock back.
    release: RefCell<Option<Function>>,
}

/// An event source that is open.
struct Source {
    source: JsValue,
    _heard: [Closure<dyn FnMut(web_sys::Event)>; 2],
}

impl Drop for Source {
    fn drop(&mut self) {
        call(&self.source, "close", &[]);
    }
}

/// Follows for as long as the document lives; `apply` is told what the page has to know.
pub fn begin(apply: impl Fn(Event) + 'static) {
    let connection = Rc::new(Connection {
        machine: RefCell::new(Machine::new()),
        apply: Box::new(apply),
        source: RefCell::default(),
        timer: RefCell::default(),
        channel: construct("BroadcastChannel", NAME),
        release: RefCell::default(),
    });
    connection.hear_other_tabs();
    connection.wait_for_turn();
    let put_away = Rc::clone(&connection);
    // Also before it is kept to be come back to: a page that holds a lock is not kept.
    window_event_listener(ev::pagehide, move |_| {
        put_away.say(Input::PutAway);
        if let Some(release) = put_away.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    });
    let back = Rc::clone(&connection);
    window_event_listener(ev::pageshow, move |event| {
        if event.persisted() {
            back.wait_for_turn();
        }
    });
    let online = Rc::clone(&connection);
    window_event_listener(ev::online, move |_| online.say(Input::Online));
    // Looked at again: a tab in the background may have had its pauses stretched.
    window_event_listener(ev::visibilitychange, move |_| connection.say(Input::Woken));
}

impl Connection {
    /// Tells the machine, and does what it says.
    fn say(self: &Rc<Self>, input: Input) {
        let outputs = self.machine.borrow_mut().update(input);
        for output in outputs {
            match output {
                Output::Connect { after } => self.connect(after.as_deref()),
                Output::Disconnect => drop(self.source.take()),
                Output::Wait { milliseconds } => self.wait(milliseconds),
                Output::Pass { event, id } => self.pass(&event, &id),
                Output::Apply(event) => (self.apply)(event),
            }
        }
    }

    fn connect(self: &Rc<Self>, after: Option<&str>) {
        let after = after.map_or_else(String::new, |after| format!("?after={after}"));
        drop(self.source.take());
        let Some(source) = construct("EventSource", &format!("{}{after}", Follow::PATH)) else { return };
        let told = self.listener(|connection, event| {
            if let (Some(event), Some(id)) =
                (member_text(&event, "data").as_deref().and_then(json::read), member_text(&event, "lastEventId"))
            {
                connection.say(Input::Told { event, id });
            }
        });
        // It would try again by itself, all browsers at the same moment.
        let failed = self.listener(|connection, _| connection.say(Input::Failed { chance: js_sys::Math::random() }));
        listen(&source, "message", &told);
        listen(&source, "error", &failed);
        *self.source.borrow_mut() = Some(Source { source, _heard: [told, failed] });
    }

    fn listener(self: &Rc<Self>, heard: fn(&Rc<Self>, web_sys::Event)) -> Closure<dyn FnMut(web_sys::Event)> {
        let connection = Rc::downgrade(self);
        Closure::new(move |event| {
            if let Some(connection) = connection.upgrade() {
                // Not within the event: what is done may put this very listener away.
                leptos::task::spawn_local(async move { heard(&connection, event) });
            }
        })
    }

    fn wait(self: &Rc<Self>, milliseconds: u32) {
        let connection = Rc::clone(self);
        let waited = move || connection.say(Input::Waited { chance: js_sys::Math::random() });
        // The one before is given up.
        drop(self.timer.replace(Some(Timeout::new(milliseconds, waited))));
    }

    fn pass(&self, event: &Event, id: &str) {
        if let (Some(channel), Ok(event)) = (&self.channel, serde_json::to_string(event)) {
            call(channel, "postMessage", &[format!("{id}\n{event}").into()]);
        }
    }

    fn hear_other_tabs(self: &Rc<Self>) {
        let Some(channel) = &self.channel else { return };
        let heard = self.listener(|connection, event| {
            let Some(message) = member_text(&event, "data") else { return };
            if let Some((id, event)) = message.split_once('\n')
                && let Some(event) = json::read(event)
            {
                connection.say(Input::Heard { event, id: id.to_owned() });
            }
        });
        listen(channel, "message", &heard);
        heard.forget();
    }

    /// Follows once no other tab does.
    fn wait_for_turn(self: &Rc<Self>) {
        let locks = member(&window().navigator(), "locks").filter(JsValue::is_object);
        let Some(locks) = locks else { return self.say(Input::Chosen) };
        let connection = Rc::clone(self);
        let granted = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
            // Held until it is given back.
            let held = Promise::new(&mut |release, _| drop(connection.release.replace(Some(release))));
            connection.say(Input::Chosen);
            held
        });
        call(&locks, "request", &[NAME.into(), granted.as_ref().clone()]);
        granted.forget();
    }
}

fn construct(class: &str, argument: &str) -> Option<JsValue> {
    let class = member(&window(), class)?.dyn_into::<Function>().ok()?;
    Reflect::construct(&class, &Array::of1(&argument.into())).ok()
}

fn member(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok()
}

fn member_text(of: &JsValue, name: &str) -> Option<String> {
    member(of, name)?.as_string()
}

fn call(on: &JsValue, method: &str, arguments: &[JsValue]) {
    if let Some(method) = member(on, method).and_then(|method| method.dyn_into::<Function>().ok()) {
        // What a browser refuses is as if it had not been asked for: another tab follows, or nobody does.
        let _ = method.apply(on, &arguments.iter().collect::<Array>());
    }
}

fn listen(to: &JsValue, event: &str, heard: &Closure<dyn FnMut(web_sys::Event)>) {
    let _ = to.unchecked_ref::<EventTarget>().add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
}
