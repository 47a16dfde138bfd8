//! Chains what was done, and writes down beside the database where the chains have
//! come to: whoever can change every row of the database cannot change that file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use baitline_domain::audit::{AuditHead, Checkpoint};
use baitline_domain::ids::ClientId;
use baitline_store::{Reach, Store, audit};
use tokio::sync::watch;

use crate::WorkError;

/// The pause between two looks for what waits, when there was nothing: how long an act
/// stays outside its chain, about.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// How often heads are written down.
const CHECKPOINT_PAUSE: Duration = Duration::from_secs(60);
/// How long what waits is sealed when the process stops.
const LAST_LOOK: Duration = Duration::from_secs(5);
/// How soon it is seen that the process stops.
const STOP_PAUSE: Duration = Duration::from_millis(200);
/// What ends a line whose writing broke off: whoever reads passes over it.
const TORN: &[u8] = b" torn\n";

/// Seals the chains of every client, beside any number of others.
pub struct Auditor {
    store: Store,
    checkpoints: PathBuf,
    /// Whose chain was sealed last.
    last: Option<ClientId>,
    /// What this one wrote down last.
    written: BTreeMap<ClientId, AuditHead>,
}

impl Auditor {
    /// An auditor on a store, which writes heads to the end of the file at
    /// `checkpoints`.
    pub fn new(store: Store, checkpoints: PathBuf) -> Self {
        Self { store, checkpoints, last: None, written: BTreeMap::new() }
    }

    /// Seals some of what waits; `false` when nothing does.
    pub fn seal_next(&mut self) -> Result<bool, WorkError> {
        let last = self.last;
        let sealed = self.store.write(Reach::Agency, |conn| audit::seal_after(conn, last))?;
        self.last = sealed.map(|sealed| sealed.client).or(last);
        Ok(sealed.is_some())
    }

    /// Seals until nothing waits.
    pub fn seal_all(&mut self) -> Result<(), WorkError> {
        while self.seal_next()? {}
        Ok(())
    }

    /// Writes down the heads that moved since this one wrote last. What it returns is
    /// true once the disk has them. How many there were.
    pub fn write_checkpoints(&mut self) -> Result<usize, WorkError> {
        let heads = self.store.read(Reach::Agency, audit::heads)?;
        let moved: Vec<Checkpoint> = heads
            .into_iter()
            .filter(|now| self.written.get(&now.client) != Some(&now.head))
            .collect();
        if moved.is_empty() {
            return Ok(0);
        }
        let lines: String = moved.iter().map(|checkpoint| format!("{checkpoint}\n")).collect();
        let mut file = self.open()?;
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        self.written.extend(moved.iter().map(|checkpoint| (checkpoint.client, checkpoint.head)));
        Ok(moved.len())
    }

    /// The file, at its end, which is the end of a line.
    fn open(&self) -> std::io::Result<File> {
        let is_new = !self.checkpoints.exists();
        let mut file =
            OpenOptions::new().create(true).append(true).read(true).open(&self.checkpoints)?;
        if is_new && let Some(folder) = self.checkpoints.parent() {
            // The name must outlive a loss of power as well as the bytes.
            if !folder.as_os_str().is_empty() {
                File::open(folder)?.sync_all()?;
            }
        }
        if file.metadata()?.len() > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(TORN)?;
            }
        }
        Ok(file)
    }

    /// Works until told to stop; what waits then is sealed and written down first, but
    /// for what others go on writing.
    pub fn run(mut self, stop: &watch::Receiver<bool>) {
        let (mut look_at, mut write_at) = (Instant::now(), Instant::now());
        while !*stop.borrow() {
            if Instant::now() < look_at {
                std::thread::sleep(STOP_PAUSE);
                continue;
            }
            self.seal_until(&|began| *stop.borrow() || began.elapsed() >= LOOK_PAUSE);
            look_at = Instant::now() + LOOK_PAUSE;
            if write_at <= Instant::now() {
                self.try_to_write();
                write_at = Instant::now() + CHECKPOINT_PAUSE;
            }
        }
        self.seal_until(&|began| began.elapsed() >= LAST_LOOK);
        self.try_to_write();
    }

    /// Seals until nothing waits or it is enough: under steady writing something always
    /// waits. A chain that cannot be sealed does not keep the others waiting.
    fn seal_until(&mut self, is_enough: &dyn Fn(Instant) -> bool) {
        let began = Instant::now();
        let mut failed = BTreeSet::new();
        while !is_enough(began) {
            match self.seal_next() {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "the audit cannot be sealed");
                    if !self.pass_by() || !failed.insert(self.last) {
                        return;
                    }
                }
            }
        }
    }

    /// Goes on behind the client whose turn it was; `false` where it cannot be told.
    fn pass_by(&mut self) -> bool {
        let last = self.last;
        match self.store.read(Reach::Agency, |conn| audit::next_waiting(conn, last)) {
            Ok(next) => {
                self.last = next.or(last);
                next.is_some()
            }
            Err(_) => false,
        }
    }

    fn try_to_write(&mut self) {
        if let Err(error) = self.write_checkpoints() {
            tracing::error!(%error, "heads of the audit cannot be written down");
        }
    }
}

/// The heads that a file of checkpoints holds, in its order. A line that broke off is
/// passed over; any other that cannot be read is given back by its number, from 1.
pub fn read_checkpoints(text: &str) -> (Vec<Checkpoint>, Vec<usize>) {
    let (mut checkpoints, mut unreadable) = (Vec::new(), Vec::new());
    for (place, line) in text.split_inclusive('\n').enumerate() {
        let Some(whole) = line.strip_suffix('\n') else { break };
        match Checkpoint::parse(whole) {
            Some(checkpoint) => checkpoints.push(checkpoint),
            None if line.as_bytes().ends_with(TORN) => {}
            None => unreadable.push(place + 1),
        }
    }
    (checkpoints, unreadable)
}
