//! The note of conversion: which playable copy was made of which recording, with the
//! sums of both. It is a text that anybody reads and `verify` makes again of
//! `package.json`: what the two say of each other cannot part.

use std::fmt::Write;

use jiff::ZonedDateTime;

use crate::bag::hex;
use crate::dossier::{NotPlayable, Playable};
use crate::numbered::{NamedRecording, NumberedCall};
use crate::russian::{date, minutes, zone};

/// A recording and what was made of it.
pub(crate) struct Conversion<'a> {
    /// The path of the recording in the package.
    pub(crate) original: &'a str,
    pub(crate) original_sha256: String,
    pub(crate) copy: Result<PlayableCopy<'a>, NotPlayable>,
}

/// A playable copy.
pub(crate) struct PlayableCopy<'a> {
    pub(crate) path: &'a str,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) sample_rate: u32,
    pub(crate) channels: u16,
    pub(crate) duration_milliseconds: u64,
    pub(crate) skipped_packets: u64,
}

/// Every recording of the package with its copy.
pub(crate) fn conversions<'a>(calls: &'a [NumberedCall<'_>]) -> Vec<Conversion<'a>> {
    calls.iter().flat_map(|call| &call.recordings).map(conversion).collect()
}

fn conversion<'a>(recording: &'a NamedRecording<'_>) -> Conversion<'a> {
    let copy = match (&recording.wav, &recording.facts.playable) {
        (Some(wav), _) => Ok(PlayableCopy {
            path: &wav.path,
            sha256: hex(&wav.facts.sha256),
            bytes: wav.facts.bytes,
            sample_rate: wav.facts.sample_rate,
            channels: wav.facts.channels,
            duration_milliseconds: wav.facts.duration_milliseconds,
            skipped_packets: wav.facts.skipped_packets,
        }),
        (None, Playable::Nothing(why)) => Err(*why),
        // A copy without a place there is none.
        (None, Playable::Wav(_)) => Err(NotPlayable::Undecodable),
    };
    Conversion { original: &recording.path, original_sha256: hex(&recording.facts.sha256), copy }
}

/// Why there is no copy, in the words of documents.
pub(crate) const fn reason(why: NotPlayable) -> &'static str {
    match why {
        NotPlayable::Undecodable => {
            "формат файла не распознан, не поддерживается или файл повреждён"
        }
        NotPlayable::TooLarge => "копии всех записей вместе были бы слишком велики",
    }
}

/// The note as a file.
pub(crate) fn note(
    conversions: &[Conversion<'_>],
    program_version: &str,
    sealed: &ZonedDateTime,
) -> String {
    // A line break would begin another line of the note.
    let program = program_version.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "ПРЕОБРАЗОВАНИЕ ЗАПИСЕЙ ЗВОНКОВ\n\
         {}, {} ({}), программа {program}\n\n\
         Исходные файлы лежат в data/recordings/ такими, какими получены. Здесь сказано,\n\
         какая копия для прослушивания (WAV, PCM, 16 бит) сделана из какого файла.\n\
         Частота и число каналов копии те же, что у записи.\n",
        date(sealed),
        minutes(sealed),
        zone(sealed),
    );
    if conversions.is_empty() {
        text.push_str("\nЗаписей в пакете нет.\n");
    }
    for (number, one) in (1..).zip(conversions) {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{number}. {}\n   SHA-256 {}\n{}",
            one.original,
            one.original_sha256,
            made(&one.copy)
        );
    }
    text
}

fn made(copy: &Result<PlayableCopy<'_>, NotPlayable>) -> String {
    match copy {
        Err(why) => format!("   копии нет: {}\n", reason(*why)),
        Ok(copy) => {
            let skipped = match copy.skipped_packets {
                0 => String::new(),
                count => format!("   не прочитано повреждённых фрагментов: {count}\n"),
            };
            format!(
                "   копия {}\n   SHA-256 {}\n   {} байт, {} Гц, каналов: {}, длительность {},{:03} с\n{skipped}",
                copy.path,
                copy.sha256,
                copy.bytes,
                copy.sample_rate,
                copy.channels,
                copy.duration_milliseconds / 1_000,
                copy.duration_milliseconds % 1_000,
            )
        }
    }
}
