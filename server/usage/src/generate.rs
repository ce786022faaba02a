//! Events that are made, with the shape of a platform's: sessions of some minutes that are renewed every half minute, titles by Zipf's law.

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::event::{Device, Event, Kind, List, Method, PlayError, Playback, ProfileHash, Quality, SessionHash};

/// 2026-11-01T00:00Z.
pub const FIRST: u64 = 1_793_491_200_000;

/// How many of each.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub profiles: u32,
    pub titles: u32,
    /// Sessions that play at the same time.
    pub playing: usize,
    /// Milliseconds between two events, in the mean.
    pub apart: u64,
    pub seed: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self { profiles: 50_000, titles: 20_000, playing: 3_000, apart: 10, seed: 11 }
    }
}

struct Session {
    hash: SessionHash,
    profile: ProfileHash,
    title: u32,
    device: Device,
    class: u16,
    renewals: u32,
}

/// Events without an end, in the order of time; the same for the same size.
pub fn generate(size: Size) -> impl Iterator<Item = Event> {
    let mut random = StdRng::seed_from_u64(size.seed);
    let mut sessions: Vec<Session> = Vec::new();
    let mut at_millis = FIRST;
    std::iter::from_fn(move || {
        at_millis = at_millis.saturating_add(random.random_range(0..=size.apart.saturating_mul(2)));
        let (profile, kind) = match random.random_range(0..1000) {
            0..20 => (profile(&mut random, size), search(&mut random)),
            20..25 => {
                let method = [Method::Password, Method::Passkey, Method::Provider, Method::Other];
                let kind = Kind::SignIn { method: pick(&mut random, &method, Method::Other), succeeded: random.random_bool(0.9) };
                (profile(&mut random, size), kind)
            }
            25..35 => {
                let list = pick(&mut random, List::ALL, List::Custom);
                let kind = Kind::ListChanged { list, title: title(zipf(&mut random, size)), added: random.random_bool(0.7) };
                (profile(&mut random, size), kind)
            }
            35..38 => {
                let half_stars = random.random_range(1..=10);
                (profile(&mut random, size), Kind::ReviewWritten { title: title(zipf(&mut random, size)), half_stars })
            }
            _ if sessions.len() < size.playing.max(1) => {
                let session = Session {
                    hash: SessionHash(random.random()),
                    profile: profile(&mut random, size),
                    title: zipf(&mut random, size),
                    device: pick(
                        &mut random,
                        &[Device::Phone, Device::Tablet, Device::Desktop, Device::Tv, Device::Tv],
                        Device::Tv,
                    ),
                    class: pick(&mut random, &[480, 720, 1080, 1080, 2160], 1080),
                    renewals: random.random_range(1..120),
                };
                let kind = Kind::PlaybackStarted(playback(&mut random, &session));
                let profile = session.profile;
                sessions.push(session);
                (profile, kind)
            }
            of => {
                let which = random.random_range(0..sessions.len());
                let session = sessions.get_mut(which)?;
                let profile = session.profile;
                if of < 120 {
                    (profile, Kind::Quality(quality(&mut random, session)))
                } else if session.renewals == 0 {
                    let kind = Kind::PlaybackStopped(playback(&mut random, session));
                    sessions.swap_remove(which);
                    (profile, kind)
                } else {
                    session.renewals -= 1;
                    (profile, Kind::PlaybackRenewed(playback(&mut random, session)))
                }
            }
        };
        Some(Event { at_millis, kind, profile: random.random_bool(0.95).then_some(profile) })
    })
}

fn pick<T: Copy>(random: &mut StdRng, of: &[T], otherwise: T) -> T {
    of.get(random.random_range(0..of.len().max(1))).copied().unwrap_or(otherwise)
}

fn profile(random: &mut StdRng, size: Size) -> ProfileHash {
    let number = random.random_range(0..size.profiles.max(1));
    // As spread as a keyed hash, for less time.
    ProfileHash((u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_le_bytes())
}

/// Of exponent 1, by the inverse of its continuous form.
fn zipf(random: &mut StdRng, size: Size) -> u32 {
    let by_chance: f64 = random.random();
    (f64::from(size.titles.max(1)).powf(by_chance) - 1.0) as u32
}

fn title(number: u32) -> String {
    format!("tt{number:07}")
}

fn search(random: &mut StdRng) -> Kind {
    let hits = if random.random_bool(0.1) { 0 } else { random.random_range(1..40) };
    Kind::Search { query: (hits == 0).then(|| format!("film {}", random.random_range(0u32..5_000))), hits }
}

fn playback(random: &mut StdRng, session: &Session) -> Playback {
    let watched_millis = if random.random_bool(0.8) { 30_000 } else { random.random_range(0..30_000) };
    Playback {
        session: session.hash,
        title: title(session.title),
        generation: format!("g{}", session.title % 7),
        class: session.class,
        device: session.device,
        region: pick(random, &["eu-central", "eu-west", "us-east"], "eu-west").to_owned(),
        store: pick(random, &["primary", "primary", "cold"], "primary").to_owned(),
        watched_millis,
        bytes: watched_millis * u64::from(session.class) / 2 + random.random_range(0..1_000_000),
        requests: random.random_range(1..12),
    }
}

fn quality(random: &mut StdRng, session: &Session) -> Quality {
    let stalls = if random.random_bool(0.05) { random.random_range(1..4) } else { 0 };
    let failed = random.random_bool(0.01);
    Quality {
        session: session.hash,
        title: title(session.title),
        device: session.device,
        class: session.class,
        first_picture_millis: random.random_bool(0.2).then(|| random.random_range(150..4_000)),
        stalls,
        stalled_millis: stalls * random.random_range(100..3_000),
        errors: u32::from(failed),
        error: failed.then_some(PlayError::Network),
        first_error: failed,
        bitrate_kbps: random.random_bool(0.9).then(|| u32::from(session.class) * random.random_range(2..8)),
        played_millis: random.random_range(10_000..60_000),
    }
}
