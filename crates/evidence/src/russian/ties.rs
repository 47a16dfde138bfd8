//! What must not be parted by the end of a line.

use super::NBSP;

/// What belongs together stays on one line: «№ 5», «И. И. Иванов», «5 000 ₽»,
/// «2 л.», and a dash does not begin a line. For text that people entered.
pub(crate) fn tied(text: &str) -> String {
    let characters = with_one_stop(text);
    let mut tied = String::with_capacity(text.len());
    for (place, c) in characters.iter().enumerate() {
        let before = &characters[..place];
        let after = &characters[place + 1..];
        tied.push(if *c == ' ' && belongs_together(before, after) { NBSP } else { *c });
    }
    tied
}

/// «2026 г.» at the end of a sentence has one stop, not two.
fn with_one_stop(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = Vec::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let repeats = c == '.' && characters.ends_with(&['г', '.']) && rest.peek() != Some(&'.');
        if !repeats {
            characters.push(c);
        }
    }
    characters
}

/// Units that follow their number.
const UNITS: [&str; 10] = ["₽", "руб.", "л.", "экз.", "г.", "мин", "с", "ч", "%", "кв."];

fn belongs_together(before: &[char], after: &[char]) -> bool {
    let Some(last) = before.last() else { return false };
    if *last == '№' || *last == '§' || after.first() == Some(&'—') {
        return true;
    }
    let next_word: String = after.iter().take_while(|c| !c.is_whitespace()).collect();
    let next_word = next_word.trim_end_matches([',', ';', ')', ':']);
    if last.is_ascii_digit() {
        let groups = next_word.len() == 3 && next_word.bytes().all(|b| b.is_ascii_digit());
        return groups || UNITS.contains(&next_word);
    }
    // An initial: a capital letter alone with its stop.
    let is_initial = |word: &[char]| matches!(word, [letter, '.'] if letter.is_uppercase());
    let word_start = before.iter().rposition(|c| c.is_whitespace() || *c == NBSP);
    let word = &before[word_start.map_or(0, |place| place + 1)..];
    is_initial(word) && next_word.chars().next().is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_stays_on_one_line() {
        for (text, expected) in [
            ("договор № 5 от", "договор №·5 от"),
            ("И. И. Иванов и П. Петров", "И.·И.·Иванов и П.·Петров"),
            ("скидка 30 %, всего 5 000 ₽", "скидка 30·%, всего 5·000·₽"),
            ("на 2 л. в 1 экз.", "на 2·л. в 1·экз."),
            ("2026 г. — год", "2026·г.·— год"),
            ("по 31 октября 2026 г.. Да", "по 31 октября 2026·г. Да"),
            ("в 2026 г...", "в 2026 г..."),
            ("в 7 часов", "в 7 часов"),
            ("Это А. да", "Это А. да"),
            (" № ", " №·"),
        ] {
            assert_eq!(tied(text).replace(NBSP, "·"), expected, "{text}");
        }
    }
}
