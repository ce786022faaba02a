//! What the viewer's device is and can show: the profile, and its form as an HTTP header.
//!
//! The browser recognises its device and sends [`HEADER`] with every call, an RFC 9651 dictionary such as
//! `class=phone, w=390, h=844, dpr=300, pointer=coarse, max=1080, codecs=("avc1" "mp4a"), video=("avc1";max=1080), save`.
//! A first request without it is classified from client hints and the user agent ([`DeviceProfile::guess`]).

mod video;

use serde::{Deserialize, Serialize};
use sfv::{BareItem, Dictionary, ListEntry, Parser};

pub use video::{DecodableClasses, VideoCodec, VideoDecoding};

/// The header's name.
pub const HEADER: &str = "x-marquee-device";

/// What kind of thing the viewer looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceClass {
    Phone,
    Tablet,
    #[default]
    Desktop,
    Tv,
}

/// How exactly the viewer can point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Pointer {
    #[default]
    Fine,
    Coarse,
    /// A remote control or a keyboard.
    None,
}

/// A device as it describes itself, or as it was guessed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceProfile {
    pub class: DeviceClass,
    /// CSS pixels.
    pub width: u16,
    /// CSS pixels.
    pub height: u16,
    /// Device pixels to a CSS pixel, in hundredths: 150 for a ratio of 1.5.
    pub pixel_ratio: u16,
    pub pointer: Pointer,
    /// The greatest class of H.264 that it decodes smoothly; absent where it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_height: Option<u16>,
    /// What it decodes: `avc1`, `hvc1`, `av01`, `vp09`, `mp4a`, `ac-3`, ...
    pub codecs: Vec<String>,
    /// What it decodes smoothly of each of the codecs that it was asked about; empty where it was not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub video: Vec<VideoDecoding>,
    /// The viewer asked for little data.
    pub save_data: bool,
    /// Kilobits in a second, as the browser estimates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink: Option<u32>,
}

/// Where a decision about a device came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceSource {
    /// The device described itself.
    Header,
    /// Client hints (`Sec-CH-UA-Mobile`, `Sec-CH-UA-Form-Factors`, ...).
    ClientHints,
    UserAgent,
    /// Nothing was known.
    Default,
}

/// What the server decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceReport {
    pub profile: DeviceProfile,
    pub source: DeviceSource,
    /// The highest rendition that this device is offered, in lines.
    pub offered_height: u16,
}

/// What a request says of its device without the header.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    pub user_agent: Option<&'a str>,
    /// `Sec-CH-UA-Mobile`.
    pub mobile: Option<&'a str>,
    /// `Sec-CH-UA-Form-Factors`.
    pub form_factors: Option<&'a str>,
    /// `Save-Data`.
    pub save_data: Option<&'a str>,
}

/// The header is no RFC 9651 dictionary, or a member has the wrong type or range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device header is not understood")]
pub struct InvalidDevice;

impl DeviceProfile {
    /// The highest rendition worth sending, in lines: no more than the screen shows (rounded up to the next
    /// rung), than the device decodes in any codec, and 720 where little data was asked for.
    pub fn offered_height(&self) -> u16 {
        const RUNGS: [u16; 8] = [240, 360, 480, 720, 1080, 1440, 2160, 4320];
        let short_side = u32::from(self.width.min(self.height)) * u32::from(self.pixel_ratio.max(100)) / 100;
        let screen = match self.class {
            // A film lies across a handheld screen, whichever way it is held.
            DeviceClass::Phone | DeviceClass::Tablet => short_side,
            DeviceClass::Desktop | DeviceClass::Tv => u32::from(self.height) * u32::from(self.pixel_ratio.max(100)) / 100,
        };
        let least = match self.class {
            DeviceClass::Phone => 480,
            DeviceClass::Tablet => 720,
            DeviceClass::Desktop | DeviceClass::Tv => 1080,
        };
        let wanted = if screen == 0 { least } else { screen.max(least) };
        let most = if self.class == DeviceClass::Phone { 1440 } else { 4320 };
        let rung = RUNGS.into_iter().find(|rung| u32::from(*rung) >= wanted).unwrap_or(4320).min(most);
        let decodable = self.decodable().greatest().min(rung).max(240);
        let saving = if self.save_data { 720 } else { u16::MAX };
        rung.min(decodable).min(saving)
    }

