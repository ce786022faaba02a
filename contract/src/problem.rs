//! The one error on the wire: RFC 9457 problem details with a stable code.
//!
//! Must never carry the inside of the server: a 5xx says a request id and that is all.

use serde::{Deserialize, Serialize};

/// The media type of a [`Problem`] (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, in a word that clients may match on. A code that landed never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request could not be read: malformed JSON, a field of another type, a value out of range.
    InvalidRequest,
    /// The thing named does not exist, or is not for this viewer to know of.
    NotFound,
    /// Nothing answers to this path or operation.
    CallNotFound,
    /// The verb does not fit the path.
    MethodNotAllowed,
    /// The stored version is another than the one that the request was made for.
    VersionConflict,
    /// There is no grant, or it is forged, expired, or for something else.
    GrantRefused,
    /// The title has nothing to play yet.
    NotWatchable,
    /// The playback session ended or never existed: start a new one.
    SessionEnded,
    /// Nobody is signed in, and this needs somebody who is.
    SignInRequired,
    /// The API token is wrong, or was deleted, or ended, or its account may not sign in.
    TokenRefused,
    /// The name or the password is wrong; which of them is not said.
    WrongCredentials,
    /// The name and the password are right, and the account asks for a code of its second factor, too.
    SecondFactorRequired,
    /// This changes what signs in, and nobody showed a factor of the account on this device within the last five minutes:
    /// confirm that it is you, and send the same again.
    ConfirmationRequired,
    /// The account's authorization does not allow this.
    NotAllowed,
    /// Nobody is chosen who watches with this session: its profile is gone. Choose one.
    ProfileRequired,
    /// The request was made for another viewer than the one whose cookie it carries: somebody else was chosen meanwhile.
    ViewerChanged,
    /// A limit of the account or of the installation is reached; the detail says which, and what it is.
    LimitReached,
    /// There is an account already: sign in.
    AlreadySetUp,
    /// Something else has this name already.
    NameTaken,
    /// What is written for others to read is shown under a name, and none is chosen yet.
    NameRequired,
    /// The request came from another site.
    CrossSite,
    /// The request is larger than what is taken.
    TooLarge,
    /// The body does not say that it is JSON.
    NotJson,
    /// Too many requests; wait as long as `Retry-After` says.
    RateLimited,
    /// The server has more to do than it can now; try again after `Retry-After`.
    Overloaded,
    /// There is no room to write: what is there can still be read, and an operator has to make room.
    StorageFull,
    /// The answer took longer than the server allows.
    TimedOut,
    /// The request never reached the server, or its answer never came back.
    Unreachable,
    /// Something broke on the server's side.
    Internal,
}

/// What is wrong with one field of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name, dotted where it is nested.
    pub field: String,
    /// What it should have been.
    pub message: String,
}

/// The wire error. `type` is `urn:marquee:problem:<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{title}")]
pub struct Problem {
    pub r#type: String,
    pub code: Code,
    /// The HTTP status.
    pub status: u16,
    /// One sentence for a person, the same for every occurrence.
    pub title: String,
    /// What was special about this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Named by the server, to find the occurrence in its logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds to wait before another try, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
}

impl Problem {
    /// A problem with its code's own status and title.
    pub fn new(code: Code) -> Self {
        let (status, title) = code.status_and_title();
        Self {
            r#type: format!("urn:marquee:problem:{}", code.as_str()),
            code,
            status,
            title: title.to_owned(),
            detail: None,
            request_id: None,
            retry_after: None,
            fields: Vec::new(),
        }
    }

    /// Something broke on the server's side; log the cause, tell nobody.
    pub fn internal() -> Self {
        Self::new(Code::Internal)
    }

