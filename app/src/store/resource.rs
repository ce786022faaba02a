//! What is asked of the server, with the request that it answers.
//!
//! An answer to another request than the last one is dropped, here and nowhere else. What is on the screen stays while it is
//! asked for again, and where asking again fails. The fields are private, so that a value never stands beside a request that
//! it does not answer.

use contract::Problem;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The answer to the request `K`: a query, an id, or `()` where there is one request alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource<K, T> {
    /// What was asked last; nothing was where it is absent.
    key: Option<K>,
    value: Option<T>,
    /// The value answers an earlier request, and is shown until the last one is answered.
    is_stale: bool,
    status: Status,
}

/// How far the last request has come.
#[derive(Clone, Debug, Default, PartialEq)]
enum Status {
    /// Not asked, or to be asked anew.
    #[default]
    Idle,
    Loading,
    Ready,
    Failed(Problem),
}

/// What of a resource can be shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown<T> {
    /// Not asked, or not answered.
    Waiting,
    Ready(T),
    Failed(Problem),
}

impl<K, T> Default for Resource<K, T> {
    fn default() -> Self {
        Self { key: None, value: None, is_stale: false, status: Status::Idle }
    }
}

/// As a page carries it: answered, or to be asked again. Every kind of resource has code of its own for it in the client, so
/// it is no more than a rendered page can have.
#[derive(Serialize, Deserialize)]
enum Rendered<K, T> {
    Idle,
    Ready(K, T),
    Failed(K, Problem),
}

impl<K: Serialize, T: Serialize> Serialize for Resource<K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rendered = match (&self.key, &self.value, &self.status) {
            (Some(key), Some(value), _) if !self.is_stale => Rendered::Ready(key, value),
            (Some(key), _, Status::Failed(problem)) => Rendered::Failed(key, problem.clone()),
            (Some(_) | None, Some(_) | None, _) => Rendered::Idle,
        };
        rendered.serialize(serializer)
    }
}

impl<'de, K: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for Resource<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (key, value, status) = match Deserialize::deserialize(deserializer)? {
            Rendered::Idle => (None, None, Status::Idle),
            Rendered::Ready(key, value) => (Some(key), Some(value), Status::Ready),
            Rendered::Failed(key, problem) => (Some(key), None, Status::Failed(problem)),
        };
        Ok(Self { key, value, is_stale: false, status })
    }
}

impl<K: PartialEq, T> Resource<K, T> {
    /// One that is answered already.
    pub fn of(key: K, value: T) -> Self {
        Self { key: Some(key), value: Some(value), is_stale: false, status: Status::Ready }
    }

    /// Asks, unless the answer is there or on its way; whether the request has to be sent. The answer to another question
    /// goes at once.
    pub fn load(&mut self, key: K) -> bool {
        self.forget_unless(&key);
        self.load_beside(key)
    }

    /// As [`Resource::load`]; the answer to another request is shown until this one is answered.
    pub fn load_beside(&mut self, key: K) -> bool {
        if self.key.as_ref() == Some(&key) && matches!(self.status, Status::Loading | Status::Ready) {
            return false;
        }
        self.refresh(key);
        true
    }

    /// Asks, whether or not there is an answer, which is shown until the next one is there. The request has to be sent.
    pub fn refresh(&mut self, key: K) {
        if self.key.as_ref() != Some(&key) {
            self.is_stale = self.value.is_some();
        }
        self.key = Some(key);
        self.status = Status::Loading;
    }

    /// Takes the answer to `key`; false where something else was asked since, and nothing happened. A failure leaves the value
    /// that answers the same request.
    pub fn answer(&mut self, key: &K, answer: Result<T, Problem>) -> bool {
        if self.key.as_ref() != Some(key) {
            return false;
        }
        match answer {
            Ok(value) => {
                self.value = Some(value);
                self.status = Status::Ready;
            }
            Err(problem) => {
                if self.is_stale {
                    self.value = None;
                }
                self.status = Status::Failed(problem);
            }
        }
        self.is_stale = false;
        true
    }

    /// The answer counts no more, for a reason that is shown in its place.
    pub fn revoke(&mut self, problem: Problem) {
        (self.value, self.is_stale) = (None, false);
        self.status = Status::Failed(problem);
    }

    /// Lets go of the answer to any other request than this one.
    pub fn forget_unless(&mut self, key: &K) {
        if self.key.as_ref() != Some(key) {
            *self = Self::default();
        }
    }

    /// As if the last request had not been asked, where it failed.
    pub fn forget_failure(&mut self) {
        if matches!(self.status, Status::Failed(_)) {
            self.status = Status::Idle;
        }
    }

    /// What was asked last.
    pub const fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// The answer to the last request.
    pub fn ready(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| !self.is_stale)
    }

    /// The answer to the last request, to be changed in place: what the viewer did, a further page.
    pub fn ready_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut().filter(|_| !self.is_stale)
    }

    /// The last answer there was, be it to an earlier request.
    pub const fn latest(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Why there is nothing to show.
    pub fn failed(&self) -> Option<&Problem> {
        match &self.status {
            Status::Failed(problem) if self.value.is_none() => Some(problem),
            Status::Idle | Status::Loading | Status::Ready | Status::Failed(_) => None,
        }
    }

    /// Whether asking, or asking again, failed for a reason that may be gone the next time: what does not exist, or is not for
    /// this viewer, is an answer.
    pub fn has_failed(&self) -> bool {
        match &self.status {
            Status::Failed(problem) => may_pass(problem),
            Status::Idle | Status::Loading | Status::Ready => false,
        }
    }

    /// Whether a request is on its way.
    pub const fn is_loading(&self) -> bool {
        matches!(self.status, Status::Loading)
    }
}

