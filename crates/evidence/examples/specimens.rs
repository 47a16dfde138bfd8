//! Writes every document as PDF and DOCX, of made-up facts, into a folder: for
//! looking at them. `cargo run -p baitline-evidence --example specimens -- FOLDER`

use std::io;
use std::path::PathBuf;

use baitline_evidence::papers::{PaperKind, specimen};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("no folder given"))?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    for kind in PaperKind::ALL {
        let made = specimen(kind, None).map_err(io::Error::other)?;
        std::fs::write(folder.join(format!("{}.pdf", kind.as_str())), made.pdf)?;
        std::fs::write(folder.join(format!("{}.docx", kind.as_str())), made.docx)?;
    }
    Ok(())
}
