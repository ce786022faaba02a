//! The slice of rights: which of them the plan of whoever watches lacks, so that a page does not offer what would be refused.
//! Loads with the pages that ask.
//!
//! While it is not known everything is offered: the server refuses in words. Where something is lacking it is asked again by the next
//! page, for a plan may have been changed since.

use contract::{
    authorization::{Authorization, Right},
    identity::GetIdentity,
};
use leptos::prelude::*;
use serde::Serialize;

use super::{
    Resource, StateStoreFields,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{
    client::Client,
    parts::{marks::Mark, use_store},
    route::Route,
};

/// The rights that pages ask for.
const ASKED: [Right; 3] = [Right::Review, Right::Favourites, Right::Watchlists];

/// See the module above.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rights {
    lacking: Resource<(), Vec<Right>>,
    /// A part of this page wanted it.
    is_wanted: bool,
    is_settled: bool,
}

/// What can happen to [`Rights`].
#[derive(Clone, Debug, PartialEq)]
pub enum RightsAction {
    Opened,
    RetryWanted,
    /// Something that takes a right is on the screen of a member.
    Wanted,
    Answered(Response<Authorization>),
}

impl LazySlice for Rights {
    type Action = RightsAction;
    type Request = GetIdentity;

    const NAME: &'static str = "rights";

    fn opened(_route: Route) -> RightsAction {
        RightsAction::Opened
    }

    fn retry_wanted() -> RightsAction {
        RightsAction::RetryWanted
    }

    fn update(&mut self, action: RightsAction) -> Vec<LazyEffect<GetIdentity>> {
        let is_asked = match action {
            RightsAction::Opened => {
                self.is_wanted = false;
                false
            }
            // What could not be said is offered: nothing failed for the viewer.
            RightsAction::RetryWanted => false,
            RightsAction::Wanted => {
                let is_first = !std::mem::replace(&mut self.is_wanted, true);
                let is_anew = is_first && self.lacks_any() && !self.lacking.is_loading();
                if is_anew {
                    self.lacking.refresh(());
                }
                is_anew || (is_first && self.lacking.load(()))
            }
            RightsAction::Answered(answer) => {
                let lacking = |may: Authorization| ASKED.into_iter().filter(|right| !may.grants(*right)).collect();
                self.lacking.answer(&(), answer.map(lacking));
                self.is_settled = true;
                false
            }
        };
        is_asked.then_some(LazyEffect::Send(GetIdentity {})).into_iter().collect()
    }

    fn is_safe(_request: &GetIdentity) -> bool {
        true
    }

    async fn send(client: &Client, request: GetIdentity) -> RightsAction {
        RightsAction::Answered(client.send(request).await.map(|identity| identity.authorization))
    }
}

impl Rights {
    /// Whether a right is known to be lacking.
    pub fn lacks(&self, right: Right) -> bool {
        self.lacking.ready().is_some_and(|lacking| lacking.contains(&right))
    }

    /// Whether the right to a mark is known to be lacking.
    pub fn lacks_mark(&self, mark: Mark) -> bool {
        mark.right().is_some_and(|right| self.lacks(right))
    }

    /// Whether it was said, or could not be: what stands on the page for that stays while it is asked for again.
    pub const fn is_settled(&self) -> bool {
        self.is_settled
    }

    fn lacks_any(&self) -> bool {
        self.lacking.ready().is_some_and(|lacking| !lacking.is_empty())
    }
}

/// The slice, for whoever shows something that takes a right.
pub fn use_rights() -> LazyStore<Rights> {
    let (state, _) = use_store();
    let (rights, want) = use_rights_on_demand();
    Effect::new(move || {
        if state.watcher().with(Option::is_some) {
            want.run(());
        }
    });
    rights
}

/// The same for what is laid over every page: it is asked once something is about to be offered, by the callback. It is asked for
/// members alone: a guest is told to sign in.
pub fn use_rights_on_demand() -> (LazyStore<Rights>, Callback<()>) {
    let (state, _) = use_store();
    let rights = super::lazy::slice::<Rights>();
    let dispatch = rights.dispatcher();
    let want = Callback::new(move |()| {
        if state.watcher().with_untracked(Option::is_some) {
            dispatch.run(RightsAction::Wanted);
        }
    });
    (rights, want)
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;

    fn answered(authorization: Authorization) -> Rights {
        let mut rights = Rights::default();
        rights.update(RightsAction::Wanted);
        rights.update(RightsAction::Answered(Ok(authorization)));
        rights
    }

    #[test]
    fn a_right_is_lacking_only_where_the_server_said_so() {
        let mut rights = Rights::default();
        assert_eq!(rights.update(RightsAction::Wanted), [LazyEffect::Send(GetIdentity {})]);
        assert_eq!(rights.update(RightsAction::Wanted), [], "it is on its way");
        assert!(!rights.lacks(Right::Review) && !rights.is_settled());
        rights.update(RightsAction::Answered(Err(Problem::new(Code::Unreachable))));
        assert!(!rights.lacks(Right::Review) && rights.is_settled(), "nobody waits for what cannot be said");
        rights.update(RightsAction::Opened);
        assert_eq!(rights.update(RightsAction::Wanted), [LazyEffect::Send(GetIdentity {})]);
        assert!(rights.is_settled(), "nor goes a form that is open because it is asked for again");
        let rights = answered(Authorization { may_review: false, ..Authorization::default() });
        assert!(rights.lacks(Right::Review) && !rights.lacks(Right::Favourites));
    }

    #[test]
    fn a_mark_is_lacking_with_the_right_that_it_takes_and_watched_takes_none() {
        let rights = answered(Authorization { may_keep_watchlists: false, ..Authorization::default() });
        assert_eq!(Mark::ALL.map(|mark| rights.lacks_mark(mark)), [true, false, false]);
        let rights = answered(Authorization { may_keep_favourites: false, ..Authorization::default() });
        assert_eq!(Mark::ALL.map(|mark| rights.lacks_mark(mark)), [false, true, false]);
    }

    #[test]
    fn who_has_them_all_is_asked_for_once_and_who_lacks_one_by_every_page() {
        let mut rights = answered(Authorization::default());
        rights.update(RightsAction::Opened);
        assert_eq!(rights.update(RightsAction::Wanted), []);
        let mut rights = answered(Authorization { may_keep_favourites: false, ..Authorization::default() });
        assert_eq!(rights.update(RightsAction::Wanted), [], "another part of the same page");
        rights.update(RightsAction::Opened);
        assert_eq!(rights.update(RightsAction::Wanted), [LazyEffect::Send(GetIdentity {})]);
        assert!(rights.lacks(Right::Favourites), "until the answer is there");
        rights.update(RightsAction::Answered(Ok(Authorization::default())));
        assert!(!rights.lacks(Right::Favourites));
    }
}
