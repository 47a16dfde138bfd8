//! The OpenAPI document: what the routes say, with what holds for all of them
//! added once. Needs neither a database nor a socket.

use std::collections::BTreeMap;

use actix_web::App as ActixApp;
use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use crate::once::IDEMPOTENCY_KEY;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::routes::{Documentation, ServiceConfig, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Baitline",
        description = "Bait SIM calls in, repeat offenders and complaint packages out.\n\nEvery \
            failure is `application/problem+json`. Times are RFC 3339 with an offset, periods \
            half-open, phone numbers `+7…`. Lists are cut into pieces: follow `next_cursor` or \
            the header `Link`. Wherever GET works, HEAD does.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "clients", description = "The defended businesses."),
        (name = "baits", description = "The SIMs that wait for calls."),
        (name = "own-numbers", description = "The client's side, whose calls are no interceptions."),
        (name = "lists", description = "What people know of numbers and baits beside the calls."),
        (name = "sources", description = "Who reports calls, and how their clocks run."),
        (name = "devices", description = "Phones that record calls, and their files."),
        (name = "traps", description = "Runs that leak a bait's number, and the windows they arm."),
        (name = "calls", description = "Reports in, calls out, recordings."),
        (name = "observations", description = "What sources reported, and what people corrected."),
        (name = "interceptions", description = "Calls with a verdict, and what people heard."),
        (name = "files", description = "Files of call records that the worker reads, and their rejected rows."),
        (name = "listening", description = "Recordings nobody has heard, who listens to them, and many labels at once."),
        (name = "reports", description = "Who calls, from where, and which baits yield."),
        (name = "offenders", description = "Everything known of one number."),
        (name = "replays", description = "What other rules or another edition would say."),
        (name = "numbering", description = "Which operator holds a number."),
        (name = "operators", description = "The operators, and the groups they stand in."),
        (name = "exports", description = "Batches of complaint packages."),
        (name = "applicants", description = "Who signs, what lets them, and where their complaints go."),
        (name = "inquiries", description = "Letters to the operators of baits, and their answers."),
        (name = "complaints", description = "What goes to an office, its calls, its life, and what expires when."),
        (name = "statements", description = "The operators' own lists of calls, and their comparison with ours."),
        (name = "papers", description = "Letters, protocols and applications as PDF and DOCX, and the templates they are made from."),
        (name = "attachments", description = "Scans of papers and pictures of screens."),
        (name = "keys", description = "Who may ask."),
        (name = "personal-data", description = "How long calls are kept, what is held, and what was erased."),
        (name = "audit", description = "Who did what, in chains that show what was changed since."),
        (name = "service", description = "The service about itself."),
    ),
)]
struct Base;

/// The name of the security scheme.
const BEARER: &str = "bearer";

/// Answers any operation may give, by whether it needs a key.
const OF_ALL: [(&str, &str); 3] = [
    ("400", "The request cannot be read: its query, its path, or the syntax of its body."),
    ("500", "A fault of the service; nothing internal is told."),
    ("503", "The database or the blob store cannot be reached; nothing was done."),
];
const OF_KEYED: [(&str, &str); 4] = [
    ("401", "No key, or none that is valid."),
    ("403", "The key lacks a scope that this needs, or is no agency's."),
    ("404", "There is no such thing within the key's reach."),
    ("429", "The key sends more than it may; `Retry-After` says when to go on."),
];
const OF_BODIES: [(&str, &str); 3] = [
    ("413", "The body is larger than accepted."),
    ("415", "The body has a type or encoding that is not accepted."),
    ("422", "The body reads well, and some of its values are wrong."),
];

const OF_DONE_ONCE: [(&str, &str); 1] =
    [("409", "It contradicts what is stored, or the same request is being done at this moment.")];

/// The document of the whole service, version 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut documentation = Documentation::default();
    // The application is only the place where handlers say what they are.
    let _ = ActixApp::new().configure(|router| {
        routes(&mut ServiceConfig::documented(router, &mut documentation));
    });
    let mut document = Base::openapi();
    document.paths.merge(documentation.paths);
    let mut components = document.components.take().unwrap_or_default();
    components.schemas.extend(documentation.schemas);
    add_schema::<Problem>(&mut components);
    add_security(&mut components);
    document.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    for item in document.paths.paths.values_mut() {
        for operation in operations_of(item) {
            complete(operation, &components.schemas);
        }
    }
    document.components = Some(components);
    document
}

fn add_schema<T: ToSchema + PartialSchema>(components: &mut Components) {
    let mut nested = Vec::new();
    T::schemas(&mut nested);
    components.schemas.extend(nested);
    components.schemas.insert(T::name().into_owned(), T::schema());
}

fn add_security(components: &mut Components) {
    let description = "`Authorization: Bearer <key>`; the first key is made on the command line. \
        Each operation names the scopes that the key must have. The header `Baitline-Client` \
        narrows a request to one client; a key of several needs it wherever nothing else in \
        the request names the client.";
    let scheme =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
    components.security_schemes.insert(BEARER.to_owned(), SecurityScheme::Http(scheme).into());
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}

/// Adds the failures that every operation of its kind may answer, and to each
/// JSON body the example of its schema.
fn complete(operation: &mut Operation, schemas: &BTreeMap<String, RefOr<Schema>>) {
    let mut failures: Vec<(&str, &str)> = OF_ALL.to_vec();
    if needs_key(operation) {
        failures.extend(OF_KEYED);
    }
    if operation.request_body.is_some() {
        failures.extend(OF_BODIES);
    }
    if is_done_once(operation) {
        failures.extend(OF_DONE_ONCE);
    }
    let responses = &mut operation.responses.responses;
    for (status, description) in failures {
        let status = status.to_owned();
        responses.entry(status).or_insert_with(|| RefOr::T(failure(description)));
    }
    for response in responses.values_mut() {
        if let RefOr::T(response) = response {
            use_problem_media_type(response);
            response.content.values_mut().for_each(|content| add_example(content, schemas));
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(|content| add_example(content, schemas));
    }
}

/// An operation needs a key unless it says that it needs nothing.
fn needs_key(operation: &Operation) -> bool {
    let nothing = SecurityRequirement::default();
    operation.security.as_ref().is_none_or(|security| !security.contains(&nothing))
}

/// Whether it takes the header that makes a request be done once.
fn is_done_once(operation: &Operation) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.name == IDEMPOTENCY_KEY,
        RefOr::Ref(_) => false,
    })
}

fn failure(description: &str) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    let content = Content::new(Some(schema));
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build()
}

/// Failures that an operation describes itself name the shape alone.
fn use_problem_media_type(response: &mut Response) {
    let problem = format!("#/components/schemas/{}", Problem::name());
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(shape)), .. }) => shape.ref_location == problem,
        _ => false,
    };
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert(PROBLEM_JSON.to_owned(), content);
    }
}

fn add_example(content: &mut RefOr<Content>, schemas: &BTreeMap<String, RefOr<Schema>>) {
    let RefOr::T(content) = content else { return };
    if content.example.is_some() || !content.examples.is_empty() {
        return;
    }
    let Some(RefOr::Ref(reference)) = &content.schema else { return };
    let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
    content.example = schemas.get(name).and_then(example_of);
}

fn example_of(schema: &RefOr<Schema>) -> Option<Value> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.examples.first().cloned(),
        RefOr::T(Schema::OneOf(one)) => one.examples.first().cloned(),
        _ => None,
    }
}
