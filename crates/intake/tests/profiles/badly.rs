//! Files and rows that are not.

use super::*;

#[test]
fn a_bad_row_spoils_itself_alone() {
    let long = "x".repeat(2 * 1024 * 1024);
    let body = format!(
        "from,to,at\r\n\
         1,79001234567,2026-11-01 10:00:00\n\
         \"79160000001,79001234567,2026-11-01 10:00:00\r\n\
         79160000001,79001234567,2026-11-01 10:00:00\n\
         \"x\"y,79001234567,2026-11-01 10:00:00\n\
         {long},79001234567,2026-11-01 10:00:00\n\
         79160000001,79001234567\n\
         7,9160000001,79001234567,2026-11-01 10:00:00\n\
         \"7916\n0000001\",79001234567,2026-11-01 10:00:00\n\
         79160000001,79001234567,\"2026-11-01 10:00:00\u{7}\"\n\
         79160000001,79001234567,2026-11-01 10:00:00,,\n\
         7.9E+10,79001234567,2026-11-01 10:00:00\n\
         \"=\"\"+79160000001\"\"\",'79001234567,2026-11-01 10:00:00\n\
         =cmd|' /C calc'!A0,79001234567,2026-11-01 10:00:00"
    );
    let rows = csv(&plain(), body);
    let fine = "2026-11-01T07:00:00Z";
    assert_eq!(
        told(&rows),
        expected(&[
            (2, fine),
            (3, "broken_row"),
            (4, fine),
            (5, "broken_row"),
            (6, "line_too_long"),
            (7, "broken_row"),
            (8, "broken_row"),
            (9, "control_character"),
            (11, "control_character"),
            (12, fine),
            (13, "rounded_number"),
            (14, fine),
            (15, fine),
        ])
    );
    assert_eq!(rows[1].raw, ["\"79160000001,79001234567,2026-11-01 10:00:00"]);
    let Ends::Plain { caller, called } = &rows[11].result.as_ref().unwrap().record.ends else {
        panic!("a bait")
    };
    assert_eq!(
        (caller.to_string(), called.to_string()),
        ("+79160000001".into(), "+79001234567".into())
    );
    let Ends::Plain { caller, .. } = &rows[12].result.as_ref().unwrap().record.ends else {
        panic!("a bait")
    };
    assert!(matches!(caller, Party::Malformed(_)), "{caller:?}");
}

#[test]
fn the_encoding_is_what_the_first_foreign_letter_shows_and_others_are_refused() {
    let mut profile = plain();
    profile.columns.screen_label = named("метка");
    let row = "79160000001,79001234567,2026-11-01 10:00:00,";
    let utf8 = format!("from,to,at,метка\n{row}Реклама\n");
    let cp1251 = WINDOWS_1251.encode(&utf8).0.into_owned();
    let mixed = [utf8.as_bytes(), row.as_bytes(), b"\xd0\xe5\n"].concat();
    let other = [&*cp1251, format!("{row}Реклама\n").as_bytes()].concat();
    let fine = (2, "2026-11-01T07:00:00Z");
    assert_eq!(told(&csv(&profile, &utf8)), expected(&[fine]));
    assert_eq!(told(&csv(&profile, &cp1251)), expected(&[fine]));
    assert_eq!(told(&csv(&profile, mixed)), expected(&[fine, (3, "invalid_utf8")]));
    assert_eq!(told(&csv(&profile, other)), expected(&[fine, (3, "mixed_encoding")]));

    let wrong = Profile { encoding: Encoding::Utf8, ..profile.clone() };
    assert_eq!(refused(&wrong, &cp1251).code(), "broken_header");
    let wrong = Profile { encoding: Encoding::Windows1251, ..profile };
    assert_eq!(refused(&wrong, &utf8).code(), "missing_column");
    let utf16: Vec<u8> = "from".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&plain(), &utf16).code(), "not_text");
    assert_eq!(refused(&plain(), [b"\xff\xfe", &*utf16].concat()).code(), "not_text");
}

