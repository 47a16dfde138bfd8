//! Names of recorders' files, as they were found in the world and as they could
//! be: what each tells, and that nothing else is read into it.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_domain::instant::Instant;
use baitline_domain::named_call::NamedCall;
use baitline_domain::observation::Channel;
use baitline_intake::file_names;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn call_in(zone: &str, name: &str) -> Result<NamedCall, &'static str> {
    let received_at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let facts = file_names::read(name).ok_or("unknown")?;
    let call = facts.call(&TimeZone::get(zone).unwrap(), received_at.into());
    call.map_err(|rejection| rejection.code)
}

/// Time, direction, other end and channel in one line.
fn told(name: &str) -> String {
    match call_in("Europe/Moscow", name) {
        Err(code) => code.to_owned(),
        Ok(call) => format!(
            "{} {} {} {}",
            call.reported_at,
            call.direction.map_or("-", |direction| direction.as_str()),
            call.party.map_or("?".to_owned(), |party| party.to_string()),
            call.channel.as_str(),
        ),
    }
}

#[test]
fn every_name_tells_what_it_tells_and_no_more() {
    for (name, expected) in [
        // Xiaomi
        (
            "Вызов@007846201-89(0078462018955)_20230215113029.mp3",
            "2023-02-15T08:30:29Z - +78462018955 pstn",
        ),
        ("Вызов@0321(0321)_20231113112139.mp3", "2023-11-13T08:21:39Z - 0321 pstn"),
        ("Вызов@112(Экстренный номер)_20220428142049.mp3", "2022-04-28T11:20:49Z - 112 pstn"),
        (
            "Вызов@Юля (работа)(0079397172318)_20231216123836.MP3",
            "2023-12-16T09:38:36Z - +79397172318 pstn",
        ),
        ("Вызов@Юля(Мама)_20231216123836.mp3", "2023-12-16T09:38:36Z - ? pstn"),
        // LG: the digit in front was read both ways
        ("0d20151122141548p+74993464260.3gp", "2015-11-22T11:15:48Z - +74993464260 pstn"),
        ("1d20151209155457pnull.3gp", "2015-12-09T12:54:57Z - hidden pstn"),
        ("1d20151209155457p.3gp", "2015-12-09T12:54:57Z - ? pstn"),
        ("1d20151208155808p202020.3gp", "2015-12-08T12:58:08Z - 202020 pstn"),
        // Cube ACR
        (
            "2025-10-03 16-54-44 (phone) Contact Name (0486300265) ↙.m4a",
            "2025-10-03T13:54:44Z incoming ? pstn",
        ),
        (
            "2025-10-03 16-32-29 (phone) Contact Name (+61 403 692 612) ↗.m4a",
            "2025-10-03T13:32:29Z outgoing +61403692612 pstn",
        ),
        ("2025-10-03 17-09-31 (whatsapp) Contact Name.m4a", "2025-10-03T14:09:31Z - ? messenger"),
        (
            "2026-04-06 15-23-37 (phone) Paul Bichler (+1 701-226-5861) ↗.amr",
            "2026-04-06T12:23:37Z outgoing +17012265861 pstn",
        ),
        (
            "2026-04-06 15-23-37 (phone) +79160000001 ↙.amr",
            "2026-04-06T12:23:37Z incoming +79160000001 pstn",
        ),
        (
            "2026-04-06 15-23-37 (phone) Неизвестный номер ↙.amr",
            "2026-04-06T12:23:37Z incoming hidden pstn",
        ),
        ("2026-04-06 15-23-37 (phone) ↙.amr", "2026-04-06T12:23:37Z incoming ? pstn"),
        (
            "2026-04-06 15-23-37 (whatsapp business) +7 916 000-00-01 ↙.m4a",
            "2026-04-06T12:23:37Z incoming +79160000001 messenger",
        ),
        // Cube ACR, before
        ("phone_20230215-113029_+79001234567.amr", "2023-02-15T08:30:29Z - +79001234567 pstn"),
        ("telegram--20230215-113029.amr", "2023-02-15T08:30:29Z - ? messenger"),
        ("viber_20230215-113029-79001234567.wav", "2023-02-15T08:30:29Z - +79001234567 messenger"),
        // Samsung
        (
            "Call recording +15551234567_200605_114902.m4a",
            "2020-06-05T08:49:02Z - +15551234567 pstn",
        ),
        ("Вызов Дима Кондиционерщик_261008_170514.m4a", "2026-10-08T14:05:14Z - ? pstn"),
        (
            "Запись вызова +375 (29) 123-45-67_261008_000014.m4a",
            "2026-10-07T21:00:14Z - +375291234567 pstn",
        ),
        ("Call recording Иван_Иванов_261008_235914.mp3", "2026-10-08T20:59:14Z - ? pstn"),
        // axet, althafvly
        ("2018-02-20 20.32.15.ogg", "2018-02-20T17:32:15Z - ? pstn"),
        ("20181111T201723 ↓ +79001234567.ogg", "2018-11-11T17:17:23Z incoming +79001234567 pstn"),
        (
            "2018-02-20 20.32.15 ↑ +7 (900) 123-45-67 .ogg",
            "2018-02-20T17:32:15Z outgoing +79001234567 pstn",
        ),
        ("1519147935 Иван +79001234567 ↓.opus", "2018-02-20T17:32:15Z incoming +79001234567 pstn"),
        ("1519147935000_Иван.ogg", "2018-02-20T17:32:15Z - ? pstn"),
        ("20181111T201723 (Иван) - ↓.ogg", "2018-11-11T17:17:23Z incoming ? pstn"),
        // BCR
        (
            "20230414_215701.088-0400_in_+79001234567_Иван.oga",
            "2023-04-15T01:57:01.088Z incoming +79001234567 pstn",
        ),
        (
            "20230414_215701.088+0300_out_sim1_5551.m4a",
            "2023-04-14T18:57:01.088Z outgoing 5551 pstn",
        ),
        ("20230414_215701.088+0300_conference.oga", "2023-04-14T18:57:01.088Z - ? pstn"),
        ("20230414_215701.088Z_79001234567.oga", "2023-04-14T21:57:01.088Z - +79001234567 pstn"),
    ] {
        assert_eq!(told(name), expected, "{name}");
    }
}

