//! The one list of routes, from which come the router and the OpenAPI document; and
//! the table, read off the document, of methods and query parameters that a path has.

use std::collections::BTreeMap;

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::web;
use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::openapi::{Paths, RefOr};
use utoipa_actix_web::OpenApiFactory;

use crate::shape::{NamedSchemas, Schema, Shape};
use crate::{service, v1};

/// Where handlers are listed. A thread that serves takes the handlers alone: with
/// their documentation each thread would make the whole document, drop it, and
/// keep the memory.
pub(crate) struct ServiceConfig<'s> {
    router: &'s mut web::ServiceConfig,
    documentation: Option<&'s mut Documentation>,
}

/// What handlers say of themselves.
#[derive(Default)]
pub(crate) struct Documentation {
    pub(crate) paths: Paths,
    pub(crate) schemas: Vec<(String, RefOr<utoipa::openapi::Schema>)>,
}

impl<'s> ServiceConfig<'s> {
    /// For a thread that serves.
    pub(crate) fn of_router(router: &'s mut web::ServiceConfig) -> Self {
        Self { router, documentation: None }
    }

    /// For the document.
    pub(crate) fn documented(
        router: &'s mut web::ServiceConfig,
        documentation: &'s mut Documentation,
    ) -> Self {
        Self { router, documentation: Some(documentation) }
    }

    /// Adds a handler.
    pub(crate) fn service<F>(&mut self, handler: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        if let Some(documentation) = &mut self.documentation {
            documentation.paths.merge(handler.paths());
            handler.schemas(&mut documentation.schemas);
        }
        self.router.service(handler);
        self
    }

    /// Adds what is not in the document.
    pub(crate) fn undocumented(
        &mut self,
        add: impl FnOnce(&mut web::ServiceConfig) -> &mut web::ServiceConfig,
    ) -> &mut Self {
        add(self.router);
        self
    }

    /// Adds the handlers of a part.
    pub(crate) fn configure(&mut self, part: impl FnOnce(&mut ServiceConfig<'_>)) -> &mut Self {
        part(self);
        self
    }
}

/// Every endpoint. A literal segment stands before a parameter at its place, and what is
/// asked most before all: a path is held against one route after the other.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(v1::calls::routes)
        .configure(v1::offender_page::routes)
        .configure(v1::packages::routes)
        .configure(service::routes)
        .configure(v1::imports::routes)
        .configure(v1::clients::routes)
        .configure(v1::retention::routes)
        .configure(v1::legal_holds::routes)
        .configure(v1::erasures::routes)
        .configure(v1::baits::routes)
        .configure(v1::own_numbers::routes)
        .configure(v1::allow_list::routes)
        .configure(v1::competitors::routes)
        .configure(v1::attributions::routes)
        .configure(v1::contaminations::routes)
        .configure(v1::portability_files::routes)
        .configure(v1::portability_answers::routes)
        .configure(v1::sources::routes)
        .configure(v1::profiles::routes)
        .configure(v1::previews::routes)
        .configure(v1::traps::routes)
        .configure(v1::files::routes)
        .configure(v1::file_rejections::routes)
        .configure(v1::recordings::routes)
        .configure(v1::observations::routes)
        .configure(v1::corrections::routes)
        .configure(v1::waiting_recordings::routes)
        .configure(v1::devices::routes)
        .configure(v1::device_recordings::routes)
        .configure(v1::interceptions::routes)
        .configure(v1::labels::routes)
        .configure(v1::label_bodies::routes)
        .configure(v1::listening::routes)
        .configure(v1::reports::routes)
        .configure(v1::numbering::routes)
        .configure(v1::operators::routes)
        .configure(v1::exports::routes)
        .configure(v1::export_events::routes)
        .configure(v1::export_archive::routes)
        .configure(v1::signing_keys::routes)
        .configure(v1::replays::routes)
        .configure(v1::applicants::routes)
        .configure(v1::representatives::routes)
        .configure(v1::powers_of_attorney::routes)
        .configure(v1::consents::routes)
        .configure(v1::offices::routes)
        .configure(v1::attachments::routes)
        .configure(v1::preparations::routes)
        .configure(v1::protocols::routes)
        .configure(v1::sim_assignments::routes)
        .configure(v1::inquiries::routes)
        .configure(v1::complaints::routes)
        .configure(v1::complaint_life::routes)
        .configure(v1::complaint_objections::routes)
        .configure(v1::limitations::routes)
        .configure(v1::filed_differences::routes)
        .configure(v1::statements::routes)
        .configure(v1::papers::routes)
        .configure(v1::templates::routes)
        .configure(v1::keys::routes)
        .configure(v1::audit::routes)
        .configure(v1::limits::routes);
}

/// What the document says of every path.
#[derive(Debug, Clone)]
pub(crate) struct RouteTable {
    /// Paths with more literal segments first.
    routes: Vec<Route>,
}

