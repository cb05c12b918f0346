//! Whether each account can be reached: its key, the name, the connection with TLS, the clock on the other side.

use std::time::Duration;

use streamer::Pace;
use streamer::events_api::{Account, AccountOptions, EventsApi, KnownBuckets, is_streaming_key, reach};
use streamer_config::{BucketPlan, InitialState, OutputKind, Plan};
use tokio::time::timeout;

use super::{Findings, Scene};
use crate::state::StateFolder;

/// How long a name may take to be resolved, and a service to answer.
const RESOLVE: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);
/// Clocks that differ by more are not both right.
const APART_MICROS: u64 = 120_000_000;

pub async fn look(scene: &Scene, findings: &mut Findings) {
    let Some(plan) = &scene.plan else { return };
    let mut any = false;
    for output in &plan.outputs {
        let OutputKind::InitialState(account) = &output.kind else { continue };
        any = true;
        key(&output.label, account, findings);
        if resolved(&output.label, &account.api_base, findings).await
            && reached(scene, &output.label, account, findings).await
        {
            let bucket = plan.buckets.iter().find(|bucket| bucket.outputs.contains(&output.label));
            match (scene.online, bucket) {
                (true, Some(bucket)) => accepted(scene, plan, &output.label, account, bucket, findings).await,
                (true, None) => findings.ok("account", format!("{}: no bucket goes there; not asked", output.label)),
                (false, _) => findings
                    .ok("account", format!("{}: not asked whether it takes the key; --online asks", output.label)),
            }
        }
    }
    if !any {
        findings.ok("outputs", "none is behind the network".into());
    }
}

fn key(label: &str, account: &InitialState, findings: &mut Findings) {
    if is_streaming_key(&account.access_key) {
        findings.ok("key", format!("{label}: an access key is there, and has the form of a streaming key"));
    } else {
        findings.warn(
            "key",
            format!("{label}: the access key has not the form of a streaming key, which begins with ist_"),
            "copy it again from the account's page; a key for reading is another one".into(),
        );
    }
}

/// Host and port of an address.
fn host(base: &str) -> (&str, u16) {
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    let authority = rest.split('/').next().unwrap_or(rest);
    let usual = if scheme.eq_ignore_ascii_case("http") { 80 } else { 443 };
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(usual)),
        _ => (authority, usual),
    }
}

async fn resolved(label: &str, base: &str, findings: &mut Findings) -> bool {
    let (host, port) = host(base);
    let plain = host.trim_matches(['[', ']']);
    if plain.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let why = match timeout(RESOLVE, tokio::net::lookup_host((plain, port))).await {
        Ok(Ok(mut found)) => match found.next() {
            Some(address) => {
                findings.ok("name", format!("{label}: {host} is {}", address.ip()));
                return true;
            }
            None => "it has no address".to_owned(),
        },
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", RESOLVE.as_secs()),
    };
    findings.fail(
        "name",
        format!("{label}: {host} cannot be resolved: {why}"),
        "is the network up (ip addr), and a name server set (cat /etc/resolv.conf, resolvectl status)? Does api_base say what \
         was meant?"
            .into(),
    );
    false
}

async fn reached(scene: &Scene, label: &str, account: &InitialState, findings: &mut Findings) -> bool {
    let secure = !account.api_base.starts_with("http://");
    let asked = timeout(ANSWER, reach(&account.api_base, account.ca_file.as_deref())).await;
    match asked.unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER.as_secs()))) {
        Ok(there) => {
            let how = if secure { "over TLS, with a certificate that is trusted" } else { "in plain text" };
            findings.ok("connection", format!("{label}: the service answers {how}"));
            if let Some(date) = there.date {
                apart(label, scene.clock.now().wall.micros() - date.micros(), findings);
            }
            true
        }
        Err(why) => {
            let cure = if secure {
                "what the words say; behind them mostly a firewall, a wrong clock (certificates are not valid yet then) or no CA \
                 certificates (sudo apt install ca-certificates)"
            } else {
                "start the service, or set api_base to where it is"
            };
            findings.fail("connection", format!("{label}: {why}"), cure.into());
            false
        }
    }
}

fn apart(label: &str, ahead: i64, findings: &mut Findings) {
    if ahead.unsigned_abs() > APART_MICROS {
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        findings.warn(
            "clock",
            format!("{} s {way} that of the service of {label}", ahead.unsigned_abs() / 1_000_000),
            "sudo timedatectl set-ntp true".into(),
        );
    }
}

/// Asks for the first bucket as a delivery would.
async fn accepted(
    scene: &Scene,
    plan: &Plan,
    label: &str,
    account: &InitialState,
    bucket: &BucketPlan,
    findings: &mut Findings,
) {
    let made = || StateFolder::new(&plan.agent.state_dir).known_bucket_key(&bucket.label);
    let Some(bucket_key) = bucket.key.clone().or_else(made) else {
        let words = format!("{label}: bucket {} has no key before the agent's first start; not asked", bucket.label);
        return findings.ok("account", words);
    };
    let options = AccountOptions {
        api_base: account.api_base.clone(),
        access_key: account.access_key.clone(),
        ca_file: account.ca_file.clone(),
        max_events_per_call: account.max_events_per_call,
    };
    let asked = match Account::new(&options, scene.clock.clone(), Pace::REAL) {
        Ok(account) => {
            let mut api = EventsApi::new(account, bucket_key, bucket.name.clone(), KnownBuckets::default());
            timeout(ANSWER, api.open_bucket()).await.unwrap_or_else(|_| Err("no answer in time".into()))
        }
        Err(error) => Err(error.to_string()),
    };
    match asked {
        Ok(()) => findings.ok("account", format!("{label}: the access key opens bucket {}", bucket.label)),
        Err(why) => findings.fail(
            "account",
            format!("{label}: bucket {}: {why}", bucket.label),
            "the account's page shows its key, its plan and its buckets".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_as_people_write_it() {
        assert_eq!(host("https://groker.init.st"), ("groker.init.st", 443));
        assert_eq!(host("http://127.0.0.1:8080/x"), ("127.0.0.1", 8080));
        assert_eq!(host("http://[::1]:81"), ("[::1]", 81));
        assert_eq!(host("http://[::1]/"), ("[::1]", 80));
        assert_eq!(host("https://gateway"), ("gateway", 443));
    }

    #[test]
    fn clocks_that_are_hours_apart_are_told_with_their_distance() {
        let told = |seconds: i64| {
            let mut findings = Findings::default();
            apart("home", seconds * 1_000_000, &mut findings);
            findings.text()
        };
        assert_eq!(told(100), "");
        assert!(told(-7200).contains("7200 s behind") && told(121).contains("121 s ahead of"));
    }
}
