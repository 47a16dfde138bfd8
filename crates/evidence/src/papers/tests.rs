//! The words of every document, and templates that are refused.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::check::sample_document;
use super::sample::{self, Known};
use super::*;
use crate::tests::wording::{FORBIDDEN, plain};

fn text_of(kind: PaperKind, known: Known) -> String {
    plain(&sample_document(kind, kind.template(), known).unwrap().blocks)
}

/// Every document but the application, whose words have tests of their own.
fn papers() -> impl Iterator<Item = PaperKind> {
    PaperKind::ALL.into_iter().filter(|kind| *kind != PaperKind::Application)
}

#[test]
fn every_document_reads_as_follows() {
    for kind in papers() {
        insta::assert_snapshot!(kind.as_str(), text_of(kind, Known::Everything));
    }
}

#[test]
fn with_little_known_every_document_has_blanks_to_fill_in() {
    for kind in papers() {
        let name = format!("{}_with_little_known", kind.as_str());
        insta::assert_snapshot!(name, text_of(kind, Known::Little));
    }
}

#[test]
fn no_document_holds_a_forbidden_word() {
    for kind in PaperKind::ALL {
        for known in [Known::Everything, Known::Little] {
            let text = text_of(kind, known).to_lowercase().replace("правонарушени", "");
            for word in FORBIDDEN {
                assert!(!text.contains(word), "{word} in {}", kind.as_str());
            }
        }
    }
}

#[test]
fn the_programs_own_templates_pass_the_check() {
    for kind in PaperKind::ALL {
        assert_eq!(check_template(kind, kind.template()), Ok(()), "{}", kind.as_str());
        assert_eq!(PaperKind::parse(kind.as_str()), Some(kind));
    }
}

#[test]
fn the_same_facts_give_the_same_bytes_in_both_formats() {
    let made = || specimen(PaperKind::Inventory, None).unwrap();
    assert_eq!(made(), made());
    assert!(made().pdf.starts_with(b"%PDF-") && made().docx.starts_with(b"PK"));
}

#[test]
fn a_template_that_does_not_fit_is_refused_with_its_line() {
    let kind = PaperKind::Inventory;
    for (template, line, what) in [
        ("текст\n\n{{ facts.nothing }}", Some(3), "undefined value"),
        ("{{ other }}", Some(1), "undefined value"),
        ("раз\n{% include 'x' %}", Some(2), "the statement \"include\""),
        ("{%- import 'x' as y %}", Some(1), "the statement \"import\""),
        ("{% set x = 'a' %}", Some(1), "the statement \"set\""),
        ("\n\n{% macro x() %}{% endmacro %}", Some(3), "the statement \"macro\""),
        ("{{ \"{#\" }}{% set x = 1 %}{{ \"#}\" }}", Some(1), "the statement \"set\""),
        ("{% for x in facts.enclosures %}", Some(1), "syntax error"),
        ("один\n{{ facts.made|upper }}", Some(2), "unknown filter"),
        ("{{ range(9) }}", Some(1), "unknown function"),
        ("{{ 'x' * 999999999999 }}", Some(1), "fuel"),
        ("[ссылка](https://example.org)", None, "unknown construct"),
        ("![картинка](x.png)", None, "unknown construct"),
        ("<b>жирно</b>", None, "unknown construct"),
        ("<!-- адресат -->\n\nкому", None, "is not closed"),
        ("раз\nдва \u{0}", Some(2), "nobody sees"),
        ("\u{202e}текст", Some(1), "nobody sees"),
        ("{{ \"/etc/passwd\"|read }}", Some(1), "unknown filter"),
    ] {
        let fault = check_template(kind, template).unwrap_err();
        assert_eq!(fault.line, line, "{template}: {fault}");
        assert!(fault.what.contains(what), "{template}: {fault}");
    }
}

#[test]
fn a_template_that_never_ends_or_says_too_much_is_stopped() {
    let kind = PaperKind::OperatorInquiry;
    let nested = |depth: usize| {
        let open = "{% for x in facts.calls %}".repeat(depth);
        format!("{open}слово {}", "{% endfor %}".repeat(depth))
    };
    let endless = check_template(kind, &nested(9)).unwrap_err();
    assert!(endless.what.contains("fuel") || endless.what.contains("output"), "{endless}");
    let loud = nested(3).replace("слово", &"слово".repeat(3_000));
    let loud = check_template(kind, &loud).unwrap_err();
    assert!(loud.to_string().contains("write") || loud.what.contains("output"), "{loud}");
    let wordy = check_template(kind, &"слово ".repeat(3_000).replace("слово", "{{ facts.calls }}"));
    assert!(wordy.is_err(), "{wordy:?}");
    let long = "а".repeat(MAX_TEMPLATE_BYTES);
    assert!(check_template(kind, &long).unwrap_err().what.contains("longer than"));
}

