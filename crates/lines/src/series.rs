//! One series of readings: its key, the type it is pinned to, and what its values were so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use streamer_reading::{Epoch, Key};

use crate::item::{Class, Found, Item, Refused, Remark, Scalar, Sink};
use crate::kind::infer;
use crate::{Cause, Kind};

/// The types that keys are pinned to.
pub(crate) type Pins = Arc<BTreeMap<String, Kind>>;

/// The units that are taken off before a number is read.
pub(crate) type Units = Arc<[Box<str>]>;

/// A key with what is known of its values.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    key: Key,
    pin: Option<Kind>,
    was: Option<Class>,
    told: bool,
}

impl Series {
    pub(crate) fn new(key: Key, pins: &Pins) -> Self {
        let pin = pins.get(key.as_str()).copied();
        Self { key, pin, was: None, told: false }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    pub(crate) fn pin(&self) -> Option<Kind> {
        self.pin
    }

    /// Hands over a value that the format does not type: it becomes what it looks like, or what it is pinned to.
    pub(crate) fn read(&mut self, text: &str, units: &Units, epoch: Option<Epoch>, sink: &mut Sink<'_>) {
        let value = match self.pin {
            None => infer(text, units),
            Some(kind) => kind.read(text, units),
        };
        self.give(value, text, epoch, sink);
    }

    /// Hands over a value that the format typed, or says why there is none.
    pub(crate) fn give(
        &mut self,
        value: Result<Scalar<'_>, Cause>,
        text: &str,
        epoch: Option<Epoch>,
        sink: &mut Sink<'_>,
    ) {
        match value {
            Ok(value) => {
                self.watch(value.class(), sink);
                sink(Item::Reading(Found { key: &self.key, value, epoch }));
            }
            Err(cause) => sink(Item::Refused(Refused { key: Some(self.key.as_str()), cause, text })),
        }
    }

    /// A key that changes its type draws no line in any chart: that is said once.
    fn watch(&mut self, is: Class, sink: &mut Sink<'_>) {
        if let Some(was) = self.was
            && was != is
            && !self.told
        {
            self.told = true;
            sink(Item::Remark(Remark::TypeChanges { key: &self.key, was, is }));
        }
        self.was = Some(is);
    }
}
