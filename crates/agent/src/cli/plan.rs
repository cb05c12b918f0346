//! `streamer plan`: what the configuration sends a day and a month, and whether an account's allowance is enough.
//!
//! It counts a real round of each input, or takes the numbers that it is given; it sends nothing.

use std::str::FromStr;
use std::time::Duration;

use streamer::events_api::{MAX_EVENTS_PER_CALL, TIERS, Tier};
use streamer_clock::Clock;
use streamer_config::{InitialState, InputPlan, Outcome, OutputKind, Plan, Rules};
use streamer_plugin::{Drive, InputError, Plugin, Readings, Site, State};

use super::{Sources, places, print, say};
use crate::exit::{Exit, Failure};
use crate::lanes::panicked;
use crate::quota::{Account, Part, Sending};
use crate::{logging, round};

const DAY: f64 = 86_400.0;
/// So many ticks ahead are looked at to see how often a schedule ticks.
const TICKS: usize = 1000;

/// What is known beforehand.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Readings that one read of this input brings, instead of taking a round to count them
    #[arg(long, value_name = "ID=N")]
    per_read: Vec<Known>,
    /// Readings a day of an input that tells by itself; without it the most that its max_rate allows
    #[arg(long, value_name = "ID=N")]
    per_day: Vec<Known>,
    /// Only this tier of the service; the exit code is 1 where its allowance is not enough
    #[arg(long)]
    tier: Option<String>,
}

/// A number that somebody knows of an input.
#[derive(Debug, Clone)]
struct Known {
    id: String,
    number: f64,
}

impl FromStr for Known {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.rsplit_once('=').and_then(|(id, number)| Some((id, number.parse::<f64>().ok()?)));
        let (id, number) = split.filter(|(_, n)| n.is_finite() && *n >= 0.0).ok_or("write ID=N, such as system=14")?;
        Ok(Self { id: id.to_owned(), number })
    }
}

pub fn plan(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let plan = places::load(plugins, sources)?;
    places::warn(&plan);
    logging::start(plan.agent.log);
    let tiers = tiers(arguments.tier.as_deref())?;
    if let Some(known) = arguments.per_read.iter().chain(&arguments.per_day).find(|k| !has_input(&plan, &k.id)) {
        let ids: Vec<&str> = plan.inputs.iter().map(|input| input.id.as_str()).collect();
        let words = format!("there is no input `{}`; there are: {}", known.id, ids.join(", "));
        return Err(Failure::new(Exit::Configuration, words));
    }
    let parts: Vec<Part> = plan.inputs.iter().map(|input| part(&plan, input, arguments)).collect();
    let accounts = accounts(&plan, &parts);
    if accounts.is_empty() {
        return print("no output has an allowance: nothing can be used up\n");
    }
    let texts: Vec<String> = accounts.iter().map(|account| account.words(&tiers)).collect();
    print(&texts.join("\n"))?;
    let holds = tiers.iter().all(|tier| accounts.iter().all(|account| account.holds(tier)));
    let asked = arguments.tier.is_some();
    if accounts.iter().any(Account::is_open) {
        return Err(Failure::failed(
            "some inputs are not known; give their numbers with --per-read ID=N or --per-day ID=N",
        ));
    }
    if asked && !holds { Err(Failure::failed("the allowance is not enough")) } else { Ok(Exit::Done) }
}

fn has_input(plan: &Plan, id: &str) -> bool {
    plan.inputs.iter().any(|input| input.id == id)
}

fn tiers(asked: Option<&str>) -> Result<Vec<Tier>, Failure> {
    let Some(name) = asked else { return Ok(TIERS.to_vec()) };
    let tier = TIERS.iter().find(|tier| tier.name == name).copied();
    let names = TIERS.map(|tier| tier.name).join(", ");
    tier.map(|tier| vec![tier]).ok_or_else(|| Failure::failed(format!("there is no tier `{name}`; there are: {names}")))
}

