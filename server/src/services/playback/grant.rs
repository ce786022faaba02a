//! The grant: a signed capability that stands in the address of every byte of video.
//!
//! It says which title, in which packaging, for which session, up to which rendition, until when; whoever holds it may read
//! that and nothing else. Verifying one needs no store and no cache: an HMAC over some 60 bytes costs less than a look-up.
//! Must never be logged, and must never grant more than was decided when it was made.
//!
//! ```text
//! form         1 byte     3, or 4 with a store; 2 lacks the classes by codec, and 1, of builds without generations, that field, too
//! class        2 bytes    big endian: `contract::resolution::class` of the highest rendition
//! expiry       8 bytes    big endian, seconds since 1970
//! session      16 bytes
//! generation   10 bytes
//! store        1 byte     in form 4 alone: 1 for the flat one. What the others name lies in the first store
//! decodable    8 bytes    big endian: the class up to which each codec is decoded, in the order of `VideoCodec::ALL`
//! title        1 to 64 bytes
//! tag          32 bytes   HMAC-SHA-256 over all of the above (RFC 2104, FIPS 180-4)
//! ```
//!
//! all of it in base64url without padding (RFC 4648, section 5). Only the title varies in length within a form, so two
//! different grants never have the same bytes under the tag.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    Code, Problem,
    device::DecodableClasses,
    ids::{SessionId, StreamId, TitleId},
};
use hmac::{Hmac, Mac};
use media::{
    generation::{self, Generation},
    location::Location,
};
use sha2::Sha256;
use storage::objects::StoreRole;

/// What the key is derived for: separates it from every other key made of the server's secret.
pub const PURPOSE: &str = "playback grant v1";
/// The form that names a store.
const FORM_WITH_STORE: u8 = 4;
/// The form of what lies in the first store.
const FORM: u8 = 3;
/// The form of builds that asked devices about H.264 alone.
const FORM_WITHOUT_CODECS: u8 = 2;
/// The form of builds without generations: a film that began before an upgrade plays on.
const FORM_WITHOUT_GENERATION: u8 = 1;
const FIXED: usize = 1 + 2 + 8 + 16 + generation::BYTES + 1 + 8;
const TAG: usize = 32;
/// Characters of the longest grant: more are not even decoded.
const MOST_CHARACTERS: usize = (FIXED + 64 + TAG).div_ceil(3) * 4;

/// A session's id in its binary form: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 16]);

/// What a grant allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub title: TitleId,
    /// Which packaging of it, in which store: it reads on from there where the title moves.
    pub location: Location,
    pub session: SessionKey,
    /// The class of the highest rendition.
    pub class: u16,
    /// What the device decodes of each codec. It leaves renditions out of the playlist, and is no right: whoever asks for one by
    /// its name gets what `class` allows.
    pub decodable: DecodableClasses,
    /// Seconds since 1970; refused from this second on.
    pub expires: u64,
}

/// Why a grant was refused. A client learns only that it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    #[error("this is no grant")]
    Malformed,
    #[error("the grant has a form that is not known")]
    UnknownForm,
    #[error("the grant's tag does not fit")]
    Forged,
    #[error("the grant expired")]
    Expired,
}

impl From<GrantError> for Problem {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Malformed | GrantError::UnknownForm | GrantError::Forged | GrantError::Expired => {
                Self::new(Code::GrantRefused)
            }
        }
    }
}

/// Signs grants and verifies them. Cheap to clone.
#[derive(Clone)]
pub struct Grants {
    /// Keyed once: a clone spares two of the four compressions.
    mac: Hmac<Sha256>,
}

