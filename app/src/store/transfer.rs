//! The slice of taking lists and history elsewhere and back. Loads with the page of lists.
//!
//! A file that came is given to the page, which has the browser save it; one that the viewer chose is read by the page.

use contract::{
    ids::ListId,
    library::{CsvFile, ExportCsv, ExportLibrary, FileFormat, ImportLibrary, ImportPart, ImportReport, LibraryPart},
};
use serde::Serialize;

use super::{
    Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, parts::words, route::Route};

/// See the module above.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Transfer {
    /// The file that the browser is to save.
    pub file: Option<FileToSave>,
    pub exporting: Submission,
    pub importing: Submission,
    pub report: Option<ImportReport>,
    /// Where the titles of the file went that was imported last; nothing where the file said that itself.
    pub into: Option<Into>,
}

/// A text as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileToSave {
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    pub text: String,
}

/// What is taken elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Everything, as JSON.
    All,
    /// One part, as CSV.
    Csv(LibraryPart, Option<ListId>),
}

/// Where the titles of a CSV file go: a list of one's own is named.
pub type Into = (ImportPart, Option<ListId>);

/// What can happen to [`Transfer`].
#[derive(Clone, Debug, PartialEq)]
pub enum TransferAction {
    Opened(Route),
    RetryWanted,
    ExportWanted(Part),
    Exported(Response<(FileToSave, u64)>),
    /// The browser saves it.
    FileTaken,
    ImportWanted {
        name: String,
        text: String,
        into: Into,
    },
    /// The browser could not read the file.
    FileUnreadable,
    Imported(Response<ImportReport>),
}

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub enum TransferRequest {
    Export(Part),
    Import(ImportLibrary),
}

impl LazySlice for Transfer {
    type Action = TransferAction;
    type Request = TransferRequest;

    const NAME: &'static str = "transfer";

    fn opened(route: Route) -> TransferAction {
        TransferAction::Opened(route)
    }

    fn retry_wanted() -> TransferAction {
        TransferAction::RetryWanted
    }

    fn update(&mut self, action: TransferAction) -> Vec<LazyEffect<TransferRequest>> {
        match action {
            TransferAction::Opened(_) => {
                self.report = None;
                self.importing = Submission::Idle;
                Vec::new()
            }
            TransferAction::RetryWanted => Vec::new(),
            TransferAction::ExportWanted(part) => {
                if self.exporting.begin() {
                    vec![LazyEffect::Send(TransferRequest::Export(part))]
                } else {
                    Vec::new()
                }
            }
            TransferAction::Exported(answer) => self.exported(answer),
            TransferAction::FileTaken => {
                self.file = None;
                Vec::new()
            }
            TransferAction::ImportWanted { name, text, into } => {
                if !self.importing.begin() {
                    return Vec::new();
                }
                self.report = None;
                let call = import(&name, text, into);
                self.into = call.into.map(|part| (part, call.list.clone()));
                vec![LazyEffect::Send(TransferRequest::Import(call))]
            }
            TransferAction::FileUnreadable => vec![LazyEffect::note("That file could not be read.")],
            TransferAction::Imported(answer) => {
                self.report = self.importing.end(answer);
                Vec::new()
            }
        }
    }

    fn is_safe(request: &TransferRequest) -> bool {
        match request {
            TransferRequest::Export(_) => true,
            TransferRequest::Import(_) => false,
        }
    }

    async fn send(client: &Client, request: TransferRequest) -> TransferAction {
        match request {
            TransferRequest::Export(Part::All) => TransferAction::Exported(client.send(ExportLibrary {}).await.map(|document| {
                // As short as it was measured by the server: what is saved is taken back whole.
                let text = serde_json::to_string(&document).unwrap_or_default();
                let file = FileToSave { name: "marquee-library.json".to_owned(), media_type: "application/json", text };
                (file, document.left_out)
            })),
            TransferRequest::Export(Part::Csv(part, list)) => {
                TransferAction::Exported(client.send(ExportCsv { part, list }).await.map(|CsvFile { name, text, left_out }| {
                    (FileToSave { name, media_type: "text/csv;charset=utf-8", text }, left_out)
                }))
            }
            TransferRequest::Import(call) => TransferAction::Imported(client.send(call).await),
        }
    }
}

impl Transfer {
    fn exported(&mut self, answer: Response<(FileToSave, u64)>) -> Vec<LazyEffect<TransferRequest>> {
        self.exporting = Submission::Idle;
        match answer {
            Ok((file, left_out)) => {
                self.file = Some(file);
                let more = || format!("{} more than a file can have are not in it.", words::count(left_out));
                (left_out > 0).then(|| LazyEffect::note(more())).into_iter().collect()
            }
            Err(problem) => vec![LazyEffect::note(words::problem(&problem))],
        }
    }
}

/// A document of Marquee's own says itself where everything goes.
fn import(name: &str, text: String, (into, list): Into) -> ImportLibrary {
    if name.to_lowercase().ends_with(".json") || text.trim_start().starts_with('{') {
        ImportLibrary { format: FileFormat::Json, into: None, list: None, text }
    } else {
        ImportLibrary { format: FileFormat::Csv, into: Some(into), list, text }
    }
}

/// The slice, for the page of lists.
pub fn transfer() -> LazyStore<Transfer> {
    super::lazy::slice()
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;

    #[test]
    fn a_file_is_read_by_what_it_is() {
        let of = |name: &str, text: &str| import(name, text.to_owned(), (ImportPart::Watchlist, None));
        assert_eq!(of("a.JSON", "").format, FileFormat::Json);
        assert_eq!(of("a", " {}").format, FileFormat::Json);
        let csv = of("watched.csv", "Title");
        assert_eq!((csv.format, csv.into), (FileFormat::Csv, Some(ImportPart::Watchlist)));
    }

    #[test]
    fn one_import_at_a_time_and_what_came_of_it_is_shown_until_the_next() {
        let mut state = Transfer::default();
        let wanted =
            || TransferAction::ImportWanted { name: "a.csv".into(), text: "Title".into(), into: (ImportPart::History, None) };
        assert_eq!(state.update(wanted()).len(), 1);
        assert_eq!(state.into, Some((ImportPart::History, None)));
        assert_eq!(state.update(wanted()), []);
        let report = ImportReport { added: 2, ..ImportReport::default() };
        state.update(TransferAction::Imported(Ok(report.clone())));
        assert_eq!(state.report, Some(report));
        assert_eq!(state.update(wanted()).len(), 1);
        assert_eq!(state.report, None);
        state.update(TransferAction::Imported(Err(Problem::new(Code::InvalidRequest))));
        assert!(state.importing.failed().is_some() && state.report.is_none());
        let into = (ImportPart::History, None);
        state.update(TransferAction::ImportWanted { name: "a.json".into(), text: "{}".into(), into });
        assert_eq!(state.into, None, "a document says itself where everything goes");
    }

    #[test]
    fn a_file_that_came_is_there_until_it_is_saved_and_what_it_lacks_is_said() {
        let mut state = Transfer::default();
        state.update(TransferAction::ExportWanted(Part::All));
        let file = FileToSave { name: "a".into(), media_type: "text/csv", text: String::new() };
        assert_eq!(state.update(TransferAction::Exported(Ok((file.clone(), 3)))).len(), 1);
        assert_eq!(state.file, Some(file));
        state.update(TransferAction::FileTaken);
        assert_eq!((state.file.as_ref(), state.exporting.clone()), (None, Submission::Idle));
    }
}
