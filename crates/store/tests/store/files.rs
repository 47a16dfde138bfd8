//! Files of call records in the store: whose turn it is, who holds one, and how
//! much is kept of what was refused.

use baitline_domain::ids::{ClientId, FileId};
use baitline_store::Reach;
use baitline_store::files::{
    self, Batch, MAX_RAW_BYTES, RefusedRow, RejectionFilter, RejectionPage,
};
use baitline_store::models::{CallFile, FileFormat, FileState, NewFile, RowText, Source};
use baitline_testkit::on_both;

use crate::support::{Opened, open};

fn new_file(byte: u8, source: Option<&Source>) -> NewFile {
    NewFile {
        source: source.map(|source| source.id),
        format: FileFormat::Ndjson,
        original_name: None,
        sha256: [byte; 32],
        bytes: 100,
        profile: None,
        uploaded_by: "test".to_owned(),
    }
}

fn refused(place: i64, text: RowText) -> RefusedRow {
    let (code, detail) = ("missing".to_owned(), "called is required".to_owned());
    RefusedRow { place, text, code, pointer: None, detail }
}

/// A batch of one row that was refused.
fn batch(place: i64, text: &str) -> Batch {
    let refused = vec![refused(place, RowText::Text(text.to_owned()))];
    Batch { refused, bytes_read: place, ..Batch::default() }
}

/// A file of the client that ended with a row refused.
pub(crate) fn furnish(opened: &Opened, client: ClientId) {
    opened.as_client(client, |conn| files::create_file(conn, client, &new_file(1, None)));
    opened.agency(|conn| {
        let file = files::claim_file(conn)?.unwrap();
        let file = files::keep_batch(conn, &file, &batch(1, "x"))?.unwrap();
        files::end_file(conn, &file, FileState::Done, None)
    });
}

fn claim(opened: &Opened) -> Option<CallFile> {
    opened.agency(files::claim_file)
}

fn claimed(opened: &Opened) -> Option<FileId> {
    claim(opened).map(|file| file.id)
}

#[test]
fn files_take_turns_and_one_that_is_held_is_nobody_elses() {
    on_both(|database| {
        let opened = open(database);
        let (one, other) = (opened.client("наш").id, opened.client("чужой").id);
        let create = |client: ClientId, byte: u8| {
            opened.as_client(client, |conn| files::create_file(conn, client, &new_file(byte, None)))
        };
        let (first, second) = (create(one, 1), create(other, 2));
        let held = claim(&opened).unwrap();
        assert_eq!((held.id, held.state), (first.id, FileState::Running));
        assert!(held.started_at.is_some() && held.lease_until.is_some());
        let also = claim(&opened).unwrap();
        assert_eq!((also.id, claimed(&opened)), (second.id, None));
        opened.agency(|conn| files::release_file(conn, &held));
        opened.agency(|conn| files::release_file(conn, &also));
        // Whoever moved last waits longest.
        let again = claim(&opened).unwrap();
        assert_eq!(again.id, first.id);
        opened.agency(|conn| files::release_file(conn, &again));
        assert_eq!(claimed(&opened), Some(second.id));
        assert_eq!(claimed(&opened), Some(first.id));
    });
}

#[test]
fn the_same_bytes_of_another_source_or_format_are_another_file() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let source = opened.source(client, "pbx");
        let ask = |new: &NewFile| {
            opened.as_client(client, |conn| files::find_or_create_file(conn, client, new))
        };
        let (is_new, plain) = ask(&new_file(1, None));
        assert!(is_new);
        assert_eq!(ask(&new_file(1, None)), (false, plain));
        let of_source = new_file(1, Some(&source));
        assert!(ask(&of_source).0);
        assert!(!ask(&of_source).0);
        assert!(ask(&NewFile { format: FileFormat::Json, ..of_source.clone() }).0);
        assert!(ask(&new_file(2, None)).0);
        // The latest reading is the one that is told.
        let reread = opened.as_client(client, |conn| files::create_file(conn, client, &of_source));
        assert_eq!(ask(&of_source), (false, reread));
    });
}

#[test]
fn what_is_kept_of_a_refused_row_is_bounded_and_says_so() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        opened.as_client(client, |conn| files::create_file(conn, client, &new_file(1, None)));
        let letters = "я".repeat(MAX_RAW_BYTES);
        let rows = vec![
            refused(1, RowText::Text(letters[..MAX_RAW_BYTES].to_owned())),
            refused(2, RowText::Text(letters.clone())),
            refused(3, RowText::Cells(vec!["a".to_owned(), letters, "b".to_owned()])),
        ];
        opened.agency(|conn| {
            let file = files::claim_file(conn)?.unwrap();
            let batch = Batch { refused: rows.clone(), ..Batch::default() };
            let file = files::keep_batch(conn, &file, &batch)?.unwrap();
            assert_eq!((file.rejected, file.open_rejections), (3, 3));
            let (filter, page) =
                (RejectionFilter::default(), RejectionPage { after: None, limit: 9 });
            let kept = files::list_rejections(conn, client, file.id, &filter, page)?;
            assert_eq!(kept.iter().map(|row| row.raw_cut).collect::<Vec<_>>(), [false, true, true]);
            for row in kept {
                let bytes = match row.text()? {
                    RowText::Text(text) => text.len(),
                    RowText::Cells(cells) => {
                        assert_eq!((cells[0].as_str(), cells.len()), ("a", 3));
                        cells.iter().map(String::len).sum()
                    }
                };
                assert!(bytes <= MAX_RAW_BYTES && bytes > MAX_RAW_BYTES - 4, "{bytes}");
            }
            Ok(())
        });
    });
}

#[test]
fn a_file_of_another_client_is_neither_found_nor_cancelled() {
    on_both(|database| {
        let opened = open(database);
        let (one, other) = (opened.client("наш").id, opened.client("чужой").id);
        let file =
            opened.as_client(other, |conn| files::create_file(conn, other, &new_file(1, None)));
        let reach = Reach::Client(one);
        let found = opened.store.read(reach, |conn| files::find_file(conn, reach, file.id));
        assert!(found.is_err());
        let cancelled = opened.store.write(reach, |conn| files::cancel_file(conn, one, file.id));
        assert!(cancelled.is_err());
    });
}
