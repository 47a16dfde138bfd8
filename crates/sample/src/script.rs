//! The calls that are written by hand: the heavy callers whose answers are
//! worked out in [`crate::expected`], the innocents, and one of every oddity a
//! bait meets. Nothing here is random.

use baitline_domain::observation::{Channel, Direction};

use crate::calendar::Date::{self, Oct, Sep};
use crate::cast::{
    MOTOR_1, MOTOR_2, MOTOR_3, OKNA_1, OKNA_2, OKNA_3, OKNA_4, ULYBKA_1, ULYBKA_2, ULYBKA_3,
};
use crate::hearing::{
    ANY_SERVICE, ANY_SERVICE_STOP, BANK, COURIER, DENTAL, DENTAL_ROBOT, GARAGE, Hearing,
    SHOP_WITH_CONSENT, WINDOWS, WINDOWS_FROM_PARTNERS,
};
use crate::numbers::Holder;
use crate::world::End;

/// МТС number of a window maker.
pub const WINDOW_MAKER: u64 = Holder::Mts.number(101);
/// МегаФон number of a call centre that calls the visitors of all three clients.
pub const CALL_CENTRE: u64 = Holder::Megafon.number(202);
/// Virtual number of Интернод that mostly a machine calls from.
pub const ROBOT: u64 = Holder::Internod.number(303);
/// Ростелеком number: of one group with the T2 baits it calls.
pub const SAME_GROUP: u64 = Holder::Rostelecom.number(404);
/// Т-Мобайл number: its host network is not known.
pub const VIRTUAL: u64 = Holder::TMob.number(505);
/// МегаФон number that had called the bait before any trap of it.
pub const OLD_CALLER: u64 = Holder::Megafon.number(606);
/// A courier.
pub const COURIER_NUMBER: u64 = Holder::Mts.number(701);
/// A bank.
pub const BANK_NUMBER: u64 = Holder::Megafon.number(702);
/// An acquaintance whom the bait had called first.
pub const ACQUAINTANCE: u64 = Holder::Mts.number(703);
/// A shop that was allowed to call again.
pub const SHOP: u64 = Holder::Mts.number(704);
/// An employee of «Окна Плюс»: an own number.
pub const EMPLOYEE: u64 = Holder::Beeline.number(1_001);

/// Written into one call by hand.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) end: End,
    pub(crate) bait: usize,
    /// The day of the run that `minute` counts from; negative ones lie before.
    pub(crate) date: Date,
    pub(crate) minute: i64,
    /// Zero is an unanswered attempt.
    pub(crate) connected_seconds: u32,
    pub(crate) hearing: Option<&'static Hearing>,
    pub(crate) direction: Direction,
    pub(crate) channel: Channel,
    pub(crate) roaming: bool,
    pub(crate) screen_label: Option<&'static str>,
}

const DAY_MINUTES: i64 = 24 * 60;

/// A call to the bait that nobody has listened to.
const fn unheard(
    number: u64,
    bait: usize,
    date: Date,
    minute: i64,
    connected_seconds: u32,
) -> Scripted {
    Scripted {
        end: End::Number(number),
        bait,
        date,
        minute,
        connected_seconds,
        hearing: None,
        direction: Direction::Incoming,
        channel: Channel::Pstn,
        roaming: false,
        screen_label: None,
    }
}

/// A call to the bait, and what was heard in its recording.
const fn heard(
    number: u64,
    bait: usize,
    date: Date,
    minute: i64,
    connected_seconds: u32,
    hearing: &'static Hearing,
) -> Scripted {
    let call = unheard(number, bait, date, minute, connected_seconds);
    Scripted { hearing: Some(hearing), ..call }
}

/// A call to the bait that nobody answered.
const fn attempt(number: u64, bait: usize, date: Date, minute: i64) -> Scripted {
    unheard(number, bait, date, minute, 0)
}

/// The same call with the mark that the phone's screen showed beside it.
const fn marked(call: Scripted) -> Scripted {
    Scripted { screen_label: Some("Реклама"), ..call }
}

