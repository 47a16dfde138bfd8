//! Whose a row is: the client its cell names, by id or exact name, else the one
//! the request names. And when: a time without an offset is local to that
//! client.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::ClientId;
use baitline_intake::calls::{TimeFault, read_time};
use baitline_intake::table::{Cells, TableRow};
use baitline_store::models::Client;
use baitline_store::{Reach, Store, clients};
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::{Entry, row_fault};
use crate::auth::{Holder, unknown_client};
use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};

/// The column that names a row's client.
pub(super) const CLIENT: &str = "client";

/// Who sends rows, and for whom.
pub(super) struct Sender {
    reach: Reach,
    /// The client of rows that name none.
    client: Option<ClientId>,
}

impl Sender {
    pub(super) fn of(caller: &Holder, client_id: Option<Uuid>) -> ApiResult<Self> {
        let narrowed = caller.reach(client_id)?;
        // A key of several clients has no other reach than the one that is named.
        let reach = caller.whole_reach().unwrap_or(narrowed);
        Ok(Self { reach, client: narrowed.client() })
    }

    /// The rows with their clients, their times in UTC; `times` names the
    /// columns of times.
    pub(super) fn place(
        &self,
        store: &Store,
        rows: Vec<TableRow>,
        times: &[&str],
    ) -> ApiResult<Vec<Entry<Cells>>> {
        let clients = self.clients(store, &rows)?;
        let place = |cells| self.place_one(&clients, cells, times);
        let placed =
            rows.into_iter().map(|row| (row.line, row.result.map_err(row_fault).and_then(place)));
        Ok(placed.collect())
    }

    /// The clients that the rows may mean, within the sender's reach.
    fn clients(&self, store: &Store, rows: &[TableRow]) -> ApiResult<Clients> {
        let cells = rows.iter().filter_map(|row| row.result.as_ref().ok()).flatten();
        let named: BTreeSet<&str> = cells
            .filter(|(column, text)| *column == CLIENT && is_askable(text))
            .map(|(_, text)| text.as_str())
            .collect();
        let mut ids: Vec<ClientId> = named.iter().filter_map(|name| id_of(name)).collect();
        ids.extend(self.client);
        let names: Vec<String> = named.into_iter().map(str::to_owned).collect();
        let found = store
            .read(self.reach, |conn| clients::clients_named(conn, self.reach, &ids, &names))?;
        let clients = Clients::of(found)?;
        match self.client {
            Some(client) if !clients.zones.contains_key(&client) => Err(unknown_client()),
            _ => Ok(clients),
        }
    }

    fn place_one(
        &self,
        clients: &Clients,
        mut cells: Cells,
        times: &[&str],
    ) -> Result<(ClientId, Cells), FaultItem> {
        let at_client = |fault| FaultItem::at(format!("/{CLIENT}"), fault);
        let named = cells.iter().position(|(column, _)| *column == CLIENT);
        let client = match named.map(|place| cells.swap_remove(place)) {
            Some((_, name)) => clients.find(&name).map_err(at_client)?,
            None => self.client.ok_or_else(|| at_client(Fault::Missing))?,
        };
        let zone = clients.zones.get(&client).ok_or_else(|| at_client(Fault::UnknownClient))?;
        for (column, text) in cells.iter_mut().filter(|(column, _)| times.contains(column)) {
            let at = read_time(text, zone).map_err(|fault| time_fault(column, fault))?;
            *text = at.to_string();
        }
        Ok((client, cells))
    }
}

/// Clients by what rows call them.
struct Clients {
    zones: HashMap<ClientId, TimeZone>,
    by_name: HashMap<String, Vec<ClientId>>,
}

impl Clients {
    fn of(found: Vec<Client>) -> ApiResult<Self> {
        let mut clients = Self { zones: HashMap::new(), by_name: HashMap::new() };
        for client in found {
            let zone = TimeZone::get(&client.time_zone)
                .map_err(|_| ApiError::Internal("a stored time zone is unknown".to_owned()))?;
            clients.zones.insert(client.id, zone);
            clients.by_name.entry(client.name).or_default().push(client.id);
        }
        Ok(clients)
    }

    fn find(&self, name: &str) -> Result<ClientId, Fault> {
        if let Some(id) = id_of(name) {
            return self.zones.contains_key(&id).then_some(id).ok_or(Fault::UnknownClient);
        }
        match self.by_name.get(name).map(Vec::as_slice) {
            None | Some([]) => Err(Fault::UnknownClient),
            Some([client]) => Ok(*client),
            Some(_) => Err(Fault::AmbiguousClient),
        }
    }
}

/// No database keeps a text with NUL, nor takes a question with one.
pub(super) fn is_askable(text: &str) -> bool {
    !text.contains('\0')
}

fn id_of(text: &str) -> Option<ClientId> {
    text.parse().ok().map(ClientId)
}

fn time_fault(column: &str, fault: TimeFault) -> FaultItem {
    let pointer = format!("/{column}");
    match fault {
        TimeFault::Ambiguous => FaultItem::at(pointer, Fault::AmbiguousTime),
        TimeFault::OutOfRange => FaultItem::at(pointer, Fault::OutOfRange),
        TimeFault::Invalid => FaultItem {
            pointer: Some(pointer),
            ..FaultItem::of(
                Fault::NotATime.code(),
                "It must be a time such as 2026-10-01T10:00:00+03:00, or local to the client: \
                 2026-10-01T10:00:00, 01.10.2026 10:00.",
            )
        },
    }
}
