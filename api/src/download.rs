//! Sends a blob: whole or the part a Range asks for, with an ETag that is the
//! hash of the bytes, so that a broken download goes on where it broke.

use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use baitline_domain::audit::AuditChange;
use baitline_domain::ids::ClientId;
use baitline_store::audit::{self, Note};
use baitline_store::blobs::BlobKind;
use baitline_store::{Reach, StoreError};
use futures_util::{StreamExt, stream};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::boundary::HeadOnly;
use crate::problem::{ApiError, ApiResult};

/// Characters of an id.
const ID_CHARS: usize = 36;

/// A blob with what its download says of it.
pub(crate) struct Download {
    pub(crate) client: ClientId,
    pub(crate) kind: BlobKind,
    pub(crate) sha256: Vec<u8>,
    pub(crate) bytes: u64,
    pub(crate) media_type: String,
    /// A name made by the server: ASCII letters, digits, hyphens and a dot.
    pub(crate) name: String,
}

/// The bytes of a file, as the document describes them.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it only describes what is streamed")]
pub(crate) struct FileBytes(Vec<u8>);

/// What the Range of a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    Nothing,
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the headers of a download say of its bytes.
pub(crate) struct Described<'a> {
    /// The hash that the ETag is.
    pub(crate) hash: &'a [u8],
    pub(crate) bytes: u64,
    pub(crate) media_type: &'a str,
    /// A name made by the server: ASCII letters, digits, hyphens and a dot.
    pub(crate) name: &'a str,
}

/// What a request for bytes is answered.
pub(crate) enum Begun {
    /// This, and no bytes.
    Over(HttpResponse),
    /// This with these bytes.
    Part(HttpResponseBuilder, Range<u64>),
}

/// Answers 200, 206, 304 or 416.
pub(crate) async fn send(
    app: &App,
    req: &HttpRequest,
    download: Download,
) -> ApiResult<HttpResponse> {
    let Download { client, kind, sha256, bytes, media_type, name } = download;
    let described = Described { hash: &sha256, bytes, media_type: &media_type, name: &name };
    let (mut response, part) = match begin(req, &described)? {
        Begun::Over(response) => return Ok(response),
        Begun::Part(response, part) => (response, part),
    };
    let length = part.end - part.start;
    if kind == BlobKind::Package {
        note_read(app, client, ("package", &described)).await?;
    }
    let bytes = app.store.blobs().get(client, kind, &sha256, Some(part)).await;
    let bytes = bytes.map_err(missing_blob)?.map(|piece| piece.map_err(ApiError::from));
    Ok(response.body(SizedStream::new(length, bytes)))
}

/// Writes down that packages were handed out, or a part of them: whoever asks for all but
/// the first byte has them, too.
pub(crate) async fn note_read(
    app: &App,
    client: ClientId,
    (noun, read): (&'static str, &Described<'_>),
) -> ApiResult<()> {
    let content = read.hash.to_vec();
    let subject = id_in(read.name).unwrap_or_default();
    app.write(Reach::Client(client), move |conn| {
        let noted = Note {
            noun,
            subject: &subject,
            change: AuditChange::Read,
            items: 1,
            content: &content,
        };
        audit::note(conn, client, &noted)
    })
    .await
}

/// The id in a name that the server made.
fn id_in(name: &str) -> Option<String> {
    let (stem, _) = name.rsplit_once('.')?;
    let id = stem.get(stem.len().checked_sub(ID_CHARS)?..)?;
    Uuid::try_parse(id).ok().map(|id| id.to_string())
}

/// A row speaks of it, so a missing blob is a fault of the service.
pub(crate) fn missing_blob(error: StoreError) -> ApiError {
    match error {
        StoreError::NotFound => ApiError::Internal("a blob is missing".to_owned()),
        error => error.into(),
    }
}

/// Which bytes are wanted, and the answer's head.
pub(crate) fn begin(req: &HttpRequest, described: &Described<'_>) -> ApiResult<Begun> {
    let etag = format!("\"{}\"", hex(described.hash));
    if header_text(req.headers(), &header::IF_NONE_MATCH).is_some_and(|value| names(value, &etag)) {
        let response = HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish();
        return Ok(Begun::Over(response));
    }
    let size = described.bytes;
    let (mut response, part) = match wanted(req.headers(), &etag, size) {
        Wanted::Whole => (HttpResponse::Ok(), 0..size),
        Wanted::Part(part) => {
            let mut response = HttpResponse::PartialContent();
            let shown = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            response.insert_header((header::CONTENT_RANGE, shown));
            (response, part)
        }
        Wanted::Nothing => return Err(ApiError::RangeNotSatisfiable { size }),
    };
    let disposition = format!("attachment; filename=\"{}\"", described.name);
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CONTENT_TYPE, described.media_type));
    let length = part.end - part.start;
    if length == 0 || req.extensions().get::<HeadOnly>().is_some() {
        let nothing = stream::empty::<Result<bytes::Bytes, ApiError>>();
        return Ok(Begun::Over(response.body(SizedStream::new(length, nothing))));
    }
    Ok(Begun::Part(response, part))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn names(list: &str, etag: &str) -> bool {
    list.split(',').any(|tag| matches!(tag.trim(), "*") || tag.trim() == etag)
}

/// A range of other bytes than the caller has begun with is of no use to it:
/// If-Range with another ETag asks for the whole.
fn wanted(headers: &HeaderMap, etag: &str, size: u64) -> Wanted {
    if header_text(headers, &header::IF_RANGE).is_some_and(|condition| condition != etag) {
        return Wanted::Whole;
    }
    header_text(headers, &header::RANGE).map_or(Wanted::Whole, |range| read_range(range, size))
}

/// One range of bytes. Several ranges, other units and nonsense are answered
/// with the whole, as RFC 9110 allows.
fn read_range(text: &str, size: u64) -> Wanted {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Wanted::Whole;
    };
    let number = |digits: &str| digits.parse::<u64>().ok();
    let range = match (first, last) {
        ("", suffix) => number(suffix).map(|length| size.saturating_sub(length)..size),
        (first, "") => number(first).map(|first| first..size),
        (first, last) => number(first).zip(number(last)).and_then(|(first, last)| {
            (first <= last).then(|| first..last.saturating_add(1).min(size))
        }),
    };
    match range {
        None => Wanted::Whole,
        Some(range) if range.start >= range.end => Wanted::Nothing,
        Some(range) => Wanted::Part(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file_and_nonsense_means_the_whole() {
        assert_eq!(read_range("bytes=0-0", 10), Wanted::Part(0..1));
        assert_eq!(read_range("bytes=5-", 10), Wanted::Part(5..10));
        assert_eq!(read_range("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(read_range("bytes=-30", 10), Wanted::Part(0..10));
        assert_eq!(read_range("bytes=5-18446744073709551615", 10), Wanted::Part(5..10));
        assert_eq!(read_range("bytes=10-", 10), Wanted::Nothing);
        assert_eq!(read_range("bytes=-0", 10), Wanted::Nothing);
        for whole in ["bytes=5-2", "bytes=x-", "lines=1-2", "bytes=0-1,3-4", "bytes=-", ""] {
            assert_eq!(read_range(whole, 10), Wanted::Whole, "{whole}");
        }
    }
}
