//! The composition: its commands and variables exist, and it agrees with the
//! image and with itself.

use std::collections::BTreeSet;

use yaml_rust2::{Yaml, YamlLoader};

use crate::dockerfile::{self, UID, only};
use crate::{DATA, assert_understood, read, root};

/// Those that run the program.
const PROGRAM: [&str; 4] = ["migrate", "api", "worker", "backup"];

fn composition() -> Yaml {
    let [file] =
        <[Yaml; 1]>::try_from(YamlLoader::load_from_str(&read("docker/compose.yaml")).unwrap())
            .unwrap();
    file
}

/// A field of a mapping, also where `<<` brings it.
fn field<'a>(mapping: &'a Yaml, name: &str) -> &'a Yaml {
    match &mapping[name] {
        Yaml::BadValue => &mapping["<<"][name],
        own => own,
    }
}

fn service<'a>(file: &'a Yaml, name: &str) -> &'a Yaml {
    let found = &file["services"][name];
    assert!(found.as_hash().is_some(), "there is no service {name}");
    found
}

fn names(mapping: &Yaml) -> BTreeSet<&str> {
    let own = mapping.as_hash().unwrap().keys().filter_map(Yaml::as_str);
    let merged = mapping["<<"].as_hash().into_iter().flat_map(|merged| merged.keys());
    own.chain(merged.filter_map(Yaml::as_str)).filter(|name| *name != "<<").collect()
}