    /// `what` does not exist.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound).with_detail(format!("There is no such {what}."))
    }

    /// One field of the request is wrong.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let mut problem = Self::new(Code::InvalidRequest);
        problem.fields.push(FieldError { field: field.to_owned(), message: message.into() });
        problem
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Whether the same request may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        match self.code {
            Code::RateLimited | Code::Overloaded | Code::StorageFull | Code::TimedOut | Code::Unreachable | Code::Internal => {
                true
            }
            Code::InvalidRequest
            | Code::NotFound
            | Code::CallNotFound
            | Code::MethodNotAllowed
            | Code::VersionConflict
            | Code::GrantRefused
            | Code::NotWatchable
            | Code::SessionEnded
            | Code::SignInRequired
            | Code::TokenRefused
            | Code::WrongCredentials
            | Code::SecondFactorRequired
            | Code::ConfirmationRequired
            | Code::NotAllowed
            | Code::ProfileRequired
            | Code::ViewerChanged
            | Code::LimitReached
            | Code::AlreadySetUp
            | Code::NameTaken
            | Code::NameRequired
            | Code::CrossSite
            | Code::TooLarge
            | Code::NotJson => false,
        }
    }
}

impl Code {
    /// The code as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::NotFound => "not_found",
            Self::CallNotFound => "call_not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::VersionConflict => "version_conflict",
            Self::GrantRefused => "grant_refused",
            Self::NotWatchable => "not_watchable",
            Self::SessionEnded => "session_ended",
            Self::SignInRequired => "sign_in_required",
            Self::TokenRefused => "token_refused",
            Self::WrongCredentials => "wrong_credentials",
            Self::SecondFactorRequired => "second_factor_required",
            Self::ConfirmationRequired => "confirmation_required",
            Self::NotAllowed => "not_allowed",
            Self::ProfileRequired => "profile_required",
            Self::ViewerChanged => "viewer_changed",
            Self::LimitReached => "limit_reached",
            Self::AlreadySetUp => "already_set_up",
            Self::NameTaken => "name_taken",
            Self::NameRequired => "name_required",
            Self::CrossSite => "cross_site",
            Self::TooLarge => "too_large",
            Self::NotJson => "not_json",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::StorageFull => "storage_full",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Internal => "internal",
        }
    }

    const fn status_and_title(self) -> (u16, &'static str) {
        match self {
            Self::InvalidRequest => (422, "A value in this request is not valid."),
            Self::NotFound => (404, "This does not exist."),
            Self::CallNotFound => (404, "Nothing answers at this address."),
            Self::MethodNotAllowed => (405, "This address does not take that method."),
            Self::VersionConflict => (412, "Somebody else changed this in the meantime."),
            Self::GrantRefused => (403, "This link is not valid, or not any more."),
            Self::NotWatchable => (409, "This title has no video yet."),
            Self::SessionEnded => (410, "This playback session has ended."),
            Self::SignInRequired => (401, "Sign in first."),
            Self::TokenRefused => (401, "This API token is not valid, or not any more."),
            Self::WrongCredentials => (403, "The name or the password is wrong."),
            Self::SecondFactorRequired => (401, "This account asks for a code, too."),
            Self::ConfirmationRequired => (403, "Confirm that it is you."),
            Self::NotAllowed => (403, "This account may not do that."),
            Self::ProfileRequired => (403, "Choose first who is watching."),
            Self::ViewerChanged => (409, "Somebody else is watching by now."),
            Self::LimitReached => (409, "That is more than is allowed."),
            Self::AlreadySetUp => (409, "This installation is set up already."),
            Self::NameTaken => (409, "This name is taken."),
            Self::NameRequired => (409, "Choose first under which name it is shown."),
            Self::CrossSite => (403, "The request came from another site."),
            Self::TooLarge => (413, "The request is larger than what is taken."),
            Self::NotJson => (415, "The request does not say that it is JSON."),
            Self::RateLimited => (429, "Too many requests."),
            Self::Overloaded => (503, "The server is busy."),
            Self::StorageFull => (507, "The server's disk is full."),
            Self::TimedOut => (504, "The server took too long to answer."),
            Self::Unreachable => (503, "The server could not be reached."),
            Self::Internal => (500, "Something went wrong on the server."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_urn_names_the_code_as_it_is_serialised() {
        for code in [Code::NotFound, Code::GrantRefused, Code::Internal, Code::VersionConflict] {
            let wire = serde_json::to_value(code).unwrap();
            assert_eq!(wire, code.as_str());
            assert_eq!(Problem::new(code).r#type, format!("urn:marquee:problem:{}", code.as_str()));
        }
    }

    #[test]
    fn empty_parts_stay_off_the_wire() {
        let wire = serde_json::to_value(Problem::not_found("title")).unwrap();
        assert_eq!(wire.as_object().unwrap().len(), 5, "{wire}");
    }
}
