//! One soak from its start to its books: the agent, its killer, the weather of the network, and the writers.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use streamer_tests::program::{Home, PATIENCE, Running};
use streamer_tests::server::{Counts, Server, Settings};
use streamer_tests::{eventually, streaming_to, unix_now};

use crate::Plan;
use crate::between::{Random, Shared, holds_deleted};
use crate::books::{self, Findings, Held};
use crate::logs::{self, Rotation, Writer, Written};
use crate::processes::{Takes, Zombies, marked};
use crate::scripts::{SCRIPTS, Shows};

/// What one event request may bring.
const BATCH: u64 = 10;
/// The network as it is most of the time: an answer takes a moment, so that a batch is in flight when a kill comes.
const FAIR: &str = "events:slow-after=0.003";
/// Trouble that ends by itself and stores nothing that was not answered.
const TROUBLE: [&str; 5] = ["503@0s-15s", "refused@0s-20s", "429+3@1-4", "reset@1-3", "slow-before=0.5@1-20"];
/// Between two looks at the agent.
const LOOK: Duration = Duration::from_secs(1);

/// A soak at work.
struct Soak {
    plan: Plan,
    home: Home,
    server: Server,
    shared: Arc<Shared>,
    random: Random,
    mark: String,
    zombies: Zombies,
    takes: Takes,
    kills: u64,
    /// How often the server shut its door: an answer on its way is lost then, and its batch comes again.
    shut: u64,
    findings: Findings,
    lives: Vec<Running>,
}

/// Runs it, and gives what is wrong.
///
/// # Errors
/// Where the machine refuses something that is no business of the agent.
pub fn run(plan: Plan) -> Result<Findings, Box<dyn Error>> {
    let script = FAIR.parse()?;
    let server = Server::start(Settings { script, ..Settings::default() })?;
    // A length of sleep that is this soak's own; it stands in every command line that could be left over.
    let nap = format!("86400.{}", std::process::id());
    let home = Home::new().env("STREAMER_SOAK", &nap);
    let (folder, programs) = (home.path("logs"), home.path("programs"));
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(&programs)?;
    home.configure(&config(&server, &folder, &programs, &nap)?);
    let shared = Arc::new(Shared::default());
    let writers: Vec<_> = plans(plan)
        .into_iter()
        .map(|log| {
            let (folder, shared) = (folder.clone(), Arc::clone(&shared));
            (log.clone(), std::thread::spawn(move || Writer::new(log, &folder, plan.seed, shared)?.work()))
        })
        .collect();
    let mut soak = Soak {
        plan,
        home,
        server,
        shared,
        random: Random::new(plan.seed),
        mark: nap,
        zombies: Zombies::default(),
        takes: Takes::default(),
        kills: 0,
        shut: 0,
        findings: Findings::new(),
        lives: Vec::new(),
    };
    let lived = soak.live();
    soak.shared.end();
    let mut written = Vec::new();
    for (log, writer) in writers {
        written.push((log, writer.join().map_err(|_| "a writer failed")??));
    }
    lived?;
    soak.audit(&written, &programs);
    Ok(soak.findings)
}

fn plans(plan: Plan) -> Vec<logs::Plan> {
    let log = |key, rotation, every, kept, pace| logs::Plan { key, rotation, every, kept, pace };
    vec![
        log("app", Rotation::ByTurns, plan.rotate as f64, 30, 50),
        log("fast", Rotation::Renamed, 2.0, 60, 50),
        log("hole", Rotation::Holes, plan.rotate as f64 * 0.7, 30, 25),
        log("pack", Rotation::Packed, 7.0, 40, 30),
        log("many", Rotation::ManyFiles, 5.0, 60, 1),
    ]
}

fn config(server: &Server, folder: &Path, programs: &Path, nap: &str) -> std::io::Result<String> {
    let mut text = streaming_to(server) + "\n[outputs.local]\n";
    for (name, format) in [
        ("app.log", "format = \"regex\"\npattern = 'n=(?P<app>\\d+) in'"),
        ("fast.log", "format = \"key_value\""),
        ("hole.log", "format = \"json\""),
        ("pack.log", "format = \"key_value\"\nrotated_gzip = true"),
        ("many*.log", "format = \"logfmt\""),
    ] {
        let path = folder.join(name);
        text += &format!(
            "\n[[inputs.tail]]\nid = \"{}\"\nfiles = [{path:?}]\nfrom = \"start\"\nrotated_wait = \"3s\"\n{format}\n",
            name.replace('*', "")
        );
    }
    for script in SCRIPTS {
        text += &script.install(programs, nap)?;
    }
    Ok(text)
}

