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
pub use rendering::{Answer, Answers};

#[cfg(feature = "ssr")]
mod rendering {
    //! What was answered while a page is rendered.

    use std::{
        collections::BTreeMap,
        fmt,
        sync::{Arc, Mutex, PoisonError},
    };

    use contract::{Call, Problem, wire::WireRequest};
    use serde::Serialize;

    use super::{PROBLEM, REPLY};
    use crate::head::json_in_script;

    /// One answer and its address, as a page carries both: a member of an object in JSON, whose letters cannot end a script.
    /// What many are given is written once. Cheap to clone.
    #[derive(Clone)]
    pub struct Answer {
        address: Arc<str>,
        member: Arc<str>,
    }

    impl Answer {
        /// Nothing for what changes something: a page carries what was read.
        pub fn of<C: Call>(call: &C, answer: &Result<C::Reply, Problem>) -> Option<Self> {
            let Ok(WireRequest { target, body: None, .. }) = WireRequest::of(call) else { return None };
            let answer = match answer {
                Ok(reply) => member(REPLY, reply),
                Err(problem) => member(PROBLEM, problem),
            };
            let member = json_in_script(&format!("{}:{{{answer}}}", json(&target)));
            Some(Self { address: target.into(), member: member.into() })
        }

        /// At the same address, what stands for it until it is written.
        pub fn stood_in_by(&self, stand_in: &str) -> Self {
            Self { address: Arc::clone(&self.address), member: stand_in.into() }
        }
    }

    impl fmt::Display for Answer {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str(&self.member)
        }
    }

    /// By their addresses. Cheap to clone.
    #[derive(Clone, Default)]
    pub struct Answers(Arc<Mutex<BTreeMap<Arc<str>, Arc<str>>>>);

    impl Answers {
        pub fn note<C: Call>(&self, call: &C, answer: &Result<C::Reply, Problem>) {
            if let Some(answer) = Answer::of(call, answer) {
                self.put(answer);
            }
        }

        /// Notes what was written before.
        pub fn put(&self, answer: Answer) {
            let Answer { address, member } = answer;
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address, member);
        }

        /// As the content of a `<script type="application/json">`.
        pub fn embed(&self) -> String {
            let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let length: usize = answers.values().map(|member| member.len() + 1).sum();
            let mut members = String::with_capacity(length + 2);
            for member in answers.values() {
                members.push(if members.is_empty() { '{' } else { ',' });
                members.push_str(member);
            }
            members.push_str(if members.is_empty() { "{}" } else { "}" });
            members
        }
    }

    fn member(name: &str, value: &impl Serialize) -> String {
        format!("{}:{}", json(name), json(value))
    }

    /// What cannot be written is read as nothing, and asked for again.
    fn json(value: &(impl Serialize + ?Sized)) -> String {
        serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
    }

    #[cfg(test)]
    mod tests {
        use contract::{Code, catalog::SearchTitles, discovery::GetPreparation};

        use super::*;

        #[test]
        fn answers_are_carried_by_their_addresses_and_cannot_end_their_script() {
            let answers = Answers::default();
            let search = SearchTitles { q: "</script>".into(), limit: None };
            answers.note(&search, &Err(Problem::new(Code::Overloaded).with_detail("</script><b>\u{2028}")));
            answers.note(&GetPreparation {}, &Ok(Default::default()));
            let text = answers.embed();
            assert!(!text.contains('<'), "{text}");
            let carried: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(carried["/api/v1/preparation"], serde_json::json!({ "reply": { "jobs": [] } }));
            let problem = &carried["/api/v1/search?q=%3C%2Fscript%3E"]["problem"];
            assert_eq!((&problem["code"], &problem["detail"]), (&"overloaded".into(), &"</script><b>\u{2028}".into()));
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
