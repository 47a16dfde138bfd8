//! `baitline`: bait SIM calls in, repeat offenders and complaint packages out.
//! The table of commands.

mod audit;
mod backup;
mod cli;
mod cli_s3;
mod demo;
mod demo_server;
mod failure;
mod health;
mod keys;
mod log;
mod numbering;
mod processes;
mod schema;
mod signing_key;
mod traces;
mod verify;

use std::process::ExitCode;

use baitline_store::audit::Acting;
use clap::Parser;
use cli::{Cli, Command};
use log::Log;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let default = if matches!(cli.command, Command::Demo(_)) { "warn" } else { "info" };
    let log = match Log::start(&cli.log, default) {
        Ok(log) => log,
        Err(failure) => return failure.report(),
    };
    let done = match cli.command {
        Command::Demo(options) => demo_server::run(&options),
        Command::Serve(options) => processes::serve(&options),
        Command::Api(options) => processes::api(&options),
        Command::Worker(options) => processes::worker(&options),
        Command::Migrate(options) => schema::migrate(&options),
        Command::Openapi => schema::print_openapi(),
        Command::Numbering(command) => acting("numbering", || numbering::run(&command)),
        Command::Keys(command) => acting("keys", || keys::run(&command)),
        Command::Audit(command) => audit::run(&command),
        Command::Backup(options) => backup::back_up(&options),
        Command::Restore(options) => backup::restore(&options),
        Command::Handover(options) => acting("handover", || backup::hand_over(&options)),
        Command::Health(options) => health::run(&options),
        Command::Verify(options) => verify::run(&options),
    };
    log.end();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Runs a command as a person's, for the audit.
fn acting<T>(command: &str, work: impl FnOnce() -> T) -> T {
    baitline_store::audit::acting(Acting::command(command), work)
}
