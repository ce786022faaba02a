//! The two ways between an event and its row.

use crate::{
    columns::Row,
    event::{Device, Event, Kind, List, Method, PlayError, Playback, ProfileHash, Quality, SessionHash},
};

impl<'a> From<&'a Event> for Row<'a> {
    fn from(event: &'a Event) -> Self {
        let row = Row {
            at: Some(event.at_millis),
            kind: Some(event.kind.name()),
            profile: event.profile.map(|hash| hash.0),
            ..Row::default()
        };
        match &event.kind {
            Kind::PlaybackStarted(of) | Kind::PlaybackRenewed(of) | Kind::PlaybackStopped(of) => Row {
                session: Some(of.session.0),
                title: Some(&of.title),
                generation: Some(&of.generation),
                class: Some(of.class.into()),
                device: Some(of.device.as_str()),
                region: Some(&of.region),
                store: Some(&of.store),
                watched_millis: Some(of.watched_millis),
                bytes: Some(of.bytes),
                requests: Some(of.requests.into()),
                ..row
            },
            Kind::Quality(of) => Row {
                session: Some(of.session.0),
                title: Some(&of.title),
                device: Some(of.device.as_str()),
                class: Some(of.class.into()),
                first_picture_millis: of.first_picture_millis.map(u64::from),
                stalls: Some(of.stalls.into()),
                stalled_millis: Some(of.stalled_millis.into()),
                errors: Some(of.errors.into()),
                error: of.error.map(PlayError::as_str),
                first_error: Some(of.first_error),
                bitrate_kbps: of.bitrate_kbps.map(u64::from),
                played_millis: Some(of.played_millis),
                ..row
            },
            Kind::Search { query, hits } => Row { query: query.as_deref(), hits: Some((*hits).into()), ..row },
            Kind::SignIn { method, succeeded } => Row { method: Some(method.as_str()), succeeded: Some(*succeeded), ..row },
            Kind::ListChanged { list, title, added } => {
                Row { list: Some(list.as_str()), title: Some(title), added: Some(*added), ..row }
            }
            Kind::ReviewWritten { title, half_stars } => {
                Row { title: Some(title), half_stars: Some((*half_stars).into()), ..row }
            }
        }
    }
}

impl Row<'_> {
    /// The event; nothing where this build does not know the kind. What an older build did not write is 0 or empty, and a number
    /// that is too large for its field is the largest one.
    pub fn event(&self) -> Option<Event> {
        let kind = match self.kind? {
            "playback_started" => Kind::PlaybackStarted(self.playback()),
            "playback_renewed" => Kind::PlaybackRenewed(self.playback()),
            "playback_stopped" => Kind::PlaybackStopped(self.playback()),
            "quality" => Kind::Quality(Quality {
                session: self.session(),
                title: text(self.title),
                device: self.device(),
                class: small(self.class, u16::MAX),
                first_picture_millis: self.first_picture_millis.map(|value| small(Some(value), u32::MAX)),
                stalls: small(self.stalls, u32::MAX),
                stalled_millis: small(self.stalled_millis, u32::MAX),
                errors: small(self.errors, u32::MAX),
                error: self.error.map(PlayError::named),
                first_error: self.first_error.unwrap_or_default(),
                bitrate_kbps: self.bitrate_kbps.map(|value| small(Some(value), u32::MAX)),
                played_millis: self.played_millis.unwrap_or(0),
            }),
            "search" => Kind::Search { query: self.query.map(str::to_owned), hits: small(self.hits, u32::MAX) },
            "sign_in" => Kind::SignIn {
                method: Method::named(self.method.unwrap_or_default()),
                succeeded: self.succeeded.unwrap_or_default(),
            },
            "list_changed" => Kind::ListChanged {
                list: List::named(self.list.unwrap_or_default()),
                title: text(self.title),
                added: self.added.unwrap_or_default(),
            },
            "review_written" => Kind::ReviewWritten { title: text(self.title), half_stars: small(self.half_stars, u8::MAX) },
            _ => return None,
        };
        Some(Event { at_millis: self.at?, kind, profile: self.profile.map(ProfileHash) })
    }

    fn playback(&self) -> Playback {
        Playback {
            session: self.session(),
            title: text(self.title),
            generation: text(self.generation),
            class: small(self.class, u16::MAX),
            device: self.device(),
            region: text(self.region),
            store: text(self.store),
            watched_millis: self.watched_millis.unwrap_or(0),
            bytes: self.bytes.unwrap_or(0),
            requests: small(self.requests, u32::MAX),
        }
    }

    fn session(&self) -> SessionHash {
        SessionHash(self.session.unwrap_or_default())
    }

    fn device(&self) -> Device {
        Device::named(self.device.unwrap_or_default())
    }
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn small<N: TryFrom<u64>>(value: Option<u64>, most: N) -> N {
    N::try_from(value.unwrap_or(0)).unwrap_or(most)
}
