//! The last lines of the demo: where everything is and what to try next.

use std::io::Write;
use std::path::Path;

use baitline_sample::cast::CLIENTS;

use super::Server;
use super::error::DemoError;
use super::offenders::report_path;
use super::setup::Staged;

/// Prints commands that work as printed.
pub(super) fn print(
    server: &Server<'_>,
    folder: &Path,
    staged: &[Staged],
    out: &mut impl Write,
) -> Result<(), DemoError> {
    let address = server.address;
    writeln!(out, "\nWhere everything is:")?;
    writeln!(out, "  data       {}", folder.display())?;
    writeln!(out, "  packages   {}", folder.join("packages").display())?;
    writeln!(out, "             what an office opens is in data/filing/ of each")?;
    writeln!(out, "  agency key {}", server.agency_key)?;
    for (client, staged) in CLIENTS.iter().zip(staged) {
        writeln!(out, "  key of {}  {}", client.name, staged.key)?;
    }
    writeln!(out, "\nWhat to try next. Start the server again on this data:")?;
    writeln!(out, "\n  {}", server.serve_command)?;
    writeln!(out, "\nand ask it, from another terminal:")?;
    writeln!(out, "\n  curl -H 'Authorization: Bearer {}' \\", server.agency_key)?;
    writeln!(out, "    -H 'Accept: text/csv' 'http://{address}{}'", report_path())?;
    writeln!(out, "\nor read http://{address}/docs")?;
    Ok(())
}
