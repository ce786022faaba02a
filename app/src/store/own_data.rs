//! The slice of what is kept of whoever watches: the account's months of use, everything as one file, and whether this profile's use is told
//! apart from others'. Loads with the account page and the settings.

use contract::{
    identity::{AccountExport, ExportAccount},
    usage::{GetUsageSettings, ListUsage, MonthOfUse, ReplaceUsageSettings},
};
use serde::Serialize;

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
    step_up::{self, Next, StepUp, StepUpAction, StepUpRequest},
    transfer::FileToSave,
};
use crate::{client::Client, route::Route};

/// What the file is called.
const FILE: &str = "marquee-account.json";

/// See the module above.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OwnData {
    pub months: Resource<(), Vec<MonthOfUse>>,
    pub is_left_out: Resource<(), bool>,
    pub switching: Submission,
    pub exporting: Submission,
    /// The file that the browser is to save. Never shown to developers' tools: what somebody lives by is in it.
    #[serde(skip)]
    pub file: Option<FileToSave>,
    /// A file that waits for the viewer to confirm.
    #[serde(skip)]
    pub step_up: StepUp<OwnDataRequest>,
}

/// What can happen to [`OwnData`].
#[derive(Clone, Debug, PartialEq)]
pub enum OwnDataAction {
    Opened(Route),
    RetryWanted,
    /// The months are on the screen.
    MonthsWanted,
    MonthsAnswered(Response<Vec<MonthOfUse>>),
    /// Whether the profile is left out is on the screen.
    SettingsWanted,
    SettingsAnswered(Response<bool>),
    SwitchWanted {
        is_left_out: bool,
    },
    SwitchAnswered {
        is_left_out: bool,
        answer: Response<()>,
    },
    ExportWanted,
    Exported(Response<AccountExport>),
    /// The server wants a factor before it tells.
    Held,
    StepUp(StepUpAction),
    /// The browser saves the file.
    FileTaken,
}

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnDataRequest {
    Months,
    Settings,
    Switch { is_left_out: bool },
    Export,
    StepUp(StepUpRequest),
}

type Effect = LazyEffect<OwnDataRequest>;

impl LazySlice for OwnData {
    type Action = OwnDataAction;
    type Request = OwnDataRequest;

    const NAME: &'static str = "own data";

    fn opened(route: Route) -> OwnDataAction {
        OwnDataAction::Opened(route)
    }

    fn retry_wanted() -> OwnDataAction {
        OwnDataAction::RetryWanted
    }

    fn update(&mut self, action: OwnDataAction) -> Vec<Effect> {
        match action {
            // What is somebody's own is forgotten with its page.
            OwnDataAction::Opened(_) => {
                *self = Self::default();
                Vec::new()
            }
            OwnDataAction::RetryWanted if self.months.failed().is_some() => self.ask_for_months(),
            OwnDataAction::RetryWanted => Vec::new(),
            OwnDataAction::MonthsWanted => self.ask_for_months(),
            OwnDataAction::MonthsAnswered(answer) => {
                self.months.answer(&(), answer);
                Vec::new()
            }
            OwnDataAction::SettingsWanted => {
                self.is_left_out.refresh(());
                vec![Effect::Send(OwnDataRequest::Settings)]
            }
            OwnDataAction::SettingsAnswered(answer) => {
                self.is_left_out.answer(&(), answer);
                Vec::new()
            }
            OwnDataAction::SwitchWanted { is_left_out } => {
                if !self.switching.begin() {
                    return Vec::new();
                }
                self.is_left_out = Resource::of((), is_left_out);
                vec![Effect::Send(OwnDataRequest::Switch { is_left_out })]
            }
            OwnDataAction::SwitchAnswered { is_left_out, answer } => {
                let is_refused = answer.is_err();
                self.switching.end(answer);
                if is_refused {
                    self.is_left_out = Resource::of((), !is_left_out);
                }
                vec![Effect::note(match (is_refused, is_left_out) {
                    (true, _) => "That was not saved: the server did not take it.",
                    (false, true) => "You are left out of the statistics from now on.",
                    (false, false) => "You are part of the statistics from now on.",
                })]
            }
            OwnDataAction::ExportWanted => {
                self.exporting.begin().then_some(Effect::Send(OwnDataRequest::Export)).into_iter().collect()
            }
            OwnDataAction::Exported(answer) => {
                if let Some(export) = self.exporting.end(answer) {
                    // A document of texts and numbers can be written.
                    let text = serde_json::to_string_pretty(&export).unwrap_or_default();
                    self.file = Some(FileToSave { name: FILE.to_owned(), media_type: "application/json", text });
                }
                Vec::new()
            }
            OwnDataAction::Held => vec![Effect::Send(OwnDataRequest::StepUp(self.step_up.hold(OwnDataRequest::Export)))],
            OwnDataAction::StepUp(action) => match self.step_up.update(action) {
                Next::Nothing => Vec::new(),
                Next::Send(request) => vec![Effect::Send(OwnDataRequest::StepUp(request))],
                Next::Again(request) => vec![Effect::Send(request)],
                Next::Dropped => {
                    self.exporting = Submission::Idle;
                    Vec::new()
                }
            },
            OwnDataAction::FileTaken => {
                self.file = None;
                Vec::new()
            }
        }
    }

