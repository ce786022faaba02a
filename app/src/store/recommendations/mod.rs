//! The slice of recommendations: the rows of the home page that are the viewer's own, whether they want any, and what they want
//! nothing of. Loads with what shows them.
//!
//! It holds what the server said. What the viewer says "not for me" to goes through the log of changes, and is taken out of the rows
//! where they are shown (`store/library/unwanted.rs`).

mod update;

use contract::discovery::{GetMyRows, GetRecommendationSettings, Hidden, ListHidden, MyRows, ReplaceRecommendationSettings};
use serde::Serialize;

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};

/// What follows from an action of recommendations.
pub type RecommendationsEffect = LazyEffect<RecommendationsRequest>;

/// See the module above.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Recommendations {
    pub rows: Resource<(), MyRows>,
    /// Something was watched since the rows were asked for.
    is_outdated: bool,
    /// For the page of settings.
    pub is_on: Resource<(), bool>,
    /// For the same, and for what can be said of a title.
    pub hidden: Resource<(), Vec<Hidden>>,
    pub switching: Submission,
}

/// What can happen to [`Recommendations`].
#[derive(Clone, Debug, PartialEq)]
pub enum RecommendationsAction {
    Opened(Route),
    RetryWanted,
    RowsAnswered(Response<MyRows>),
    /// The settings are on the screen.
    SettingsWanted,
    SettingsAnswered(Response<bool>),
    /// What can be said of a title is on the screen.
    HiddenWanted,
    HiddenAnswered(Response<Vec<Hidden>>),
    /// The viewer wants recommendations, or none.
    SwitchWanted {
        is_on: bool,
    },
    SwitchAnswered {
        is_on: bool,
        answer: Response<()>,
    },
    /// What is unwanted has changed on the server.
    HiddenChanged,
    /// So may have, on another device, whether any are wanted.
    ChangedElsewhere,
}

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub enum RecommendationsRequest {
    Rows,
    Settings,
    Hidden,
    Switch { is_on: bool },
}

impl LazySlice for Recommendations {
    type Action = RecommendationsAction;
    type Request = RecommendationsRequest;

    const NAME: &'static str = "recommendations";

    fn opened(route: Route) -> RecommendationsAction {
        RecommendationsAction::Opened(route)
    }

    fn retry_wanted() -> RecommendationsAction {
        RecommendationsAction::RetryWanted
    }

    fn update(&mut self, action: RecommendationsAction) -> Vec<RecommendationsEffect> {
        update::update(self, action)
    }

    fn is_safe(request: &RecommendationsRequest) -> bool {
        match request {
            RecommendationsRequest::Rows | RecommendationsRequest::Settings | RecommendationsRequest::Hidden => true,
            RecommendationsRequest::Switch { .. } => false,
        }
    }

    async fn send(client: &Client, request: RecommendationsRequest) -> RecommendationsAction {
        use RecommendationsAction as Action;
        use RecommendationsRequest as Request;
        match request {
            Request::Rows => Action::RowsAnswered(client.send(GetMyRows {}).await),
            Request::Settings => {
                Action::SettingsAnswered(client.send(GetRecommendationSettings {}).await.map(|settings| settings.is_on))
            }
            Request::Hidden => Action::HiddenAnswered(client.send(ListHidden {}).await),
            Request::Switch { is_on } => {
                Action::SwitchAnswered { is_on, answer: client.send(ReplaceRecommendationSettings { is_on }).await }
            }
        }
    }
}

/// The slice, for whoever shows something of it.
pub fn recommendations() -> LazyStore<Recommendations> {
    super::lazy::slice()
}
