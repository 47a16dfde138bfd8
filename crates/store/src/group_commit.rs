//! Small requests written together. A few threads take what has gathered of one
//! client, commit it in one transaction and only then tell each sender: the disk
//! is waited for once for all of them. A client is written by one thread at a
//! time, so what comes meanwhile makes the next group, and groups grow by
//! themselves with the load and with the slowness of the disk.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use baitline_domain::ids::ClientId;
use baitline_domain::observation::Report;
use tokio::sync::oneshot::{self, Receiver, Sender};

use crate::audit::{self, Acting};
use crate::conn::{Conn, Reach};
use crate::error::{StoreError, StoreResult};
use crate::observations::{self, Outcome};
use crate::{Store, now};

/// Threads that write where the database takes several writers; each writes for
/// one client at a time, on a connection of the pool.
const WRITERS: usize = 3;
/// The most reports that wait or are being written, of all clients: about 4 MiB,
/// and by the limits of a record never more than 256.
pub const MAX_WAITING_REPORTS: usize = 4_096;
/// The most reports of one request that is written with others.
pub const MAX_SMALL_REQUEST: usize = 100;
/// A group takes no further request once it holds this many reports.
const MAX_GROUP: usize = 1_000;

/// The writers and what waits for them. Dropping it writes the rest first.
pub struct Writers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// One request.
struct Waiting {
    who: Acting,
    reports: Vec<Report>,
    sender: Sender<StoreResult<Vec<Outcome>>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    /// By client: it has an entry while it waits or is being written.
    waiting: HashMap<ClientId, VecDeque<Waiting>>,
    /// Clients that wait and are not being written, the longest waiting first.
    ready: VecDeque<ClientId>,
    /// Of all clients, those being written too.
    reports: usize,
    stopping: bool,
}

impl Writers {
    /// Starts the threads: one for the embedded database, which has one writer.
    pub fn start(store: &Store) -> Self {
        let queue = Arc::new(Queue::default());
        let count = if store.is_embedded() { 1 } else { WRITERS };
        let threads = (0..count)
            .filter_map(|number| {
                let (queue, store) = (queue.clone(), store.clone());
                let thread = std::thread::Builder::new().name(format!("writer-{number}"));
                thread.spawn(move || queue.write_until_stopped(&store)).ok()
            })
            .collect();
        Self { queue, threads }
    }

    /// Takes the reports of one request in, with those of others that come
    /// meanwhile: what it returns is true, for it returns once their transaction
    /// has committed. Whoever does not wait for that has sent them all the same.
    ///
    /// # Errors
    /// At once when too many wait; else what [`observations::ingest`] says of these
    /// reports alone.
    pub async fn ingest(
        &self,
        who: Acting,
        client: ClientId,
        reports: Vec<Report>,
    ) -> StoreResult<Vec<Outcome>> {
        self.submit(who, client, reports)?.await.unwrap_or_else(|_| broken_off())
    }

    /// The same for a thread that may wait.
    ///
    /// # Errors
    /// As those of [`Writers::ingest`].
    pub fn ingest_and_wait(
        &self,
        client: ClientId,
        reports: Vec<Report>,
    ) -> StoreResult<Vec<Outcome>> {
        self.submit(Acting::now(), client, reports)?
            .blocking_recv()
            .unwrap_or_else(|_| broken_off())
    }

    /// Lets a request wait for its group.
    fn submit(
        &self,
        who: Acting,
        client: ClientId,
        reports: Vec<Report>,
    ) -> StoreResult<Receiver<StoreResult<Vec<Outcome>>>> {
        if self.threads.is_empty() {
            return Err(StoreError::Unavailable("no thread can be started".to_owned()));
        }
        let (sender, receiver) = oneshot::channel();
        let mut state = self.queue.lock();
        if state.reports + reports.len() > MAX_WAITING_REPORTS {
            return Err(StoreError::Unavailable("too many reports wait".to_owned()));
        }
        state.reports += reports.len();
        let request = Waiting { who, reports, sender };
        if let Some(waiting) = state.waiting.get_mut(&client) {
            waiting.push_back(request);
        } else {
            state.waiting.insert(client, VecDeque::from([request]));
            state.ready.push_back(client);
            drop(state);
            self.queue.work.notify_one();
        }
        Ok(receiver)
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.queue.lock().stopping = true;
        self.queue.work.notify_all();
        for thread in self.threads.drain(..) {
            // Its panics were caught and logged.
            let _ended = thread.join();
        }
    }
}