    fn is_safe(request: &OwnDataRequest) -> bool {
        match request {
            OwnDataRequest::Months | OwnDataRequest::Settings => true,
            OwnDataRequest::Switch { .. } | OwnDataRequest::Export | OwnDataRequest::StepUp(_) => false,
        }
    }

    async fn send(client: &Client, request: OwnDataRequest) -> OwnDataAction {
        use OwnDataAction as Action;
        match request {
            OwnDataRequest::Months => Action::MonthsAnswered(client.send(ListUsage {}).await),
            OwnDataRequest::Settings => {
                Action::SettingsAnswered(client.send(GetUsageSettings {}).await.map(|settings| settings.is_left_out))
            }
            OwnDataRequest::Switch { is_left_out } => {
                Action::SwitchAnswered { is_left_out, answer: client.send(ReplaceUsageSettings { is_left_out }).await }
            }
            OwnDataRequest::Export => {
                let exported = client.send(ExportAccount {}).await;
                if step_up::is_refused(&exported) { Action::Held } else { Action::Exported(exported) }
            }
            OwnDataRequest::StepUp(request) => Action::StepUp(step_up::send(client, request).await),
        }
    }
}

impl OwnData {
    fn ask_for_months(&mut self) -> Vec<Effect> {
        self.months.refresh(());
        vec![Effect::Send(OwnDataRequest::Months)]
    }
}

/// The slice, for the account page and the settings.
pub fn own_data() -> LazyStore<OwnData> {
    super::lazy::slice()
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;

    #[test]
    fn everything_is_asked_for_once_at_a_time_and_after_a_factor_was_shown() {
        let mut data = OwnData::default();
        assert_eq!(data.update(OwnDataAction::ExportWanted), [Effect::Send(OwnDataRequest::Export)]);
        assert_eq!(data.update(OwnDataAction::ExportWanted), []);
        assert_eq!(data.update(OwnDataAction::Held), [Effect::Send(OwnDataRequest::StepUp(StepUpRequest::Ways))]);
        let again = data.update(OwnDataAction::StepUp(StepUpAction::Answered(Some(Ok(())))));
        assert_eq!(again, [Effect::Send(OwnDataRequest::Export)]);
        data.update(OwnDataAction::Exported(Err(Problem::new(Code::Overloaded))));
        assert_eq!((data.file.clone(), data.exporting.failed().is_some()), (None, true), "half of it is none");
        assert_eq!(data.update(OwnDataAction::ExportWanted).len(), 1);
        data.update(OwnDataAction::Opened(Route::Home));
        assert_eq!(data, OwnData::default());
    }

    #[test]
    fn who_is_left_out_is_shown_at_once_and_as_before_where_the_server_refuses() {
        let mut data = OwnData { is_left_out: Resource::of((), false), ..OwnData::default() };
        let wanted = OwnDataAction::SwitchWanted { is_left_out: true };
        assert_eq!(data.update(wanted.clone()), [Effect::Send(OwnDataRequest::Switch { is_left_out: true })]);
        assert_eq!(data.is_left_out.ready(), Some(&true));
        assert_eq!(data.update(wanted), [], "one after the other");
        let refused = OwnDataAction::SwitchAnswered { is_left_out: true, answer: Err(Problem::internal()) };
        assert_eq!(data.update(refused).len(), 1, "said");
        assert_eq!(data.is_left_out.ready(), Some(&false));
    }

    #[test]
    fn whoever_changes_whether_they_are_left_out_is_told_what_is_so() {
        let mut data = OwnData::default();
        let mut said = |is_left_out| {
            data.update(OwnDataAction::SwitchWanted { is_left_out });
            data.update(OwnDataAction::SwitchAnswered { is_left_out, answer: Ok(()) })
        };
        assert_eq!(said(true), [Effect::note("You are left out of the statistics from now on.")]);
        assert_eq!(said(false), [Effect::note("You are part of the statistics from now on.")]);
    }
}
