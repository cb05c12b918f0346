//! `streamer export BUCKET`: what the local store has of a bucket, as CSV or JSON lines on stdout.

use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::time::Duration;

use streamer_config::{BucketPlan, OutputKind};
use streamer_lines::seconds;
use streamer_plugin::Plugin;
use streamer_reading::{BucketName, Epoch, Key};
use streamer_store::{Bucket, Csv, JsonLines, Reader, StoreError};

use super::places::{Place, load_for_command, wait_for};
use super::{Sources, say};
use crate::exit::{Exit, Failure};
use crate::view::mark;

/// What to export.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The bucket's label, key or name; may be left out where the store or the configuration has one
    bucket: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Only this key
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Only readings from this epoch on, in Unix seconds
    #[arg(long, value_name = "SECONDS")]
    from: Option<String>,
    /// Only readings before this epoch, in Unix seconds
    #[arg(long, value_name = "SECONDS")]
    to: Option<String>,
}

/// How readings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// `epoch,key,value` under a head
    Csv,
    /// One JSON object a line
    Json,
}

pub fn export(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let place = load_for_command(plugins, sources)?;
    let local = place.plan().outputs.iter().find_map(|output| match &output.kind {
        OutputKind::Local(local) => Some((output.label.as_str(), local.path.clone())),
        _ => None,
    });
    let (label, path) = local.ok_or_else(|| {
        Failure::new(Exit::Configuration, "no local store is configured; add [outputs.local] to keep readings here")
    })?;
    // A running agent commits its store with the spool; what it has accepted until now is wanted here.
    if let Ok(mut client) = place.call()
        && let Some(why) = wait_for(&mut client, Some(label), Duration::from_secs(2))?
    {
        say(format_args!("the newest readings are not in the store yet: {why}"));
    }
    let reader = Reader::open(&path).map_err(Failure::failed)?;
    let buckets = reader.buckets().map_err(Failure::failed)?;
    let bucket = choose(&buckets, &place, arguments.bucket.as_deref())?;
    write(&reader, bucket, arguments)
}

/// By label, key or name; the only one of the store or of the configuration where none is asked for.
fn choose<'b>(buckets: &'b [Bucket], place: &Place, asked: Option<&str>) -> Result<&'b Bucket, Failure> {
    let named = |bucket: &Bucket| format!("{} ({})", bucket.key, bucket.name);
    let there = || buckets.iter().map(named).collect::<Vec<_>>().join(", ");
    let state = crate::state::StateFolder::new(&place.plan().agent.state_dir);
    let stored = |plan: &BucketPlan| {
        let key = plan.key.clone().or_else(|| state.known_bucket_key(&plan.label));
        buckets.iter().find(|bucket| Some(&bucket.key) == key.as_ref())
    };
    let Some(asked) = asked else {
        return match (buckets, place.plan().buckets.as_slice()) {
            ([only], _) => Ok(only),
            ([], _) => Err(Failure::failed("the store has no reading yet")),
            (_, [configured]) if let Some(bucket) = stored(configured) => Ok(bucket),
            _ => Err(Failure::failed(format!("the store has several buckets; say which: {}", there()))),
        };
    };
    // In a simulated run the name has a mark before it.
    let mark = mark(place.plan().simulated);
    let is_named = |name: &BucketName| name.as_str() == asked || name.as_str().strip_prefix(mark) == Some(asked);
    let plan = place.plan().buckets.iter().find(|bucket| bucket.label == asked);
    let found = plan.and_then(stored).or_else(|| buckets.iter().find(|bucket| bucket.key.as_str() == asked));
    let found = found.or_else(|| buckets.iter().find(|bucket| is_named(&bucket.name)));
    found.ok_or_else(|| match plan {
        Some(_) => Failure::failed(format!("the store has no reading of bucket `{asked}` yet")),
        None => Failure::failed(format!("the store has no bucket `{asked}`; it has: {}", there())),
    })
}

fn write(reader: &Reader, bucket: &Bucket, arguments: &Arguments) -> Result<Exit, Failure> {
    let epoch = |text: &Option<String>| text.as_deref().map(seconds).transpose().map_err(Failure::failed);
    let from = epoch(&arguments.from)?.unwrap_or(Epoch::from_micros(i64::MIN));
    let to = epoch(&arguments.to)?.unwrap_or(Epoch::from_micros(i64::MAX));
    let key = arguments.key.as_ref().map(Key::new).transpose().map_err(Failure::failed)?;
    let out = BufWriter::with_capacity(64 * 1024, std::io::stdout().lock());
    let mut export = reader.export(&bucket.key, key.as_ref(), from, to).map_err(Failure::failed)?;
    let progress = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
    let mut count = 0_u64;
    let mut rows = Rows::new(arguments.format, out)?;
    while let Some(reading) = export.next() {
        let reading = reading.map_err(|error: StoreError| Failure::failed(error))?;
        if !rows.write(&reading)? {
            return Ok(Exit::Done);
        }
        count += 1;
        if progress && count.is_multiple_of(100_000) {
            let done = export.progress();
            say(format_args!("{} readings, {:.0} % of the time", done.readings, done.share * 100.0));
        }
    }
    rows.flush()?;
    Ok(Exit::Done)
}

/// Either way of writing.
enum Rows<W: Write> {
    Csv(Csv<W>),
    Json(JsonLines<W>),
}

impl<W: Write> Rows<W> {
    fn new(format: Format, out: W) -> Result<Self, Failure> {
        Ok(match format {
            Format::Csv => Self::Csv(Csv::new(out).map_err(Failure::failed)?),
            Format::Json => Self::Json(JsonLines::new(out)),
        })
    }

    /// False once nobody reads any more.
    fn write(&mut self, reading: &streamer_reading::Reading) -> Result<bool, Failure> {
        let written = match self {
            Self::Csv(csv) => csv.write(reading),
            Self::Json(json) => json.write(reading),
        };
        heard(written)
    }

    fn flush(self) -> Result<bool, Failure> {
        heard(match self {
            Self::Csv(csv) => csv.into_inner().flush(),
            Self::Json(json) => json.into_inner().flush(),
        })
    }
}

fn heard(written: std::io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::failed(error)),
    }
}