    /// The greatest class that it decodes of each codec.
    pub fn decodable(&self) -> DecodableClasses {
        DecodableClasses::of(&self.video, self.max_height)
    }

    /// The header's value.
    pub fn to_header(&self) -> String {
        let mut parts = vec![
            format!("class={}", self.class.as_str()),
            format!("w={}", self.width),
            format!("h={}", self.height),
            format!("dpr={}", self.pixel_ratio),
            format!("pointer={}", self.pointer.as_str()),
        ];
        if let Some(max) = self.max_height {
            parts.push(format!("max={max}"));
        }
        if !self.codecs.is_empty() {
            let quoted: Vec<String> =
                self.codecs.iter().filter(|codec| is_codec(codec)).map(|codec| format!("\"{codec}\"")).collect();
            parts.push(format!("codecs=({})", quoted.join(" ")));
        }
        if !self.video.is_empty() {
            let decoded: Vec<String> = self.video.iter().map(|decoding| decoding.to_item()).collect();
            parts.push(format!("video=({})", decoded.join(" ")));
        }
        if self.save_data {
            parts.push("save".to_owned());
        }
        if let Some(downlink) = self.downlink {
            parts.push(format!("downlink={downlink}"));
        }
        parts.join(", ")
    }

    /// Reads the header. Members that are not known are passed over (RFC 9651 asks for that).
    ///
    /// # Errors
    /// [`InvalidDevice`] where it is no dictionary, longer than 512 bytes, or a known member is off.
    pub fn from_header(text: &str) -> Result<Self, InvalidDevice> {
        if text.len() > 512 {
            return Err(InvalidDevice);
        }
        let members: Dictionary = Parser::new(text).parse().map_err(|_| InvalidDevice)?;
        Ok(Self {
            class: DeviceClass::parse(token(&members, "class")?.ok_or(InvalidDevice)?)?,
            width: integer(&members, "w")?.unwrap_or(0),
            height: integer(&members, "h")?.unwrap_or(0),
            pixel_ratio: integer(&members, "dpr")?.unwrap_or(100),
            pointer: token(&members, "pointer")?.map_or(Ok(Pointer::Fine), Pointer::parse)?,
            max_height: integer(&members, "max")?,
            codecs: codecs(&members)?,
            video: video::read(&members)?,
            save_data: flag(&members, "save")?,
            downlink: integer(&members, "downlink")?,
        })
    }

    /// Guesses a profile from what every browser sends, and says from which of it.
    pub fn guess(hints: Hints<'_>) -> (Self, DeviceSource) {
        let agent = hints.user_agent.unwrap_or_default().to_ascii_lowercase();
        let (class, source) = if is_tv(&agent) {
            (DeviceClass::Tv, DeviceSource::UserAgent)
        } else if let Some(class) = hints.form_factors.and_then(class_of_form_factor) {
            (class, DeviceSource::ClientHints)
        } else if hints.mobile.is_some_and(|mobile| mobile.trim() == "?1") {
            (DeviceClass::Phone, DeviceSource::ClientHints)
        } else if let Some(class) = class_of_agent(&agent) {
            (class, DeviceSource::UserAgent)
        } else {
            (DeviceClass::Desktop, DeviceSource::Default)
        };
        let (width, height, pixel_ratio, pointer) = match class {
            DeviceClass::Phone => (390, 844, 300, Pointer::Coarse),
            DeviceClass::Tablet => (820, 1180, 200, Pointer::Coarse),
            DeviceClass::Desktop => (1440, 900, 100, Pointer::Fine),
            DeviceClass::Tv => (1920, 1080, 100, Pointer::None),
        };
        let save_data = hints.save_data.is_some_and(|value| value.eq_ignore_ascii_case("on"));
        let profile = Self { class, width, height, pixel_ratio, pointer, save_data, ..Self::default() };
        (profile, source)
    }
}

