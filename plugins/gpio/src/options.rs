//! What a person can say about this input.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::options::{Faults, Period, Pin};
use streamer_plugin::{Claim, Input, InputError, Key, Kind, Options, Site};

use crate::count::Count;
use crate::edge::Edges;
use crate::follower::Edge;
use crate::level::Level;
use crate::open::{Found, Wanted};
use crate::place::Place;
use crate::watch::Watch;

/// The resistor that holds the line where nobody drives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pull {
    /// To the supply: for a switch to ground.
    Up,
    /// To ground: for a switch to the supply.
    Down,
    /// None.
    Off,
}

/// The way to the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Backend {
    /// The kernel's device file.
    #[default]
    Chardev,
    /// The registers of a Raspberry Pi, by the library of that name.
    Rppal,
}

impl Backend {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chardev => "chardev",
            Self::Rppal => "rppal",
        }
    }
}

/// Defines the options of a mode: the line, then its own.
macro_rules! lined {
    ($(#[$about:meta])* $name:ident { $($options:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            /// A line of a Raspberry Pi's header: BCM number 17, name "GPIO17", or place "P11"; on other boards the
            /// name that the kernel has for a line. Either this, or `chip` and `line`.
            pin: Option<Pin>,
            /// A chip by its label or name, as `gpiodetect` shows them: "pinctrl-rp1", "gpiochip2". Labels do not
            /// change from boot to boot. Default: the chip of a Raspberry Pi's header.
            #[schemars(example = &"mcp23017")]
            chip: Option<String>,
            /// A line of `chip`, by number or by the name that `gpioinfo` shows.
            #[schemars(example = 3)]
            line: Option<Pin>,
            /// The key, or its beginning. Default: the line's name, such as gpio_17.
            #[schemars(example = &"door")]
            key: Option<String>,
            /// The resistor in the chip: "up" for a switch to ground, "down" for one to the supply, "off".
            /// Default: as it is; with `backend` "rppal" off.
            #[schemars(example = &"up")]
            pull: Option<Pull>,
            /// Whether the line is active when it is low, as with a switch to ground: then low is 1.
            #[serde(default)]
            active_low: bool,
            /// How long a level must hold before it counts: bounces and pulses that are shorter are passed over. The
            /// kernel does it, whose stamp is then up to as much later; where it does not, the stamp is the last
            /// bounce's.
            #[serde(default = "at_once")]
            debounce: Period,
            /// "chardev", the kernel's device file, works everywhere. "rppal" goes through the registers of the
            /// Raspberry Pi models that it knows; all inputs of a chip go the same way.
            #[serde(default)]
            backend: Backend,
            $($options)*
        }

        impl $name {
            fn place(&self) -> Place<'_> {
                Place {
                    pin: self.pin.as_ref(),
                    chip: self.chip.as_deref(),
                    line: self.line.as_ref(),
                    backend: self.backend,
                }
            }

            fn key(&self) -> String {
                self.key.clone().unwrap_or_else(|| self.place().default_key())
            }

            fn wanted(&self, edge: Option<Edge>) -> Wanted<'_> {
                Wanted {
                    place: self.place(),
                    pull: self.pull,
                    active_low: self.active_low,
                    debounce: self.debounce.0,
                    edge,
                }
            }
        }

        impl Options for $name {
            fn build(&self, site: &Site) -> Result<Input, InputError> {
                let found = self.wanted(self.edge()).open(site)?;
                self.input(found, site)
            }

            /// On the lines that the site has of its own, which turn by themselves.
            fn simulated(&self, _: &Kind, site: &Site) -> Result<Input, InputError> {
                self.build(site)
            }

            fn check(&self, faults: &mut Faults) {
                self.place().check(faults);
                check(self.key.as_deref(), self.debounce, faults);
            }

            fn claims(&self) -> Vec<Claim> {
                self.place().claims()
            }

            fn natural_key(&self) -> String {
                self.place().natural_key()
            }

            fn listens(&self) -> bool {
                Self::LISTENS
            }
        }
    };
}

lined! {
    /// The state of a line, 1 or 0, at each tick.
    LevelOptions {}
}

lined! {
    /// Each edge of a line, at the time that the kernel gives it, and the state at the start.
    EdgeOptions {
        /// Which edges: "rising" (to active), "falling" (to inactive) or "both".
        #[serde(default = "both")]
        edge: Edge,
    }
}

lined! {
    /// Pulses of a line: how many in all, and how many a second. The total goes on after a restart; it belongs to the
    /// input's `id`, and a new id begins with 0.
    CountOptions {
        /// Which edge makes a pulse: "rising" (to active), "falling" (to inactive); "both" counts each edge.
        #[serde(default = "rising")]
        edge: Edge,
    }
}

impl LevelOptions {
    const LISTENS: bool = false;

    fn edge(&self) -> Option<Edge> {
        None
    }

    fn input(&self, Found { line, hold }: Found, site: &Site) -> Result<Input, InputError> {
        Ok(Input::sampler(match hold {
            None => Level::read(line, self.key()),
            hold => Level::followed(Watch::new(line, Edge::Both, hold, site.clock().clone())?, self.key()),
        }))
    }
}

impl EdgeOptions {
    const LISTENS: bool = true;

    fn edge(&self) -> Option<Edge> {
        Some(self.edge)
    }

    fn input(&self, Found { line, hold }: Found, site: &Site) -> Result<Input, InputError> {
        let watch = Watch::new(line, self.edge, hold, site.clock().clone())?;
        Ok(Input::listener(Edges::new(watch, self.key())))
    }
}

impl CountOptions {
    const LISTENS: bool = false;

    fn edge(&self) -> Option<Edge> {
        Some(self.edge)
    }

    fn input(&self, Found { line, hold }: Found, site: &Site) -> Result<Input, InputError> {
        let watch = Watch::new(line, self.edge, hold, site.clock().clone())?;
        Ok(Input::sampler(Count::new(watch, &self.key(), site)))
    }
}

/// Checks what no type says.
fn check(key: Option<&str>, debounce: Period, faults: &mut Faults) {
    if let Some(Err(refusal)) = key.map(Key::new) {
        faults.add("key", refusal.to_string());
    }
    if debounce.0 > LONGEST_DEBOUNCE {
        faults.add("debounce", "no switch bounces for longer than a minute");
    }
}

const LONGEST_DEBOUNCE: Duration = Duration::from_secs(60);

fn at_once() -> Period {
    Period::millis(0)
}

fn both() -> Edge {
    Edge::Both
}

fn rising() -> Edge {
    Edge::Rising
}
