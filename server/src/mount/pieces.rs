//! A body in pieces, of which some are the same in many bodies and were compressed before.
//!
//! gzip (RFC 1952) is a deflate stream (RFC 1951) between a head and a check. Each piece is deflated for itself and ends at a whole byte, with
//! nothing in it that refers to another piece; so streams of pieces, one behind the other, are the stream of the body, and the checks of pieces
//! give its check. Must never put a stream together of pieces whose compressor knew what came before.

use std::{cell::RefCell, sync::Arc};

use bytes::Bytes;
use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};

/// Of what is made once and sent often, and of what is made for one.
const THOROUGH: u32 = 9;
const QUICK: u32 = 1;
/// Of no name, no time and no system (RFC 1952, section 2.3.1).
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block (RFC 1951, section 3.2.6).
const END: [u8; 2] = [3, 0];
/// Bytes of a piece up to which it is put into the stream as it is: a compressor that begins anew for it, with tables of a hundred
/// kilobytes to clear, takes longer than so many are worth.
const AS_IT_IS: usize = 1024;
/// What a stream takes at most beside what it says, for each piece.
const AROUND: usize = 64;

thread_local! {
    /// It takes a quarter of a megabyte, which is made and cleared once for each thread.
    static COMPRESSOR: RefCell<Compress> = RefCell::new(compressor(QUICK));
}

/// A piece that many bodies have.
#[derive(Debug)]
pub struct SharedPiece {
    plain: Bytes,
    /// Nothing where it cannot be compressed.
    deflated: Option<Box<[u8]>>,
    check: Hasher,
}

impl SharedPiece {
    /// Compresses it, which takes milliseconds.
    pub fn new(plain: impl Into<Bytes>) -> Self {
        let plain = plain.into();
        let mut deflated = Vec::new();
        let deflated = deflate(&mut compressor(THOROUGH), &plain, &mut deflated).then(|| deflated.into());
        Self { check: check(&plain), deflated, plain }
    }

    /// Bytes that it takes.
    pub fn weight(&self) -> usize {
        self.plain.len() + self.deflated.as_ref().map_or(0, |deflated| deflated.len())
    }
}

/// A piece of a body.
#[derive(Clone, Debug)]
pub enum Piece {
    Own(Bytes),
    Shared(Arc<SharedPiece>),
}

/// A whole body. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pieces {
    pieces: Arc<[Piece]>,
    length: usize,
}

impl From<Vec<Piece>> for Pieces {
    fn from(pieces: Vec<Piece>) -> Self {
        let length = pieces.iter().map(|piece| piece.plain().len()).sum();
        Self { pieces: pieces.into(), length }
    }
}

impl From<Bytes> for Pieces {
    fn from(whole: Bytes) -> Self {
        vec![Piece::Own(whole)].into()
    }
}

impl Piece {
    fn plain(&self) -> &Bytes {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(piece) => &piece.plain,
        }
    }
}

impl Pieces {
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Bytes that are to be compressed where it is sent as gzip.
    pub fn own_length(&self) -> usize {
        let own = |piece: &Piece| if let Piece::Own(bytes) = piece { bytes.len() } else { 0 };
        self.pieces.iter().map(own).sum()
    }

    /// As it is. Copies nothing of a body of one piece.
    pub fn plain(&self) -> Bytes {
        if let [piece] = &*self.pieces {
            return piece.plain().clone();
        }
        let mut whole = Vec::with_capacity(self.length);
        self.pieces.iter().for_each(|piece| whole.extend_from_slice(piece.plain()));
        whole.into()
    }

    /// As gzip; nothing where it cannot be compressed.
    pub fn gzip(&self) -> Option<Bytes> {
        COMPRESSOR.with_borrow_mut(|compressor| {
            compressor.reset();
            self.gzip_with(compressor)
        })
    }

    fn gzip_with(&self, compressor: &mut Compress) -> Option<Bytes> {
        let mut whole = Vec::with_capacity(self.length / 4 + AROUND);
        whole.extend_from_slice(&HEAD);
        let mut check = Hasher::new();
        for piece in &*self.pieces {
            match piece {
                Piece::Own(bytes) if bytes.len() <= AS_IT_IS => {
                    store(bytes, &mut whole);
                    check.update(bytes);
                }
                Piece::Own(bytes) => {
                    if !deflate(compressor, bytes, &mut whole) {
                        return None;
                    }
                    check.update(bytes);
                }
                Piece::Shared(piece) => {
                    whole.extend_from_slice(piece.deflated.as_ref()?);
                    check.combine(&piece.check);
                }
            }
        }
        whole.extend_from_slice(&END);
        whole.extend_from_slice(&check.finalize().to_le_bytes());
        // The length modulo 2^32 (RFC 1952, section 2.3.1).
        whole.extend_from_slice(&(self.length as u32).to_le_bytes());
        Some(whole.into())
    }
}

