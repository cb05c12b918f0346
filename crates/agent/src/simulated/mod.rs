//! Any configuration without what it reads: `--simulate`.
//!
//! Every input is replaced by what its options say of such a run, every output by one database of its own, in a state
//! folder of its own, and each line of a reading is marked. No reading that nobody measured can get into a bucket that
//! somebody else's readings are in.

mod line;

use std::sync::Arc;

use streamer_config::{Local, OutputKind, OutputPlan, Plan};
use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Site};
use streamer_reading::{BucketName, limits};

use crate::view::mark;

/// The label of the one output, and the name of its file.
const LABEL: &str = "simulated";
/// The most that the database may become.
const MOST: u64 = 64 << 20;

/// An input without its devices.
struct Simulated {
    options: Arc<dyn Options>,
    kind: Kind,
}

impl Options for Simulated {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let clock = site.clock().clone();
        self.options.simulated(&self.kind, &site.clone().with_every_line(move || line::turning(&clock)))
    }
}

/// The plan as it is run without devices, where that was asked for.
pub fn simulated(mut plan: Plan, plugins: &[Plugin]) -> Plan {
    if !plan.simulated {
        return plan;
    }
    for input in &mut plan.inputs {
        let plugin = plugins.iter().find(|plugin| plugin.name == input.plugin);
        if let Some(kind) = plugin.and_then(|plugin| plugin.kind(input.kind)) {
            input.options = Arc::new(Simulated { options: input.options.clone(), kind: *kind });
        }
    }
    plan.taps.stdout = true;
    // A program without the local store shows them, and keeps none.
    plan.outputs.truncate(usize::from(cfg!(feature = "local")));
    for output in &mut plan.outputs {
        let path = plan.agent.state_dir.join("simulated.db");
        let kind = OutputKind::Local(Local { path, retention: None, max_size: Some(MOST) });
        *output = OutputPlan { label: LABEL.into(), kind, place: output.place.clone() };
    }
    for bucket in &mut plan.buckets {
        bucket.key = None;
        bucket.outputs = plan.outputs.iter().map(|output| output.label.clone()).collect();
        let name: String = format!("{}{}", mark(true), bucket.name).chars().take(limits::BUCKET_CHARS).collect();
        bucket.name = BucketName::new(name).unwrap_or_else(|_| bucket.name.clone());
    }
    plan
}
