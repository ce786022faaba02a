//! The slice of taking everybody's statements of a month elsewhere, as one file. Loads with the operator's pages.
//!
//! The file is whole or there is none: its pages are put together here, and nothing is saved where one of them does not come.

use contract::statements::{ListStatementsAsCsv, StatementsCsv};
use serde::Serialize;

use super::{
    Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
    transfer::FileToSave,
};
use crate::{client::Client, route::Route};

/// More than so many bytes no tab should hold: 100,000 accounts are a tenth of it.
const LARGEST: usize = 256 << 20;

/// See the module above.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StatementFiles {
    /// The file that the browser is to save.
    pub file: Option<FileToSave>,
    pub exporting: Submission,
    /// Who may owe something, and has no amount in the file, because something of it cannot be read: logins.
    pub left_out: Vec<String>,
    /// Whether anybody owes something: the first row names the columns.
    pub has_rows: bool,
    month: String,
    /// The pages that have come so far.
    text: String,
}

/// What can happen to it.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementFilesAction {
    Opened(Route),
    RetryWanted,
    ExportWanted {
        month: String,
    },
    PageAnswered {
        asked: ListStatementsAsCsv,
        answer: Response<StatementsCsv>,
    },
    /// The browser saves it.
    FileTaken,
}

type Effect = LazyEffect<ListStatementsAsCsv>;

impl LazySlice for StatementFiles {
    type Action = StatementFilesAction;
    type Request = ListStatementsAsCsv;

    const NAME: &'static str = "statement files";

    fn opened(route: Route) -> StatementFilesAction {
        StatementFilesAction::Opened(route)
    }

    fn retry_wanted() -> StatementFilesAction {
        StatementFilesAction::RetryWanted
    }

    fn update(&mut self, action: StatementFilesAction) -> Vec<Effect> {
        match action {
            StatementFilesAction::Opened(_) => {
                *self = Self::default();
                Vec::new()
            }
            StatementFilesAction::RetryWanted => Vec::new(),
            StatementFilesAction::ExportWanted { month } => {
                if !self.exporting.begin() {
                    return Vec::new();
                }
                *self = Self { exporting: std::mem::take(&mut self.exporting), month, ..Self::default() };
                vec![self.page(None)]
            }
            StatementFilesAction::PageAnswered { asked, answer } => self.answered(&asked, answer),
            StatementFilesAction::FileTaken => {
                self.file = None;
                Vec::new()
            }
        }
    }

    /// It is never asked while a page is rendered, and a file of many pages is not given up for another.
    fn is_safe(_: &ListStatementsAsCsv) -> bool {
        false
    }

    async fn send(client: &Client, request: ListStatementsAsCsv) -> StatementFilesAction {
        StatementFilesAction::PageAnswered { asked: request.clone(), answer: client.send(request).await }
    }
}

impl StatementFiles {
    fn page(&self, page_token: Option<String>) -> Effect {
        LazyEffect::Send(ListStatementsAsCsv { month: self.month.clone(), page_token, limit: Some(100) })
    }

    fn answered(&mut self, asked: &ListStatementsAsCsv, answer: Response<StatementsCsv>) -> Vec<Effect> {
        // The page was left meanwhile.
        if self.exporting != Submission::Pending || asked.month != self.month {
            return Vec::new();
        }
        let page = match answer {
            Ok(page) => page,
            Err(problem) => {
                self.text = String::new();
                self.exporting = Submission::Failed(problem);
                return Vec::new();
            }
        };
        self.text.push_str(&page.csv);
        self.left_out.extend(page.left_out.into_iter().map(|left_out| left_out.login));
        if self.text.len() > LARGEST {
            self.text = String::new();
            let too_large = contract::Problem::new(contract::Code::TooLarge)
                .with_detail("The file is larger than a browser should hold: take it with the command line, marquee statement.");
            self.exporting = Submission::Failed(too_large);
            return Vec::new();
        }
        if let Some(next) = page.next {
            return vec![self.page(Some(next))];
        }
        self.exporting = Submission::Done;
        self.has_rows = self.text.lines().count() > 1;
        let name = format!("marquee-statements-{}.csv", self.month);
        self.file = Some(FileToSave { name, media_type: "text/csv", text: std::mem::take(&mut self.text) });
        Vec::new()
    }
}