/// Every account with what is sent to it.
fn accounts(plan: &Plan, parts: &[Part]) -> Vec<Account> {
    let mut accounts: Vec<(&InitialState, Account)> = Vec::new();
    for output in &plan.outputs {
        let OutputKind::InitialState(to) = &output.kind else { continue };
        let here = |other: &InitialState| other.api_base == to.api_base && other.access_key == to.access_key;
        let at = accounts.iter().position(|(other, _)| here(other)).unwrap_or_else(|| {
            accounts.push((to, Account { address: to.api_base.clone(), sendings: Vec::new() }));
            accounts.len() - 1
        });
        for bucket in plan.buckets.iter().filter(|bucket| bucket.outputs.contains(&output.label)) {
            let events = to.max_events_per_call.min(bucket.buffer_size.max(MAX_EVENTS_PER_CALL)).max(1);
            let of_bucket = plan.inputs.iter().zip(parts).filter(|(input, _)| input.bucket == bucket.label);
            accounts[at].1.sendings.push(Sending {
                bucket: bucket.label.clone(),
                output: output.label.clone(),
                call: u32::try_from(events).unwrap_or(u32::MAX),
                parts: of_bucket.map(|(_, part)| part.clone()).collect(),
            });
        }
    }
    accounts.into_iter().map(|(_, account)| account).collect()
}

fn part(plan: &Plan, input: &InputPlan, arguments: &Arguments) -> Part {
    let known = |given: &[Known]| given.iter().find(|known| known.id == input.id).map(|known| known.number);
    let part = |reads_a_day, readings, from| Part { id: input.id.clone(), reads_a_day, readings, from };
    if let Some(number) = known(&arguments.per_day) {
        return part(None, Some(number), "as given");
    }
    if let Some(number) = known(&arguments.per_read) {
        return part(Some(reads_a_day(input)), Some(number), "as given");
    }
    match count(plan, input) {
        Ok(Counted::Read(number)) => part(Some(reads_a_day(input)), Some(number), "counted"),
        Ok(Counted::Tells) => match input.max_rate {
            Some(rate) => part(None, Some(f64::from(rate) * DAY), "the most that max_rate allows"),
            None => part(None, None, "it tells by itself"),
        },
        Err(error) => {
            say(format_args!("{} ({}): {error}", input.id, input.place));
            part(Some(reads_a_day(input)), None, "it could not be read")
        }
    }
}

/// How often its schedule ticks a day, on the average of what comes.
fn reads_a_day(input: &InputPlan) -> f64 {
    let ticks = input.schedule.upcoming(Clock::system().now(), TICKS);
    // The first ticks belong to the start.
    let ticks = ticks.get(2..).unwrap_or_default();
    let (Some(first), Some(last)) = (ticks.first(), ticks.last()) else { return 0.0 };
    let micros = last.micros() - first.micros();
    let count = u32::try_from(ticks.len() - 1).unwrap_or(u32::MAX);
    #[expect(clippy::cast_precision_loss, reason = "a thousand ticks are less than a few hundred years")]
    let days = micros as f64 / 1e6 / DAY;
    if days > 0.0 { f64::from(count) / days } else { 0.0 }
}

enum Counted {
    Read(f64),
    Tells,
}

/// Builds the input and counts what one read brings behind its rules; one that tells by itself is only built.
fn count(plan: &Plan, input: &InputPlan) -> Result<Counted, InputError> {
    let clock = Clock::system();
    let site = Site::new(&input.id, &plan.agent.root, clock.clone(), plan.agent.zone.clone(), State::none());
    let (options, timeout) = (input.options.clone(), input.timeout);
    let mut rules = Rules::new(input.rules.clone(), &input.prefix);
    let (done, waiting) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("plan".into()).spawn(move || {
        let work = move || {
            let Drive::Sampled(sampler) = options.build(&site)?.drive else { return Ok(Counted::Tells) };
            let mut kept = 0;
            round::read_sampler(sampler, &clock, timeout, |readings, result| {
                kept = keeps(&mut rules, readings);
                result
            })?;
            Ok(Counted::Read(f64::from(kept)))
        };
        let counted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        let _ = done.send(counted.unwrap_or_else(|panic| Err(panicked("a read", &*panic))));
    })?;
    let patience = timeout * 2 + Duration::from_secs(2);
    let late = || Err(InputError::again(format!("did not answer within {patience:.0?}")));
    waiting.recv_timeout(patience).unwrap_or_else(|_| late())
}

fn keeps(rules: &mut Rules, readings: &Readings) -> u32 {
    let boot = readings.began().boot;
    let kept = readings
        .items()
        .iter()
        .filter(|item| matches!(rules.judge(&item.key, item.value.clone(), boot), Outcome::Keep(..)));
    u32::try_from(kept.count()).unwrap_or(u32::MAX)
}