impl Queue {
    fn write_until_stopped(&self, store: &Store) {
        while let Some((client, group)) = self.next_group() {
            let reports = group.iter().map(|request| request.reports.len()).sum();
            let _span = tracing::info_span!("ingest group", %client, reports).entered();
            let written = catch_unwind(AssertUnwindSafe(|| write(store, client, group)));
            if written.is_err() {
                tracing::error!("writing a group of reports panicked");
            }
            self.end_group(client, reports);
        }
    }

    /// Waits for a client's requests; `None` once it shall stop and nothing waits.
    fn next_group(&self) -> Option<(ClientId, Vec<Waiting>)> {
        let mut state = self.lock();
        loop {
            if let Some(client) = state.ready.pop_front() {
                let waiting = state.waiting.entry(client).or_default();
                return Some((client, take_group(waiting)));
            }
            if state.stopping {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets the client's next group be written, if one has gathered.
    fn end_group(&self, client: ClientId, reports: usize) {
        let mut state = self.lock();
        state.reports -= reports;
        if state.waiting.get(&client).is_some_and(VecDeque::is_empty) {
            state.waiting.remove(&client);
        } else {
            state.ready.push_back(client);
            drop(state);
            self.work.notify_one();
        }
    }

    /// What a panic left is whole: the steps under the lock do not panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The requests of the next group, in the order they came.
fn take_group(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let (mut group, mut reports) = (Vec::new(), 0);
    while reports < MAX_GROUP
        && let Some(request) = waiting.pop_front()
    {
        reports += request.reports.len();
        group.push(request);
    }
    group
}

/// Writes a group and tells each sender what became of its reports. Where one of
/// them makes the database refuse the group, each request is written for itself.
fn write(store: &Store, client: ClientId, group: Vec<Waiting>) {
    let shares: Vec<Share> = group
        .iter()
        .map(|request| Share { who: request.who.clone(), reports: request.reports.len() })
        .collect();
    let (reports, senders): (Vec<Vec<Report>>, Vec<_>) =
        group.into_iter().map(|request| (request.reports, request.sender)).unzip();
    let reports = reports.concat();
    match ingest(store, client, &shares, &reports) {
        Ok(outcomes) => {
            let mut outcomes = outcomes.into_iter();
            for (sender, share) in senders.into_iter().zip(shares) {
                tell(sender, Ok(outcomes.by_ref().take(share.reports).collect()));
            }
        }
        // The database is away: nobody's reports are at fault.
        Err(StoreError::Unavailable(why)) => {
            for sender in senders {
                tell(sender, Err(StoreError::Unavailable(why.clone())));
            }
        }
        Err(error) => {
            tracing::debug!(%error, "a group is refused, its requests are written one by one");
            let mut rest = reports.as_slice();
            for (sender, share) in senders.into_iter().zip(shares) {
                let (own, others) = rest.split_at(share.reports);
                rest = others;
                tell(sender, ingest(store, client, &[share], own));
            }
        }
    }
}

/// How many of a group's reports are whose, in their order.
struct Share {
    who: Acting,
    reports: usize,
}

fn ingest(
    store: &Store,
    client: ClientId,
    shares: &[Share],
    reports: &[Report],
) -> StoreResult<Vec<Outcome>> {
    let received_at = now();
    store.write(Reach::Client(client), |conn| {
        let outcomes = observations::take_in(conn, client, reports, received_at)?;
        note(conn, client, shares, reports, &outcomes)?;
        Ok(outcomes)
    })
}

/// Notes the calls of a group for the audit: a row for each who sent some.
fn note(
    conn: &mut Conn,
    client: ClientId,
    shares: &[Share],
    reports: &[Report],
    outcomes: &[Outcome],
) -> StoreResult<()> {
    let mut of_each: BTreeMap<&Acting, Vec<(&Report, &Outcome)>> = BTreeMap::new();
    let mut reported = reports.iter().zip(outcomes);
    for share in shares {
        let own = reported.by_ref().take(share.reports);
        of_each.entry(&share.who).or_default().extend(own);
    }
    of_each.into_iter().try_for_each(|(who, reported)| {
        audit::note_calls_of(conn, client, who.clone(), reported.into_iter())
    })
}

/// A sender that waits no more sends again some day, and finds its reports known.
fn tell(sender: Sender<StoreResult<Vec<Outcome>>>, told: StoreResult<Vec<Outcome>>) {
    let _unheard = sender.send(told);
}

fn broken_off() -> StoreResult<Vec<Outcome>> {
    Err(StoreError::Unavailable("the writer of a report broke off".to_owned()))
}
