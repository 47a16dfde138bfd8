//! Renders the Markdown templates. What comes from a dossier is data: every
//! value is escaped on its way out, so it reads as the characters it holds.

pub use baitline_domain::paper::MAX_TEMPLATE_BYTES;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use minijinja::{Value, context};
use serde::Serialize;

use crate::markdown::MarkdownError;
use crate::russian::{NBSP, plural_form};

/// The application to the office.
pub(crate) const APPLICATION: &str = include_str!("../templates/application.md");
/// The page in front of a draft.
pub(crate) const COVER: &str = include_str!("../templates/cover.md");
/// The register of calls on paper.
pub(crate) const REGISTER: &str = include_str!("../templates/register.md");
/// The note of conversion on paper.
pub(crate) const CONVERSION: &str = include_str!("../templates/conversion.md");
/// The note for whoever opens the archive.
pub(crate) const README: &str = include_str!("../templates/readme.txt");
/// Steps of a template, about a hundred for every call and then some: a
/// template that runs longer is broken.
const MAX_FUEL: u64 = 10_000_000;
/// Bytes of what a template makes of its facts: five thousand rows of a table, or
/// the longest transcript, escaped, and then some. Setting what is longer takes
/// minutes and much memory.
const MAX_OUTPUT_BYTES: usize = 4 << 20;
/// Loops and conditions that stand in each other.
const MAX_NESTING: usize = 50;
/// The statements a template may use. Others keep values, call back or reach
/// for other templates: with these alone and a bounded output, whatever a
/// template does ends, and what it holds at a time is no longer than it is.
const STATEMENTS: [&str; 6] = ["for", "else", "endfor", "if", "elif", "endif"];

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The line of the template, from 1, where it can be told.
    pub line: Option<usize>,
    /// What is wrong with it, in one sentence.
    pub what: String,
}

impl std::fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for TemplateFault {}

impl From<Error> for TemplateFault {
    fn from(error: Error) -> Self {
        let what = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Self { line: error.line(), what }
    }
}

impl TemplateFault {
    /// Of what a template made; its lines are not the template's.
    pub(crate) fn of_markdown(error: MarkdownError) -> Self {
        Self { line: None, what: error.to_string() }
    }
}

/// Renders a Markdown template with `facts` as its only variable.
pub(crate) fn render_markdown(
    template: &str,
    facts: impl Serialize,
) -> Result<String, TemplateFault> {
    let mut environment = environment()?;
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(write_escaped);
    render(&environment, template, &facts)
}

/// Renders a plain text template. Its values are the program's own.
pub(crate) fn render_text(template: &str, facts: impl Serialize) -> Result<String, TemplateFault> {
    let mut environment = environment()?;
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    render(&environment, template, &facts)
}

fn render(
    environment: &Environment<'_>,
    template: &str,
    facts: &impl Serialize,
) -> Result<String, TemplateFault> {
    check_source(template)?;
    let mut out = Limited(Vec::new());
    let facts = context! { facts => Value::from(Serde(facts)) };
    environment.template_from_str(template)?.render_captured_to(facts, &mut out)?;
    String::from_utf8(out.0)
        .map_err(|_| TemplateFault { line: None, what: "the output is no text".to_owned() })
}

/// Refuses a template that is too long, holds characters that nobody sees or uses
/// another statement than [`STATEMENTS`]. It looks at every opening of a statement, also inside
/// comments and quotes: too careful there, and never fooled by them.
fn check_source(template: &str) -> Result<(), TemplateFault> {
    if template.len() > MAX_TEMPLATE_BYTES {
        let what = format!("the template is longer than {MAX_TEMPLATE_BYTES} bytes");
        return Err(TemplateFault { line: None, what });
    }
    let is_hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(at) = template.find(is_hidden) {
        let line = Some(line_of(template, at));
        return Err(TemplateFault { line, what: "a character that nobody sees".to_owned() });
    }
    for (at, _) in template.match_indices("{%") {
        let rest = template[at + 2..].trim_start_matches(['-', '+']).trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let word = &rest[..end.unwrap_or(rest.len())];
        if !STATEMENTS.contains(&word) {
            let line = Some(line_of(template, at));
            let what = format!("the statement {word:?} is none of {}", STATEMENTS.join(", "));
            return Err(TemplateFault { line, what });
        }
    }
    Ok(())
}

/// The line of a place in the template, from 1.
fn line_of(template: &str, at: usize) -> usize {
    template[..at].matches('\n').count() + 1
}

/// Takes what a template writes until it is too much.
struct Limited(Vec<u8>);

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(std::io::Error::other("the output is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn environment() -> Result<Environment<'static>, Error> {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    // Without the built-in filters and functions, of which some make long values
    // of short ones.
    let mut environment = Environment::empty();
    environment.set_syntax(syntax);
    environment.set_recursion_limit(MAX_NESTING);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(MAX_FUEL));
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("count", count);
    environment.add_filter("agree", agree);
    environment.add_filter("quoted", quoted);
    Ok(environment)
}