impl Grants {
    /// With a key that was derived from the server's secret for [`PURPOSE`] and for nothing else.
    pub fn new(key: &[u8; 32]) -> Self {
        let mut block = [0; 64];
        // HMAC pads its key with zeros to a block; done here, so that no length is left to go wrong.
        block[..32].copy_from_slice(key);
        Self { mac: <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into()) }
    }

    /// The grant as it stands in an address.
    pub fn seal(&self, grant: &Grant) -> String {
        let title = grant.title.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(FIXED + title.len() + TAG);
        let store = store_byte(grant.location.store);
        bytes.push(if store.is_some() { FORM_WITH_STORE } else { FORM });
        bytes.extend(grant.class.to_be_bytes());
        bytes.extend(grant.expires.to_be_bytes());
        bytes.extend(grant.session.0);
        bytes.extend(grant.location.generation.to_bytes());
        bytes.extend(store);
        bytes.extend(grant.decodable.0.into_iter().flat_map(u16::to_be_bytes));
        bytes.extend(title);
        let tag = self.mac.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a grant that is good at `now`, in seconds since 1970. The tag is compared in constant time.
    ///
    /// # Errors
    /// [`GrantError`], every variant.
    pub fn open(&self, text: &str, now: u64) -> Result<Grant, GrantError> {
        if text.len() > MOST_CHARACTERS {
            return Err(GrantError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| GrantError::Malformed)?;
        let at = bytes.len().checked_sub(TAG).ok_or(GrantError::Malformed)?;
        let (signed, tag) = bytes.split_at(at);
        if !matches!(signed.first(), Some(&(FORM_WITH_STORE | FORM | FORM_WITHOUT_CODECS | FORM_WITHOUT_GENERATION))) {
            return Err(GrantError::UnknownForm);
        }
        self.mac.clone().chain_update(signed).verify_slice(tag).map_err(|_| GrantError::Forged)?;
        let grant = Grant::read(signed).ok_or(GrantError::Malformed)?;
        if now >= grant.expires { Err(GrantError::Expired) } else { Ok(grant) }
    }
}

impl Grant {
    /// From the bytes under the tag.
    fn read(signed: &[u8]) -> Option<Self> {
        let (form, rest) = signed.split_first()?;
        let (class, rest) = rest.split_first_chunk::<2>()?;
        let (expires, rest) = rest.split_first_chunk::<8>()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (generation, rest) = match *form {
            FORM_WITHOUT_GENERATION => (&Generation::UNNAMED.to_bytes(), rest),
            _ => rest.split_first_chunk()?,
        };
        let (store, rest) = match *form {
            FORM_WITH_STORE => {
                let (byte, rest) = rest.split_first()?;
                (StoreRole::ALL.into_iter().find(|role| store_byte(*role) == Some(*byte))?, rest)
            }
            _ => (StoreRole::PerView, rest),
        };
        let (decodable, title) = match *form {
            FORM_WITHOUT_GENERATION | FORM_WITHOUT_CODECS => (DecodableClasses::UNLIMITED, rest),
            _ => {
                let (classes, title) = rest.split_first_chunk::<8>()?;
                let mut decodable = DecodableClasses::UNLIMITED;
                for (class, bytes) in decodable.0.iter_mut().zip(classes.as_chunks().0) {
                    *class = u16::from_be_bytes(*bytes);
                }
                (decodable, title)
            }
        };
        Some(Self {
            title: std::str::from_utf8(title).ok()?.parse().ok()?,
            location: Location { generation: Generation::from_bytes(*generation), store },
            session: SessionKey(*session),
            class: u16::from_be_bytes(*class),
            decodable,
            expires: u64::from_be_bytes(*expires),
        })
    }
}

/// How a grant names a store; the first one is named by the form.
const fn store_byte(role: StoreRole) -> Option<u8> {
    match role {
        StoreRole::PerView => None,
        StoreRole::Flat => Some(1),
    }
}

impl SessionKey {
    /// A new one that nobody can guess.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// The id as it stands in the contract: 22 characters of base64url.
    ///
    /// # Errors
    /// Never in practice: the alphabet of base64url is the alphabet of ids.
    pub fn id(self) -> Result<SessionId, Problem> {
        URL_SAFE_NO_PAD.encode(self.0).parse().map_err(|_| Problem::internal())
    }

    /// What the rest of the account knows the session by: a hash, so that it lets nobody speak for the session.
    ///
    /// # Errors
    /// Never in practice, as [`SessionKey::id`].
    pub fn stream(self) -> Result<StreamId, Problem> {
        let hash = blake3::derive_key("marquee playback stream v1", &self.0);
        URL_SAFE_NO_PAD.encode(&hash[..16]).parse().map_err(|_| Problem::internal())
    }

    /// Absent where the id was not made by [`SessionKey::id`].
    pub fn of(id: &SessionId) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// A session's key is a bearer's token for its heartbeats: not for the logs.
impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grants() -> Grants {
        Grants::new(&[7; 32])
    }

    fn any_grant() -> impl Strategy<Value = Grant> {
        let location = (any::<[u8; 10]>(), prop::sample::select(&StoreRole::ALL));
        let parts = ("[a-zA-Z0-9_-]{1,64}", location, any::<[u8; 16]>(), any::<u16>(), any::<[u16; 4]>(), 1..u64::MAX);
        parts.prop_map(|(title, (generation, store), session, class, decodable, expires)| Grant {
            title: title.parse().unwrap(),
            location: Location { generation: Generation::from_bytes(generation), store },
            session: SessionKey(session),
            class,
            decodable: DecodableClasses(decodable),
            expires,
        })
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_until_the_second_it_expires(grant in any_grant()) {
            let text = grants().seal(&grant);
            prop_assert!(text.len() <= MOST_CHARACTERS);
            prop_assert_eq!(grants().open(&text, grant.expires - 1), Ok(grant.clone()));
            prop_assert_eq!(grants().open(&text, grant.expires), Err(GrantError::Expired));
            prop_assert_eq!(grants().open(&text, u64::MAX), Err(GrantError::Expired));
        }

        #[test]
        fn any_flipped_bit_is_refused(grant in any_grant(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut bytes = URL_SAFE_NO_PAD.decode(grants().seal(&grant)).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(grants().open(&URL_SAFE_NO_PAD.encode(bytes), 0).is_err());
        }

        #[test]
        fn any_changed_character_is_refused(grant in any_grant(), at in any::<prop::sample::Index>(), with in "[ -~]") {
            let text = grants().seal(&grant);
            let at = at.index(text.len());
            prop_assume!(text[at..=at] != with);
            let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            prop_assert!(grants().open(&changed, 0).is_err());
        }

        #[test]
        fn one_titles_tag_does_not_sign_another(one in any_grant(), title in "[a-zA-Z0-9_-]{1,64}") {
            prop_assume!(one.title.as_str() != title);
            let other = Grant { title: title.parse().unwrap(), ..one.clone() };
            let one = URL_SAFE_NO_PAD.decode(grants().seal(&one)).unwrap();
            let other = URL_SAFE_NO_PAD.decode(grants().seal(&other)).unwrap();
            let mut spliced = other[..other.len() - TAG].to_vec();
            spliced.extend(&one[one.len() - TAG..]);
            prop_assert_eq!(grants().open(&URL_SAFE_NO_PAD.encode(spliced), 0), Err(GrantError::Forged));
        }

        #[test]
        fn another_servers_grant_is_refused(grant in any_grant()) {
            let text = Grants::new(&[8; 32]).seal(&grant);
            prop_assert_eq!(grants().open(&text, 0), Err(GrantError::Forged));
        }

        #[test]
        fn no_text_at_all_breaks_the_reader(text in ".{0,300}") {
            prop_assert!(grants().open(&text, 0).is_err());
        }

        #[test]
        fn a_sessions_id_is_its_key(bytes in any::<[u8; 16]>()) {
            let key = SessionKey(bytes);
            prop_assert_eq!(SessionKey::of(&key.id().unwrap()), Some(key));
        }
    }

    #[test]
    fn a_cut_grant_is_refused_wherever_it_is_cut() {
        let title = "t".parse().unwrap();
        let location = Location { generation: Generation::UNNAMED, store: StoreRole::Flat };
        let (session, decodable) = (SessionKey([1; 16]), DecodableClasses::UNLIMITED);
        let grant = Grant { title, location, session, class: 1080, decodable, expires: 9 };
        let text = grants().seal(&grant);
        for end in 0..text.len() {
            assert!(grants().open(&text[..end], 0).is_err(), "{end}");
        }
        assert_eq!(grants().open(&"A".repeat(100_000), 0), Err(GrantError::Malformed));
    }

    #[test]
    fn a_grant_that_a_build_made_which_knew_one_codec_leaves_no_rendition_out() {
        let mut bytes = vec![2];
        bytes.extend(2160_u16.to_be_bytes());
        bytes.extend(9_u64.to_be_bytes());
        bytes.extend([1; 16]);
        bytes.extend([3; 10]);
        bytes.extend(b"afilmwhoseidislong");
        let tag = grants().mac.chain_update(&bytes).finalize().into_bytes();
        bytes.extend(tag);
        let grant = grants().open(&URL_SAFE_NO_PAD.encode(bytes), 0).unwrap();
        assert_eq!((grant.title.as_str(), grant.class), ("afilmwhoseidislong", 2160));
        assert_eq!(grant.decodable, DecodableClasses::UNLIMITED);
    }

    #[test]
    fn a_grant_that_a_build_without_generations_made_is_one_for_what_it_packaged() {
        // The bytes of form 1, as its documentation said.
        let mut bytes = vec![1];
        bytes.extend(1080_u16.to_be_bytes());
        bytes.extend(9_u64.to_be_bytes());
        bytes.extend([1; 16]);
        bytes.extend(b"film");
        let tag = grants().mac.chain_update(&bytes).finalize().into_bytes();
        bytes.extend(tag);
        let grant = grants().open(&URL_SAFE_NO_PAD.encode(bytes), 0).unwrap();
        assert_eq!((grant.title.as_str(), grant.location, grant.class), ("film", Location::per_view(Generation::UNNAMED), 1080));
        assert_eq!((grant.session, grant.expires), (SessionKey([1; 16]), 9));
    }

    #[test]
    fn a_grant_for_the_first_store_has_the_form_that_builds_with_one_store_read() {
        let form = |store| {
            let location = Location { generation: Generation::from_bytes([3; 10]), store };
            let (title, session, decodable) = ("film".parse().unwrap(), SessionKey([1; 16]), DecodableClasses::UNLIMITED);
            let bytes = grants().seal(&Grant { title, location, session, class: 720, decodable, expires: 9 });
            let bytes = URL_SAFE_NO_PAD.decode(bytes).unwrap();
            (bytes[0], bytes.len())
        };
        assert_eq!(form(StoreRole::PerView), (3, 1 + 2 + 8 + 16 + 10 + 8 + 4 + 32));
        assert_eq!(form(StoreRole::Flat), (4, 1 + 2 + 8 + 16 + 10 + 1 + 8 + 4 + 32));
    }

    #[test]
    fn a_store_that_this_build_does_not_know_is_no_store_at_all() {
        for store in [0, 2, 255] {
            let mut bytes = vec![4];
            bytes.extend(2160_u16.to_be_bytes());
            bytes.extend(9_u64.to_be_bytes());
            bytes.extend([1; 16]);
            bytes.extend([3; 10]);
            bytes.push(store);
            bytes.extend([0; 8]);
            bytes.extend(b"film");
            let tag = grants().mac.chain_update(&bytes).finalize().into_bytes();
            bytes.extend(tag);
            assert_eq!(grants().open(&URL_SAFE_NO_PAD.encode(bytes), 0), Err(GrantError::Malformed), "{store}");
        }
    }

    #[test]
    fn a_session_key_does_not_show_in_logs() {
        assert_eq!(format!("{:?}", SessionKey([9; 16])), "SessionKey(..)");
    }
}
