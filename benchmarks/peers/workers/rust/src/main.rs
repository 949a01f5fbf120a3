// Cedar in its own language; see loop.py for the protocol.  Policies of each principal, entities and requests are parsed
// beforehand, so that the decision alone is timed.

use std::collections::HashMap;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::str::FromStr;
use std::time::Instant;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Response};
use serde_json::{Value, json};

struct Loaded {
    authorizer: Authorizer,
    entities: Entities,
    policies: Vec<PolicySet>,
    requests: Vec<(usize, Request)>,
}

type Failure = Box<dyn std::error::Error>;

fn usage() -> (i64, i64) {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let nanoseconds = |time: libc::timeval| time.tv_sec * 1_000_000_000 + time.tv_usec * 1_000;
    (nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime), usage.ru_nivcsw)
}

fn resident_bytes() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<i64>().ok()).unwrap_or(0) * 4096
}

fn uid_of(value: &Value) -> Result<EntityUid, Failure> {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    Ok(EntityUid::from_type_name_and_id(text("type").parse()?, text("id").parse()?))
}

fn parse_request(value: &Value) -> Result<Request, Failure> {
    let context = Context::from_json_value(value["context"].clone(), None)?;
    let [principal, action, resource] = ["principal", "action", "resource"].map(|name| uid_of(&value[name]));
    Ok(Request::new(principal?, action?, resource?, context, None)?)
}

fn load(case: &Value) -> Result<(Loaded, Value), Failure> {
    let cedar = &case["cedar"];
    let texts = cedar["policies"].as_object().ok_or("no policies")?;
    let (memory, (processor, _), wall) = (resident_bytes(), usage(), Instant::now());
    let entities = Entities::from_json_value(cedar["entities"].clone(), None)?;
    let mut policies = Vec::new();
    let mut place_of = HashMap::new();
    for (principal, text) in texts {
        place_of.insert(principal.as_str(), policies.len());
        policies.push(PolicySet::from_str(text.as_str().unwrap_or_default())?);
    }
    let statements: usize = policies.iter().map(|own| own.policies().count()).sum();
    let facts = json!({
        "wall_ns": wall.elapsed().as_nanos() as u64,
        "cpu_ns": usage().0 - processor,
        "memory_bytes": (resident_bytes() - memory).max(0),
        "statements": statements,
    });
    let mut requests = Vec::new();
    for pair in cedar["requests"].as_array().ok_or("no requests")? {
        let principal = pair[0].as_str().unwrap_or_default();
        requests.push((place_of[principal], parse_request(&pair[1])?));
    }
    Ok((Loaded { authorizer: Authorizer::new(), entities, policies, requests }, facts))
}

fn decide(loaded: &Loaded, (place, request): &(usize, Request)) -> Response {
    loaded.authorizer.is_authorized(request, &loaded.policies[*place], &loaded.entities)
}

fn read(response: &Response) -> i64 {
    match response.decision() {
        Decision::Allow => 1,
        Decision::Deny if response.diagnostics().reason().next().is_some() => 2,
        Decision::Deny => 0,
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}

fn answer(question: &Value, loaded: &Loaded) -> Value {
    let number = |name: &str| question[name].as_u64().unwrap_or(1).max(1) as usize;
    let mut requests: Vec<_> = loaded.requests.iter().step_by(number("stride")).collect();
    match question["do"].as_str() {
        Some("decide") => json!({ "decisions": requests.iter().map(|one| read(&decide(loaded, one))).collect::<Vec<_>>() }),
        Some("time") => {
            let part = question["part"].as_u64().unwrap_or(0) as usize;
            requests = requests.into_iter().skip(part).step_by(number("parts")).collect();
            let ((processor, lost), wall) = (usage(), Instant::now());
            for _ in 0..number("laps") {
                for one in &requests {
                    black_box(decide(loaded, one));
                }
            }
            let took = wall.elapsed().as_nanos() as u64;
            let (processor_now, lost_now) = usage();
            json!({ "wall_ns": took, "cpu_ns": processor_now - processor, "interruptions": lost_now - lost })
        }
        _ => {
            let mut idle: Vec<f64> = (0..1000).map(|_| Instant::now().elapsed().as_nanos() as f64).collect();
            let idle = median(&mut idle);
            let mut rows = vec![Vec::new(); requests.len()];
            for _ in 0..number("passes") {
                for (row, one) in rows.iter_mut().zip(&requests) {
                    let begin = Instant::now();
                    black_box(decide(loaded, one));
                    row.push(begin.elapsed().as_nanos() as f64);
                }
            }
            json!({ "ns": rows.iter_mut().map(|row| (median(row) - idle).max(0.0)).collect::<Vec<_>>() })
        }
    }
}

fn main() -> Result<(), Failure> {
    let path = std::env::args().next_back().ok_or("no case")?;
    let case: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", json!({ "ready": { "cedar-policy": cedar_policy::get_sdk_version().to_string() } }))?;
    let mut loaded = None;
    for line in std::io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        let result = if question["do"] == "load" {
            match load(&case) {
                Ok((own, mut facts)) => {
                    facts["modes"] = json!({ "single": { "requests": own.requests.len(), "batch": false, "whole": false } });
                    loaded = Some(own);
                    facts
                }
                Err(error) => json!({ "error": error.to_string() }),
            }
        } else {
            loaded.as_ref().map_or(json!({ "error": "nothing is loaded" }), |own| answer(&question, own))
        };
        writeln!(out, "{result}")?;
        out.flush()?;
    }
    Ok(())
}
