//! What the gate misses, in sentences a person can act on.

use baitline_domain::gate::Missing;
use serde::Serialize;

use crate::numbered::NumberedCall;
use crate::russian::number_list;

/// One thing that is missing, with the calls it is missing for.
#[derive(Debug, Serialize)]
pub(crate) struct Gap {
    what: &'static str,
    why: &'static str,
    /// Whether every call of the package misses it.
    all: bool,
    calls: Vec<usize>,
    call_list: String,
}

/// Every missing thing in the gate's order.
pub(crate) fn gaps(calls: &[NumberedCall<'_>]) -> Vec<Gap> {
    let mut kinds: Vec<Missing> =
        calls.iter().flat_map(|call| call.facts.missing.iter().copied()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().map(|kind| gap(kind, calls)).collect()
}

fn gap(kind: Missing, calls: &[NumberedCall<'_>]) -> Gap {
    let lacking = calls.iter().filter(|call| call.facts.missing.contains(&kind));
    let numbers: Vec<usize> = lacking.map(|call| call.number).collect();
    let (what, why) = sentences(kind);
    let call_list = number_list(&numbers);
    Gap { what, why, all: numbers.len() == calls.len(), calls: numbers, call_list }
}

/// What it is called in a list.
pub(crate) fn name(kind: Missing) -> &'static str {
    sentences(kind).0.trim_end_matches('.')
}

fn sentences(kind: Missing) -> (&'static str, &'static str) {
    match kind {
        Missing::Recording => ("Запись звонка.", "Без неё содержание звонка не подтверждено."),
        Missing::AdvertisingLabel => {
            ("Прослушивание.", "Человек ещё не подтвердил, что в записи звучит реклама.")
        }
        Missing::Transcript => ("Расшифровка записи.", "Заявление цитирует её."),
        Missing::CompleteTrap => {
            ("Протокол контрольного звонка.", "Контрольный звонок выполнен не полностью.")
        }
        Missing::Statement => ("Детализация оператора связи.", "Звонок должен быть в ней найден."),
        Missing::CallInStatement => (
            "Звонок в детализации.",
            "Детализация за этот период есть, но звонок в ней не найден: сверьте время и номер.",
        ),
        Missing::CertifiedStatement => {
            ("Заверенный оригинал детализации.", "Его выдаёт оператор абонента.")
        }
        Missing::DisclosureConsent => (
            "Согласие на раскрытие сведений, составляющих тайну связи.",
            "Его подписывает абонент контрольного номера.",
        ),
        Missing::SimAuthority => (
            "Подтверждение права на контрольный номер.",
            "Договор с оператором или письменное согласие владельца номера.",
        ),
        Missing::Applicant => {
            ("Заявитель и подписывающий.", "Нужны данные заявителя и того, кто подпишет заявление.")
        }
        Missing::PowerOfAttorney => (
            "Доверенность представителя.",
            "Доверенности нет, либо на день подачи она не действует.",
        ),
        Missing::Inquiry => (
            "Запрос оператору связи.",
            "Нужен отправленный запрос и ответ на него либо отметка, что ответа нет.",
        ),
        Missing::Reply => (
            "Ответ оператора связи.",
            "Запрос отправлен; нужен ответ либо отметка, что ответа нет.",
        ),
        Missing::WrittenRefusal => (
            "Письменный отказ от рекламы.",
            "Оператор сообщил, что разрешил звонок; нужен отказ абонента, датированный днём раньше \
             звонка или ещё более ранним.",
        ),
        Missing::Time => ("Время.", "Срок привлечения к ответственности по звонку истёк."),
        Missing::FreeOfOtherComplaints => (
            "Звонок уже в другом заявлении.",
            "Он подан в составе другого заявления, которое не возвращено и не отозвано.",
        ),
    }
}
