//! Attachments: of things that are there, once for the same bytes, and of one
//! client only.

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::{BaitId, ClientId};
use baitline_store::attachments::{self, AttachmentFilter};
use baitline_store::models::{AttachmentChanges, AttachmentRow, NewAttachment};
use baitline_store::recordings::Put;
use baitline_store::sql_types::RowId;
use baitline_store::versions::Expected;
use baitline_store::{Constraint, Reach, StoreError};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{self, ALL, Opened};

/// Gives a bait a scan whose hash is made of one byte.
pub(crate) fn furnish(opened: &Opened, client: ClientId, bait: BaitId) -> AttachmentRow {
    put(opened, client, &new_scan((AttachmentSubject::Bait, RowId(bait.0)), 1)).1
}

pub(crate) fn new_scan(subject: (AttachmentSubject, RowId), byte: u8) -> NewAttachment {
    NewAttachment {
        subject,
        title: "Договор".to_owned(),
        original_name: None,
        media_type: "application/pdf",
        sha256: [byte; 32],
        bytes: 100,
    }
}

pub(crate) fn put(opened: &Opened, client: ClientId, new: &NewAttachment) -> (Put, AttachmentRow) {
    opened.as_client(client, |conn| attachments::put_attachment(conn, client, new, "key"))
}

#[test]
fn the_same_bytes_of_the_same_thing_are_one_attachment() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let (one, two) = (opened.bait(client, 79_000_000_001), opened.bait(client, 79_000_000_002));
        let first = furnish(&opened, client, one.id);
        let renamed = NewAttachment {
            title: "Ещё раз".to_owned(),
            ..new_scan((AttachmentSubject::Bait, RowId(one.id.0)), 1)
        };
        assert_eq!(put(&opened, client, &renamed), (Put::Same, first.clone()));
        let other_bytes = new_scan((AttachmentSubject::Bait, RowId(one.id.0)), 2);
        let (kind, other) = put(&opened, client, &other_bytes);
        assert_eq!(kind, Put::New);
        furnish(&opened, client, two.id);
        let of_one = AttachmentFilter {
            kind: Some(AttachmentSubject::Bait),
            subject: Some(RowId(one.id.0)),
        };
        let listed = opened.as_client(client, |conn| {
            attachments::list_attachments(conn, Reach::Client(client), &of_one, ALL)
        });
        assert_eq!(listed, [first, other]);
    });
}

#[test]
fn an_attachment_needs_a_thing_of_its_own_client() {
    on_both(|database| {
        let opened = support::open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let foreign = opened.bait(theirs, 79_000_000_001).id;
        for kind in AttachmentSubject::ALL {
            for id in [foreign.0, Uuid::now_v7()] {
                let new = new_scan((*kind, RowId(id)), 1);
                let refused = opened.store.write(Reach::Client(ours), |conn| {
                    attachments::put_attachment(conn, ours, &new, "key")
                });
                assert!(matches!(refused, Err(StoreError::NotFound)), "{kind} {refused:?}");
            }
        }
    });
}

#[test]
fn an_attachment_is_withdrawn_and_keeps_its_bytes() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let bait = opened.bait(client, 79_000_000_001).id;
        let scan = furnish(&opened, client, bait);
        let withdraw = |expected: Expected, because: Option<&str>| {
            let changes = AttachmentChanges {
                withdrawn_because: Some(because.map(str::to_owned)),
                ..AttachmentChanges::default()
            };
            opened.store.write(Reach::Client(client), |conn| {
                attachments::update_attachment(conn, client, scan.id, &expected, &changes)
            })
        };
        let withdrawn = withdraw(Expected::OneOf(vec![1]), Some("не тот")).unwrap();
        assert_eq!((withdrawn.version, &withdrawn.sha256), (2, &scan.sha256));
        let refused = withdraw(Expected::OneOf(vec![1]), None).unwrap_err();
        assert!(
            matches!(refused, StoreError::Constraint(Constraint::ChangedMeanwhile)),
            "{refused:?}"
        );
        let counts_again = withdraw(Expected::Any, None).unwrap();
        assert_eq!(counts_again, AttachmentRow { version: 3, ..scan });
    });
}
