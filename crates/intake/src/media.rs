//! What a recording or a scan is, told by its first bytes: the sender's word for it names
//! no file and starts no player.

/// How many bytes [`sniff`] looks at.
pub const SNIFFED_BYTES: usize = 12;

/// What is kept when nothing is recognised.
pub const UNKNOWN: &str = "application/octet-stream";

/// The media type of a recording that begins with these bytes.
pub fn sniff(first: &[u8]) -> &'static str {
    match first {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "audio/wav",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        // An ADTS header's layer bits are zero, an MPEG audio frame's are not.
        [0xFF, second, ..] if second & 0xF6 == 0xF0 => "audio/aac",
        [0xFF, second, ..] if second & 0xE0 == 0xE0 && second & 0x06 != 0 => "audio/mpeg",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'#', b'!', b'A', b'M', b'R', b'-', b'W', b'B', ..] => "audio/amr-wb",
        [b'#', b'!', b'A', b'M', b'R', ..] => "audio/amr",
        [_, _, _, _, b'f', b't', b'y', b'p', b'3', b'g', ..] => "audio/3gpp",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "audio/mp4",
        _ => UNKNOWN,
    }
}

/// The media type of a scan that begins with these bytes: PDF, PNG or JPEG, and
/// nothing else.
pub fn sniff_scan(first: &[u8]) -> Option<&'static str> {
    match first {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        _ => None,
    }
}

/// How the name of a scan of this media type ends.
pub fn scan_extension(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_that_recorders_write_are_told_by_their_first_bytes() {
        let cases: [(&[u8], &str); 11] = [
            (b"RIFF\x24\x00\x00\x00WAVE", "audio/wav"),
            (b"ID3\x04\x00\x00\x00\x00\x00\x00\x00\x00", "audio/mpeg"),
            (b"\xFF\xFB\x90\x00", "audio/mpeg"),
            (b"\xFF\xF1\x50\x80", "audio/aac"),
            (b"OggS\x00\x02", "audio/ogg"),
            (b"fLaC\x00\x00", "audio/flac"),
            (b"#!AMR\n", "audio/amr"),
            (b"#!AMR-WB\n", "audio/amr-wb"),
            (b"\x00\x00\x00\x18ftyp3gp4", "audio/3gpp"),
            (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
            (b"RIFF\x24\x00\x00\x00AVI ", UNKNOWN),
        ];
        for (first, expected) in cases {
            assert_eq!(sniff(first), expected, "{first:?}");
        }
    }

    #[test]
    fn scans_are_told_by_their_first_bytes_and_archives_are_none() {
        assert_eq!(sniff_scan(b"%PDF-1.7\n"), Some("application/pdf"));
        assert_eq!(sniff_scan(b"\x89PNG\r\n\x1A\n\0\0"), Some("image/png"));
        assert_eq!(sniff_scan(b"\xFF\xD8\xFF\xE0\0\x10"), Some("image/jpeg"));
        let others: [&[u8]; 7] =
            [b"PK\x03\x04", b"GIF89a", b"\xFF\xFB\x90", b"<html>", b"%PDF", b"", b" %PDF-1.7"];
        for other in others {
            assert_eq!(sniff_scan(other), None, "{other:?}");
        }
    }

    #[test]
    fn too_few_bytes_are_unknown_and_no_panic() {
        for length in 0..SNIFFED_BYTES {
            assert_eq!(sniff(&b"\0\0\0\0\0\0\0\0\0\0\0\0"[..length]), UNKNOWN);
        }
    }
}