impl Soak {
    /// Life after life until the time is over; the last agent is left running.
    fn live(&mut self) -> Result<(), Box<dyn Error>> {
        let began = unix_now();
        let over = began + self.plan.seconds as f64;
        let pause = self.plan.seconds as f64 / (self.plan.kills + 1) as f64;
        let mut agent = self.start();
        let mut next = self.next_kill(began, pause);
        let mut weather = began + 45.0;
        let mut troubles = 0;
        while unix_now() < over {
            std::thread::sleep(LOOK);
            if let Some(status) = agent.ended() {
                return Err(format!("the agent ended by itself with {status}: {}", agent.stderr()).into());
            }
            self.zombies.look(agent.id());
            self.takes = self.takes.max(Takes::of(agent.id()));
            if unix_now() > weather {
                let script = TROUBLE[troubles % TROUBLE.len()];
                troubles += 1;
                self.shut += u64::from(script.starts_with("refused"));
                self.server.set_script(&format!("{FAIR} events:{script}").replace("events:refused", "refused"));
                weather = unix_now() + 60.0 + self.random.below(60) as f64;
            }
            if self.kills < self.plan.kills && unix_now() > next {
                agent = self.kill(agent)?;
                next = self.next_kill(began, pause);
            }
        }
        self.lives.push(agent);
        Ok(())
    }

    fn next_kill(&mut self, began: f64, pause: f64) -> f64 {
        let jitter = self.random.below(400) as f64 / 1000.0 - 0.2;
        began + pause * ((self.kills + 1) as f64 + jitter)
    }

    fn start(&self) -> Running {
        let agent = self.home.start_agent();
        *self.shared.agent() = Some(agent.id());
        agent
    }

