//! Numerals in words, and the nouns that follow them.

/// The form a noun takes after `count`: 1 звонок, 2 звонка, 5 звонков.
pub(crate) fn plural_form<'a>(count: u64, one: &'a str, few: &'a str, many: &'a str) -> &'a str {
    match (count % 100, count % 10) {
        (11..=14, _) => many,
        (_, 1) => one,
        (_, 2..=4) => few,
        _ => many,
    }
}

/// Words under twenty, before a masculine and before a feminine noun.
const ONES: [(&str, &str); 20] = [
    ("", ""),
    ("один", "одна"),
    ("два", "две"),
    ("три", "три"),
    ("четыре", "четыре"),
    ("пять", "пять"),
    ("шесть", "шесть"),
    ("семь", "семь"),
    ("восемь", "восемь"),
    ("девять", "девять"),
    ("десять", "десять"),
    ("одиннадцать", "одиннадцать"),
    ("двенадцать", "двенадцать"),
    ("тринадцать", "тринадцать"),
    ("четырнадцать", "четырнадцать"),
    ("пятнадцать", "пятнадцать"),
    ("шестнадцать", "шестнадцать"),
    ("семнадцать", "семнадцать"),
    ("восемнадцать", "восемнадцать"),
    ("девятнадцать", "девятнадцать"),
];
const TENS: [&str; 10] = [
    "",
    "",
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const HUNDREDS: [&str; 10] = [
    "",
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
];
/// The largest number that is written in words.
const MOST_IN_WORDS: u64 = 999_999;

/// «двенадцать», «двадцать один»; numbers of seven digits stay digits.
pub(crate) fn in_words(number: u64) -> String {
    if number == 0 {
        return "ноль".to_owned();
    }
    if number > MOST_IN_WORDS {
        return number.to_string();
    }
    let (thousands, rest) = (number / 1_000, number % 1_000);
    let mut words = Vec::new();
    if thousands > 0 {
        words.extend(under_thousand(thousands, |(_, feminine)| feminine));
        words.push(plural_form(thousands, "тысяча", "тысячи", "тысяч"));
    }
    words.extend(under_thousand(rest, |(masculine, _)| masculine));
    words.join(" ")
}

/// The same before a neuter noun: «одно приложение», «двадцать одно».
pub(crate) fn in_words_neuter(number: u64) -> String {
    let words = in_words(number);
    words.strip_suffix("один").map_or_else(|| words.clone(), |head| format!("{head}одно"))
}

fn under_thousand(
    number: u64,
    gender: impl Fn((&'static str, &'static str)) -> &'static str,
) -> Vec<&'static str> {
    let place = |digit: u64| usize::try_from(digit).unwrap_or(0);
    let last = number % 100;
    let (tens, ones) = if last < 20 { (0, last) } else { (last / 10, last % 10) };
    let words = [HUNDREDS[place(number / 100)], TENS[place(tens)], gender(ONES[place(ones)])];
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_decline_their_nouns() {
        let forms = |count| plural_form(count, "звонок", "звонка", "звонков");
        let one = [1, 21, 101, 1_001].map(forms);
        let few = [2, 3, 4, 22, 104].map(forms);
        let many = [0, 5, 11, 12, 14, 19, 20, 111, 112].map(forms);
        assert!(one.iter().all(|form| *form == "звонок"), "{one:?}");
        assert!(few.iter().all(|form| *form == "звонка"), "{few:?}");
        assert!(many.iter().all(|form| *form == "звонков"), "{many:?}");
    }

    #[test]
    fn numbers_are_written_in_words() {
        for (number, words) in [
            (0, "ноль"),
            (1, "один"),
            (12, "двенадцать"),
            (20, "двадцать"),
            (21, "двадцать один"),
            (115, "сто пятнадцать"),
            (342, "триста сорок два"),
            (1_001, "одна тысяча один"),
            (2_000, "две тысячи"),
            (11_000, "одиннадцать тысяч"),
            (999_999, "девятьсот девяносто девять тысяч девятьсот девяносто девять"),
            (1_000_000, "1000000"),
        ] {
            assert_eq!(in_words(number), words);
        }
        assert_eq!(in_words_neuter(1), "одно");
        assert_eq!(in_words_neuter(31), "тридцать одно");
        assert_eq!(in_words_neuter(12), "двенадцать");
    }
}