fn texts(list: &Yaml) -> Vec<&str> {
    list.as_vec().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

/// The mounts of a service, as source and target.
fn mounts(service: &Yaml) -> Vec<(&str, &str)> {
    texts(&service["volumes"]).into_iter().map(|text| text.split_once(':').unwrap()).collect()
}

/// The mounts of a service that may have none.
fn if_any(service: &Yaml) -> Vec<(&str, &str)> {
    if service["volumes"] == Yaml::BadValue { Vec::new() } else { mounts(service) }
}

#[test]
fn the_services_are_the_database_the_blob_store_and_the_programs_four() {
    let file = composition();
    let others = ["database", "objects", "bucket"];
    let expected: BTreeSet<&str> = PROGRAM.into_iter().chain(others).collect();
    assert_eq!(names(&file["services"]), expected);
}

#[test]
fn every_command_flag_and_variable_exists_in_the_program() {
    let file = composition();
    for name in PROGRAM {
        let service = service(&file, name);
        let arguments = texts(&service["command"]);
        assert_understood(&arguments, names(&service["environment"]).into_iter());
        assert_eq!(arguments[0], name, "a service is called like its command");
    }
}

#[test]
fn the_programs_services_run_the_image_and_write_only_its_volume() {
    let file = composition();
    for name in PROGRAM {
        let service = service(&file, name);
        assert_eq!(field(service, "build")["dockerfile"].as_str(), Some("docker/Dockerfile"));
        assert_eq!(field(service, "build")["context"].as_str(), Some(".."));
        assert_eq!(field(service, "image").as_str(), Some("baitline"));
        assert_eq!(field(service, "read_only").as_bool(), Some(true), "{name}");
        assert_eq!(texts(field(service, "tmpfs")), ["/tmp"], "{name}");
        assert_eq!(texts(field(service, "cap_drop")), ["ALL"], "{name}");
        assert_eq!(mounts(service), [("data", DATA)], "{name}");
        assert_eq!(*field(service, "user"), Yaml::BadValue, "the image's user is {UID}");
    }
    assert_eq!(only("VOLUME"), DATA);
}

#[test]
fn the_api_is_published_where_the_image_listens_and_to_this_machine_alone() {
    let file = composition();
    let port = only("EXPOSE");
    assert_eq!(texts(&service(&file, "api")["ports"]), [format!("127.0.0.1:{port}:{port}")]);
    for name in ["database", "objects", "bucket", "migrate", "worker", "backup"] {
        assert_eq!(service(&file, name)["ports"], Yaml::BadValue, "{name}");
    }
    assert_eq!(file["networks"]["inside"]["internal"].as_bool(), Some(true));
    assert_eq!(texts(&service(&file, "database")["networks"]), ["inside"]);
}

#[test]
fn the_health_of_a_service_that_listens_is_asked_and_of_no_other() {
    let file = composition();
    assert_eq!(service(&file, "api")["healthcheck"], Yaml::BadValue, "the image has one");
    assert!(dockerfile::all("HEALTHCHECK").len() == 1);
    for name in ["migrate", "worker", "backup"] {
        assert_eq!(service(&file, name)["healthcheck"]["disable"].as_bool(), Some(true), "{name}");
    }
    let test = texts(&service(&file, "database")["healthcheck"]["test"]);
    assert_eq!(test[..2], ["CMD", "pg_isready"]);
}

#[test]
fn the_program_starts_after_the_migration_and_that_after_the_database() {
    let file = composition();
    let condition = |name: &str, on: &str| {
        let condition = &service(&file, name)["depends_on"][on]["condition"];
        condition.as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(condition("migrate", "database"), "service_healthy");
    for name in ["api", "worker", "backup"] {
        assert_eq!(condition(name, "database"), "service_healthy");
        assert_eq!(condition(name, "bucket"), "service_completed_successfully");
        assert_eq!(condition(name, "migrate"), "service_completed_successfully");
    }
    assert_eq!(condition("bucket", "objects"), "service_healthy");
    for name in ["bucket", "migrate", "backup"] {
        assert_eq!(service(&file, name)["restart"].as_str(), Some("no"));
    }
}

#[test]
fn stopping_leaves_more_time_than_running_requests_are_given() {
    let file = composition();
    let api = service(&file, "api");
    let seconds = api["environment"]["BAITLINE_SHUTDOWN_SECONDS"].as_str().unwrap();
    let given: u32 = seconds.parse().unwrap();
    let grace = api["stop_grace_period"].as_str().unwrap();
    let grace: u32 = grace.strip_suffix('s').unwrap().parse().unwrap();
    assert!(grace > given, "{grace} s of grace, {given} s for requests");
}

#[test]
fn the_database_is_one_the_program_accepts() {
    let file = composition();
    let database = service(&file, "database");
    assert!(database["image"].as_str().unwrap().starts_with("postgres:15"));
    let settings = &database["environment"];
    assert_eq!(settings["POSTGRES_INITDB_ARGS"].as_str(), Some("--data-checksums"));
    assert_eq!(database["read_only"].as_bool(), Some(true));
    assert!(texts(&database["tmpfs"]).contains(&"/var/run/postgresql"));
    for (name, user) in [
        ("migrate", "baitline_owner"),
        ("api", "baitline_app"),
        ("worker", "baitline_app"),
        ("backup", "baitline_backup"),
    ] {
        let environment = &service(&file, name)["environment"];
        let url = field(environment, "BAITLINE_DATABASE_URL").as_str().unwrap();
        assert!(url.starts_with(&format!("postgres://{user}:${{")), "{name}: {url}");
        assert!(url.ends_with("@database:5432/baitline"), "{name}: {url}");
    }
    let migrate = texts(&service(&file, "migrate")["command"]);
    assert_eq!(migrate, ["migrate", "--grant-to", "baitline_app"]);
}

#[test]
fn the_blob_store_has_the_bucket_and_the_key_that_the_program_uses() {
    let file = composition();
    let (objects, bucket) = (service(&file, "objects"), service(&file, "bucket"));
    assert_eq!(objects["image"], bucket["image"]);
    assert!(objects["image"].as_str().unwrap().contains(":RELEASE."), "a version is named");
    let secret = Some("${OBJECTS_PASSWORD:?}");
    let made = texts(&bucket["command"])[0];
    for name in ["api", "worker"] {
        let environment = &service(&file, name)["environment"];
        let text = |variable: &str| field(environment, variable).as_str();
        let place = text("BAITLINE_BLOBS").and_then(|url| url.strip_prefix("s3://")).unwrap();
        assert!(made.ends_with(&format!("mc mb --ignore-existing objects/{place}")), "{made}");
        let endpoint = text("BAITLINE_S3_ENDPOINT").unwrap();
        assert!(endpoint.starts_with("http://objects:") && made.contains(endpoint), "{endpoint}");
        let user = text("BAITLINE_S3_ACCESS_KEY_ID");
        assert_eq!(objects["environment"]["MINIO_ROOT_USER"].as_str(), user);
        assert_eq!(bucket["environment"]["KEY_ID"].as_str(), user);
        assert_eq!(text("BAITLINE_S3_SECRET_ACCESS_KEY"), secret);
    }
    assert_eq!(objects["environment"]["MINIO_ROOT_PASSWORD"].as_str(), secret);
    assert_eq!(bucket["environment"]["KEY"].as_str(), secret);
}

#[test]
fn every_volume_and_network_is_declared_and_every_mounted_file_exists() {
    let file = composition();
    let (mut volumes, mut networks) = (BTreeSet::new(), BTreeSet::new());
    for name in names(&file["services"]) {
        let service = service(&file, name);
        networks.extend(texts(&service["networks"]));
        for (source, target) in if_any(service) {
            if source.starts_with('.') {
                let path = root().join("docker").join(source);
                assert!(path.is_file(), "{source} does not exist");
                assert!(target.starts_with("/docker-entrypoint-initdb.d/"), "{target}");
            } else {
                volumes.insert(source);
            }
        }
    }
    assert_eq!(volumes, names(&file["volumes"]));
    assert_eq!(networks, names(&file["networks"]));
}
