//! Recordings without a voice: a few seconds of tones, another tune for every
//! call, as a WAV file. Whole-number arithmetic only, so that the bytes are the
//! same on every machine.

use crate::world::SampleCall;

/// Samples a second, as a telephone has them.
const SAMPLE_RATE: u32 = 8_000;
/// Samples of one tone: a quarter of a second.
const TONE_SAMPLES: u32 = SAMPLE_RATE / 4;
/// The shortest tune; eight more lengths follow.
const MIN_TONES: u32 = 8;
const TUNE_LENGTHS: u64 = 9;
/// Tones in hertz: two octaves without half-steps.
const SCALE: [u32; 10] = [262, 294, 330, 392, 440, 523, 587, 659, 784, 880];
/// How far the wave swings about the middle of a byte.
const LOUDNESS: i32 = 90;
const MIDDLE: i32 = 128;

/// Bytes of a WAV header for plain samples.
const HEADER_BYTES: u32 = 44;
/// Bytes of the header before its RIFF size starts to count.
const RIFF_PREFIX_BYTES: u32 = 8;

/// The recording of a call: 8 kHz, one channel, eight bits, 2 to 4 seconds.
pub fn recording(call: &SampleCall) -> Vec<u8> {
    // The start and the bait make the tune, so that a longer world, which
    // counts its calls differently, still plays the same one.
    let tune = scramble(call.at.0.unsigned_abs() ^ ((call.bait as u64) << 56));
    let tones = MIN_TONES + u32::try_from(tune % TUNE_LENGTHS).unwrap_or(0);
    let mut wav = header(tones * TONE_SAMPLES);
    for place in 0..u64::from(tones) {
        let tone = scramble(tune.wrapping_add(place)) % SCALE.len() as u64;
        let hertz = SCALE[usize::try_from(tone).unwrap_or(0)];
        wav.extend((0..TONE_SAMPLES).map(|sample| wave(hertz, sample)));
    }
    wav
}

/// One sample of a triangle wave that fades out over its tone.
fn wave(hertz: u32, sample: u32) -> u8 {
    let phase = (sample * hertz % SAMPLE_RATE) as i32;
    let half = (SAMPLE_RATE / 2) as i32;
    let swing = LOUDNESS * ((phase - half).abs() * 2 - half) / half;
    let left = (TONE_SAMPLES - sample) as i32;
    u8::try_from(MIDDLE + swing * left / TONE_SAMPLES as i32).unwrap_or(u8::MAX)
}

/// The header of a WAV file with that many eight-bit samples.
fn header(samples: u32) -> Vec<u8> {
    let mut wav = Vec::with_capacity((HEADER_BYTES + samples) as usize);
    wav.extend(b"RIFF");
    wav.extend((HEADER_BYTES - RIFF_PREFIX_BYTES + samples).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(SAMPLE_RATE.to_le_bytes());
    wav.extend(SAMPLE_RATE.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(8_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(samples.to_le_bytes());
    wav
}

/// Spreads neighbouring seeds over all 64 bits: xorshift and a multiplication
/// by an odd number, twice.
fn scramble(seed: u64) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = (seed ^ (seed >> 29)).wrapping_mul(ODD);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(ODD);
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::collections::BTreeSet;

    #[test]
    fn every_recording_is_a_short_wav_of_its_own() {
        let world = World::demo();
        let recordings: Vec<Vec<u8>> = world.recorded().map(recording).collect();
        let distinct: BTreeSet<&Vec<u8>> = recordings.iter().collect();
        assert_eq!(distinct.len(), recordings.len());
        for wav in &recordings {
            let size = u32::from_le_bytes([wav[4], wav[5], wav[6], wav[7]]);
            assert_eq!(size as usize + 8, wav.len());
            let samples = wav.len() - HEADER_BYTES as usize;
            assert!((2 * 8_000..=4 * 8_000).contains(&samples), "{samples}");
        }
    }

    #[test]
    fn a_tone_swings_about_the_middle_and_fades() {
        let loud = (0..40).map(|sample| wave(440, sample)).max();
        let faded = (TONE_SAMPLES - 40..TONE_SAMPLES).map(|sample| wave(440, sample)).max();
        assert!(loud > Some(200) && faded < Some(135), "{loud:?} {faded:?}");
    }
}
