//! The slice of where video lies and what that costs. Loads with the operator's desk.
//!
//! A choice is on the screen at once and is laid over what the server says until it is confirmed; where it is refused it is taken back in words.
//! Undo is the choice of before.

mod choices;
mod update;

use contract::{
    catalog::{GetTitleCards, TitleCard},
    storage_plan::{
        CostSheets, GetStoragePlan, ListStorageAdvice, ListStorageCosts, RemoveTitleStorageChoice, ReplaceCostSheets,
        ReplaceStorageChoice, ReplaceTitleStorageChoice, StorageAdvice, StorageAdvicePage, StorageChoice, StorageCosts,
        StoragePlan,
    },
};
use serde::Serialize;

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};
pub use choices::{Chosen, Of, Refused, UnderWay};

/// What follows from an action of it.
pub type StorageEffect = LazyEffect<StorageRequest>;

/// What the desk shows of storage; elsewhere it is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Storage {
    is_open: bool,
    pub plan: Resource<(), StoragePlan>,
    pub costs: Resource<(), StorageCosts>,
    pub advice: Resource<(), AdviceList>,
    /// The titles that are advised of, as far as they are known and there are any of them still.
    pub cards: Vec<TitleCard>,
    /// Choices that are not confirmed yet, one of each kind.
    pub under_way: Vec<UnderWay>,
    /// The last choice that was confirmed.
    pub chosen: Option<Chosen>,
    /// Why the last choice was taken back.
    pub refused: Option<Refused>,
    pub saving_sheets: Submission,
    /// How often it was time to look again.
    looks: u32,
}

/// The pages of the advice that were loaded so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AdviceList {
    pub items: Vec<StorageAdvice>,
    pub total: u64,
    pub next: Option<String>,
    /// The page after these.
    pub more: Submission,
}

/// What can happen to it.
#[derive(Clone, Debug, PartialEq)]
pub enum StorageAction {
    Opened(Route),
    RetryWanted,
    /// It is time to look again: titles may have moved.
    LookDue,
    PlanAnswered(Response<StoragePlan>),
    CostsAnswered(Response<StorageCosts>),
    AdviceAnswered(Response<StorageAdvicePage>),
    MoreWanted,
    MoreAnswered(Response<StorageAdvicePage>),
    CardsAnswered(Response<Vec<TitleCard>>),
    ChoiceWanted {
        of: Of,
        /// Nothing where a title is to follow the choice for all.
        choice: Option<StorageChoice>,
    },
    ChoiceAnswered {
        of: Of,
        answer: Response<()>,
    },
    /// The choice of before the last one.
    UndoWanted,
    SheetsWanted(ReplaceCostSheets),
    SheetsSaved(Response<CostSheets>),
}

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum StorageRequest {
    Plan(GetStoragePlan),
    Costs(ListStorageCosts),
    Advice(ListStorageAdvice),
    MoreAdvice(ListStorageAdvice),
    Cards(GetTitleCards),
    Choose(ReplaceStorageChoice),
    ChooseOfTitle(ReplaceTitleStorageChoice),
    FollowAll(RemoveTitleStorageChoice),
    PutSheets(ReplaceCostSheets),
}

impl LazySlice for Storage {
    type Action = StorageAction;
    type Request = StorageRequest;

    const NAME: &'static str = "storage";

    fn opened(route: Route) -> StorageAction {
        StorageAction::Opened(route)
    }

    fn retry_wanted() -> StorageAction {
        StorageAction::RetryWanted
    }

    fn update(&mut self, action: StorageAction) -> Vec<StorageEffect> {
        update::update(self, action)
    }

    fn is_safe(request: &StorageRequest) -> bool {
        match request {
            StorageRequest::Plan(_)
            | StorageRequest::Costs(_)
            | StorageRequest::Advice(_)
            | StorageRequest::MoreAdvice(_)
            | StorageRequest::Cards(_) => true,
            StorageRequest::Choose(_)
            | StorageRequest::ChooseOfTitle(_)
            | StorageRequest::FollowAll(_)
            | StorageRequest::PutSheets(_) => false,
        }
    }

    async fn send(client: &Client, request: StorageRequest) -> StorageAction {
        use StorageAction as Action;
        use StorageRequest as Request;
        match request {
            Request::Plan(call) => Action::PlanAnswered(client.send(call).await),
            Request::Costs(call) => Action::CostsAnswered(client.send(call).await),
            Request::Advice(call) => Action::AdviceAnswered(client.send(call).await),
            Request::MoreAdvice(call) => Action::MoreAnswered(client.send(call).await),
            Request::Cards(call) => Action::CardsAnswered(client.send(call).await),
            Request::Choose(call) => Action::ChoiceAnswered { of: Of::All, answer: client.send(call).await },
            Request::ChooseOfTitle(call) => {
                Action::ChoiceAnswered { of: Of::Title(call.title.clone()), answer: client.send(call).await }
            }
            Request::FollowAll(call) => {
                Action::ChoiceAnswered { of: Of::Title(call.title.clone()), answer: client.send(call).await }
            }
            Request::PutSheets(call) => Action::SheetsSaved(client.send(call).await),
        }
    }
}

/// The slice, for the desk.
pub fn storage() -> LazyStore<Storage> {
    super::lazy::slice()
}
