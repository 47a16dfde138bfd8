//! Papers: what each is made of is gathered from the tables, and it is rendered
//! from the client's own template where there is an accepted one. The moment it
//! was asked for is the only time it knows. Clients' templates are tried here,
//! too: the api knows no documents.

mod application;
mod comparison;
mod enclosed;
mod letters;
mod protocol;
mod transcript;

use baitline_domain::ids::{
    ApplicantId, ClientId, ComplaintId, InquiryId, ObservationId, StatementId, TrapId,
};
use baitline_domain::instant::Instant;
use baitline_domain::paper::PaperKind;
use baitline_evidence::dossier::Dossier;
use baitline_evidence::papers::{
    self as evidence, ComparisonFacts, ConsentFacts, InquiryFacts, ProtocolFacts, Rendered,
    ScriptFacts, TranscriptFacts,
};
use baitline_evidence::people::Making;
use baitline_store::blobs::{BlobKind, StoredBlob};
use baitline_store::models::{Client, Paper, PaperTemplate};
use baitline_store::paper_templates::{self as templates, Refused};
use baitline_store::papers::{self, MadePaper};
use baitline_store::{Conn, Reach, StoreError, StoreResult, clients};
use bytes::Bytes;
use futures_util::stream;
use jiff::tz::TimeZone;

use crate::contents::put_failed;
use crate::{Step, WorkError, Worker};

/// The largest file of a paper that is kept.
const MAX_PAPER_BYTES: u64 = 64 * 1024 * 1024;
/// Why there is no paper of a call that was voided, or the like.
const GONE: &str = "What the paper is made of is not there any more.";

/// The program's own template of a paper, for whoever offers it to clients.
pub fn built_in_template(kind: PaperKind) -> &'static str {
    evidence::PaperKind::from(kind).template()
}

/// What a paper is made of.
enum Facts {
    Application(Box<Dossier>),
    Inquiry(InquiryFacts),
    Protocol(ProtocolFacts),
    Transcript(TranscriptFacts),
    Comparison(ComparisonFacts),
    Consent(ConsentFacts),
    Script(ScriptFacts),
}

/// What came of looking for it.
enum Gathered {
    Facts(Box<Facts>),
    /// Days of it wait to be derived.
    Wait,
    /// It makes no paper, for this reason.
    Nothing(&'static str),
}

impl From<Facts> for Gathered {
    fn from(facts: Facts) -> Self {
        Self::Facts(Box::new(facts))
    }
}

/// What every gathering starts from.
pub(crate) struct Desk<'a> {
    client: ClientId,
    /// The client's name.
    name: String,
    time_zone: String,
    zone: TimeZone,
    /// The date of the paper.
    at: Instant,
    program_version: &'a str,
}

impl<'a> Desk<'a> {
    pub(crate) fn of(client: Client, at: Instant, program_version: &'a str) -> Self {
        // A zone that there is not is told by the rendering, which reads it again.
        let zone = TimeZone::get(&client.time_zone).unwrap_or(TimeZone::UTC);
        let Client { id, name, time_zone, .. } = client;
        Self { client: id, name, time_zone, zone, at, program_version }
    }

    fn reach(&self) -> Reach {
        Reach::Client(self.client)
    }
}

/// A paper's facts with what else its making needs.
struct Ready {
    gathered: Gathered,
    making: Making,
    template: Option<PaperTemplate>,
}

impl Worker {
    /// Tries a client's template that waits for it.
    pub(crate) fn try_template(&self) -> Result<Option<Step>, WorkError> {
        let Some(row) = self.store.write(Reach::Agency, templates::claim_template)? else {
            return Ok(None);
        };
        let tried = evidence::check_template(row.kind.into(), &row.content);
        let refused = tried.err().map(|fault| Refused {
            problem: fault.what,
            line: fault.line.and_then(|line| i32::try_from(line).ok()),
        });
        let tried = refused.as_ref().map_or(Ok(()), Err);
        self.store.write(Reach::Agency, |conn| templates::end_template(conn, &row, tried))?;
        tracing::info!(client = %row.client_id, kind = %row.kind, ok = tried.is_ok(), "tried a template");
        Ok(Some(Step::Tried))
    }

    /// Makes a paper that waits; `None` where none does that could be made now.
    pub(crate) fn make_paper(&self) -> Result<Option<Step>, WorkError> {
        let Some(paper) = self.store.write(Reach::Agency, papers::claim_paper)? else {
            return Ok(None);
        };
        let _span =
            tracing::info_span!("paper", client = %paper.client_id, paper = %paper.id).entered();
        let made = self.make(&paper);
        if made.as_ref().is_err_and(WorkError::is_outage) {
            self.store.write(Reach::Agency, |conn| papers::give_back_paper(conn, &paper))?;
        }
        made
    }

