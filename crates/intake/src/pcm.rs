//! Makes of a recording what every player plays: the samples of a WAV file of 16-bit
//! PCM, at the rate and with the channels that the recording has. Decoders of hostile
//! bytes may panic or never end; whoever calls must expect that.

use std::io::{self, ErrorKind, Read, Seek, Write};

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_MULAW, CODEC_ID_PCM_S16LE,
    CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8,
};
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, TrackType};

use crate::sound::opened;

/// Bytes of a sample.
const SAMPLE_BYTES: u16 = 2;
/// Bytes before the samples.
pub const WAV_HEADER_BYTES: usize = 44;
/// What the header counts of itself in the length of the file.
const COUNTED_HEADER_BYTES: u32 = 36;

/// The samples of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pcm {
    /// Samples of each channel in a second.
    pub sample_rate: u32,
    /// How many channels, whose samples take turns.
    pub channels: u16,
    /// Bytes of all samples together.
    pub bytes: u32,
    /// Packets that could not be decoded and are left out.
    pub skipped_packets: u64,
}

/// Why a recording gives no samples.
#[derive(Debug, thiserror::Error)]
pub enum NoPcm {
    /// Its format is not decoded here, or its bytes cannot be read.
    #[error("the recording cannot be decoded")]
    Undecodable,
    /// Its samples are more than was allowed.
    #[error("the samples are too many")]
    TooLong,
    /// They could not be written.
    #[error("the samples cannot be written")]
    Write(#[from] io::Error),
}

impl Pcm {
    /// What stands before the samples in a WAV file.
    pub fn wav_header(&self) -> [u8; WAV_HEADER_BYTES] {
        let frame = self.channels * SAMPLE_BYTES;
        let mut header = [0; WAV_HEADER_BYTES];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            header[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(b"RIFF");
        put(&self.bytes.saturating_add(COUNTED_HEADER_BYTES).to_le_bytes());
        put(b"WAVEfmt ");
        put(&16_u32.to_le_bytes());
        put(&1_u16.to_le_bytes());
        put(&self.channels.to_le_bytes());
        put(&self.sample_rate.to_le_bytes());
        put(&self.sample_rate.saturating_mul(u32::from(frame)).to_le_bytes());
        put(&frame.to_le_bytes());
        put(&(8 * SAMPLE_BYTES).to_le_bytes());
        put(b"data");
        put(&self.bytes.to_le_bytes());
        header
    }

    /// How long they play.
    pub fn milliseconds(&self) -> u64 {
        let in_a_second = u64::from(self.sample_rate) * u64::from(self.channels * SAMPLE_BYTES);
        (u64::from(self.bytes) * 1_000).checked_div(in_a_second).unwrap_or(0)
    }
}

/// Writes the samples of a recording of this media type, as [`crate::media::sniff`]
/// tells it, without a header. What was written before a failure is of no use.
///
/// # Errors
/// When the recording cannot be decoded, its samples are longer than `most_bytes`, or
/// they cannot be written.
pub fn write_pcm<R>(
    source: R,
    (bytes, media_type): (u64, &str),
    most_bytes: u32,
    out: &mut impl Write,
) -> Result<Pcm, NoPcm>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let mut reader = opened(source, bytes, media_type).map_err(|_| NoPcm::Undecodable)?;
    let track = reader.default_track(TrackType::Audio).ok_or(NoPcm::Undecodable)?;
    let id = track.id;
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let mut decoding = Decoding::of(params.ok_or(NoPcm::Undecodable)?)?;
    let mut written = Written { out, pcm: None, most_bytes };
    let mut skipped = 0;
    let mut samples = Vec::new();
    while let Some(packet) = next_packet(reader.as_mut(), id)? {
        match decoding.decode(&packet, &mut samples) {
            Ok(shape) => written.add(shape, &samples)?,
            Err(Error::DecodeError(_) | Error::IoError(_)) => skipped += 1,
            Err(_) => return Err(NoPcm::Undecodable),
        }
    }
    let pcm = written.pcm.ok_or(NoPcm::Undecodable)?;
    Ok(Pcm { skipped_packets: skipped, ..pcm })
}

type Packet = symphonia::core::packet::Packet;

/// The next packet of a track; `None` at the end, wherever it is.
fn next_packet(reader: &mut dyn FormatReader, track: u32) -> Result<Option<Packet>, NoPcm> {
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == track => return Ok(Some(packet)),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(None),
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                return Ok(None);
            }
            Err(_) => return Err(NoPcm::Undecodable),
        }
    }
}

/// Rate and channels.
type Shape = (u32, u16);

/// How the packets of a track become samples.
enum Decoding {
    Decoder(Box<dyn AudioDecoder>),
    /// What is not compressed needs no decoder.
    Plain(fn(&[u8], &mut Vec<i16>), Shape),
}

