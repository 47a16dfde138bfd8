//! `health`: asks a running API how it is, for container engines and scripts
//! that have no HTTP client of their own.

use std::time::Duration;

use ureq::Agent;

use crate::cli::HealthOptions;
use crate::failure::Failure;

/// How long the answer may take: less than the patience of the engine that
/// asks, so that it hears why.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Fails unless the answer is a 200; one that leads elsewhere is none.
pub(crate) fn run(options: &HealthOptions) -> Result<(), Failure> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(TIMEOUT));
    let answer = config.build().new_agent().get(&options.url).call();
    match answer {
        Ok(answer) if answer.status() == 200 => {
            println!("{}: ok", options.url);
            Ok(())
        }
        Ok(answer) => Err(Failure::Sentence(format!("{}: {}", options.url, answer.status()))),
        Err(error) => Err(Failure::Sentence(format!("{}: {error}", options.url))),
    }
}