/// The slice, for the operator's pages.
pub fn statement_files() -> LazyStore<StatementFiles> {
    super::lazy::slice()
}

#[cfg(test)]
mod tests {
    use contract::{Problem, statements::LeftOutStatement};

    use super::*;

    fn page(token: Option<&str>) -> ListStatementsAsCsv {
        ListStatementsAsCsv { month: "2026-11".into(), page_token: token.map(str::to_owned), limit: Some(100) }
    }

    fn begun() -> StatementFiles {
        let mut files = StatementFiles::default();
        let wanted = StatementFilesAction::ExportWanted { month: "2026-11".into() };
        assert_eq!(files.update(wanted.clone()), [LazyEffect::Send(page(None))]);
        assert_eq!(files.update(wanted), [], "a second press");
        files
    }

    fn answered(token: Option<&str>, csv: &str, next: Option<&str>) -> StatementFilesAction {
        let answer = Ok(StatementsCsv { csv: csv.into(), next: next.map(str::to_owned), left_out: Vec::new() });
        StatementFilesAction::PageAnswered { asked: page(token), answer }
    }

    #[test]
    fn the_pages_are_joined_in_their_order_and_saved_once_the_last_is_there() {
        let mut files = begun();
        assert_eq!(files.update(answered(None, "head\r\none\r\n", Some("t"))), [LazyEffect::Send(page(Some("t")))]);
        assert_eq!(files.file, None, "half of it is none");
        assert_eq!(files.update(answered(Some("t"), "two\r\n", None)), []);
        let file = files.file.clone().unwrap();
        assert_eq!((file.name.as_str(), file.text.as_str()), ("marquee-statements-2026-11.csv", "head\r\none\r\ntwo\r\n"));
        assert!(files.has_rows);
        files.update(StatementFilesAction::FileTaken);
        assert_eq!(files.file, None);
    }

    #[test]
    fn where_one_page_does_not_come_there_is_no_file_and_the_next_try_begins_anew() {
        let mut files = begun();
        files.update(answered(None, "head\r\n", Some("t")));
        let failed = StatementFilesAction::PageAnswered { asked: page(Some("t")), answer: Err(Problem::internal()) };
        files.update(failed);
        assert_eq!((files.file.clone(), files.exporting.failed().is_some()), (None, true));
        files.update(StatementFilesAction::ExportWanted { month: "2026-11".into() });
        files.update(answered(None, "head\r\n", None));
        assert_eq!((files.file.unwrap().text.as_str(), files.has_rows), ("head\r\n", false));
    }

    #[test]
    fn whoever_is_left_out_on_any_page_is_named_until_the_next_file() {
        let mut files = begun();
        for (login, token, next) in [("ada", None, Some("t")), ("bob", Some("t"), None)] {
            let left_out = LeftOutStatement {
                account: login.parse().unwrap(),
                login: login.into(),
                month: "2026-11".into(),
                why: "It cannot be read.".into(),
            };
            let page_of = StatementsCsv { csv: "row\r\n".into(), next: next.map(str::to_owned), left_out: vec![left_out] };
            files.update(StatementFilesAction::PageAnswered { asked: page(token), answer: Ok(page_of) });
        }
        assert_eq!((files.left_out.clone(), files.file.is_some()), (vec!["ada".to_owned(), "bob".to_owned()], true));
        files.update(StatementFilesAction::ExportWanted { month: "2026-11".into() });
        assert_eq!((files.left_out.len(), files.exporting.clone()), (0, Submission::Pending));
    }

    #[test]
    fn what_comes_after_its_page_was_left_is_dropped() {
        let mut files = begun();
        files.update(StatementFilesAction::Opened(Route::Home));
        files.update(answered(None, "head\r\n", None));
        assert_eq!(files, StatementFiles::default());
    }
}