/// The same call with another far end.
const fn from(end: End, call: Scripted) -> Scripted {
    Scripted { end, ..call }
}

/// The callers whose counts are worked out by hand.
pub(crate) static HEAVY: [Scripted; 37] = [
    // The window maker: the first call comes during the trap, before its window.
    heard(WINDOW_MAKER, OKNA_1, Sep(2), 15, 40, &WINDOWS),
    marked(heard(WINDOW_MAKER, OKNA_1, Sep(2), 180, 95, &WINDOWS_FROM_PARTNERS)),
    attempt(WINDOW_MAKER, OKNA_1, Sep(16), 200),
    heard(WINDOW_MAKER, OKNA_1, Sep(16), 240, 60, &WINDOWS),
    heard(WINDOW_MAKER, OKNA_2, Sep(3), 300, 75, &WINDOWS),
    unheard(WINDOW_MAKER, OKNA_2, Sep(24), 500, 50),
    attempt(WINDOW_MAKER, OKNA_3, Sep(8), 85),
    heard(WINDOW_MAKER, OKNA_3, Sep(8), 90, 65, &WINDOWS_FROM_PARTNERS),
    heard(WINDOW_MAKER, OKNA_4, Sep(9), 120, 55, &WINDOWS),
    // It hides its number once; the operator's statement reveals it.
    from(End::Hidden { really: Some(WINDOW_MAKER) }, heard(0, OKNA_1, Oct(7), 150, 70, &WINDOWS)),
    // The call centre.
    heard(CALL_CENTRE, OKNA_1, Oct(7), 100, 45, &ANY_SERVICE),
    marked(heard(CALL_CENTRE, OKNA_3, Oct(6), 130, 80, &ANY_SERVICE)),
    attempt(CALL_CENTRE, ULYBKA_1, Sep(1), 190),
    marked(heard(CALL_CENTRE, ULYBKA_1, Sep(1), 200, 50, &ANY_SERVICE)),
    heard(CALL_CENTRE, ULYBKA_2, Sep(10), 75, 62, &ANY_SERVICE_STOP),
    attempt(CALL_CENTRE, MOTOR_1, Sep(4), 390),
    marked(heard(CALL_CENTRE, MOTOR_1, Sep(4), 400, 58, &ANY_SERVICE)),
    heard(CALL_CENTRE, MOTOR_1, Sep(18), 95, 33, &ANY_SERVICE_STOP),
    heard(CALL_CENTRE, MOTOR_2, Sep(7), 220, 71, &ANY_SERVICE),
    attempt(CALL_CENTRE, MOTOR_2, Sep(21), 60),
    // The robot.
    heard(ROBOT, ULYBKA_1, Sep(15), 110, 48, &DENTAL_ROBOT),
    heard(ROBOT, ULYBKA_3, Sep(17), 70, 52, &DENTAL_ROBOT),
    heard(ROBOT, MOTOR_3, Sep(11), 65, 44, &GARAGE),
    heard(ROBOT, MOTOR_3, Sep(11), 600, 39, &GARAGE),
    unheard(ROBOT, ULYBKA_1, Oct(5), 80, 30),
    unheard(ROBOT, ULYBKA_1, Oct(5), 900, 25),
    attempt(ROBOT, MOTOR_3, Oct(9), 120),
    // Of one group with its baits' operator: advertising all the same.
    attempt(SAME_GROUP, OKNA_2, Oct(14), 140),
    heard(SAME_GROUP, OKNA_2, Oct(14), 150, 64, &WINDOWS),
    heard(SAME_GROUP, ULYBKA_3, Oct(15), 160, 57, &DENTAL),
    heard(SAME_GROUP, MOTOR_1, Oct(2), 170, 49, &GARAGE),
    // A virtual operator's number.
    heard(VIRTUAL, OKNA_2, Sep(24), 170, 42, &WINDOWS),
    heard(VIRTUAL, ULYBKA_1, Oct(5), 180, 36, &DENTAL),
    heard(VIRTUAL, MOTOR_3, Oct(9), 190, 53, &GARAGE),
    unheard(VIRTUAL, MOTOR_3, Oct(9), 800, 28),
    // Two windows of one bait, but it had called a week before the first.
    heard(OLD_CALLER, ULYBKA_2, Oct(8), 90, 47, &DENTAL),
    heard(OLD_CALLER, ULYBKA_2, Oct(22), 100, 51, &DENTAL),
];

