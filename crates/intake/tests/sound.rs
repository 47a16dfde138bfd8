//! How long recordings play, and that no bytes make it panic or go on for ever.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::io::Cursor;

use baitline_intake::media::{SNIFFED_BYTES, sniff};
use baitline_intake::sound::{NoLength, milliseconds};
use proptest::prelude::*;

fn length(bytes: &[u8]) -> Result<u64, NoLength> {
    let media_type = sniff(&bytes[..bytes.len().min(SNIFFED_BYTES)]);
    milliseconds(Cursor::new(bytes.to_vec()), bytes.len() as u64, media_type)
}

/// Eight-bit samples, 8,000 a second; the header may claim another number.
fn wav(samples: usize, claimed: u32) -> Vec<u8> {
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + claimed).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1_u16.to_le_bytes(), 1_u16.to_le_bytes()].concat());
    wav.extend([8_000_u32.to_le_bytes(), 8_000_u32.to_le_bytes()].concat());
    wav.extend([1_u16.to_le_bytes(), 8_u16.to_le_bytes()].concat());
    wav.extend(b"data");
    wav.extend(claimed.to_le_bytes());
    wav.extend(std::iter::repeat_n(128_u8, samples));
    wav
}

/// Frames of MPEG 1 layer 3 at 44.1 kHz and 128 kbit/s, 1,152 samples each.
fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xFB, 0x90, 0xC0];
    frame.resize(417, 0);
    frame.repeat(frames)
}

/// Frames of ADTS with AAC-LC at 8 kHz, one channel, 1,024 samples each.
fn adts(frames: usize) -> Vec<u8> {
    const BYTES: u16 = 64;
    let mut frame = vec![
        0xFF,
        0xF1,
        0x40 | 11 << 2,
        0x40,
        (BYTES >> 3) as u8,
        ((BYTES & 7) << 5) as u8 | 0x1F,
        0xFC,
    ];
    frame.resize(usize::from(BYTES), 0);
    frame.repeat(frames)
}

#[test]
fn more_channels_than_anybody_records_are_refused_before_anything_is_read() {
    let with_channels = |channels: u16| {
        let mut bytes = wav(usize::from(channels) * 16, u32::from(channels) * 16);
        bytes[22..24].copy_from_slice(&channels.to_le_bytes());
        // What one sample of all of them takes.
        bytes[32..34].copy_from_slice(&channels.to_le_bytes());
        length(&bytes)
    };
    assert_eq!(with_channels(2), Ok(2));
    assert_eq!(with_channels(u16::MAX), Err(NoLength::Undecodable));
}

#[test]
fn what_plays_is_counted_and_no_claim_believed() {
    assert_eq!(length(&wav(16_000, 16_000)), Ok(2_000));
    let broken_off = length(&wav(16_000, 8_000_000));
    assert_eq!(broken_off.map(|played| played / 100), Ok(20), "to the packet");
    assert_eq!(length(&mp3(100)).map(|played| played / 100), Ok(26), "2,612 ms");
    let tagged = [b"ID3\x04\x00\x00\x00\x00\x00\x0a0123456789".as_slice(), &mp3(100)].concat();
    assert_eq!(length(&tagged).map(|played| played / 100), Ok(26));
    assert_eq!(length(&adts(10)), Ok(1_280));
}

#[test]
fn frames_of_amr_are_counted() {
    let amr = |frames: &[u8]| [b"#!AMR\n".as_slice(), frames].concat();
    // Mode 7, of 31 bytes, and silence, of 5.
    let spoken: Vec<u8> = std::iter::once(7 << 3 | 4).chain([0; 31]).collect();
    let silent: Vec<u8> = std::iter::once(8 << 3 | 4).chain([0; 5]).collect();
    let nothing = vec![15 << 3 | 4];
    assert_eq!(length(&amr(&[spoken.repeat(50), silent.clone(), nothing].concat())), Ok(1_040));
    assert_eq!(length(&amr(&[spoken.clone(), silent[..4].to_vec()].concat())), Ok(20));
    assert_eq!(length(&amr(&[12 << 3])), Err(NoLength::Undecodable));
    assert_eq!(length(&amr(&[])), Ok(0));
    assert_eq!(length(b"#!AMR_MC1.0\n"), Err(NoLength::Unsupported));
    let wide: Vec<u8> = std::iter::once(8 << 3 | 4).chain([0; 60]).collect();
    assert_eq!(length(&[b"#!AMR-WB\n".as_slice(), &wide.repeat(5)].concat()), Ok(100));
}

#[test]
fn what_is_no_sound_or_broken_has_no_length() {
    assert_eq!(length(b""), Err(NoLength::Unsupported));
    assert_eq!(length(b"%PDF-1.7 and so on"), Err(NoLength::Unsupported));
    for broken in [
        b"RIFF\x24\x00\x00\x00WAVE".as_slice(),
        b"OggS\x00\x02",
        b"fLaC\x00\x00",
        b"\x00\x00\x00\x20ftypM4A ",
        b"\x00\x00\x00\x18ftyp3gp4",
        b"ID3\x04\x00\x00\x00\x00\x00\x00\x00\x00",
        b"\xFF\xF1\x50\x80",
    ] {
        assert!(length(broken).is_err(), "{broken:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        opening in 0..9_usize,
        bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
    ) {
        const OPENINGS: [&[u8]; 9] = [
            b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00",
            b"ID3\x04\x00\x00\x00\x00\x00\x00",
            b"\xFF\xFB\x90\x00",
            b"\xFF\xF1\x50\x80",
            b"OggS\x00\x02",
            b"fLaC\x00\x00\x00\x22",
            b"#!AMR\n",
            b"\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x00isom3gp4",
            b"\x00\x00\x00\x10ftypM4A \x00\x00\x00\x00",
        ];
        let _either = length(&[OPENINGS[opening], &bytes].concat());
    }
}
