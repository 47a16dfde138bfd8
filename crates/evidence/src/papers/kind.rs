//! The kinds of documents with a template, and the program's own templates.

use baitline_domain::paper;

/// A document that has a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaperKind {
    /// The application to the office; made with its package.
    Application,
    /// The inquiry to the operator of the numbers called.
    OperatorInquiry,
    /// The protocol of a control call.
    TrapProtocol,
    /// The transcript of a recording.
    Transcript,
    /// The comparison of our calls with the operator's statement.
    StatementComparison,
    /// The statement of custody of recordings.
    CustodyStatement,
    /// The inventory of enclosures.
    Inventory,
    /// The subscriber's consent to disclosure of the secrecy of communication.
    DisclosureConsent,
    /// The note for whoever answers a control number; filed nowhere.
    AnsweringScript,
}

impl PaperKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Application,
        Self::OperatorInquiry,
        Self::TrapProtocol,
        Self::Transcript,
        Self::StatementComparison,
        Self::CustodyStatement,
        Self::Inventory,
        Self::DisclosureConsent,
        Self::AnsweringScript,
    ];

    /// The code word, as it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::OperatorInquiry => "operator_inquiry",
            Self::TrapProtocol => "trap_protocol",
            Self::Transcript => "transcript",
            Self::StatementComparison => "statement_comparison",
            Self::CustodyStatement => "custody_statement",
            Self::Inventory => "inventory",
            Self::DisclosureConsent => "disclosure_consent",
            Self::AnsweringScript => "answering_script",
        }
    }

    /// The kind with this code word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The program's own template, in Markdown with MiniJinja.
    pub const fn template(self) -> &'static str {
        match self {
            Self::Application => crate::template::APPLICATION,
            Self::OperatorInquiry => include_str!("../../templates/inquiry.md"),
            Self::TrapProtocol => include_str!("../../templates/protocol.md"),
            Self::Transcript => include_str!("../../templates/transcript.md"),
            Self::StatementComparison => include_str!("../../templates/comparison.md"),
            Self::CustodyStatement => include_str!("../../templates/custody.md"),
            Self::Inventory => include_str!("../../templates/inventory.md"),
            Self::DisclosureConsent => include_str!("../../templates/consent.md"),
            Self::AnsweringScript => include_str!("../../templates/script.md"),
        }
    }

    /// For the file's properties.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Application => "Заявление о признаках нарушения законодательства о рекламе",
            Self::OperatorInquiry => "Запрос оператору связи",
            Self::TrapProtocol => "Протокол контрольного звонка",
            Self::Transcript => "Расшифровка записи",
            Self::StatementComparison => "Сопоставление с детализацией оператора связи",
            Self::CustodyStatement => "Справка о порядке получения и хранения записей",
            Self::Inventory => "Опись приложений",
            Self::DisclosureConsent => "Согласие на раскрытие сведений, составляющих тайну связи",
            Self::AnsweringScript => "Памятка отвечающему на звонки",
        }
    }
}

/// Those that are made of what is kept, one by one; the others come with a
/// package.
impl From<paper::PaperKind> for PaperKind {
    fn from(kind: paper::PaperKind) -> Self {
        match kind {
            paper::PaperKind::Application => Self::Application,
            paper::PaperKind::OperatorInquiry => Self::OperatorInquiry,
            paper::PaperKind::TrapProtocol => Self::TrapProtocol,
            paper::PaperKind::Transcript => Self::Transcript,
            paper::PaperKind::StatementComparison => Self::StatementComparison,
            paper::PaperKind::DisclosureConsent => Self::DisclosureConsent,
            paper::PaperKind::AnsweringScript => Self::AnsweringScript,
        }
    }
}
