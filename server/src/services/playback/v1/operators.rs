//! The handlers for operators: what plays, and stopping it. Who may ask is settled before ([`contract::Access::Operator`]).

use std::collections::{HashMap, HashSet};

use contract::{
    Code, DispatchExt, Problem,
    bounds::CARDS,
    identity::{AccountNames, GetAccountNames},
    ids::AccountId,
    playback::{ListPlaying, ListPlayingStops, PlayingAccount, PlayingNow, PlayingStop, PlayingStopPage, StopPlaying},
};
use futures::future::join_all;
use serde_json::Map;

use super::super::{
    Playback,
    meters::SessionStep,
    now_playing::FoundSession,
    record::{End, StopRecord},
};
use crate::context::RequestContext;

/// Stops of a page where nothing is said.
const STOPS: u8 = 20;

impl Playback {
    pub(in super::super) async fn list_playing(&self, context: RequestContext, _: ListPlaying) -> Result<PlayingNow, Problem> {
        let found = self.now_playing.get(&self.sessions).await?;
        let accounts = found.sessions.iter().filter_map(|session| session.presence.account.clone()).collect();
        let names = account_names(&context, accounts).await;
        let account = |session: &FoundSession| {
            let id = session.presence.account.clone()?;
            let names = names.get(&id);
            let profile = |names: &AccountNames| {
                names.profiles.iter().find(|profile| profile.id == session.profile).map(|profile| profile.name.clone())
            };
            Some(PlayingAccount { login: names.map(|names| names.login.clone()), profile: names.and_then(profile), id })
        };
        Ok(found.told(self.clock.millis(), account))
    }

    pub(in super::super) async fn stop_playing(&self, context: RequestContext, call: StopPlaying) -> Result<(), Problem> {
        let by = context.viewer.member()?.account.clone();
        let message = call.message.as_deref().map(one_direction).filter(|message| !message.is_empty());
        let found = self.sessions.find(&call.id).await?;
        let (key, session) = found.ok_or_else(gone)?;
        tracing::info!(operator = %by, session = %call.id, title = %session.title, "a film is stopped");
        let presence = session.presence.as_ref();
        let account = presence.and_then(|presence| presence.account.clone());
        let entry = StopRecord {
            at: self.clock.millis(),
            by: Some(by),
            is_guest: presence.is_some() && account.is_none(),
            account,
            title: session.title.clone(),
            name: presence.map(|presence| presence.name.clone()).unwrap_or_default(),
            device: presence.map(|presence| presence.device.clone()).unwrap_or_default(),
            message: message.clone(),
            request: context.request_id.to_string(),
            is_done: false,
            unknown: Map::new(),
        };
        let work = async {
            // In this order: the place of a session that ended is free, whatever happens to this request.
            let is_ended = self.sessions.end_with(key, End::StoppedByOperator, message.as_deref()).await?;
            if let (true, Some(place), Some(holder)) = (is_ended, &session.place, &session.holder) {
                self.streams.give_back(place, holder).await?;
            }
            Ok(is_ended)
        };
        // It may have ended by itself meanwhile, or have gone on as another.
        if !self.stops.noted(entry, work).await? {
            return Err(gone());
        }
        self.tell(key, &session, SessionStep::Stopped).await;
        Ok(())
    }

    pub(in super::super) async fn list_playing_stops(
        &self,
        context: RequestContext,
        call: ListPlayingStops,
    ) -> Result<PlayingStopPage, Problem> {
        let (entries, next) = self.stops.page(call.page_token.as_deref(), call.limit.unwrap_or(STOPS).into()).await?;
        let accounts = entries.iter().flat_map(|entry| [entry.by.clone(), entry.account.clone()]).flatten().collect();
        let names = account_names(&context, accounts).await;
        let login = |account: Option<&AccountId>| Some(names.get(account?)?.login.clone());
        let stop = |entry: StopRecord| PlayingStop {
            at: entry.at,
            by_login: login(entry.by.as_ref()),
            login: login(entry.account.as_ref()),
            by: entry.by,
            account: entry.account,
            is_guest: entry.is_guest,
            title: entry.title,
            title_name: entry.name,
            device: entry.device,
            message: entry.message,
            is_done: entry.is_done,
        };
        Ok(PlayingStopPage { items: entries.into_iter().map(stop).collect(), next })
    }
}

fn gone() -> Problem {
    Problem::new(Code::NotFound).with_detail("This film does not play any more.")
}

/// What accounts and their profiles are called, a hundred at a time. What plays is told without the names that cannot be had.
async fn account_names(context: &RequestContext, accounts: HashSet<AccountId>) -> HashMap<AccountId, AccountNames> {
    let ids: Vec<AccountId> = accounts.into_iter().collect();
    let asked = ids.chunks(CARDS).map(|ids| context.send(GetAccountNames { ids: ids.to_vec() }));
    let answers = join_all(asked).await.into_iter().filter_map(|answer| {
        answer.inspect_err(|problem| tracing::debug!(%problem, "names are left out of what operators see")).ok()
    });
    answers.flatten().map(|names| (names.id.clone(), names)).collect()
}

/// A message without the controls that turn text around (Unicode Standard Annex 9, sections 2.1 to 2.5): where it is shown it is set apart from
/// the words beside it.
fn one_direction(message: &str) -> String {
    let turns = |letter: &char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    message.chars().filter(|letter| !turns(letter)).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_letters_and_marks_and_loses_what_would_turn_the_words_beside_it() {
        assert_eq!(one_direction(" <b>At\u{202e} ten\u{2069}\u{2069} we close</b> "), "<b>At ten we close</b>");
        assert_eq!(one_direction("\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}!"), "\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}!");
        assert_eq!(one_direction("\u{202e} \u{2066}"), "");
    }
}
