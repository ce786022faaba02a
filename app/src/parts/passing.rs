//! What is wrong, in words that go by themselves where what they say is over: nobody reads that they are offline once they are not.

use contract::{Code, Problem};
use leptos::{ev, prelude::*};

use super::words;

/// A problem in a sentence or two, as [`words::problem`] has it; nothing once the network is back where that was the problem. It is
/// said again where the next try fails the same way: a problem that goes in between is another one.
pub fn passing_words(problem: Signal<Option<Problem>>) -> Memo<Option<String>> {
    let is_over = RwSignal::new(false);
    Effect::new(move || {
        problem.track();
        is_over.set(false);
    });
    Effect::new(move || {
        let online = window_event_listener(ev::online, move |_| is_over.set(true));
        on_cleanup(move || online.remove());
    });
    Memo::new(move |_| said(problem.get().as_ref(), is_over.get()))
}

/// What is left to be said once the network is back, or is not.
fn said(problem: Option<&Problem>, is_back: bool) -> Option<String> {
    problem.filter(|problem| !(is_back && problem.code == Code::Unreachable)).map(words::problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_there_is_no_network_is_said_until_there_is_and_anything_else_stays() {
        let [away, refused] = [Code::Unreachable, Code::NotAllowed].map(Problem::new);
        assert!(said(Some(&away), false).is_some());
        assert_eq!(said(Some(&away), true), None);
        assert!(said(Some(&refused), true).is_some(), "the network has nothing to do with it");
        assert_eq!(said(None, false), None);
    }
}
