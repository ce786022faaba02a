//! The picture's way through ffmpeg: turned, squared, deinterlaced, evenly timed, tone-mapped, scaled, encoded.
//!
//! Pure: it makes filter chains and arguments. Must never enlarge, and must never leave a colour untagged.

use super::{
    argv::{Argv, Input},
    hls,
    ladder::Rung,
    probe::{DynamicRange, VideoStream},
    run::{Limits, Tools},
};

/// One rendition of a film.
pub fn rendition(tools: &Tools, source: Input<'_>, film: &VideoStream, rung: Rung, limits: Limits) -> Argv {
    let (up, down) = film.rate;
    // From 0 on, however late the first picture comes, so that every rendition and the sound share one beginning.
    let timing = format!("fps=fps={up}/{down}:start_time=0");
    let chain = chain(film, timing, rung.width, rung.height);
    let key_frames = format!("expr:gte(t,n_forced*{})", hls::GOP_SECONDS);
    let encoder = Argv::ffmpeg(tools, limits)
        .set("-threads", tools.threads)
        .input(source)
        .set("-map", format!("0:{}", film.index))
        .set("-vf", chain)
        .args(["-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high"])
        .args(["-pix_fmt", "yuv420p", "-crf", "22"])
        .set("-maxrate", format!("{}k", rung.kilobits))
        .set("-bufsize", format!("{}k", rung.kilobits * 2))
        // Key frames by time alone, and closed groups: all renditions can then be cut at the same instants.
        .set("-force_key_frames", key_frames)
        .args(["-sc_threshold", "0", "-g", "100000", "-flags", "+cgop"])
        .args(["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"])
        .set("-threads", tools.threads);
    hls::output(encoder)
}

/// The filters from a decoded picture (already turned: ffmpeg does so first) to one of `width` by `height` square
/// pixels in BT.709.
fn chain(film: &VideoStream, timing: String, width: u16, height: u16) -> String {
    let mut filters = Vec::with_capacity(6);
    if film.interlaced {
        filters.push("bwdif=mode=send_frame:parity=auto:deint=all".to_owned());
    }
    filters.push(timing);
    match film.range {
        DynamicRange::Standard => filters.push(format!(
            "scale=w={width}:h={height}:flags=bicubic:in_color_matrix={}:out_color_matrix=bt709:out_range=tv",
            film.matrix
        )),
        DynamicRange::Pq => filters.push(tone_mapped("smpte2084", width, height)),
        DynamicRange::Hlg => filters.push(tone_mapped("arib-std-b67", width, height)),
    }
    filters.push("format=yuv420p".to_owned());
    filters.push("setsar=1".to_owned());
    filters.join(",")
}

/// Linear light in units of HDR's reference white (203 cd/m2, ITU-R BT.2408), highlights up to 1000 cd/m2 rolled off
/// by the Moebius curve, which leaves what is darker alone; then back to BT.709.
fn tone_mapped(transfer: &str, width: u16, height: u16) -> String {
    format!(
        "zscale=w={width}:h={height}:filter=bicubic:tin={transfer}:min=2020_ncl:pin=2020:t=linear:npl=203,\
         format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=mobius:peak=4.93:desat=0,zscale=t=bt709:m=bt709:r=tv"
    )
}

/// From our BT.709 to what JPEG means: full range and BT.601's matrix (ITU-T T.871).
pub const TO_JPEG: &str = "scale=in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=pc,format=yuvj420p";
