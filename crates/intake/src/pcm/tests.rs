//! What decodes and what does not, and what comes out.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::io::Cursor;

use super::*;

const MANY: u32 = 1 << 20;

/// A WAV file of any coding; all but the plainest say that nothing more is said.
fn wav(format: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let (rate, frame) = (8_000_u32, channels * bits / 8);
    let length = u32::try_from(data.len()).unwrap();
    let mut file = b"RIFF".to_vec();
    let more: &[u8] = if format == 1 { &[] } else { &[0, 0] };
    file.extend((length + COUNTED_HEADER_BYTES + more.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend((16 + more.len() as u32).to_le_bytes());
    file.extend(format.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(frame)).to_le_bytes());
    file.extend(frame.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(more);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(data);
    file
}

fn decoded(file: Vec<u8>, media_type: &str, most: u32) -> Result<(Pcm, Vec<i16>), NoPcm> {
    let mut out = Vec::new();
    let bytes = file.len() as u64;
    let pcm = write_pcm(Cursor::new(file), (bytes, media_type), most, &mut out)?;
    assert_eq!(pcm.bytes as usize, out.len());
    let samples = out.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]]));
    Ok((pcm, samples.collect()))
}

#[test]
fn sixteen_bits_stay_as_they_are_and_the_file_made_of_them_is_the_same() {
    let samples: Vec<i16> = (0..16_000_i16).map(|n| n.wrapping_mul(7_919)).collect();
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let file = wav(1, 1, 16, &data);
    let (pcm, found) = decoded(file.clone(), "audio/wav", MANY).unwrap();
    assert_eq!(found, samples);
    assert_eq!((pcm.sample_rate, pcm.channels, pcm.skipped_packets), (8_000, 1, 0));
    assert_eq!(pcm.milliseconds(), 2_000);
    assert_eq!([pcm.wav_header().as_slice(), &data].concat(), file);
}

#[test]
fn other_plain_codings_give_the_samples_they_stand_for() {
    let of = |format, bits, data: &[u8]| {
        decoded(wav(format, 1, bits, data), "audio/wav", MANY).unwrap().1
    };
    assert_eq!(of(1, 8, &[0, 128, 255, 128]), [-32_768, 0, 32_512, 0]);
    assert_eq!(of(1, 24, &[9, 1, 0, 0, 0, 0x80]), [1, -32_768]);
    let floats: Vec<u8> = [0.5_f32, -2.0, f32::NAN].iter().flat_map(|f| f.to_le_bytes()).collect();
    assert_eq!(of(3, 32, &floats), [16_384, -32_768, 0]);
    // The extremes and the middle as G.711 has them.
    assert_eq!(of(6, 8, &[0xD5, 0x55, 0xAA, 0x2A]), [8, -8, 32_256, -32_256]);
    assert_eq!(of(7, 8, &[0xFF, 0x7F, 0x80, 0x00]), [0, 0, 32_124, -32_124]);
}

#[test]
fn two_channels_stay_two() {
    let data: Vec<u8> = [1_i16, -1, 2, -2].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let (pcm, samples) = decoded(wav(1, 2, 16, &data), "audio/wav", MANY).unwrap();
    assert_eq!((pcm.channels, samples), (2, vec![1, -1, 2, -2]));
}

#[test]
fn what_is_no_recording_or_too_long_gives_nothing() {
    let text = decoded(b"no sound at all, whatever they say".to_vec(), "audio/mpeg", MANY);
    assert!(matches!(text, Err(NoPcm::Undecodable)), "{text:?}");
    let empty = decoded(Vec::new(), "audio/wav", MANY);
    assert!(matches!(empty, Err(NoPcm::Undecodable)), "{empty:?}");
    let gsm = decoded(wav(0x31, 1, 0, &[0; 650]), "audio/wav", MANY);
    assert!(matches!(gsm, Err(NoPcm::Undecodable)), "{gsm:?}");
    let silent = decoded(wav(1, 1, 16, &[]), "audio/wav", MANY);
    assert!(matches!(silent, Err(NoPcm::Undecodable)), "{silent:?}");
    let long = decoded(wav(1, 1, 16, &[0; 4_000]), "audio/wav", 3_998);
    assert!(matches!(long, Err(NoPcm::TooLong)), "{long:?}");
}

#[test]
fn a_recording_that_breaks_off_gives_what_is_there() {
    let mut file = wav(1, 1, 16, &[1; 40_000]);
    file.truncate(30_000);
    let (pcm, _) = decoded(file, "audio/wav", MANY).unwrap();
    assert!(pcm.bytes > 20_000, "{pcm:?}");
}

#[test]
fn an_mp3_is_decoded_at_its_own_rate() {
    // Frames of MPEG 1 layer 3 at 44.1 kHz and 128 kbit/s that say nothing: silence.
    let mut frame = vec![0xFF, 0xFB, 0x90, 0xC0];
    frame.resize(417, 0);
    let (pcm, samples) = decoded(frame.repeat(100), "audio/mpeg", 1 << 24).unwrap();
    assert_eq!((pcm.sample_rate, pcm.channels), (44_100, 1));
    assert!((2_500..2_700).contains(&pcm.milliseconds()), "{pcm:?}");
    assert!(samples.iter().all(|sample| *sample == 0));
}
