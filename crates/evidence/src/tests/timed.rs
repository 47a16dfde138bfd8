//! A transcript with times and speakers: how documents print it, and that the
//! longest one still fits.

use std::io::Cursor;

use baitline_domain::instant::Span;
use baitline_domain::label::{Segment, Speaker, plain_text};
use serde_json::Value;

use super::building::text;
use super::sample::{built, ready};
use super::wording::{document, plain};
use crate::dossier::Dossier;
use crate::verify;

/// Segments of the longest label, and characters of its words.
const MOST_SEGMENTS: usize = 500;
const MOST_CHARS: usize = 20_000;

fn segment(from_millis: i64, speaker: Speaker, text: &str) -> Segment {
    Segment { from: Span(from_millis * 1_000), to: None, speaker, text: text.to_owned() }
}

fn hear(dossier: &mut Dossier, segments: Vec<Segment>) {
    let label = dossier.interceptions[0].label.as_mut().unwrap();
    label.transcript = Some(plain_text(&segments));
    label.segments = segments;
}

fn dialogue() -> Vec<Segment> {
    let mut segments = vec![
        segment(0, Speaker::Robot, "Здравствуйте! Оставайтесь на линии."),
        segment(5_900, Speaker::Caller, "Вы интересовались окнами? 1. Да *или* нет?"),
        segment(65_000, Speaker::Subscriber, "Откуда у вас мой номер?"),
        segment(3_725_000, Speaker::Other, "Обед!"),
    ];
    segments[0].to = Some(Span::seconds(5));
    segments
}

#[test]
fn documents_print_who_spoke_and_when() {
    let (mut dossier, recordings) = ready();
    hear(&mut dossier, dialogue());
    let application = plain(&document(&dossier).blocks);
    let quoted = application.split("Из·расшифровки записи:").nth(1).unwrap();
    insta::assert_snapshot!("timed_quote", quoted.split("### 3.").next().unwrap());
    let archive = built(&dossier, &recordings);
    let register = text(&archive, "data/register.csv");
    assert!(register.contains("00:05 Звонивший: Вы интересовались окнами?"), "{register}");
    assert!(register.contains("1:02:05 Другой голос: Обед!"), "{register}");
    let package: Value = serde_json::from_str(&text(&archive, "data/package.json")).unwrap();
    insta::assert_snapshot!(
        "timed_segments",
        format!("{:#}", package["interceptions"][0]["label"])
    );
    assert_eq!(verify(Cursor::new(&archive)).problems, []);
}

#[test]
fn the_longest_timed_transcript_fits_in_a_package() {
    let (mut dossier, recordings) = ready();
    let chars = MOST_CHARS / MOST_SEGMENTS - "— \n".chars().count();
    let last_moment = 86_400_000;
    let one = segment(last_moment, Speaker::Robot, &"я".repeat(chars));
    let mut segments = vec![one; MOST_SEGMENTS];
    segments[0].text.push('я');
    hear(&mut dossier, segments);
    let words = dossier.interceptions[0].label.as_ref().unwrap().transcript.clone().unwrap();
    assert_eq!(words.chars().count(), MOST_CHARS);
    let archive = built(&dossier, &recordings);
    assert_eq!(verify(Cursor::new(&archive)).problems, []);
}