#[test]
fn what_is_no_such_file_is_refused_as_a_whole() {
    for (body, code) in [
        ("", "empty_body"),
        ("\n \n;;\n", "empty_body"),
        ("\"from,to,at\n", "broken_header"),
        ("from,to\n", "missing_column"),
        ("from,to,at,FROM\n", "duplicate_column"),
        ("PK\u{3}\u{4}", "not_text"),
    ] {
        assert_eq!(refused(&plain(), body).code(), code, "{body:?}");
    }
    let xls = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on";
    assert_eq!(refused(&plain(), xls).code(), "old_workbook");
    for body in [&xls[..], b"from,to,at", b"", b"PK\x03\x04"] {
        let fault = read(&plain(), FileFormat::Xlsx, Cursor::new(body)).err().unwrap();
        assert!(["old_workbook", "not_a_workbook", "empty_body"].contains(&fault.code()));
    }
    let positions = Profile {
        header: false,
        columns: Columns { caller: at(1), called: at(2), occurred_at: at(4), ..Columns::default() },
        ..Profile::default()
    };
    let fault = refused(&positions, "\n1,2,3\n");
    assert_eq!((fault.code(), fault.line()), ("missing_column", Some(2)));
    assert_eq!(csv(&plain(), "from,to,at\n"), [], "a header alone holds no rows and is no fault");
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let day = Format::new().set_num_format("dd.mm.yyyy");
    let clock = Format::new().set_num_format("h:mm:ss");
    workbook.add_worksheet().set_name("Титул").unwrap().write(0, 0, "Итоги").unwrap();
    let sheet = workbook.add_worksheet().set_name("Звонки").unwrap();
    for (column, name) in (0..).zip(["Дата", "Время", "Тип", "Собеседник", "Длительность"])
    {
        sheet.write(2, column, name).unwrap();
    }
    for (row, number) in [(3, 79_160_000_001_f64), (5, 74_950_000_002.0)] {
        let date = ExcelDateTime::from_ymd(2026, 10, 2).unwrap();
        sheet.write_with_format(row, 0, &date, &day).unwrap();
        let time = ExcelDateTime::from_hms(11, 5, 0).unwrap();
        sheet.write_with_format(row, 1, &time, &clock).unwrap();
        sheet.write(row, 2, "Входящий").unwrap();
        sheet.write(row, 3, number).unwrap();
        let length = ExcelDateTime::from_hms(0, 4, 42).unwrap();
        sheet.write_with_format(row, 4, &length, &clock).unwrap();
    }
    sheet.write(7, 0, "Итого").unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_is_found_by_name_and_its_own_times_are_read_whatever_the_patterns() {
    let profile = Profile { sheet: Some("Звонки".to_owned()), ..statement() };
    let rows: Vec<ReadRow> = read(&profile, FileFormat::Xlsx, Cursor::new(workbook()))
        .unwrap()
        .map(|row| row.unwrap())
        .collect();
    let fine = "2026-10-02T08:05:00Z";
    assert_eq!(told(&rows), expected(&[(4, fine), (6, fine)]));
    assert_eq!(rows[0].result.as_ref().unwrap().record.connected_seconds, Some(282));
    assert_eq!(rows[0].raw[3], "79160000001");
    let missing = Profile { sheet: Some("Март".to_owned()), ..statement() };
    let fault = read(&missing, FileFormat::Xlsx, Cursor::new(workbook())).err().unwrap();
    assert_eq!(fault.code(), "unknown_sheet");
}

#[test]
fn a_bomb_of_a_workbook_is_refused_before_it_unfolds() {
    use std::io::Write;
    let bytes = workbook();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        bomb.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        std::io::copy(&mut file, &mut bomb).unwrap();
        if name == "xl/worksheets/sheet2.xml" {
            let blank = vec![b' '; 1024 * 1024];
            (0..64).for_each(|_| bomb.write_all(&blank).unwrap());
        }
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1024 * 1024);
    let profile = Profile { sheet: Some("Звонки".to_owned()), ..statement() };
    let fault = read(&profile, FileFormat::Xlsx, Cursor::new(bomb)).err().unwrap();
    assert_eq!(fault.code(), "body_too_large");
}

#[test]
fn a_corrected_row_is_read_again_as_it_would_have_been_in_its_file() {
    let mut rows = read(&statement(), FileFormat::Csv, Cursor::new(STATEMENT)).unwrap();
    let header = rows.header().to_vec();
    let mut refused = rows.find_map(|row| row.ok().filter(|row| row.result.is_err())).unwrap();
    let reader = RowReader::new(&statement(), &header).unwrap();
    assert_eq!(reader.read(&refused.raw), refused.result.map(Some));
    refused.raw[2] = "входящий".to_owned();
    assert!(reader.read(&refused.raw).unwrap().is_some());
    assert_eq!(reader.read(&refused.raw[..1]).unwrap_err().code, "missing");
    refused.raw.push("x".to_owned());
    assert_eq!(reader.read(&refused.raw).unwrap_err().code, "broken_row");
}