impl DeviceClass {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
            Self::Tv => "tv",
        }
    }

    /// The inverse of [`Self::as_str`].
    ///
    /// # Errors
    /// Where the text names no class.
    pub fn parse(text: &str) -> Result<Self, InvalidDevice> {
        match text {
            "phone" => Ok(Self::Phone),
            "tablet" => Ok(Self::Tablet),
            "desktop" => Ok(Self::Desktop),
            "tv" => Ok(Self::Tv),
            _ => Err(InvalidDevice),
        }
    }
}

impl Pointer {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Coarse => "coarse",
            Self::None => "none",
        }
    }

    fn parse(text: &str) -> Result<Self, InvalidDevice> {
        match text {
            "fine" => Ok(Self::Fine),
            "coarse" => Ok(Self::Coarse),
            "none" => Ok(Self::None),
            _ => Err(InvalidDevice),
        }
    }
}

fn is_tv(agent: &str) -> bool {
    [
        "smart-tv",
        "smarttv",
        "googletv",
        "android tv",
        "appletv",
        "hbbtv",
        "web0s",
        "webos.tv",
        "tizen",
        "crkey",
        "aft",
        " aft",
        "roku",
        "bravia",
    ]
    .iter()
    .any(|mark| agent.contains(mark))
        && !agent.contains("tizen/mobile")
}

fn class_of_form_factor(value: &str) -> Option<DeviceClass> {
    if value.contains("\"Tablet\"") {
        Some(DeviceClass::Tablet)
    } else if value.contains("\"Mobile\"") {
        Some(DeviceClass::Phone)
    } else if value.contains("\"Desktop\"") {
        Some(DeviceClass::Desktop)
    } else {
        None
    }
}

fn class_of_agent(agent: &str) -> Option<DeviceClass> {
    if agent.contains("ipad") || agent.contains("tablet") || (agent.contains("android") && !agent.contains("mobile")) {
        Some(DeviceClass::Tablet)
    } else if agent.contains("mobi") || agent.contains("iphone") {
        Some(DeviceClass::Phone)
    } else if agent.contains("mozilla") {
        Some(DeviceClass::Desktop)
    } else {
        None
    }
}

fn is_codec(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

fn bare<'a>(members: &'a Dictionary, key: &str) -> Result<Option<&'a BareItem>, InvalidDevice> {
    match members.get(key) {
        None => Ok(None),
        Some(ListEntry::Item(item)) => Ok(Some(&item.bare_item)),
        Some(ListEntry::InnerList(_)) => Err(InvalidDevice),
    }
}

fn token<'a>(members: &'a Dictionary, key: &str) -> Result<Option<&'a str>, InvalidDevice> {
    let Some(item) = bare(members, key)? else { return Ok(None) };
    item.as_token().map(|token| Some(token.as_str())).ok_or(InvalidDevice)
}

fn integer<N: TryFrom<i64>>(members: &Dictionary, key: &str) -> Result<Option<N>, InvalidDevice> {
    let Some(item) = bare(members, key)? else { return Ok(None) };
    let number = item.as_integer().ok_or(InvalidDevice)?;
    N::try_from(i64::from(number)).map(Some).map_err(|_| InvalidDevice)
}

fn flag(members: &Dictionary, key: &str) -> Result<bool, InvalidDevice> {
    let Some(item) = bare(members, key)? else { return Ok(false) };
    item.as_boolean().ok_or(InvalidDevice)
}

fn codecs(members: &Dictionary) -> Result<Vec<String>, InvalidDevice> {
    match members.get("codecs") {
        None => Ok(Vec::new()),
        Some(ListEntry::Item(_)) => Err(InvalidDevice),
        Some(ListEntry::InnerList(list)) => list
            .items
            .iter()
            .map(|item| match item.bare_item.as_string() {
                Some(text) if is_codec(text.as_str()) => Ok(text.as_str().to_owned()),
                _ => Err(InvalidDevice),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