/// Whether a reason to fail may be gone the next time.
pub fn may_pass(problem: &Problem) -> bool {
    problem.status >= 500 || problem.is_transient()
}

impl<K: PartialEq, T: Clone> Resource<K, T> {
    /// The answer to the last request, as far as it is there.
    pub fn shown(&self) -> Shown<T> {
        self.shown_as(T::clone)
    }

    /// The same of a part of it, or of whether there is one: what is drawn anew only where that changes.
    pub fn shown_as<U>(&self, part: impl FnOnce(&T) -> U) -> Shown<U> {
        match (self.ready(), self.failed()) {
            (Some(value), _) => Shown::Ready(part(value)),
            (None, Some(problem)) => Shown::Failed(problem.clone()),
            (None, None) => Shown::Waiting,
        }
    }
}

impl<T> Shown<T> {
    pub fn ready(self) -> Option<T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Waiting | Self::Failed(_) => None,
        }
    }

    pub const fn failed(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            Self::Waiting | Self::Ready(_) => None,
        }
    }
}

/// Something that is sent once and changes something: a form, a button.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Submission {
    #[default]
    Idle,
    Pending,
    Done,
    Failed(Problem),
}

impl Submission {
    /// One at a time; false where one is on its way.
    pub fn begin(&mut self) -> bool {
        let may_begin = *self != Self::Pending;
        if may_begin {
            *self = Self::Pending;
        }
        may_begin
    }

    /// Takes the answer; what came of it, also where the form was left meanwhile, which then says nothing of it.
    pub fn end<T>(&mut self, answer: Result<T, Problem>) -> Option<T> {
        if *self == Self::Pending {
            *self = answer.as_ref().map_or_else(|problem| Self::Failed(problem.clone()), |_| Self::Done);
        }
        answer.ok()
    }

    pub const fn failed(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            Self::Idle | Self::Pending | Self::Done => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::Code;

    use super::*;

    fn away() -> Problem {
        Problem::new(Code::Unreachable)
    }

    #[test]
    fn an_answer_to_another_question_is_dropped_whatever_it_says() {
        let mut resource = Resource::default();
        assert!(resource.load("a"));
        assert!(resource.load("b"));
        assert!(!resource.answer(&"a", Ok(1)));
        assert!(!resource.answer(&"a", Err(away())));
        assert_eq!(resource.shown(), Shown::Waiting);
        assert!(resource.answer(&"b", Ok(2)));
        assert_eq!(resource.shown(), Shown::Ready(2));
    }

    #[test]
    fn what_is_there_or_on_its_way_is_asked_for_once() {
        let mut resource = Resource::default();
        assert!(resource.load("a"));
        assert!(!resource.load("a"));
        resource.answer(&"a", Ok(1));
        assert!(!resource.load("a"));
        assert!(resource.load("b"), "another question");
        assert_eq!(resource.ready(), None, "of which nothing is known");
    }

    #[test]
    fn what_is_on_the_screen_stays_while_it_is_asked_for_again_and_where_that_fails() {
        let mut resource = Resource::of("a", 1);
        resource.refresh("a");
        assert!(resource.is_loading());
        assert_eq!(resource.ready(), Some(&1));
        assert!(resource.answer(&"a", Err(away())));
        assert_eq!(resource.shown(), Shown::Ready(1));
        assert_eq!(resource.failed(), None);
        assert!(resource.has_failed());
        assert!(resource.load("a"), "a failure is asked for again");
    }

    #[test]
    fn the_answer_to_an_earlier_question_is_shown_beside_and_never_as_the_answer_to_this_one() {
        let mut resource = Resource::of("al", 1);
        assert!(resource.load_beside("alien"));
        assert_eq!((resource.latest(), resource.ready()), (Some(&1), None));
        resource.answer(&"alien", Err(away()));
        assert_eq!((resource.latest(), resource.shown()), (None, Shown::Failed(away())));
    }

    #[test]
    fn a_resource_comes_back_from_a_page_as_it_was_rendered() {
        let mut failed = Resource::default();
        failed.load(());
        failed.answer(&(), Err(away()));
        for resource in [Resource::of((), 1), Resource::default(), failed] {
            let text = serde_json::to_string(&resource).unwrap();
            assert_eq!(serde_json::from_str::<Resource<(), i32>>(&text).unwrap(), resource, "{text}");
        }
        let mut waiting = Resource::of("a".to_owned(), 1);
        waiting.refresh("b".to_owned());
        let text = serde_json::to_string(&waiting).unwrap();
        assert_eq!(serde_json::from_str::<Resource<String, i32>>(&text).unwrap(), Resource::default(), "it is asked anew");
    }

    #[test]
    fn a_form_is_sent_once_at_a_time() {
        let mut form = Submission::default();
        assert!(form.begin());
        assert!(!form.begin());
        assert_eq!(form.end(Err::<(), _>(away())), None);
        assert_eq!(form.failed(), Some(&away()));
        assert!(form.begin());
        form = Submission::Idle;
        assert_eq!((form.end(Ok(7)), form), (Some(7), Submission::Idle), "it was left meanwhile");
    }
}
