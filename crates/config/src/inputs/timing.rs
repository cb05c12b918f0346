//! When an input is read: from its own keys and the agent's default to a schedule.

use std::time::Duration;

use streamer_plugin::options::Table;
use streamer_schedule::{Cron, Rhythm, Schedule, ScheduleError, Timing};

use super::CommonOptions;
use crate::place::Findings;
use crate::plan::AgentPlan;
use crate::settings::place;

/// The interval that counts; none where a cron expression does.
pub(super) fn interval(wanted: &CommonOptions, agent: &AgentPlan) -> Option<Duration> {
    match (&wanted.interval, &wanted.cron) {
        (Some(interval), _) => Some(interval.0),
        (None, Some(_)) => None,
        (None, None) => Some(agent.interval),
    }
}

pub(super) fn schedule(
    id: &str,
    wanted: &CommonOptions,
    table: &Table<'_>,
    agent: &AgentPlan,
    findings: &mut Findings<'_>,
) -> Option<Schedule> {
    if let (Some(cron), Some(interval)) = (table.name_place("cron"), table.name_place("interval")) {
        findings
            .conflict((&cron, "and this"), (&interval, "this"), "an input has either an `interval` or a `cron`")
            .help = Some("keep one of them".into());
    }
    let cron = match wanted.cron.as_deref().map(str::parse::<Cron>) {
        None => None,
        Some(Ok(cron)) => Some(cron),
        Some(Err(error)) => {
            let text = wanted.cron.as_deref().unwrap_or_default();
            let span = findings.files().within(&place(table, "cron"), text, error.place());
            findings.error(&span, error.to_string());
            return None;
        }
    };
    if cron.is_some() && wanted.interval.is_some() {
        return None;
    }
    if cron.is_some() && wanted.align {
        findings
            .error(&place(table, "align"), "`align` is about intervals; a cron expression names its own times")
            .help = Some("leave `align` out".into());
        return None;
    }
    let rhythm = match (cron, interval(wanted, agent)) {
        (Some(cron), _) => Rhythm::Cron(cron),
        (None, Some(interval)) if wanted.align => Rhythm::Aligned(interval),
        (None, interval) => Rhythm::Every(interval.unwrap_or(agent.interval)),
    };
    let mut timing = Timing::new(rhythm);
    timing.offset = wanted.offset.map_or(Duration::ZERO, |offset| offset.0);
    timing.jitter = wanted.jitter.map_or(Duration::ZERO, |jitter| jitter.0);
    timing.run_at_start = wanted.run_at_start.unwrap_or(timing.run_at_start);
    match Schedule::new(id, timing, agent.zone.clone()) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            let option = match error {
                ScheduleError::JitterTooLong { .. } => "jitter",
                ScheduleError::OffsetOfCron => "offset",
                _ => "interval",
            };
            // The agent's own interval is complained about where it stands.
            if option != "interval" || wanted.interval.is_some() {
                findings.error(&place(table, option), error.to_string());
            }
            None
        }
    }
}
