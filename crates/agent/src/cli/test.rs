//! `streamer test [ID...]`: builds inputs, takes readings, prints them. Nothing is sent, nothing is kept.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use streamer_clock::Clock;
use streamer_config::{InputPlan, Outcome, Plan, Rules};
use streamer_plugin::options::{Period, nearest};
use streamer_plugin::{InputError, Plugin, Position, Readings, SendError, Sink, Site, State, Stop};

use super::{Sources, places, print, say};
use crate::exit::{Exit, Failure};
use crate::{logging, round, view};

/// Which inputs, and for how long.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Ids of inputs; all of them if none is given
    ids: Vec<String>,
    /// How long listeners may speak
    #[arg(long = "for", value_name = "TIME", default_value = "2s")]
    listen: Period,
}

pub fn test(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let plan = places::load(plugins, sources)?;
    places::warn(&plan);
    logging::start(plan.agent.log);
    let known = || plan.inputs.iter().map(|input| input.id.as_str());
    if let Some(id) = arguments.ids.iter().find(|id| !known().any(|known| known == id.as_str())) {
        let near = nearest(id, known()).map_or_else(
            || format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure::new(Exit::Configuration, format!("there is no input `{id}`; {near}")));
    }
    let chosen = plan.inputs.iter().filter(|input| arguments.ids.is_empty() || arguments.ids.contains(&input.id));
    let mut failed = 0;
    let mut tried = 0;
    for input in chosen {
        tried += 1;
        if let Err(error) = take(&plan, input, arguments.listen.0) {
            failed += 1;
            say(format_args!("{} ({}): {error}", input.id, input.place));
        }
    }
    if failed == 0 {
        Ok(Exit::Done)
    } else {
        Err(Failure::failed(format!("{failed} of {tried} inputs gave no reading")))
    }
}

/// Takes one round of one input on a thread that is left behind when it does not come back.
fn take(plan: &Plan, input: &InputPlan, listen: Duration) -> Result<(), InputError> {
    let clock = Clock::system();
    let site = Site::new(&input.id, &plan.agent.root, clock.clone(), plan.agent.zone.clone(), State::none());
    let rules = Mutex::new(Rules::new(input.rules.clone(), &input.prefix));
    let printer = Arc::new(Printer { rules, id: input.id.clone(), mark: view::mark(plan.simulated) });
    let (options, timeout) = (input.options.clone(), input.timeout);
    let (done, waiting) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("test".into()).spawn(move || {
        let show = |readings: &Readings, result| {
            printer.show(readings);
            result
        };
        let sink: Arc<dyn Sink> = printer.clone();
        let _ = done.send(round::read_once(&*options, &site, &clock, (timeout, listen), sink, show));
    })?;
    let patience = timeout * 2 + listen + Duration::from_secs(2);
    waiting
        .recv_timeout(patience)
        .unwrap_or_else(|_| Err(InputError::again(format!("did not answer within {patience:.0?}"))))
}

/// Prints what an input brings: readings as the bucket would get them, then what was refused and what should be said.
struct Printer {
    id: String,
    rules: Mutex<Rules>,
    mark: &'static str,
}

impl Printer {
    fn show(&self, readings: &Readings) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for item in readings.items() {
            let (key, value) = match rules.judge(&item.key, item.value.clone(), readings.began().boot) {
                Outcome::Keep(key, value) => (key, value),
                Outcome::Drop | Outcome::Unchanged => continue,
                Outcome::Refuse(refusal) => {
                    say(format_args!("{}: {}: {refusal}", self.id, item.key));
                    continue;
                }
            };
            let _ =
                writeln!(text, "{}{} {key} {}", self.mark, item.when.epoch(readings.began()), view::one_line(&value));
        }
        rules.accepted();
        // Nobody reads any more: there is nothing else to do for this round.
        let _ = print(&text);
        for refused in readings.refused() {
            say(format_args!("{}: refused: {refused}", self.id));
        }
        for (_, words) in readings.remarks() {
            say(format_args!("{}: {words}", self.id));
        }
    }
}

/// Nothing is kept, so nothing is ever settled and every stream begins anew.
impl Sink for Printer {
    fn send(&self, readings: &Readings, _: Option<Position<'_>>, _: &Stop) -> Result<(), SendError> {
        self.show(readings);
        Ok(())
    }
}