fn check(bytes: &[u8]) -> Hasher {
    let mut check = Hasher::new();
    check.update(bytes);
    check
}

fn compressor(level: u32) -> Compress {
    Compress::new(Compression::new(level), false)
}

/// Puts a block of `bytes` as they are behind `to` (RFC 1951, section 3.2.4), which ends at a whole byte.
fn store(bytes: &[u8], to: &mut Vec<u8>) {
    for block in bytes.chunks(AS_IT_IS) {
        let length = block.len() as u16;
        to.push(0);
        to.extend_from_slice(&length.to_le_bytes());
        to.extend_from_slice(&(!length).to_le_bytes());
        to.extend_from_slice(block);
    }
}

/// Puts the stream of `bytes` behind `to`, and says whether that is whole. A full flush ends at a whole byte, and the compressor forgets what
/// it saw.
fn deflate(compressor: &mut Compress, mut bytes: &[u8], to: &mut Vec<u8>) -> bool {
    loop {
        to.reserve(bytes.len() / 4 + AROUND);
        let before = compressor.total_in();
        let status = compressor.compress_vec(bytes, to, FlushCompress::Full);
        let taken = usize::try_from(compressor.total_in() - before).unwrap_or(usize::MAX);
        bytes = bytes.get(taken..).unwrap_or_default();
        // Where there is room left, everything was written.
        let is_done = bytes.is_empty() && to.len() < to.capacity();
        match status {
            Ok(Status::Ok | Status::BufError) if !is_done => {}
            Ok(Status::Ok | Status::BufError) => return true,
            Ok(Status::StreamEnd) | Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    /// As a browser reads it: one member, and its check holds.
    fn read(gzip: &[u8]) -> Vec<u8> {
        let (mut plain, mut decoder) = (Vec::new(), GzDecoder::new(gzip));
        decoder.read_to_end(&mut plain).unwrap();
        assert!(decoder.into_inner().is_empty(), "nothing is behind it");
        plain
    }

    fn own(bytes: &[u8]) -> Piece {
        Piece::Own(Bytes::copy_from_slice(bytes))
    }

    fn shared(bytes: &[u8]) -> Piece {
        Piece::Shared(Arc::new(SharedPiece::new(Bytes::copy_from_slice(bytes))))
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut noise = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        noise
    }

    #[test]
    fn whatever_its_pieces_are_a_body_is_what_it_was() {
        let text = "a card and a card and a card; ".repeat(3_000);
        let (text, noise) = (text.as_bytes(), noise(200_000));
        let bodies: [Vec<Piece>; 8] = [
            vec![],
            vec![own(b"")],
            vec![shared(b"")],
            vec![own(b"x"), own(b""), shared(b"y"), own(b"z")],
            vec![own(text)],
            vec![shared(text), own(text), shared(text), shared(text), own(b"end")],
            vec![own(&noise), shared(&noise), own(text)],
            vec![own(&noise[..5]), shared(text)],
        ];
        for pieces in bodies {
            let body = Pieces::from(pieces);
            assert_eq!(body.plain().len(), body.length());
            assert!(read(&body.gzip().unwrap()) == body.plain(), "{} bytes", body.length());
        }
    }

    #[test]
    fn lengths_around_a_compressors_own_are_whole() {
        for length in (0..80).chain(AS_IT_IS - 2..AS_IT_IS + 3).chain(250..270).chain(32_760..32_780).chain(65_530..65_545) {
            for bytes in [vec![b'a'; length], noise(length)] {
                let body = Pieces::from(vec![own(&bytes), shared(&bytes), own(&bytes)]);
                assert!(read(&body.gzip().unwrap()) == body.plain(), "{length}");
            }
        }
    }

    #[test]
    fn what_is_shared_is_compressed_before() {
        let text = "a card and a card and a card; ".repeat(3_000);
        let body = Pieces::from(vec![own(b"<p>"), shared(text.as_bytes()), own(b"</p>")]);
        assert_eq!(body.own_length(), 7);
        assert!(body.gzip().unwrap().len() < body.length() / 50);
    }
}
