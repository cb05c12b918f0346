//! Whether stamps can be believed, and what keeps them right.

use streamer_clock::{Facts, Trust, Verdict};

use super::{Findings, Scene};
use crate::clock_watch::built;
use crate::state::StateFolder;

pub fn look(scene: &Scene, findings: &mut Findings) {
    let agent = scene.plan.as_ref().map(|plan| &plan.agent);
    let facts = Facts {
        mode: agent.map(|agent| agent.clock).unwrap_or_default(),
        last_trusted: agent.and_then(|agent| StateFolder::new(&agent.state_dir).last_stamp()),
        ..Facts::below(&scene.root, built())
    };
    let synchronised = scene.clock.kernel_says_synchronised();
    let verdict = Trust::new(facts, scene.clock.boot_id(), scene.clock.now(), synchronised).verdict();
    judge(verdict, synchronised, &facts, findings);
}

fn judge(verdict: Verdict, synchronised: bool, facts: &Facts, findings: &mut Findings) {
    let tell = || "sudo timedatectl set-ntp true".to_owned();
    let battery = if facts.rtc { "with a battery clock" } else { "without a battery clock" };
    match verdict {
        Verdict::Suspect(doubt) => findings.warn(
            "clock",
            format!("{doubt}; readings are kept, and wait for a true time before they are sent"),
            format!("{}, or a battery clock (dtoverlay=i2c-rtc,ds3231)", tell()),
        ),
        Verdict::Right(_) if synchronised => findings.ok("clock", format!("synchronised, {battery}")),
        Verdict::Right(_) if facts.board => {
            findings.warn("clock", format!("right as far as one can tell, {battery}, and nothing keeps it so"), tell());
        }
        // Virtual machines and containers have their host's clock.
        Verdict::Right(_) => {
            findings.ok("clock", format!("trusted; the kernel does not call it synchronised, {battery}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use streamer_clock::{BootId, Doubt, Moment, Offset, SinceBoot};
    use streamer_reading::Epoch;

    use super::*;

    #[test]
    fn a_doubt_and_a_clock_that_nobody_keeps_have_their_cure() {
        let told = |verdict, synchronised, board, rtc| {
            let facts = Facts { board, rtc, ..Facts::below(Path::new("/nowhere"), Epoch::ZERO) };
            let mut findings = Findings::default();
            judge(verdict, synchronised, &facts, &mut findings);
            findings.text()
        };
        let at = Moment { wall: Epoch::ZERO, boot: SinceBoot::from_micros(0) };
        let right = Verdict::Right(Offset::of(BootId::from_bytes([0; 16]), at));
        let never = told(Verdict::Suspect(Doubt::NeverTold), false, true, false);
        assert!(never.starts_with("warn  clock") && never.contains("set-ntp true"), "{never}");
        assert_eq!(told(right, true, true, false), "ok    clock          synchronised, without a battery clock\n");
        assert!(told(right, false, true, true).starts_with("warn"));
        assert!(told(right, false, false, false).starts_with("ok"));
    }
}
