//! After each batch: what became of it is read back from the store, and held against the model.
//!
//! A request without an answer may have been committed or not. Its record tells, or the activity that
//! names the request: either all of it is there or nothing.

use std::sync::Arc;

use domain::activity::{Activity, ActivityKind};
use domain::id::AccountId;
use domain::record::{Answer, NamedKey, RecordState};
use domain::{Actor, Intent, Timestamp};
use engine::batch::Chores;
use engine::reads::ActivityFilter;
use engine::{ActivityRow, Outcome};

use super::play::World;
use super::{Finding, FoundBy};
use crate::model::{Expected, Predicted};
use crate::test_ports::read;
use crate::workload::Known;

/// Entries that one batch adds to a feed at most.
const NEWS_MAX: usize = 100_000;

/// Which request did what.
type Deed = (AccountId, String, ActivityKind);

impl World<'_> {
    /// Whether a part of the batch failed of which no client asked for anything.
    fn has_new_outage(&mut self) -> bool {
        if !self.store().wants_one_account() {
            return false;
        }
        let outages = self.machine.observer.seen().store_errors.len();
        std::mem::replace(&mut self.outages, outages) != outages
    }

    /// Whether the batch did what it must, and nothing else.
    pub(super) fn judge(
        &mut self,
        intents: &[Intent],
        outcomes: &[Option<Outcome>],
        chores: Chores,
    ) -> Result<(), Finding> {
        let news = self.news()?;
        let expired = news
            .iter()
            .filter(|emitted| emitted.activity.kind == ActivityKind::BookingExpired)
            .count();
        self.stats.expired += expired as u64;
        if !self.options.model {
            return Ok(());
        }
        let wrong = |why| Finding::new(FoundBy::Model, why);
        self.expire(&news).map_err(wrong)?;
        let now = self.now();
        let mut deeds = Vec::new();
        for (intent, outcome) in intents.iter().zip(outcomes) {
            let done = self.judge_one(intent, now, outcome.as_ref(), &news);
            let done = done.map_err(|why| wrong(format!("{intent:?}: {why}")))?;
            let deed = |kind| (intent.account, intent.request.id.clone(), kind);
            deeds.extend(done.into_iter().map(deed));
        }
        compare(deeds, &news).map_err(wrong)?;
        self.judge_keys(intents).map_err(wrong)?;
        let overdue = self.model.overdue(now);
        // A batch that was bisected leaves expiry to the next one.
        let whole = !outcomes.iter().any(Option::is_none) && !self.has_new_outage();
        if chores.due && whole && !intents.is_empty() && !overdue.is_empty() {
            return Err(wrong(format!("{overdue:?} should have ended")));
        }
        Ok(())
    }

    /// New entries of all feeds.
    fn news(&mut self) -> Result<Vec<ActivityRow>, Finding> {
        let mut news = Vec::new();
        for account in Known::ACCOUNTS {
            let head = self.heads.entry(account).or_default();
            let filter = ActivityFilter { after: *head, ..ActivityFilter::default() };
            let emitted = self.reads.activity(account, &filter, NEWS_MAX);
            let emitted =
                emitted.map_err(|error| Finding::new(FoundBy::Engine, error.to_string()))?;
            for entry in &emitted {
                *head += 1;
                if entry.activity.position != *head {
                    let why = format!("{entry:?} does not stand at {head}");
                    return Err(Finding::new(FoundBy::Books, why));
                }
            }
            let written =
                emitted.iter().map(|it| ((account, it.activity.position), it.activity.at));
            self.emitted.extend(written);
            news.extend(emitted);
        }
        Ok(news)
    }

    /// Holds that ended by their deadline ended before anything else of the batch.
    fn expire(&mut self, news: &[ActivityRow]) -> Result<(), String> {
        for ActivityRow { activity, .. } in news {
            if is_by_deadline(activity) {
                let id = activity.resource.parse().map_err(|_| format!("{activity:?}"))?;
                self.model.expire((activity.account, id), activity.at)?;
            }
        }
        Ok(())
    }

    /// Compares one outcome with the model, and lets the model do what was committed.
    fn judge_one(
        &mut self,
        intent: &Intent,
        now: Timestamp,
        outcome: Option<&Outcome>,
        news: &[ActivityRow],
    ) -> Result<Vec<ActivityKind>, String> {
        let predicted = self.model.predict(intent, now);
        let answer = match outcome {
            Some(Outcome::Malformed) if matches!(predicted, Predicted::Malformed) => {
                return Ok(Vec::new());
            }
            Some(Outcome::Malformed) => return Err(format!("malformed, not {predicted:?}")),
            Some(Outcome::Replayed(answer)) => {
                self.model.agree(intent, &predicted, answer)?;
                let replay = matches!(predicted, Predicted::Replay(_));
                return if replay { Ok(Vec::new()) } else { Err("a replay of nothing".to_owned()) };
            }
            Some(Outcome::Decided(answer, _)) => Some(Arc::clone(answer)),
            Some(Outcome::Failed(_) | Outcome::Unavailable(_)) | None => None,
        };
        let Predicted::New(expected) = &predicted else {
            // A retry without an answer changes nothing; one that was decided again is wrong.
            return answer.map_or(Ok(Vec::new()), |answer| {
                self.model.agree(intent, &predicted, &answer)?;
                Err("decided again".to_owned())
            });
        };
        let answer = answer.map_or_else(
            || self.committed(intent, expected, news),
            |answer| Ok(Some(Some(answer))),
        )?;
        let Some(answer) = answer else { return Ok(Vec::new()) };
        if let Some(answer) = &answer {
            self.model.agree(intent, &predicted, answer)?;
        }
        Ok(self.model.take(intent, now, expected, answer.as_ref()))
    }

    /// The record of every key is what the model has, answered or not.
    fn judge_keys(&self, intents: &[Intent]) -> Result<(), String> {
        let keys = intents.iter().filter_map(|intent| intent.key.as_ref());
        for key in keys.flat_map(NamedKey::all) {
            let record = self.reads.record(key).map_err(|error| error.to_string())?;
            self.model.agree_on_key(key, record.as_ref())?;
        }
        Ok(())
    }

    /// Whether a request without an answer was committed, and with which answer if that was kept.
    fn committed(
        &self,
        intent: &Intent,
        expected: &Expected,
        news: &[ActivityRow],
    ) -> Result<Option<Option<Arc<Answer>>>, String> {
        if !expected.is_stored(intent.key.is_some()) {
            return Ok(None);
        }
        if let Some(target) = expected.retires()
            && intent.key.as_ref().is_none_or(|key| key.all().any(|name| name == target))
        {
            let record = self.reads.record(target).map_err(|error| error.to_string())?;
            return Ok(record.is_some().then_some(None));
        }
        if let Some(key) = &intent.key {
            let mut record = None;
            for name in key.all() {
                record = record.or(self.reads.record(name).map_err(|error| error.to_string())?);
            }
            let answer = record.and_then(|record| match record.state {
                RecordState::Answered(answer) => Some(answer),
                RecordState::Retired => None,
            });
            // The same request may stand in the batch several times; its answer names one of them.
            let ours =
                |answer: &Arc<Answer>| read(answer).get("request_id") == Some(&intent.request.id);
            return Ok(answer.filter(ours).map(Some));
        }
        let emitted = news.iter().any(|emitted| emitted.activity.request_id == intent.request.id);
        Ok(emitted.then_some(None))
    }
}

/// Whether a hold ended by itself, and not since somebody asked for it.
fn is_by_deadline(activity: &Activity) -> bool {
    activity.kind == ActivityKind::BookingExpired && activity.actor == Actor::System
}

/// Everything that was told was done by its request, in order, and everything done was told.
fn compare(deeds: Vec<Deed>, news: &[ActivityRow]) -> Result<(), String> {
    let emitted: Vec<Deed> = news
        .iter()
        .map(|emitted| &emitted.activity)
        .filter(|activity| !is_by_deadline(activity))
        .map(|activity| (activity.account, activity.request_id.clone(), activity.kind))
        .collect();
    let mut deeds = deeds;
    deeds.sort_by_key(|(account, ..)| *account);
    if deeds == emitted {
        Ok(())
    } else {
        Err(format!("emitted was {emitted:?}, done was {deeds:?}"))
    }
}