    fn make(&self, paper: &Paper) -> Result<Option<Step>, WorkError> {
        let reach = Reach::Client(paper.client_id);
        let ready = match self.store.read(reach, |conn| self.gather(conn, paper)) {
            Err(StoreError::NotFound) => return self.fail(paper, GONE),
            other => other?,
        };
        let facts = match ready.gathered {
            Gathered::Facts(facts) => facts,
            Gathered::Nothing(why) => return self.fail(paper, why),
            Gathered::Wait => {
                self.store.write(Reach::Agency, |conn| papers::put_back_paper(conn, paper))?;
                return Ok(None);
            }
        };
        let template = ready.template.as_ref();
        let text = template.map(|row| row.content.as_str());
        let rendered = match facts.rendered(text, &ready.making, &paper.id.to_string()) {
            Ok(rendered) => rendered,
            Err(error) => {
                let problem = match template {
                    Some(row) => format!("Template version {}: {error}", row.version),
                    None => error.to_string(),
                };
                return self.fail(paper, &problem);
            }
        };
        let made = MadePaper {
            template_version: template.map(|row| row.version),
            pdf: self.keep_bytes(paper.client_id, rendered.pdf)?,
            docx: self.keep_bytes(paper.client_id, rendered.docx)?,
        };
        self.store.write(Reach::Agency, |conn| papers::keep_paper(conn, paper, &made))?;
        Ok(Some(Step::Made))
    }

    fn fail(&self, paper: &Paper, problem: &str) -> Result<Option<Step>, WorkError> {
        tracing::warn!(problem, "a paper cannot be made");
        self.store.write(Reach::Agency, |conn| papers::fail_paper(conn, paper, problem))?;
        Ok(Some(Step::Made))
    }

    fn keep_bytes(&self, client: ClientId, bytes: Vec<u8>) -> Result<StoredBlob, WorkError> {
        let sent = stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes))]);
        let put = self.store.blobs().put(client, BlobKind::Paper, sent, MAX_PAPER_BYTES);
        Ok(self.runtime.block_on(put).map_err(put_failed)?)
    }

    /// Everything of one moment: the facts and the template that is in use.
    fn gather(&self, conn: &mut Conn, paper: &Paper) -> StoreResult<Ready> {
        let client = clients::find_client(conn, paper.client_id)?;
        let time_zone = client.time_zone.clone();
        let desk = Desk::of(client, paper.created_at, &self.program_version);
        Ok(Ready {
            gathered: desk.gathered(conn, paper)?,
            making: Making { made_at: paper.created_at, time_zone, draft: false },
            template: templates::template_in_use(conn, paper.client_id, paper.kind)?,
        })
    }
}

impl Desk<'_> {
    fn gathered(&self, conn: &mut Conn, paper: &Paper) -> StoreResult<Gathered> {
        let id = paper.subject_id.0;
        match paper.kind {
            PaperKind::Application => self.application(conn, paper.id, ComplaintId(id)),
            PaperKind::OperatorInquiry => self.inquiry(conn, InquiryId(id)),
            PaperKind::TrapProtocol => self.protocol(conn, TrapId(id)),
            PaperKind::Transcript => self.transcript(conn, ObservationId(id)),
            PaperKind::StatementComparison => self.comparison(conn, StatementId(id)),
            PaperKind::DisclosureConsent => self.consent(conn, ApplicantId(id), paper.bait_id),
            PaperKind::AnsweringScript => self.script(conn, paper.bait_id),
        }
    }
}

impl Facts {
    fn rendered(
        &self,
        template: Option<&str>,
        making: &Making,
        ident: &str,
    ) -> Result<Rendered, evidence::PaperError> {
        let paper = match self {
            Self::Application(dossier) => return evidence::render_application(dossier, template),
            Self::Inquiry(facts) => evidence::Paper::OperatorInquiry(facts),
            Self::Protocol(facts) => evidence::Paper::TrapProtocol(facts),
            Self::Transcript(facts) => evidence::Paper::Transcript(facts),
            Self::Comparison(facts) => evidence::Paper::StatementComparison(facts),
            Self::Consent(facts) => evidence::Paper::DisclosureConsent(facts),
            Self::Script(facts) => evidence::Paper::AnsweringScript(facts),
        };
        evidence::render(&paper, template, making, ident)
    }
}
