//! The patterns, one function each.

use baitline_domain::observation::{Channel, Direction};

use super::NameFacts;

/// In the order in which they are tried; no name follows two.
pub(super) const ALL: [fn(&str) -> Option<NameFacts>; 7] =
    [miui, lg, cube, old_cube, samsung, bcr, tokens];

/// What Cube ACR calls the telephone network.
const PHONE: &str = "phone";

/// Xiaomi: `Вызов@Имя(0079001234567)_20230215113029`. Of a short number, the name
/// stands in the brackets: `Вызов@112(Экстренный номер)_…`. No direction.
fn miui(stem: &str) -> Option<NameFacts> {
    let rest = strip_any(stem, &["Вызов@", "Call@"])?;
    let (ends, time) = rest.rsplit_once('_')?;
    let (name, number) = ends.strip_suffix(')')?.rsplit_once('(')?;
    let end = if is_dialled(number) || !is_dialled(name) { number } else { name };
    facts(compact_time(time)?, None, Some(end), Channel::Pstn)
}

/// LG: `0d20151122141548p+74993464260`. What the first digit means was read both
/// ways by those who tried, so it tells no direction.
fn lg(stem: &str) -> Option<NameFacts> {
    let rest = strip_any(stem, &["0d", "1d"])?;
    let (time, end) = rest.split_once('p')?;
    facts(compact_time(time)?, None, Some(end), Channel::Pstn)
}

/// Cube ACR: `2025-10-03 16-32-29 (phone) Имя (+7 900 123-45-67) ↗`. The arrow
/// tells the direction, where there is one.
fn cube(stem: &str) -> Option<NameFacts> {
    let (time, rest) = stem.split_at_checked("2025-10-03 16-54-44".len())?;
    let time = dashed_time(time, '-')?;
    let (channel, rest) = rest.strip_prefix(" (")?.split_once(')')?;
    let (rest, direction) = strip_arrow(rest, ['↙', '↗']);
    let rest = rest.trim();
    let in_brackets = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let end = in_brackets.map_or(rest, |(_, number)| number);
    facts(time, direction, Some(end), channel_of(channel)?)
}

/// Cube ACR before: `phone_20230215-113029_+79001234567`. No direction.
fn old_cube(stem: &str) -> Option<NameFacts> {
    let at = stem.find(['_', '-'])?;
    let (channel, rest) = stem.split_at_checked(at)?;
    let channel = channel_of(channel)?;
    let rest = rest.strip_prefix(['_', '-'])?;
    let rest = rest.strip_prefix(['_', '-']).unwrap_or(rest);
    let (time, rest) = rest.split_at_checked("20230215-113029".len())?;
    let (day, clock) = time.split_once('-')?;
    let end = rest.strip_prefix(['_', '-']).unwrap_or(rest);
    let is_number = end.is_empty() || is_dialled(end);
    is_number.then(|| facts(joined_time(day, clock)?, None, Some(end), channel)).flatten()
}

/// Samsung: `Call recording Имя_261008_170514`, with a year of two digits, in
/// the phone's language. No direction.
fn samsung(stem: &str) -> Option<NameFacts> {
    let rest = strip_any(stem, &["Call recording ", "Запись вызова ", "Вызов "])?;
    let (rest, clock) = rest.rsplit_once('_')?;
    let (end, day) = rest.rsplit_once('_')?;
    let is_short_day = day.len() == 6;
    is_short_day
        .then(|| facts(joined_time(&format!("20{day}"), clock)?, None, Some(end), Channel::Pstn))
        .flatten()
}

