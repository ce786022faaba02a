//! What a device decodes: for each codec the greatest class, and the ranges of brightness.
//!
//! A television may decode 2160p in HEVC or AV1 and no more than 1080p in H.264: each rendition is compared with its own codec.

use serde::{Deserialize, Serialize};
use sfv::{BareItem, Dictionary, ListEntry, Parameters};

use super::InvalidDevice;

/// A codec of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VideoCodec {
    /// H.264 (ITU-T H.264).
    #[serde(rename = "avc1")]
    H264,
    /// H.265 (ITU-T H.265).
    #[serde(rename = "hvc1")]
    Hevc,
    #[serde(rename = "av01")]
    Av1,
    #[serde(rename = "vp09")]
    Vp9,
}

impl VideoCodec {
    pub const ALL: [Self; 4] = [Self::H264, Self::Hevc, Self::Av1, Self::Vp9];

    /// The sample entry that stands for it in a header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H264 => "avc1",
            Self::Hevc => "hvc1",
            Self::Av1 => "av01",
            Self::Vp9 => "vp09",
        }
    }

    /// The codec of an RFC 6381 string, such as `avc1.640028`.
    pub fn of(codecs: &str) -> Option<Self> {
        match codecs.split(['.', ',']).next()? {
            "avc1" | "avc3" => Some(Self::H264),
            "hvc1" | "hev1" => Some(Self::Hevc),
            "av01" => Some(Self::Av1),
            "vp09" => Some(Self::Vp9),
            _ => None,
        }
    }
}

/// What a device decodes smoothly of one codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VideoDecoding {
    pub codec: VideoCodec,
    /// The greatest class, in lines.
    pub class: u16,
    /// Whether it decodes HDR10 (SMPTE ST 2084) of that class, too.
    #[serde(default)]
    pub pq: bool,
    /// Whether it decodes HLG (ARIB STD-B67) of that class, too.
    #[serde(default)]
    pub hlg: bool,
}

impl VideoDecoding {
    /// An item of the header: `"hvc1";max=2160;pq`.
    pub(super) fn to_item(self) -> String {
        let flag = |is_on: bool, name: &'static str| if is_on { name } else { "" };
        format!("\"{}\";max={}{}{}", self.codec.as_str(), self.class, flag(self.pq, ";pq"), flag(self.hlg, ";hlg"))
    }
}

/// Reads the table of a header. Codecs that are not known are passed over.
pub(super) fn read(members: &Dictionary) -> Result<Vec<VideoDecoding>, InvalidDevice> {
    let list = match members.get("video") {
        None => return Ok(Vec::new()),
        Some(ListEntry::Item(_)) => return Err(InvalidDevice),
        Some(ListEntry::InnerList(list)) => list,
    };
    let mut table: Vec<VideoDecoding> = Vec::new();
    for item in &list.items {
        let name = item.bare_item.as_string().ok_or(InvalidDevice)?;
        let class = item.params.get("max").and_then(BareItem::as_integer).ok_or(InvalidDevice)?;
        let class = u16::try_from(i64::from(class)).map_err(|_| InvalidDevice)?;
        let Some(codec) = VideoCodec::of(name.as_str()) else { continue };
        let (pq, hlg) = (flag(&item.params, "pq")?, flag(&item.params, "hlg")?);
        if table.iter().all(|known| known.codec != codec) {
            table.push(VideoDecoding { codec, class, pq, hlg });
        }
    }
    Ok(table)
}

fn flag(params: &Parameters, name: &str) -> Result<bool, InvalidDevice> {
    let Some(value) = params.get(name) else { return Ok(false) };
    value.as_boolean().ok_or(InvalidDevice)
}

/// The greatest class that is decoded, for each codec in the order of [`VideoCodec::ALL`]; 0 for none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodableClasses(pub [u16; 4]);

impl DecodableClasses {
    /// Nothing was asked, or nothing may be left out.
    pub const UNLIMITED: Self = Self([u16::MAX; 4]);

    /// From a device's table. Whoever says only how much H.264 it decodes decodes as much of whatever there is.
    pub(super) fn of(table: &[VideoDecoding], max_height: Option<u16>) -> Self {
        if table.is_empty() {
            return Self([max_height.unwrap_or(u16::MAX); 4]);
        }
        let class = |codec| table.iter().find(|known| known.codec == codec).map_or(0, |known| known.class);
        Self(VideoCodec::ALL.map(class))
    }

    /// The greatest class in any codec.
    pub fn greatest(self) -> u16 {
        self.0.into_iter().max().unwrap_or(0)
    }

    /// Whether a rendition of this class and these codecs (RFC 6381) is decoded. What has no name here is left to the player.
    pub fn allow(self, codecs: &str, class: u16) -> bool {
        let Some(codec) = VideoCodec::of(codecs) else { return true };
        VideoCodec::ALL.into_iter().zip(self.0).any(|(known, most)| known == codec && class <= most)
    }
}