#[test]
fn a_name_that_follows_no_pattern_is_not_read() {
    for name in [
        "",
        ".",
        "x.mp3",
        "Голос 001.m4a",
        "Вызов@Юля(0079397172318)_20231216123836 (1).mp3",
        "Вызов@Юля(0079397172318)_2023121612383.mp3",
        "Вызов@Юля(0079397172318)_20231216123836",
        "2d20151122141548p+74993464260.3gp",
        "2025-10-03 16-54-44 (радио) Имя.m4a",
        "2025-10-03 16:54:44 (phone) Имя.m4a",
        "20251-0-03 16-54-44 (phone) Имя.m4a",
        "phone_20230215-113029_Имя.amr",
        "Call recording Иван_20261008_235914.mp3",
        "15191479350 Иван.ogg",
        "1519147935x.ogg",
        "20230414_215701.+0300_in.oga",
        "запись.sh; rm -rf",
    ] {
        assert_eq!(file_names::read(name), None, "{name}");
    }
}

#[test]
fn a_time_that_stands_for_no_moment_or_for_two_is_refused() {
    let name = |time: &str| format!("Вызов@Юля(0079397172318)_{time}.mp3");
    let read = |zone: &str, time: &str| call_in(zone, &name(time)).map(|_| ());
    assert_eq!(read("Europe/Berlin", "20260329023000"), Err("ambiguous_time"), "left out");
    assert_eq!(read("Europe/Berlin", "20261025023000"), Err("ambiguous_time"), "repeated");
    assert_eq!(read("Europe/Berlin", "20261025033000"), Ok(()));
    assert_eq!(read("Europe/Moscow", "20261325033000"), Err("invalid_time"));
    assert_eq!(read("Europe/Moscow", "20270101000000"), Err("time_in_future"));
    assert_eq!(read("Europe/Moscow", "19991231000000"), Err("time_out_of_range"));
    let with_offset = "20261025_023000.000+0100_in_+79001234567.oga";
    assert!(call_in("Europe/Berlin", with_offset).is_ok(), "a name with its offset is exact");
}

proptest! {
    #[test]
    fn no_name_makes_it_panic(name in "(\\PC{0,40}|[0-9d@_pT ()+↙↓.-]{0,40})\\.(m4a|\\PC{0,4})") {
        let received_at = Instant(1_790_845_200_000_000);
        if let Some(facts) = file_names::read(&name) {
            let call = facts.call(&TimeZone::UTC, received_at);
            prop_assert!(call.is_err() || call.unwrap().channel != Channel::Sms);
        }
    }
}
