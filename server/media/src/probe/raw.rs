//! ffprobe's JSON, as far as it is read. Must never be used outside `probe`.

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    pub streams: Vec<Stream>,
    pub format: Format,
    pub chapters: Vec<Chapter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Format {
    /// The demuxer's names, with commas between.
    pub format_name: String,
    pub duration: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stream {
    pub index: u32,
    pub codec_type: String,
    pub codec_name: Option<String>,
    pub codec_tag_string: String,
    pub width: u32,
    pub height: u32,
    pub sample_aspect_ratio: Option<String>,
    pub field_order: Option<String>,
    pub r_frame_rate: String,
    pub avg_frame_rate: String,
    pub color_transfer: Option<String>,
    pub color_space: Option<String>,
    pub channels: u32,
    pub duration: Option<String>,
    /// The same in units of the stream.
    pub duration_ts: Option<i64>,
    pub disposition: Disposition,
    pub tags: Tags,
    pub side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Disposition {
    pub default: u8,
    pub forced: u8,
    pub attached_pic: u8,
    pub hearing_impaired: u8,
    pub visual_impaired: u8,
    pub comment: u8,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tags {
    #[serde(alias = "LANGUAGE")]
    pub language: Option<String>,
    #[serde(alias = "TITLE")]
    pub title: Option<String>,
    /// Where Matroska keeps a stream's duration: `00:00:10.033000000`.
    #[serde(rename = "DURATION")]
    pub duration: Option<String>,
    /// Where older MP4 files keep the rotation.
    pub rotate: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SideData {
    pub side_data_type: String,
    /// Degrees, counter-clockwise.
    pub rotation: Option<f64>,
    pub dv_profile: Option<u32>,
    pub dv_bl_signal_compatibility_id: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chapter {
    pub start_time: String,
    pub tags: Tags,
}
