//! Answers of a made-up authority: honest, false, broken, and read at all.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_sample::authority::{Manner, NAME, OTHER_ROOT, ROOT, answer};

use super::*;

const CONTENT: &[u8] = b"content";
const AT: &str = "20261120093015.25Z";
const NONCE: [u8; 8] = [0xff, 2, 3, 4, 5, 6, 7, 8];

fn request() -> StampRequest {
    StampRequest::new(CONTENT, NONCE)
}

fn answered(manner: Manner) -> Vec<u8> {
    answer(&request().der(), AT, manner)
}

fn authorities(pem: &str) -> Authorities {
    Authorities::from_pem(pem.as_bytes()).unwrap()
}

#[test]
fn an_honest_answer_tells_time_and_name_and_whose_it_is_only_to_who_knows_the_authority() {
    let reply = answered(Manner::Honest);
    let told = request().accept(&reply).unwrap();
    assert_eq!(told.at.to_string(), "2026-11-20T09:30:15.25Z");
    assert_eq!(told.authority, NAME);
    assert_eq!(told.signature, StampSignature::OfItsCertificate);
    let trusted = check(&reply, CONTENT, Some(&authorities(ROOT))).unwrap();
    assert_eq!(trusted, TimeStamp { signature: StampSignature::Trusted, ..told });
    let both = [OTHER_ROOT, ROOT].concat();
    assert!(check(&reply, CONTENT, Some(&authorities(&both))).is_ok());
    let strange = check(&reply, CONTENT, Some(&authorities(OTHER_ROOT)));
    assert!(matches!(strange, Err(StampError::Signature(_))), "{strange:?}");
    assert!(is_stamp_of(&reply, CONTENT) && !is_stamp_of(&reply, b"contents"));
}

#[test]
fn a_question_has_one_form_whatever_its_nonce_is() {
    for nonce in [[0; 8], [0xff; 8], [0x80, 0, 0, 0, 0, 0, 0, 1]] {
        let der = StampRequest::new(CONTENT, nonce).der();
        let mut question = whole(&der, SEQUENCE).unwrap().inside();
        assert_eq!(question.one(INTEGER).unwrap().content, [1]);
        let mut imprint = question.one(SEQUENCE).unwrap().inside();
        assert_eq!(imprint.one(SEQUENCE).unwrap().whole, SHA_256);
        let hash: [u8; 32] = Sha256::digest(CONTENT).into();
        assert_eq!(imprint.one(OCTET_STRING).unwrap().content, hash);
        let number = question.one(INTEGER).unwrap().content;
        assert_eq!((number.len(), number[0] & 0xc0, &number[1..]), (8, 0x40, &nonce[1..]));
        assert_eq!(question.one(BOOLEAN).unwrap().content, [0xff]);
        assert!(question.is_empty());
    }
}

#[test]
fn whatever_else_an_authority_answers_is_refused_and_why_is_told() {
    let accept = |manner| request().accept(&answered(manner)).unwrap_err();
    assert_eq!(accept(Manner::OtherNonce), StampError::OtherNonce);
    assert_eq!(accept(Manner::OtherContent), StampError::OtherContent);
    let refused = accept(Manner::Refusing);
    assert_eq!(refused, StampError::Refused("status 02, no time today[2J, failure 0520".into()));
    let signature = |error| matches!(error, StampError::Signature(_));
    for manner in [Manner::NoCertificate, Manner::WrongSignature, Manner::OtherTime] {
        assert!(signature(accept(manner)), "{manner:?}");
    }
    // It is signed as it says; only who knows the authority sees that it may not stamp.
    let reply = answered(Manner::WrongCertificate);
    assert!(request().accept(&reply).is_ok());
    assert!(signature(check(&reply, CONTENT, Some(&authorities(ROOT))).unwrap_err()));
}

#[test]
fn a_certificate_counts_if_it_was_good_when_it_stamped() {
    for (at, is_good) in
        [("20251231235959Z", false), ("20260102000000Z", true), ("21270101000000Z", false)]
    {
        let reply = answer(&request().der(), at, Manner::Honest);
        let found = check(&reply, CONTENT, Some(&authorities(ROOT)));
        assert_eq!(found.is_ok(), is_good, "{at}: {found:?}");
    }
}

/// A stamp says what was changed in it but for the few bytes that nobody signs:
/// the status, versions, lists of algorithms. Of them it can only be said that
/// changing them changes nothing that is told.
#[test]
fn a_changed_bit_of_a_stamp_is_found_or_changes_nothing_of_what_it_tells() {
    let reply = answered(Manner::Honest);
    let told = check(&reply, CONTENT, Some(&authorities(ROOT))).unwrap();
    let mut unsigned = 0;
    for bit in 0..reply.len() * 8 {
        let mut changed = reply.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(found) = check(&changed, CONTENT, Some(&authorities(ROOT))) {
            assert_eq!(found, told, "bit {bit}");
            unsigned += 1;
        }
    }
    assert!(unsigned < reply.len() / 4, "{unsigned} bits of {} bytes", reply.len());
    println!("{unsigned} of {} bits are signed by nobody", reply.len() * 8);
}

#[test]
fn what_is_no_answer_is_refused_without_a_panic() {
    let reply = answered(Manner::Honest);
    for length in 0..reply.len() {
        assert!(!is_stamp_of(&reply[..length], CONTENT), "cut to {length}");
    }
    let continued = [&reply[..], &[0]].concat();
    assert!(!is_stamp_of(&continued, CONTENT));
    let long = [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x30; 70_000]].concat();
    for other in [&b""[..], b"<html>", &[0x30; 4_000], &[0xa0; 300], &long] {
        assert!(!is_stamp_of(other, CONTENT));
    }
    // Bytes exchanged at random, always the same ones.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..20_000 {
        let mut changed = reply.clone();
        for _ in 0..4 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = usize::try_from(state >> 16).unwrap() % changed.len();
            changed[at] = u8::try_from(state & 0xff).unwrap();
        }
        is_stamp_of(&changed, CONTENT);
    }
}

#[test]
fn a_time_is_read_to_the_second_and_further_and_in_no_other_form() {
    let read = |text: &str| moment(text.as_bytes()).map(|at| at.to_string());
    assert_eq!(read("20261120093015Z").unwrap(), "2026-11-20T09:30:15Z");
    assert_eq!(read("20261120093015.123456789Z").unwrap(), "2026-11-20T09:30:15.123456Z");
    for wrong in [
        "20261120093015",
        "202611200930Z",
        "20261320093015Z",
        "20261120093015.Z",
        "20261120093015,5Z",
        "20261120093015+0300",
        "2026112009301\u{0435}Z",
        "-0261120093015Z",
        "",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_file_of_authorities_holds_certificates_and_nothing_broken() {
    for wrong in ["", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Authorities::from_pem(wrong.as_bytes()).is_err(), "{wrong}");
    }
    assert!(Authorities::from_pem(ROOT.replace("CERTIFICATE", "PUBLIC KEY").as_bytes()).is_err());
    assert_eq!(printable("a\u{202e}b\u{7}c\n"), "abc");
}