    /// Kills the agent in the middle of a burst, leaves it dead for a while, starts it again, and looks that nothing of
    /// its first life is left.
    fn kill(&mut self, agent: Running) -> Result<Running, Box<dyn Error>> {
        const BURST: u64 = 3000;
        self.server.set_script(FAIR);
        let shared = Arc::clone(&self.shared);
        let mut running = shared.agent();
        // What was deleted can only be read by who has it open: an agent that was killed now would lose it.
        let logs = self.home.path("logs");
        let left = eventually(PATIENCE * 3, || (!holds_deleted(agent.id(), &logs)).then_some(()));
        left.ok_or("a deleted log is never left")?;
        let before = self.server.counts().unique;
        shared.ask_burst(BURST);
        let moment = 100 + self.random.below(1500);
        let patience = unix_now() + 120.0;
        while self.server.counts().unique < before + moment {
            if unix_now() > patience {
                return Err(format!("delivery stands still: {}", agent.stderr()).into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = agent.id();
        let said = agent.kill();
        let at = self.server.counts().unique - before;
        *running = None;
        drop(running);
        self.kills += 1;
        let orphans = marked(&self.mark);
        let down = self.random.below(9000);
        println!(
            "kill {}: process {pid} after {at} readings of a burst of {BURST}; {} of its processes live on; down for {down} ms",
            self.kills,
            orphans.len()
        );
        self.said(&said.stderr);
        std::thread::sleep(Duration::from_millis(down));
        let agent = self.start();
        let left = eventually(PATIENCE, || marked(&self.mark).is_disjoint(&orphans).then_some(()));
        if left.is_none() {
            let left: Vec<_> = marked(&self.mark).intersection(&orphans).cloned().collect();
            self.findings.push(format!("a minute after kill {} there are still {left:?}", self.kills));
        }
        Ok(agent)
    }

    /// Keeps what the agent said, as far as it is an error.
    fn said(&self, text: &str) {
        for line in text.lines().filter(|line| line.contains("panicked") || line.contains("ERROR")) {
            println!("  it said: {line}");
        }
    }

    fn audit(&mut self, written: &[(logs::Plan, Written)], programs: &Path) {
        let Some(agent) = self.lives.pop() else { return };
        self.server.set_script("");
        self.drain(written);
        println!("the agent took at most {:?}; {:?}", self.takes, self.zombies);
        if self.zombies.longest > 20 {
            self.findings.push(format!("a zombie was seen {} times in a row", self.zombies.longest));
        }
        let report = self.home.status();
        let pid = agent.id();
        let ended = agent.stop();
        self.said(&ended.stderr);
        if ended.code() != Some(0) {
            self.findings.push(format!("process {pid} ended with {:?}: {}", ended.status, ended.stderr));
        }
        let left = eventually(PATIENCE, || marked(&self.mark).is_empty().then_some(()));
        if left.is_none() {
            self.findings.push(format!("processes are left: {:?}", marked(&self.mark)));
        }
        match report {
            Some(report) => {
                println!("inputs: {}", inputs(&report));
                books::status(&report, &mut self.findings);
            }
            None => self.findings.push("status did not answer".into()),
        }
        match self.home.status() {
            Some(report) => books::status(&report, &mut self.findings),
            None => self.findings.push("status at rest did not answer".into()),
        }
        let (report, rows) = (self.server.report(), self.home.export("test"));
        let (there, local) = (Held::of_events(report.events("test")), Held::of_rows(&rows));
        self.weigh(&report.counts, &there, &local);
        for (log, written) in written {
            let (held, in_order) = (there.numbers(log.key), log.rotation != Rotation::ManyFiles);
            println!(
                "  {}: {written:?}, the server holds {}, the store {}",
                log.key,
                held.len(),
                local.numbers(log.key).len()
            );
            books::log(log.key, written.lines, &held, in_order, &mut self.findings);
            books::log(
                &format!("{} in the store", log.key),
                written.lines,
                &local.numbers(log.key),
                in_order,
                &mut self.findings,
            );
        }
        for script in SCRIPTS {
            let (claimed, held) = (script.claimed(programs), there.numbers(script.key));
            let missing = books::program(script.key, script.shows, claimed, &held, self.kills, &mut self.findings);
            println!("  {}: claimed {claimed}, the server holds {}, cut off {missing}", script.key, held.len());
            if script.shows != Shows::Nothing && held.is_empty() || claimed == 0 {
                self.findings.push(format!("{}: nothing came of it", script.key));
            }
        }
    }

    /// Waits until every line has arrived, or long enough that none of the missing ones will.
    fn drain(&self, written: &[(logs::Plan, Written)]) {
        let arrived = eventually(PATIENCE, || {
            std::thread::sleep(LOOK);
            let held = Held::of_events(self.server.report().events("test"));
            let all = |(log, written): &(logs::Plan, Written)| held.numbers(log.key).len() as u64 >= written.lines;
            written.iter().all(all).then_some(())
        });
        println!("every line arrived: {}", arrived.is_some());
    }

    /// Server and store against each other, and the repeats against the kills.
    fn weigh(&mut self, counts: &Counts, there: &Held, local: &Held) {
        println!(
            "the server: {} requests, {} stored, {} different, {} repeats, {} out of order, answers {:?}, refused {:?}, warned {:?}",
            counts.requests,
            counts.stored,
            counts.unique,
            counts.duplicates,
            counts.out_of_order,
            counts.statuses,
            counts.refusals,
            counts.warnings
        );
        println!("the store: {} rows", local.len());
        if there != local {
            let differ: Vec<_> = there.0.iter().filter(|(key, list)| local.0.get(*key) != Some(list)).collect();
            let keys: Vec<_> = differ.iter().map(|(key, list)| format!("{key} ({} there)", list.len())).collect();
            self.findings.push(format!("server and store differ in {keys:?}"));
        }
        if counts.duplicates > (self.kills + self.shut) * BATCH {
            let words = format!("{} repeats after {} kills", counts.duplicates, self.kills);
            self.findings.push(format!("{words}, and a door that was shut {} times", self.shut));
        }
        if counts.out_of_order > 0 {
            self.findings.push(format!("{} out of order", counts.out_of_order));
        }
    }
}

/// What status counts of each input, in one line.
fn inputs(report: &serde_json::Value) -> String {
    let all = report["inputs"].as_array().into_iter().flatten();
    let words = all.map(|input| {
        let refused = &input["refused"];
        format!(
            "{} {} accepted {} failed {} refused {refused}",
            input["id"], input["state"], input["accepted"], input["failed"]
        )
    });
    words.collect::<Vec<_>>().join("; ")
}