#[test]
fn a_comparison_says_what_was_taken_for_the_same() {
    let mut facts = sample::comparison(Known::Everything);
    let text = |facts: &ComparisonFacts| {
        let paper = Paper::StatementComparison(facts);
        plain(&document(&paper, None, &sample::making()).unwrap().blocks).replace('·', " ")
    };
    let plain_words = text(&facts);
    assert!(plain_words.contains("не более чем на 1 минуту: операторы"), "{plain_words}");
    assert!(plain_words.contains("не более чем на 10 минут,"), "{plain_words}");
    assert!(plain_words.contains("не более чем на 5 секунд."), "{plain_words}");
    facts.calls[3].uncertainty = baitline_domain::instant::Span(1_500_000);
    let unsure = text(&facts);
    assert!(unsure.contains("погрешности часов, по которым записан звонок (до 2 секунд)"));
    let [of_starts, of_lengths] =
        ["указано с точностью до минуты", "указанная в детализации в целых"];
    assert!(!unsure.contains(of_starts) && !unsure.contains(of_lengths));
    facts.lines[0].start_precision = baitline_domain::reconciliation::Precision::Minute;
    let coarse = text(&facts);
    assert!(coarse.contains(of_starts) && !coarse.contains(of_lengths), "{coarse}");
    facts.lines[0].start_precision = baitline_domain::reconciliation::Precision::Second;
    facts.lines[1].duration_precision = baitline_domain::reconciliation::Precision::Minute;
    let coarse = text(&facts);
    assert!(!coarse.contains(of_starts) && coarse.contains(of_lengths), "{coarse}");
}

#[test]
fn a_withheld_number_is_told_as_one() {
    let mut facts = sample::transcript(Known::Everything);
    facts.caller = None;
    let paper = Paper::Transcript(&facts);
    let text = plain(&document(&paper, None, &sample::making()).unwrap().blocks);
    assert!(text.contains("номер скрыт"), "{text}");
}

#[test]
fn an_application_names_every_number_of_a_competitor() {
    let mut dossier = sample::dossier(Known::Everything);
    dossier.interceptions[1].caller = Phone::from_digits(79_000_005_001).unwrap();
    let made = application_document(&dossier, APPLICATION).unwrap();
    let text = plain(&made.blocks).replace('·', " ");
    for words in [
        "номера телефонов +7 900 000-50-00, +7 900 000-50-01",
        "с номеров +7 900 000-50-00, +7 900 000-50-01",
        "Номер +7 900 000-50-01 выделен оператору",
        "лиц, которым выделены номера +7 900 000-50-00, +7 900 000-50-01",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn hostile_text_in_the_facts_is_text() {
    let hostile =
        "=1+1 #panic() </w:t> <b>*x*</b> {{ 7*7 }} {% set %} | `a` [b](c) \u{202e}\u{0}\r\n\"'; 😀";
    let mut facts = sample::inventory(Known::Everything);
    hostile.clone_into(&mut facts.enclosed_to);
    for enclosure in &mut facts.enclosures {
        hostile.clone_into(&mut enclosure.title);
    }
    let applicant = facts.applicant.as_mut().unwrap();
    hostile.clone_into(&mut applicant.name);
    facts.representative = None;
    let paper = Paper::Inventory(&facts);
    let text = plain(&document(&paper, None, &sample::making()).unwrap().blocks);
    assert!(text.contains("=1+1 #panic() </w:t> <b>*x*</b> {{ 7*7 }} {% set %} | `a` [b](c)"));
    let made = render(&paper, None, &sample::making(), "a").unwrap();
    assert!(made.pdf.starts_with(b"%PDF-"));
}

#[test]
fn a_draft_says_so_across_every_page_and_absurd_facts_are_refused() {
    let facts = sample::inventory(Known::Little);
    let draft = Making { draft: true, ..sample::making() };
    let document = document(&Paper::Inventory(&facts), None, &draft).unwrap();
    assert_eq!(document.watermark.as_deref(), Some("ПРОЕКТ"));
    let nowhere = Making { time_zone: "Europe/Atlantis".into(), ..sample::making() };
    let refused = render(&Paper::Inventory(&facts), None, &nowhere, "a").unwrap_err();
    assert_eq!(refused, PaperError::TimeZone("Europe/Atlantis".into()));
    let enclosure = sample::inventory(Known::Everything).enclosures.remove(0);
    let many = InventoryFacts { enclosures: vec![enclosure; MAX_ROWS + 1], ..facts };
    let refused = render(&Paper::Inventory(&many), None, &sample::making(), "a").unwrap_err();
    assert_eq!(refused, PaperError::TooLong);
}
