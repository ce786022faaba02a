//! What a file's own structure says where ffprobe is silent: which tracks are encrypted, and whether its end is missing.
//!
//! Owns the few boxes and elements that are read for that, and nothing else of these formats. Blocks. Must never take a
//! length from a file for the size of anything that is kept in memory.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// More boxes than this are looked at in no file.
const MOST_BOXES: usize = 100_000;
/// Bytes of a transport stream's packet.
const PACKET: usize = 188;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Of MP4, for each track in the file's order: whether its samples are encrypted.
    pub encrypted: Vec<bool>,
    /// All of it is encrypted, whatever its tracks are called.
    pub scrambled: bool,
    /// The file ends before its container says that it does.
    pub cut_off: bool,
}

/// Reads it; `head` is how the file begins.
pub fn structure(path: &Path, head: &[u8]) -> io::Result<Structure> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut encrypted = Vec::new();
    if head.get(4..8).is_some_and(|kind| kind.iter().all(|byte| byte.is_ascii_alphanumeric())) {
        let mut left = MOST_BOXES;
        // A damaged file is judged by ffprobe: what was found until then stands.
        let _ = tracks(&mut file, (0, length), &mut left, &mut encrypted);
    }
    let cut_off = segment_end(head).is_some_and(|end| end > length);
    Ok(Structure { encrypted, scrambled: is_scrambled(head), cut_off })
}

/// Walks the boxes between two places (ISO/IEC 14496-12, 4.2) down to the sample entries of each track.
fn tracks(file: &mut File, (from, to): (u64, u64), left: &mut usize, found: &mut Vec<bool>) -> io::Result<()> {
    let mut at = from;
    while at + 8 <= to && *left > 0 {
        *left -= 1;
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        file.read_exact(&mut head[..8])?;
        let [s0, s1, s2, s3, kind @ .., _, _, _, _, _, _, _, _] = head;
        let (size, body) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => (to - at, 8),
            1 => {
                let mut large = [0; 8];
                file.read_exact(&mut large)?;
                (u64::from_be_bytes(large), 16)
            }
            size => (u64::from(size), 8),
        };
        let end = at.saturating_add(size).min(to);
        if size < body || end <= at {
            return Ok(());
        }
        let inside = (at + body, end);
        match &kind {
            b"trak" => {
                found.push(false);
                tracks(file, inside, left, found)?;
            }
            b"moov" | b"mdia" | b"minf" | b"stbl" => tracks(file, inside, left, found)?,
            // Version and flags, and how many entries follow.
            b"stsd" => tracks(file, (inside.0 + 8, inside.1), left, found)?,
            // ISO/IEC 14496-12, 8.12, and FairPlay of the iTunes Store.
            b"encv" | b"enca" | b"enct" | b"encs" | b"encm" | b"drmi" | b"drms" => {
                if let Some(track) = found.last_mut() {
                    *track = true;
                }
            }
            _ => {}
        }
        if &kind == b"moov" {
            return Ok(());
        }
        at = end;
    }
    Ok(())
}

/// Where the segment of a Matroska file ends (RFC 8794, RFC 9559), if the file says it.
fn segment_end(head: &[u8]) -> Option<u64> {
    let header = head.strip_prefix(&[0x1a, 0x45, 0xdf, 0xa3])?;
    let (size, width) = vint(header)?;
    let begin = 4 + width + usize::try_from(size?).ok()?;
    let segment = head.get(begin..)?.strip_prefix(&[0x18, 0x53, 0x80, 0x67])?;
    let (size, width) = vint(segment)?;
    u64::try_from(begin + 4 + width).ok()?.checked_add(size?)
}

/// A number of variable size and how many bytes it takes; all ones are a size that is not known.
fn vint(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let width = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..width)?;
    let mask = 0xff_u64 >> width;
    let value = rest.iter().fold(u64::from(first) & mask, |value, byte| value << 8 | u64::from(*byte));
    let unknown = value == (1_u64 << (7 * width)) - 1;
    Some(((!unknown).then_some(value), width))
}

