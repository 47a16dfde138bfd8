//! The ends of calls as people and PBXes write them.

use baitline_domain::phone::{Party, Phone};

/// What is read prints as something that is read as the same, and a number has the digits that it
/// should.
pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let party = Party::read(Some(text));
    let printed = party.to_string();
    assert_eq!(Party::read(Some(&printed)), party, "{text:?} prints as {printed:?}");
    let text_of_it = party.text().map(str::to_owned);
    let together = Party::from_parts(party.kind(), party.phone(), text_of_it);
    assert_eq!(together.as_ref(), Some(&party), "{text:?}");
    let Some(phone) = party.phone() else { return };
    assert_eq!(Phone::from_digits(phone.digits()), Some(phone), "{text:?}");
    // Nothing is made up but the country code of a number that has none.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    assert!(printed.len() - "+7".len() <= digits, "{text:?} has fewer digits than {printed}");
    if phone.is_russian() {
        assert_eq!(phone.national() / 10_000_000, u64::from(phone.code()), "{text:?}");
        assert_eq!(phone.digits(), 70_000_000_000 + phone.national(), "{text:?}");
    }
}