/// `{{ 3|count("звонок", "звонка", "звонков") }}`: «3 звонка».
fn count(count: u64, one: &str, few: &str, many: &str) -> String {
    format!("{count}{NBSP}{}", plural_form(count, one, few, many))
}

/// `{{ 3|agree("поступил", "поступило", "поступило") }}`: the word alone.
fn agree(count: u64, one: &str, few: &str, many: &str) -> String {
    plural_form(count, one, few, many).to_owned()
}

/// `{{ "ООО «Окна»"|quoted }}`: «ООО „Окна“», for quotes within quotes differ;
/// a text that is one quotation already stays as it is.
fn quoted(text: &str) -> String {
    let bare = text.strip_prefix('«').and_then(|rest| rest.strip_suffix('»'));
    let text = bare.filter(|inner| !inner.contains(['«', '»'])).unwrap_or(text);
    let inner = text.replace('«', "„").replace('»', "“");
    format!("«{inner}»")
}

fn write_escaped(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    let written =
        if value.is_safe() { out.write_str(&text) } else { out.write_str(&escaped(&text)) };
    written.map_err(|_| Error::new(ErrorKind::WriteFailure, "the output is full"))
}

/// Markdown that reads as exactly this text, on one line: every character that
/// could be markup is escaped, and every run of white space is one space.
fn escaped(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len() + text.len() / 8);
    let is_blank = |c: char| (c.is_whitespace() && c != NBSP) || c.is_control();
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !markdown.is_empty() {
            markdown.push(' ');
        }
        for c in word.chars() {
            if c.is_ascii_punctuation() {
                markdown.push('\\');
            }
            markdown.push(c);
        }
    }
    markdown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use crate::document::{Block, Inline};
    use crate::markdown;

    const HOSTILE: [&str; 17] = [
        "<script>alert(1)</script>",
        "<!-- подпись -->",
        "# heading",
        "1. item",
        "1) item",
        "+ item",
        "--- ",
        "[link](https://example.org)",
        "![image](x.png)",
        "a | b | c",
        "a \\| b \\\\| c \\\\\\| d \\",
        "**bold** _x_ `code` ~~x~~ &amp; &#35;",
        "```typ\n#read(\"/etc/passwd\")\n```",
        "#{ panic() } $x^2$ @ref <label> \\ // comment",
        "{{ facts }} {% include 'x' %}",
        "=SUM(A1:A9)\t\r\n\u{0}end",
        "    indented\n\n> quoted",
    ];

    #[test]
    fn hostile_text_reads_as_the_characters_it_holds() {
        for hostile in HOSTILE {
            let markdown = render_markdown("{{ facts }}\n", hostile).unwrap();
            let blocks = markdown::parse(&markdown).unwrap();
            let words = |c: char| c.is_whitespace() || c.is_control();
            let plain: Vec<&str> = hostile.split(words).filter(|word| !word.is_empty()).collect();
            let content = vec![Inline::Text { text: plain.join(" ") }];
            assert_eq!(blocks, vec![Block::Paragraph { content }], "{hostile}");
        }
    }

    #[test]
    fn hostile_text_stays_in_its_table_cell_and_quote() {
        for hostile in HOSTILE {
            let template = "| a | b |\n|---|---|\n| {{ facts }} | x |\n\n> {{ facts }}\n";
            let blocks = markdown::parse(&render_markdown(template, hostile).unwrap()).unwrap();
            let [Block::Table { rows, .. }, Block::Quote { blocks }] = blocks.as_slice() else {
                panic!("{hostile}: {blocks:?}");
            };
            assert_eq!((rows.len(), rows[0].len(), blocks.len()), (1, 2, 1), "{hostile}");
        }
    }

    #[test]
    fn a_template_that_names_an_unknown_fact_or_never_ends_is_an_error() {
        assert!(render_markdown("{{ facts.nothing }}", context! { x => 1 }).is_err());
        let endless =
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(render_markdown(endless, ()).is_err());
    }

    #[test]
    fn templates_decline_numerals_and_quote_names() {
        let text = render_markdown("{{ facts|count('звонок', 'звонка', 'звонков') }}", 3).unwrap();
        assert_eq!(text, "3\u{a0}звонка");
        let verb = render_markdown("{{ facts|agree('поступил', 'поступило', 'поступило') }}", 21);
        assert_eq!(verb.unwrap(), "поступил");
        let name = render_markdown("{{ facts|quoted }}", "ООО «Окна»").unwrap();
        assert_eq!(name, "«ООО „Окна“»");
    }
}
