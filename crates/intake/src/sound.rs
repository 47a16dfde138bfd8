//! How long a recording plays, counted from what is in it: a header may claim
//! anything. What it holds is not listened to. Decoders of hostile bytes may panic
//! or never end; whoever calls must expect that.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::Duration;

/// The longest recording there is: a day. More is a header's claim.
const LONGEST_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
/// The most of one tag that is read into memory; no tag is of interest.
const TAG_BYTES: usize = 64 * 1024;
/// The most channels of a recording; a header may claim 65,535, and a piece of all of
/// them would be read into memory at once.
const MAX_CHANNELS: usize = 16;
/// What a frame of AMR plays.
const AMR_FRAME_MILLISECONDS: u64 = 20;

/// Why it is not known how long a recording plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLength {
    /// It is in no format that can be read here.
    Unsupported,
    /// It calls itself one that can, and cannot be read.
    Undecodable,
}

/// Milliseconds that a recording of this media type, as [`crate::media::sniff`]
/// tells it, plays.
///
/// # Errors
/// When its format is not known here, or its bytes cannot be read.
pub fn milliseconds<R>(source: R, bytes: u64, media_type: &str) -> Result<u64, NoLength>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let counted = match media_type {
        "audio/amr" => amr(source, b"#!AMR\n", &AMR_BYTES),
        "audio/amr-wb" => amr(source, b"#!AMR-WB\n", &AMR_WB_BYTES),
        "audio/wav" | "audio/mpeg" | "audio/aac" | "audio/ogg" | "audio/flac" | "audio/mp4"
        | "audio/3gpp" => packets(source, bytes, media_type),
        _ => Err(NoLength::Unsupported),
    }?;
    if counted > LONGEST_MILLISECONDS { Err(NoLength::Undecodable) } else { Ok(counted) }
}

/// Bytes of a frame of narrow-band AMR after its first one, by the type that
/// the first one tells; `None` where no frame is of that type.
const AMR_BYTES: [Option<usize>; 16] = [
    Some(12),
    Some(13),
    Some(15),
    Some(17),
    Some(19),
    Some(20),
    Some(26),
    Some(31),
    Some(5),
    None,
    None,
    None,
    None,
    None,
    None,
    Some(0),
];

/// The same of wide-band AMR.
const AMR_WB_BYTES: [Option<usize>; 16] = [
    Some(17),
    Some(23),
    Some(32),
    Some(36),
    Some(40),
    Some(46),
    Some(50),
    Some(58),
    Some(60),
    Some(5),
    None,
    None,
    None,
    None,
    Some(0),
    Some(0),
];

/// Counts the whole frames of an AMR file; a last one that broke off is none.
fn amr(source: impl Read, magic: &[u8], sizes: &[Option<usize>; 16]) -> Result<u64, NoLength> {
    let mut source = io::BufReader::new(source);
    let mut head = vec![0; magic.len()];
    // Another beginning is that of several channels, which phones do not write.
    if source.read_exact(&mut head).is_err() || head != magic {
        return Err(NoLength::Unsupported);
    }
    let (mut frames, mut first, mut rest) = (0_u64, [0_u8], [0_u8; 64]);
    while read_whole(&mut source, &mut first)? {
        let size = sizes[usize::from(first[0] >> 3 & 0x0F)].ok_or(NoLength::Undecodable)?;
        if !read_whole(&mut source, &mut rest[..size])? {
            break;
        }
        frames += 1;
    }
    Ok(frames * AMR_FRAME_MILLISECONDS)
}

/// Whether the buffer could be filled before the file ended.
fn read_whole(source: &mut impl Read, buffer: &mut [u8]) -> Result<bool, NoLength> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(_) => Err(NoLength::Undecodable),
    }
}

/// Adds up what the packets of a file play, to where it breaks off.
fn packets<R>(source: R, bytes: u64, media_type: &str) -> Result<u64, NoLength>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let mut reader = opened(source, bytes, media_type).map_err(|error| refusal(&error))?;
    let track = reader
        .default_track(TrackType::Audio)
        .or_else(|| reader.tracks().first())
        .ok_or(NoLength::Unsupported)?;
    if channels(track) > MAX_CHANNELS {
        return Err(NoLength::Undecodable);
    }
    let (id, base) = (track.id, track.time_base.ok_or(NoLength::Unsupported)?);
    let mut played = Duration::ZERO;
    while let Some(duration) = next_duration(reader.as_mut(), id)? {
        played = Duration::from(played.get().saturating_add(duration.get()));
    }
    let time = base.calc_duration(played).ok_or(NoLength::Undecodable)?;
    match u64::try_from(time.as_millis()) {
        Ok(milliseconds) if milliseconds > 0 => Ok(milliseconds),
        _ => Err(NoLength::Undecodable),
    }
}

/// A recording of this media type, to be read packet by packet.
pub(crate) fn opened<R>(
    source: R,
    bytes: u64,
    media_type: &str,
) -> Result<Box<dyn FormatReader>, Error>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let stream = MediaSourceStream::new(Box::new(Source { source, bytes }), Default::default());
    let mut hint = Hint::new();
    hint.mime_type(media_type);
    let limits = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES));
    symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), limits)
}

/// How many channels a track claims to have.
fn channels(track: &Track) -> usize {
    let audio = track.codec_params.as_ref().and_then(CodecParameters::audio);
    audio.and_then(|known| known.channels.as_ref()).map_or(0, Channels::count)
}

/// What the next packet of a track plays; `None` at the end, wherever it is.
fn next_duration(reader: &mut dyn FormatReader, track: u32) -> Result<Option<Duration>, NoLength> {
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == track => return Ok(Some(packet.dur)),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(None),
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                return Ok(None);
            }
            Err(error) => return Err(refusal(&error)),
        }
    }
}

fn refusal(error: &Error) -> NoLength {
    match error {
        Error::Unsupported(_) => NoLength::Unsupported,
        _ => NoLength::Undecodable,
    }
}

/// A recording as the library wants it.
struct Source<R> {
    source: R,
    bytes: u64,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl<R: Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Source<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.bytes)
    }
}