/// Calls in windows that must make no offender, and what led to them.
pub(crate) static INNOCENT: [Scripted; 14] = [
    unheard(OLD_CALLER, ULYBKA_2, Oct(8), -7 * DAY_MINUTES, 20),
    heard(COURIER_NUMBER, OKNA_1, Sep(16), 300, 22, &COURIER),
    heard(COURIER_NUMBER, OKNA_2, Sep(24), 310, 18, &COURIER),
    heard(COURIER_NUMBER, ULYBKA_2, Sep(10), 320, 25, &COURIER),
    heard(BANK_NUMBER, MOTOR_2, Sep(21), 100, 31, &BANK),
    heard(BANK_NUMBER, MOTOR_1, Sep(18), 150, 27, &BANK),
    // The bait called the acquaintance first: the two calls back are no interceptions.
    Scripted {
        direction: Direction::Outgoing,
        ..unheard(ACQUAINTANCE, OKNA_2, Sep(3), -DAY_MINUTES, 90)
    },
    unheard(ACQUAINTANCE, OKNA_2, Sep(3), 400, 200),
    unheard(ACQUAINTANCE, OKNA_2, Sep(24), 420, 160),
    // After the consent given in the first call the second is no interception.
    heard(SHOP, ULYBKA_3, Sep(17), 200, 33, &SHOP_WITH_CONSENT),
    unheard(SHOP, ULYBKA_3, Sep(17), 1_500, 29),
    unheard(EMPLOYEE, OKNA_1, Sep(2), 500, 120),
    // Twice during a run that nobody finished: one before its end, one after.
    unheard(Holder::Mts.number(802), OKNA_3, Sep(22), 30, 24),
    unheard(Holder::Mts.number(802), OKNA_3, Sep(22), 180, 26),
];

/// One of every oddity.
pub(crate) static ODD: [Scripted; 14] = [
    from(End::Hidden { really: None }, unheard(0, ULYBKA_2, Oct(8), 140, 30)),
    from(End::Hidden { really: None }, attempt(0, MOTOR_1, Oct(16), 70)),
    from(End::Text("11111"), unheard(0, OKNA_3, Sep(8), 200, 20)),
    from(End::Text("1234567"), unheard(0, MOTOR_2, Oct(12), 80, 16)),
    // A number in no allocated range, and one of the range kept for films.
    unheard(79_560_000_001, MOTOR_1, Sep(4), 100, 35),
    unheard(442_079_460_001, ULYBKA_1, Sep(1), 120, 41),
    unheard(Holder::Glonass.number(1), OKNA_3, Oct(6), 60, 12),
    // The file of the code 499 is not loaded.
    unheard(74_990_009_001, OKNA_2, Sep(3), 120, 38),
    // A virtual operator none of whose known hosts is the bait operator's group.
    heard(Holder::Sber.number(803), MOTOR_2, Oct(12), 120, 46, &GARAGE),
    Scripted { roaming: true, ..unheard(Holder::Mts.number(804), MOTOR_1, Oct(2), 300, 23) },
    message(Channel::Messenger, End::Number(Holder::Mts.number(801)), OKNA_1, Sep(16), 60),
    message(Channel::Sms, End::Text("PRIMER-OKNA"), OKNA_1, Sep(2), 250),
    message(Channel::Sms, End::Text("PRIMER-DENT"), ULYBKA_1, Sep(15), 260),
    message(Channel::Sms, End::Text("DEMO-AVTO"), MOTOR_3, Oct(9), 270),
];

/// Something that came over another channel; only a person reports it.
const fn message(channel: Channel, end: End, bait: usize, date: Date, minute: i64) -> Scripted {
    Scripted { channel, end, ..attempt(0, bait, date, minute) }
}
