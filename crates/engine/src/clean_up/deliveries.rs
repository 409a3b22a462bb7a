//! Deliveries whose time is over: which of them a slice takes on. Some of them stay when they are looked at, since
//! whoever delivers still needs them; they are few, and looked at once in a turn.

use domain::Command;
use domain::Intent;
use domain::id::DeliveryId;
use domain::world::Of;

use super::{CleanUp, failed};
use crate::batch::{Outcome, system};
use crate::cleaning::{DeliveryPlace, DeliverySearch, DueDelivery};
use crate::error::ExecuteError;
use crate::jobs::{WorkerPorts, read};
use crate::set_aside::Tried;

/// Deliveries of a slice.
#[derive(Debug)]
pub(super) struct Deliveries {
    /// Those that are looked at.
    due: Vec<Of<DeliveryId>>,
    /// The last that was found, also of those that are passed over.
    pub(super) last_place: Option<DeliveryPlace>,
    /// None come after these.
    pub(super) is_end: bool,
    /// None came before them.
    is_begin: bool,
}

impl Deliveries {
    /// What is asked about each.
    pub(super) fn intents(&self) -> impl Iterator<Item = Intent> {
        self.due.iter().map(|(account, id)| system(*account, Command::CleanUpDelivery(*id)))
    }
}

impl CleanUp {
    /// The next slice of deliveries: up to `rows` with their attempts, or one that has more.
    pub(super) fn due_deliveries(
        &self,
        ports: &dyn WorkerPorts,
        after: Option<DeliveryPlace>,
        rows: usize,
    ) -> Result<Deliveries, ExecuteError> {
        let now = ports.now();
        let mut deliveries = Deliveries {
            due: Vec::new(),
            last_place: after,
            is_end: true,
            is_begin: after.is_none(),
        };
        let Some(until) = ports.retention().deliveries_until(now) else { return Ok(deliveries) };
        if rows == 0 {
            return Ok(Deliveries { is_end: false, ..deliveries });
        }
        let search = DeliverySearch { until, after, limit: rows };
        let found = read(ports, |due| due.due_deliveries(search))?;
        let passed_over = self.deliveries_aside.passed_over(now);
        let fits = first_of(&found, rows);
        deliveries.is_end = found.len() < rows && fits == found.len();
        for DueDelivery { place, .. } in found.into_iter().take(fits) {
            deliveries.last_place = Some(place);
            if !passed_over.contains(&place.delivery) {
                deliveries.due.push(place.delivery);
            }
        }
        Ok(deliveries)
    }

    /// What could not be cleaned is set aside; where there is no room it is found again in the next turn, and others
    /// come before it all the same.
    pub(super) fn tried_deliveries<'a>(
        &mut self,
        ports: &dyn WorkerPorts,
        deliveries: &'a Deliveries,
        outcomes: impl Iterator<Item = &'a Outcome>,
    ) {
        let Deliveries { due: tried, is_begin, is_end, .. } = deliveries;
        let name = |(account, id): &Of<DeliveryId>| format!("the delivery {id} of {account}");
        let failed = &failed(ports, tried.iter().zip(outcomes), name);
        let is_all = *is_begin && *is_end;
        self.deliveries_aside.tried(ports.now(), Tried { tried, failed, is_all });
    }
}

/// How many of them have no more than `rows` with their attempts; one has, however many.
fn first_of(found: &[DueDelivery], rows: usize) -> usize {
    let mut left = rows;
    let fits = |it: &&DueDelivery| {
        let attempts = usize::try_from(it.attempts).unwrap_or(usize::MAX);
        let has_room = attempts < left;
        left = left.saturating_sub(attempts).saturating_sub(1);
        has_room
    };
    found.iter().take_while(fits).count().max(1).min(found.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::id::AccountId;

    #[test]
    fn a_slice_has_so_many_rows_or_one_delivery() {
        let delivery = (AccountId::from_raw(1), DeliveryId::from_raw(1));
        let place = DeliveryPlace { ended_at: Timestamp::default(), delivery };
        let first = |attempts: &[u32], rows| {
            let found: Vec<_> = attempts
                .iter()
                .map(|attempts| DueDelivery { place, attempts: *attempts })
                .collect();
            first_of(&found, rows)
        };
        assert_eq!(first(&[], 32), 0);
        assert_eq!(first(&[1; 32], 32), 16);
        assert_eq!(first(&[1; 16], 32), 16);
        assert_eq!(first(&[0, 0, 0], 3), 3, "of those that were never tried there is a row each");
        assert_eq!(first(&[30, 0, 0], 32), 2);
        assert_eq!(first(&[31, 1], 32), 1);
        assert_eq!(first(&[u32::MAX, 1], 32), 1, "it goes in one piece");
        assert_eq!(first(&[1, u32::MAX, 1], 32), 1);
    }
}