impl Decoding {
    fn of(params: &AudioCodecParameters) -> Result<Self, NoPcm> {
        if let Some(read) = plain(params.codec) {
            let channels = params.channels.as_ref().map(|channels| channels.count());
            let channels = channels.and_then(|count| u16::try_from(count).ok());
            let shape = params.sample_rate.zip(channels).ok_or(NoPcm::Undecodable)?;
            return Ok(Self::Plain(read, shape));
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(|_| NoPcm::Undecodable)?;
        Ok(Self::Decoder(decoder))
    }

    /// Puts the samples of a packet in the place of those of the one before.
    fn decode(&mut self, packet: &Packet, samples: &mut Vec<i16>) -> Result<Shape, Error> {
        match self {
            Self::Plain(read, shape) => {
                samples.clear();
                read(&packet.data, samples);
                Ok(*shape)
            }
            Self::Decoder(decoder) => {
                let decoded = decoder.decode(packet)?;
                decoded.copy_to_vec_interleaved(samples);
                let spec = decoded.spec();
                let channels = u16::try_from(spec.channels().count()).unwrap_or(0);
                Ok((spec.rate(), channels))
            }
        }
    }
}

/// Adds the samples that bytes without compression stand for.
type Plain = fn(&[u8], &mut Vec<i16>);

/// How samples without compression are read; `None` for any other codec. What is finer
/// than 16 bits loses its last ones.
fn plain(codec: AudioCodecId) -> Option<Plain> {
    Some(match codec {
        CODEC_ID_PCM_S16LE => |bytes, samples| {
            samples.extend(bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])));
        },
        CODEC_ID_PCM_U8 => |bytes, samples| {
            samples.extend(bytes.iter().map(|byte| (i16::from(*byte) - 128) << 8));
        },
        CODEC_ID_PCM_S24LE => |bytes, samples| {
            let of = |three: &[u8]| i16::from_le_bytes([three[1], three[2]]);
            samples.extend(bytes.chunks_exact(3).map(of));
        },
        CODEC_ID_PCM_S32LE => |bytes, samples| {
            samples
                .extend(bytes.chunks_exact(4).map(|four| i16::from_le_bytes([four[2], four[3]])));
        },
        CODEC_ID_PCM_F32LE => |bytes, samples| {
            let of = |four: &[u8]| {
                let float = f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
                // A cast keeps to the bounds and makes a zero of what is no number.
                (float * 32_768.0).round() as i16
            };
            samples.extend(bytes.chunks_exact(4).map(of));
        },
        CODEC_ID_PCM_ALAW => |bytes, samples| samples.extend(bytes.iter().map(|b| of_alaw(*b))),
        CODEC_ID_PCM_MULAW => |bytes, samples| samples.extend(bytes.iter().map(|b| of_mulaw(*b))),
        _ => return None,
    })
}

/// G.711, A-law: sign, three bits of exponent, four of mantissa, every second one
/// inverted.
fn of_alaw(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = ((byte >> 4) & 0x07, i16::from(byte & 0x0F));
    let magnitude = match exponent {
        0 => (mantissa << 4) + 0x08,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}

/// G.711, µ-law: likewise, all bits inverted, and a bias that keeps the exponent from
/// running out.
fn of_mulaw(byte: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let byte = !byte;
    let (exponent, mantissa) = ((byte >> 4) & 0x07, i16::from(byte & 0x0F));
    let magnitude = (((mantissa << 3) + BIAS) << exponent) - BIAS;
    if byte & 0x80 == 0 { magnitude } else { -magnitude }
}

/// What was written so far.
struct Written<'a, W> {
    out: &'a mut W,
    pcm: Option<Pcm>,
    most_bytes: u32,
}

impl<W: Write> Written<'_, W> {
    /// Refuses a recording that changes its shape on the way: a WAV file has one.
    fn add(&mut self, shape: Shape, samples: &[i16]) -> Result<(), NoPcm> {
        let (sample_rate, channels) = shape;
        if samples.is_empty() {
            return Ok(());
        }
        if sample_rate == 0 || channels == 0 {
            return Err(NoPcm::Undecodable);
        }
        let first = Pcm { sample_rate, channels, bytes: 0, skipped_packets: 0 };
        let pcm = self.pcm.get_or_insert(first);
        if (pcm.sample_rate, pcm.channels) != shape {
            return Err(NoPcm::Undecodable);
        }
        let more = u32::try_from(samples.len() * usize::from(SAMPLE_BYTES)).ok();
        let bytes = more.and_then(|more| pcm.bytes.checked_add(more));
        pcm.bytes = bytes.filter(|bytes| *bytes <= self.most_bytes).ok_or(NoPcm::TooLong)?;
        let raw: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        Ok(self.out.write_all(&raw)?)
    }
}

#[cfg(test)]
mod tests;