/// BCR: `20230414_215701.088+0300_in_sim1_+79001234567_Имя`. The direction is a
/// word, and the time has its offset. A conference has several other ends.
fn bcr(stem: &str) -> Option<NameFacts> {
    let mut parts = stem.split('_');
    let (day, clock) = (parts.next()?, parts.next()?);
    let at = clock.find(['+', '-', 'Z'])?;
    let (clock, offset) = clock.split_at_checked(at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let time = is_fraction.then(|| joined_time(day, clock)).flatten()?;
    let time = format!("{time}.{fraction}{offset}");
    let mut rest = parts.peekable();
    let direction = match *rest.peek()? {
        "in" => Some(Direction::Incoming),
        "out" => Some(Direction::Outgoing),
        _ => None,
    };
    if direction.is_some() || rest.peek() == Some(&"conference") {
        rest.next();
    }
    rest.next_if(|part| part.strip_prefix("sim").is_some_and(is_digits));
    let end = rest.next().unwrap_or_default();
    facts(time, direction, Some(end), Channel::Pstn)
}

/// The recorders of axet and althafvly: a name made of a time and, in any order,
/// an arrow, a number and a contact: `20181111T201723 ↓ +79001234567 Имя`.
fn tokens(stem: &str) -> Option<NameFacts> {
    let (time, rest) = leading_time(stem)?;
    let rest = rest.trim_start_matches([' ', '_', '-']);
    let (rest, direction) = strip_arrow(rest, ['↓', '↑']);
    let is_gap = |c: char| matches!(c, ' ' | '_' | '-');
    let rest = rest.trim_matches(is_gap);
    facts(time, direction, Some(dialled_part(rest).unwrap_or(rest)), Channel::Pstn)
}

/// The time at the beginning: `2018-02-20 20.32.15`, `20181111T201723`, or Unix
/// seconds or milliseconds.
fn leading_time(stem: &str) -> Option<(String, &str)> {
    if let Some((time, rest)) = stem.split_at_checked("2018-02-20 20.32.15".len())
        && let Some(time) = dashed_time(time, '.')
    {
        return Some((time, rest));
    }
    if let Some((time, rest)) = stem.split_at_checked("20181111T201723".len())
        && let Some((day, clock)) = time.split_once('T')
    {
        return Some((joined_time(day, clock)?, rest));
    }
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let (unix, rest) = stem.split_at_checked(digits)?;
    let micros = match digits {
        10 => unix.parse::<i64>().ok()? * 1_000_000,
        13 => unix.parse::<i64>().ok()? * 1_000,
        _ => return None,
    };
    let is_time = rest.is_empty() || rest.starts_with([' ', '_', '-']);
    is_time.then(|| (baitline_domain::instant::Instant(micros).to_string(), rest))
}

/// A number at the end of a text, or at its beginning: what stands beside it is
/// a contact's name.
fn dialled_part(text: &str) -> Option<&str> {
    if is_dialled(text) {
        return Some(text);
    }
    let bracketed = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let last = bracketed.map(|(_, inside)| inside).or_else(|| text.rsplit(' ').next());
    let first = text.split(' ').next();
    [last, first].into_iter().flatten().find(|part| is_dialled(part))
}

fn facts(
    time: String,
    direction: Option<Direction>,
    end: Option<&str>,
    channel: Channel,
) -> Option<NameFacts> {
    let end = end.map(str::trim).filter(|end| !end.is_empty()).map(str::to_owned);
    Some(NameFacts { time, direction, end, channel })
}

fn strip_any<'a>(text: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix))
}

/// The text without its arrow, of which the first means to the bait and the
/// second from it.
fn strip_arrow(text: &str, [to, from]: [char; 2]) -> (&str, Option<Direction>) {
    let arrows = [(to, Direction::Incoming), (from, Direction::Outgoing)];
    for (arrow, direction) in arrows {
        let trimmed = text.trim();
        if let Some(rest) = trimmed.strip_suffix(arrow).or_else(|| trimmed.strip_prefix(arrow)) {
            return (rest, Some(direction));
        }
    }
    (text, None)
}

/// A word for what carried the call: the network, or a messenger by its name.
fn channel_of(word: &str) -> Option<Channel> {
    const MESSENGERS: [&str; 12] = [
        "whatsapp",
        "telegram",
        "viber",
        "skype",
        "vk",
        "max",
        "signal",
        "facebook",
        "messenger",
        "imo",
        "line",
        "zoom",
    ];
    let word = word.to_lowercase();
    if word == PHONE {
        return Some(Channel::Pstn);
    }
    let known = MESSENGERS.iter().any(|messenger| word.split(' ').any(|part| part == *messenger));
    known.then_some(Channel::Messenger)
}

/// Whether a text is digits and what people write between them.
fn is_dialled(text: &str) -> bool {
    let mut digits = 0;
    let fits = text.trim().chars().enumerate().all(|(place, c)| {
        digits += usize::from(c.is_ascii_digit());
        c.is_ascii_digit()
            || (c == '+' && place == 0)
            || matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '.')
    });
    fits && digits >= 3
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `20230215113029`.
fn compact_time(text: &str) -> Option<String> {
    let (day, clock) = text.split_at_checked("20230215".len())?;
    joined_time(day, clock)
}

/// A day of eight digits and a time of day of six.
fn joined_time(day: &str, clock: &str) -> Option<String> {
    let fits = day.len() == 8 && clock.len() == 6 && is_digits(day) && is_digits(clock);
    fits.then(|| {
        let (year, month, date) = (&day[..4], &day[4..6], &day[6..]);
        let (hour, minute, second) = (&clock[..2], &clock[2..4], &clock[4..]);
        format!("{year}-{month}-{date}T{hour}:{minute}:{second}")
    })
}

/// `2025-10-03 16-54-44`, with any sign inside the time of day.
fn dashed_time(text: &str, between: char) -> Option<String> {
    let (day, clock) = text.split_once(' ')?;
    let day: Vec<&str> = day.split('-').collect();
    let clock: Vec<&str> = clock.split(between).collect();
    let lengths = |parts: &[&str]| parts.iter().map(|part| part.len()).collect::<Vec<_>>();
    (lengths(&day) == [4, 2, 2] && lengths(&clock) == [2, 2, 2])
        .then(|| joined_time(&day.concat(), &clock.concat()))
        .flatten()
}
