//! What the server does: objects, uploads in parts, lists.

use jiff::Timestamp;

use super::http::{Answer, Request};
use super::{ACCESS_KEY_ID, Object, REGION, Shared, State, Upload};

/// Answers a request that nothing goes wrong with.
pub(super) fn answer(shared: &Shared, request: &Request) -> Answer {
    let signed = request.headers.get("authorization").map_or("", String::as_str);
    if !signed.contains(&format!("Credential={ACCESS_KEY_ID}/"))
        || !signed.contains(&format!("/{REGION}/s3/"))
    {
        return Answer::problem(403, "InvalidAccessKeyId");
    }
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let (bucket, key) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let mut state = shared.lock();
    if !state.buckets.iter().any(|known| known == bucket) {
        return Answer::problem(404, "NoSuchBucket");
    }
    let at = (bucket.to_owned(), key.to_owned());
    let upload = parameter(query, "uploadId");
    match (request.method.as_str(), upload) {
        ("PUT", Some(id)) => put_part(&mut state, &id, query, request),
        ("POST", Some(id)) => complete(&mut state, &id, at, request),
        ("DELETE", Some(id)) => match state.uploads.remove(&id) {
            Some(_) => Answer::of(204),
            None => Answer::problem(404, "NoSuchUpload"),
        },
        ("POST", None) if query.split('&').any(|name| name.trim_end_matches('=') == "uploads") => {
            create(&mut state, key)
        }
        ("PUT", None) => {
            let tag = put(&mut state, at, request.body.clone());
            Answer::of(200).with("ETag", tag)
        }
        ("DELETE", None) => {
            state.objects.remove(&at);
            Answer::of(204)
        }
        ("GET" | "HEAD", None) if key.is_empty() => list(&state, bucket, query),
        ("GET" | "HEAD", None) => match state.objects.get(&at) {
            Some(object) => get(object, request),
            None => Answer::problem(404, "NoSuchKey"),
        },
        _ => Answer::problem(501, "NotImplemented"),
    }
}

fn put(state: &mut State, at: (String, String), bytes: Vec<u8>) -> String {
    state.counted += 1;
    state.objects.insert(at, Object { bytes, changed_at: Timestamp::now() });
    format!("\"{}\"", state.counted)
}

fn create(state: &mut State, key: &str) -> Answer {
    state.counted += 1;
    let id = format!("upload-{}", state.counted);
    state.uploads.insert(id.clone(), Upload { key: key.to_owned(), ..Upload::default() });
    let text = format!(
        "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
    );
    Answer::xml(200, &text)
}

fn put_part(state: &mut State, id: &str, query: &str, request: &Request) -> Answer {
    let number = parameter(query, "partNumber").and_then(|text| text.parse().ok());
    match (state.uploads.get_mut(id), number) {
        (Some(upload), Some(number)) => {
            upload.parts.insert(number, request.body.clone());
            Answer::of(200).with("ETag", format!("\"part-{number}\""))
        }
        (None, _) => Answer::problem(404, "NoSuchUpload"),
        (_, None) => Answer::problem(400, "InvalidArgument"),
    }
}

/// Only the parts that the caller names, in its order, make the object.
fn complete(state: &mut State, id: &str, at: (String, String), request: &Request) -> Answer {
    let named = String::from_utf8_lossy(&request.body).into_owned();
    let numbers: Vec<u32> = named
        .split("<PartNumber>")
        .skip(1)
        .filter_map(|rest| rest.split('<').next()?.parse().ok())
        .collect();
    let Some(upload) = state.uploads.get(id).filter(|upload| upload.key == at.1) else {
        return Answer::problem(404, "NoSuchUpload");
    };
    let parts: Option<Vec<_>> =
        numbers.iter().map(|number| upload.parts.get(number).cloned()).collect();
    let Some(parts) = parts.filter(|parts| !parts.is_empty()) else {
        return Answer::problem(400, "InvalidPart");
    };
    state.uploads.remove(id);
    let tag = put(state, at, parts.concat());
    let text = format!(
        "<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>"
    );
    Answer::xml(200, &text)
}

fn list(state: &State, bucket: &str, query: &str) -> Answer {
    let prefix = parameter(query, "prefix").unwrap_or_default();
    let found =
        state.objects.iter().filter(|((of, key), _)| of == bucket && key.starts_with(&prefix));
    let contents: String = found
        .map(|((_, key), object)| {
            format!(
                "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>{}</LastModified>\
                 <ETag>\"x\"</ETag></Contents>",
                object.bytes.len(),
                object.changed_at,
            )
        })
        .collect();
    Answer::xml(200, &format!("<ListBucketResult>{contents}</ListBucketResult>"))
}

fn get(object: &Object, request: &Request) -> Answer {
    let size = object.bytes.len();
    let changed_at = object.changed_at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let described = |answer: Answer| answer.with("ETag", "\"x\"").with("Last-Modified", changed_at);
    let range = request.headers.get("range").and_then(|text| text.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return described(Answer { body: object.bytes.clone(), ..Answer::of(200) });
    };
    let first: usize = first.parse().unwrap_or(usize::MAX);
    let end = last.parse().map_or(size, |last: usize| last.saturating_add(1).min(size));
    let Some(part) = object.bytes.get(first..end).filter(|part| !part.is_empty()) else {
        return Answer::problem(416, "InvalidRange");
    };
    let shown = format!("bytes {first}-{}/{size}", end - 1);
    let answer = Answer { body: part.to_vec(), ..Answer::of(206) };
    described(answer).with("Content-Range", shown)
}

/// A parameter of the query, with its escapes undone.
fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(found, _)| *found == name)?;
    let mut pieces = value.split('%');
    let mut text = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        text.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        text.extend(&piece.as_bytes()[2..]);
    }
    String::from_utf8(text).ok()
}