/// One path.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// `None` stands for a parameter.
    segments: Vec<Option<String>>,
    operations: Vec<Operation>,
}

/// One method of a path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    method: Method,
    /// The id of the operation in the document, as the audit names it.
    pub(crate) name: String,
    /// Whether the request must bring a valid key.
    pub(crate) needs_key: bool,
    /// The names of its query parameters.
    pub(crate) parameters: Vec<String>,
    /// The shape of its JSON body, if it takes one.
    pub(crate) body: Option<Shape>,
}

/// Of the document what the table is made of.
#[derive(Deserialize)]
struct Document<'d> {
    #[serde(borrow)]
    paths: BTreeMap<&'d str, BTreeMap<&'d str, Documented<'d>>>,
    #[serde(borrow)]
    components: Components<'d>,
}

#[derive(Deserialize)]
struct Components<'d> {
    #[serde(borrow)]
    schemas: NamedSchemas<'d>,
}

/// One operation of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Documented<'d> {
    operation_id: &'d str,
    #[serde(default)]
    parameters: Vec<Parameter<'d>>,
    #[serde(borrow)]
    request_body: Option<Body<'d>>,
    security: Option<Vec<BTreeMap<&'d str, IgnoredAny>>>,
}

#[derive(Deserialize)]
struct Parameter<'d> {
    name: &'d str,
    #[serde(rename = "in")]
    place: &'d str,
}

#[derive(Deserialize)]
struct Body<'d> {
    #[serde(borrow)]
    content: BTreeMap<&'d str, Content<'d>>,
}

#[derive(Deserialize)]
struct Content<'d> {
    #[serde(borrow)]
    schema: Option<Schema<'d>>,
}

impl RouteTable {
    /// Reads the table off the document, which is far larger: nothing of it is kept.
    pub(crate) fn read(document: &str) -> serde_json::Result<Self> {
        let Document { paths, components } = serde_json::from_str(document)?;
        let mut routes: Vec<Route> = paths
            .iter()
            .map(|(path, item)| Route {
                segments: segments(path),
                operations: operations(item, &components.schemas),
            })
            .collect();
        routes.sort_by_key(|route| route.segments.iter().filter(|s| s.is_none()).count());
        Ok(Self { routes })
    }

    /// The route of a path, whatever the method.
    pub(crate) fn find(&self, path: &str) -> Option<&Route> {
        let wanted: Vec<&str> = path.split('/').skip(1).collect();
        self.routes.iter().find(|route| route.matches(&wanted))
    }
}

impl Route {
    fn matches(&self, wanted: &[&str]) -> bool {
        self.segments.len() == wanted.len()
            && self.segments.iter().zip(wanted).all(|(segment, word)| match segment {
                Some(literal) => literal == word,
                None => !word.is_empty(),
            })
    }

    /// The operation of a method; the boundary has made GET of HEAD.
    pub(crate) fn operation(&self, method: &Method) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == method)
    }

    /// The value of the header Allow.
    pub(crate) fn allow(&self) -> String {
        let mut methods: Vec<&str> = Vec::new();
        for operation in &self.operations {
            methods.push(operation.method.as_str());
            if operation.method == Method::GET {
                methods.push("HEAD");
            }
        }
        methods.join(", ")
    }
}

fn segments(path: &str) -> Vec<Option<String>> {
    path.split('/')
        .skip(1)
        .map(|segment| (!segment.starts_with('{')).then(|| segment.to_owned()))
        .collect()
}

fn operations(item: &BTreeMap<&str, Documented<'_>>, named: &NamedSchemas<'_>) -> Vec<Operation> {
    let by_method = [
        (Method::GET, "get"),
        (Method::POST, "post"),
        (Method::PUT, "put"),
        (Method::PATCH, "patch"),
        (Method::DELETE, "delete"),
    ];
    by_method
        .into_iter()
        .filter_map(|(method, word)| {
            let documented = item.get(word)?;
            let in_query = documented.parameters.iter().filter(|one| one.place == "query");
            Some(Operation {
                method,
                name: documented.operation_id.to_owned(),
                needs_key: needs_key(documented.security.as_deref()),
                parameters: in_query.map(|one| one.name.to_owned()).collect(),
                body: json_body(documented, named),
            })
        })
        .collect()
}

/// An operation needs a key unless it says that it needs nothing.
fn needs_key(security: Option<&[BTreeMap<&str, IgnoredAny>]>) -> bool {
    security.is_none_or(|choices| !choices.iter().any(BTreeMap::is_empty))
}

fn json_body(documented: &Documented<'_>, named: &NamedSchemas<'_>) -> Option<Shape> {
    let content = documented.request_body.as_ref()?.content.get("application/json")?;
    Some(Shape::of(content.schema.as_ref()?, named))
}
