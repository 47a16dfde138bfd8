//! Files of the portability database, good and bad.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_intake::portability::{
    HEADER, MAX_FILE_BYTES, MAX_ROWS, PortedFileFault, PortedNumber, PortedRowFault, read,
};

#[test]
fn a_row_says_which_number_is_whose_since_when() {
    let file = format!(
        "\u{feff}{HEADER}\r\n9161234567,mTINKOFF,62,D6202,77,2026-05-14T12:00:00+03:00,1\r\n\r\n"
    );
    let rows = read(file.as_bytes()).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].line, 2);
    let PortedNumber { number, owner, ported_at } = rows[0].result.clone().unwrap();
    assert_eq!((number.to_string().as_str(), owner.as_str()), ("+79161234567", "mTINKOFF"));
    assert_eq!(ported_at.to_string(), "2026-05-14T09:00:00Z");
}

#[test]
fn a_bad_row_is_told_what_is_wrong_and_leaves_the_others() {
    let date = "2026-05-14T12:00:00+03:00";
    let bad = [
        (format!("9161234567,mMTS,1,D1,77,{date}"), PortedRowFault::Form),
        (format!("79161234567,mMTS,1,D1,77,{date},1"), PortedRowFault::Number),
        (format!("916123456x,mMTS,1,D1,77,{date},1"), PortedRowFault::Number),
        (format!("9161234567, ,1,D1,77,{date},1"), PortedRowFault::Owner),
        ("9161234567,mMTS,1,D1,77,2026-05-14T12:00:00,1".to_owned(), PortedRowFault::PortDate),
    ];
    for (row, fault) in bad {
        let file = format!("{HEADER}\n{row}\n9161234568,mMTS,1,D1,77,{date},1\n");
        let rows = read(file.as_bytes()).unwrap();
        assert_eq!(rows[0].result, Err(fault), "{row}");
        assert!(rows[1].result.is_ok(), "{row}");
    }
    let mut file = format!("{HEADER}\n").into_bytes();
    file.extend(b"\xff,mMTS,1,D1,77,2026-05-14T12:00:00+03:00,1");
    assert_eq!(read(&file).unwrap()[0].result, Err(PortedRowFault::Form));
}

#[test]
fn another_layout_and_too_large_a_file_are_refused_whole() {
    assert_eq!(read(b" \n"), Err(PortedFileFault::Empty));
    assert_eq!(read(b"number,operator\n1,2\n"), Err(PortedFileFault::Header));
    assert_eq!(read(&vec![b'x'; MAX_FILE_BYTES + 1]), Err(PortedFileFault::TooLarge));
    let rows = |rows: usize| format!("{HEADER}\n{}", "x\n".repeat(rows));
    assert_eq!(read(rows(MAX_ROWS).as_bytes()).unwrap().len(), MAX_ROWS);
    assert_eq!(read(rows(MAX_ROWS + 1).as_bytes()), Err(PortedFileFault::TooLarge));
}