/// Transport streams, program streams and ASF say in their packets, or in their header, that they are scrambled.
fn is_scrambled(head: &[u8]) -> bool {
    // Content encryption objects: plain, extended, advanced (ASF specification, 10.4).
    const ASF: [u8; 4] = [0x30, 0x26, 0xb2, 0x75];
    const OBJECTS: [[u8; 16]; 3] = [
        [0xfb, 0xb3, 0x11, 0x22, 0x23, 0xbd, 0xd2, 0x11, 0xb4, 0xb7, 0x00, 0xa0, 0xc9, 0x55, 0xfc, 0x6e],
        [0x14, 0xe6, 0x8a, 0x29, 0x22, 0x26, 0x17, 0x4c, 0xb9, 0x35, 0xda, 0xe0, 0x7e, 0xe9, 0x28, 0x9c],
        [0x33, 0x85, 0x05, 0x43, 0x81, 0x69, 0xe6, 0x49, 0x9b, 0x74, 0xad, 0x12, 0xcb, 0x86, 0xd5, 0x8c],
    ];
    if head.starts_with(&ASF) {
        return head.windows(16).any(|window| OBJECTS.iter().any(|object| object == window));
    }
    let packets = || head.chunks_exact(PACKET);
    if packets().len() > 2 && packets().all(|packet| packet.starts_with(b"G")) {
        // ISO/IEC 13818-1, 2.4.3.3: transport_scrambling_control. Tables are never scrambled, and are few.
        let scrambled = packets().filter(|packet| packet.get(3).is_some_and(|byte| byte & 0xc0 != 0)).count();
        return scrambled * 2 > packets().len();
    }
    // ISO/IEC 13818-1, 2.4.3.7: PES_scrambling_control, in the packets of a picture.
    let pictures = || head.windows(7).filter(|at| at.starts_with(&[0, 0, 1]) && at.get(3).is_some_and(|id| id & 0xf0 == 0xe0));
    let scrambled = pictures().filter(|at| at.get(6).is_some_and(|byte| byte & 0xc0 == 0x80 && byte & 0x30 != 0)).count();
    head.starts_with(&[0, 0, 1, 0xba]) && scrambled > 0 && scrambled * 2 > pictures().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        let size = u32::try_from(8 + inside.len()).unwrap();
        [&size.to_be_bytes(), kind, inside].concat()
    }

    fn track(entries: &[&[u8; 4]]) -> Vec<u8> {
        let entries: Vec<u8> = entries.iter().flat_map(|kind| boxed(kind, &[0; 70])).collect();
        let table = boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &entries].concat());
        let within = [b"stbl", b"minf", b"mdia"].into_iter().fold(table, |inside, kind| boxed(kind, &inside));
        boxed(b"trak", &[boxed(b"tkhd", &[0; 84]), within].concat())
    }

    fn structure_of(bytes: &[u8]) -> Structure {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        structure(file.path(), &bytes[..bytes.len().min(4096)]).unwrap()
    }

    #[test]
    fn an_encrypted_track_is_found_behind_whatever_comes_before_it() {
        let tracks = [track(&[b"encv", b"avc1"]), track(&[b"mp4a"]), track(&[b"enca"]), track(&[b"drmi"])].concat();
        let film = [boxed(b"ftyp", b"isom"), boxed(b"mdat", &[7; 5000]), boxed(b"moov", &tracks)].concat();
        assert_eq!(structure_of(&film).encrypted, [true, false, true, true]);
    }

    #[test]
    fn boxes_that_lie_about_their_size_are_no_trap() {
        for size in [0_u32, 1, 2, 7, u32::MAX] {
            let mut film = boxed(b"moov", &track(&[b"encv"]));
            for at in (0..film.len() - 4).step_by(4) {
                let kept = film[at..at + 4].to_vec();
                film[at..at + 4].copy_from_slice(&size.to_be_bytes());
                structure_of(&film);
                film[at..at + 4].copy_from_slice(&kept);
            }
        }
    }

    #[test]
    fn a_matroska_file_whose_end_is_missing_is_known_by_the_size_that_it_tells() {
        let film = |size: &[u8]| [&[0x1a, 0x45, 0xdf, 0xa3, 0x82, 1, 2, 0x18, 0x53, 0x80, 0x67][..], size, &[0; 10]].concat();
        assert!(!structure_of(&film(&[0x8a])).cut_off, "ten bytes, and there are ten");
        assert!(structure_of(&film(&[0x40, 11])).cut_off, "eleven bytes");
        assert!(!structure_of(&film(&[0xff])).cut_off, "a size that was not known when it was written");
        assert!(!structure_of(&film(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])).cut_off, "the same in eight bytes");
    }

    #[test]
    fn streams_that_are_scrambled_say_so_in_their_packets() {
        let packet = |control: u8| [&[b'G', 0x41, 0, 0x10 | control][..], &[0; PACKET - 4]].concat();
        let (plain, scrambled) = (packet(0), packet(0x80));
        assert!(structure_of(&[&plain[..], &scrambled, &scrambled, &scrambled].concat()).scrambled);
        assert!(!structure_of(&[&plain[..], &plain, &plain, &scrambled].concat()).scrambled);
        let disc = |flags: u8| [&[0, 0, 1, 0xba][..], &[0x44; 10], &[0, 0, 1, 0xe0, 7, 0xec, flags], &[0; 100]].concat();
        assert!(structure_of(&disc(0x90)).scrambled && !structure_of(&disc(0x81)).scrambled);
        let windows = [&[0x30, 0x26, 0xb2, 0x75][..], &[9; 60], &[0xfb, 0xb3, 0x11, 0x22, 0x23, 0xbd, 0xd2, 0x11, 0xb4, 0xb7]];
        let windows = [windows.concat(), vec![0x00, 0xa0, 0xc9, 0x55, 0xfc, 0x6e]].concat();
        assert!(structure_of(&windows).scrambled && !structure_of(&windows[..70]).scrambled);
    }
}
