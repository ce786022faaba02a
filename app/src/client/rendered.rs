//! The answers that a page was rendered from, which it carries: the browser replays them, and comes to the very state that was
//! rendered, asking for nothing twice.
//!
//! By their addresses, as over HTTP, so that a browser reads them by code that it has anyway, and nothing of the state has to be
//! read from anything.

/// The id of the element that carries them.
pub const ELEMENT_ID: &str = "answers";

/// What is given for an address: under one of these names.
const REPLY: &str = "reply";
const PROBLEM: &str = "problem";

#[cfg(feature = "ssr")]
pub use server::Answers;

#[cfg(feature = "ssr")]
mod server {
    //! What was answered while a page is rendered.

    use std::sync::{Arc, Mutex, PoisonError};

    use contract::{Call, Problem, wire::WireRequest};
    use serde_json::{Map, Value, json};

    use super::{PROBLEM, REPLY};
    use crate::head;

    /// Cheap to clone.
    #[derive(Clone, Default)]
    pub struct Answers(Arc<Mutex<Map<String, Value>>>);

    impl Answers {
        pub fn note<C: Call>(&self, call: &C, answer: &Result<C::Reply, Problem>) {
            let Ok(WireRequest { target, body: None, .. }) = WireRequest::of(call) else { return };
            let answer = match answer {
                Ok(reply) => json!({ REPLY: reply }),
                Err(problem) => json!({ PROBLEM: problem }),
            };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(target, answer);
        }

        /// As the content of a `<script type="application/json">`.
        pub fn embed(&self) -> String {
            let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            head::json_in_script(&serde_json::to_string(&*answers).unwrap_or_default())
        }
    }
}

#[cfg(feature = "browser")]
pub use browser::{answer, are_there, forget};

#[cfg(feature = "browser")]
mod browser {
    //! What the page at hand carries, until it stands.

    use std::cell::RefCell;

    use contract::{Code, Problem};
    use js_sys::{JSON, Reflect};
    use leptos::prelude::document;
    use wasm_bindgen::JsValue;

    use super::{ELEMENT_ID, PROBLEM, REPLY};
    use crate::json;

    thread_local! {
        static CARRIED: RefCell<Option<JsValue>> = RefCell::new(read());
    }

    fn read() -> Option<JsValue> {
        let text = document().get_element_by_id(ELEMENT_ID)?.text_content()?;
        JSON::parse(&text).ok()
    }

    /// Whether the page was rendered by a server, and is being taken over.
    pub fn are_there() -> bool {
        CARRIED.with_borrow(Option::is_some)
    }

    /// From now on everything is asked of the server.
    pub fn forget() {
        CARRIED.set(None);
    }

    /// What the server answered.
    ///
    /// # Errors
    /// The problem that it reported; `unreachable` for what it was not asked.
    pub fn answer(address: &str) -> Result<JsValue, Problem> {
        let unreachable = || Problem::new(Code::Unreachable);
        let carried = CARRIED.with_borrow(Option::clone).and_then(|carried| member(&carried, address)).ok_or_else(unreachable)?;
        if let Some(problem) = member(&carried, PROBLEM) {
            return Err(json::from_object(problem).unwrap_or_else(unreachable));
        }
        member(&carried, REPLY).ok_or_else(unreachable)
    }

    fn member(of: &JsValue, name: &str) -> Option<JsValue> {
        Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined())
    }
}
