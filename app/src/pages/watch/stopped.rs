//! Why a film ended that somebody or a limit wanted ended, in a person's words, with the ways on.

use contract::{Code, Problem};

/// What a server says before an operator's message, and where there is none.
const BY_OPERATOR: &str = "Stopped by the operator";
/// What it says of a film that has no page any more.
const TAKEN_OUT: &str = "This film was taken out of the library.";

/// A session's end as the viewer reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The problem with that as its title.
    pub problem: Problem,
    /// What whoever stopped it says about it, word for word.
    pub quotation: Option<String>,
    /// Whether the film has a page to go back to.
    pub has_page: bool,
}

impl Stopped {
    /// Nothing where it is no session that ended.
    pub fn of(problem: &Problem) -> Option<Self> {
        if problem.code != Code::SessionEnded {
            return None;
        }
        let detail = problem.detail.as_deref();
        let (title, quotation) = match detail.map(|detail| detail.strip_prefix(BY_OPERATOR)) {
            Some(Some(rest)) => ("The operator stopped this film", message(rest)),
            // A reason says more than that there is one.
            Some(None) => (detail.unwrap_or_default(), None),
            None => (problem.title.as_str(), None),
        };
        let has_page = detail != Some(TAKEN_OUT);
        Some(Self { problem: Problem { title: title.to_owned(), detail: None, ..problem.clone() }, quotation, has_page })
    }
}

/// The message behind the colon, without the marks that keep its direction to itself.
fn message(rest: &str) -> Option<String> {
    let message = rest.strip_prefix(':')?.trim_matches([' ', '\u{2068}', '\u{2069}']);
    (!message.is_empty()).then(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(detail: Option<&str>) -> (String, Option<String>, bool) {
        let problem = Problem::new(Code::SessionEnded);
        let problem = match detail {
            Some(detail) => problem.with_detail(detail),
            None => problem,
        };
        let Stopped { problem, quotation, has_page } = Stopped::of(&problem).unwrap();
        assert_eq!(problem.detail, None, "nothing is said twice");
        (problem.title, quotation, has_page)
    }

    #[test]
    fn a_film_that_an_operator_stopped_says_so_and_quotes_what_they_wrote() {
        let heading = "The operator stopped this film".to_owned();
        assert_eq!(said(Some("Stopped by the operator.")), (heading.clone(), None, true));
        let quoted = said(Some("Stopped by the operator: \u{2068}We close at ten: good night.\u{2069}"));
        assert_eq!(quoted, (heading, Some("We close at ten: good night.".to_owned()), true));
    }

    #[test]
    fn any_other_reason_is_the_heading_itself_and_a_film_that_is_gone_has_no_page() {
        let taken = "Another device of this account plays in its place.";
        assert_eq!(said(Some(taken)), (taken.to_owned(), None, true));
        assert!(!said(Some(TAKEN_OUT)).2);
        assert_eq!(said(None).0, Problem::new(Code::SessionEnded).title);
        assert_eq!(Stopped::of(&Problem::new(Code::LimitReached)), None);
    }
}
