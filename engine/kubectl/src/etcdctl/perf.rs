//! `check perf`: a minute of puts at a fixed rate, and whether etcd keeps up with them.

use std::collections::BTreeMap;
use std::time::Duration;

use etcd::rpc::{DeleteRange, KeyRange, OpResponse, Put, Range, Request, Response};
use sim::{Digest, SimTime};

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, error};
use super::options::{Opt, on, text};
use super::{Line, Read, Running, Verb};
use crate::failure::Failure;

/// Its options.
pub const OPTIONS: &[Opt] = &[
    text("load", "s", "how much: s(mall), m(edium), l(arge), xl(arge)"),
    text("prefix", "/etcdctl-check-perf/", "under which its keys are written"),
    on("auto-compact", "not simulated"),
    on("auto-defrag", "not simulated"),
];

/// A load: puts a second, and clients.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Load {
    rate: u32,
    clients: u32,
}

const DURATION: Duration = Duration::from_secs(60);
const KEY_BYTES: u32 = 256;
const VALUE_BYTES: u32 = 1024;

/// What it takes to pass: 9 of 10 puts, none slower than half a second, and a deviation of a tenth.
const SLOWEST_MOST: Duration = Duration::from_millis(500);
const DEVIATION_MOST: Duration = Duration::from_millis(100);

const LOOK: u32 = 0;
const CLEAN: u32 = 1;
/// A put's tag: this and its number.
const PUT: u32 = 2;
/// The timer of the next put.
const TICK: u32 = 0;

/// `check perf` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Perf {
    load: Load,
    prefix: String,
    began: SimTime,
    puts: u32,
    /// A put whose time has come while all clients were busy.
    late: bool,
    generating: bool,
    under_way: BTreeMap<u32, SimTime>,
    /// Latencies in microseconds.
    done: u64,
    sum: u128,
    squares: u128,
    slowest: Duration,
    errors: BTreeMap<String, u64>,
    last: SimTime,
}

/// Reads the command line.
///
/// # Errors
/// As the tool says them.
pub fn read(line: Line<'_>) -> Result<Read, Failure> {
    let load = match line.args.get("load").unwrap_or("s") {
        "s" | "small" => Load { rate: 150, clients: 50 },
        "m" | "medium" => Load { rate: 1_000, clients: 200 },
        "l" | "large" => Load { rate: 8_000, clients: 500 },
        "xl" | "xLarge" => Load { rate: 15_000, clients: 1_000 },
        other => return Err(error(Exit::BadFeature, format!("unknown load option {other}"))),
    };
    if line.args.on("auto-compact") || line.args.on("auto-defrag") {
        return Err(error(
            Exit::BadFeature,
            "--auto-compact and --auto-defrag are not simulated: run etcdctl compaction and defrag",
        ));
    }
    let perf = Perf {
        load,
        prefix: line.args.get("prefix").unwrap_or("/etcdctl-check-perf/").to_owned(),
        began: SimTime::ZERO,
        puts: 0,
        late: false,
        generating: true,
        under_way: BTreeMap::new(),
        done: 0,
        sum: 0,
        squares: 0,
        slowest: Duration::ZERO,
        errors: BTreeMap::new(),
        last: SimTime::ZERO,
    };
    Ok(Read::Run(Running::Perf(Box::new(perf))))
}

impl Perf {
    fn put(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        self.puts += 1;
        // Keys all over the place, of the tool's length, and always the same.
        let digest = Digest::of_bytes(&self.puts.to_be_bytes());
        let key = format!("{}{:0width$x}", self.prefix, digest.0, width = KEY_BYTES as usize);
        self.under_way.insert(self.puts, ctl.now());
        let value = vec![0; VALUE_BYTES as usize];
        ctl.call_patiently(PUT + self.puts, Request::Put(Put::new(key, value)));
    }

    fn put_done(&mut self, number: u32, outcome: &Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let Some(since) = self.under_way.remove(&number) else { return };
        let took = ctl.now().since(since);
        self.last = ctl.now();
        if let Err(why) = outcome {
            *self.errors.entry(why.to_string()).or_default() += 1;
        } else {
            self.done += 1;
            self.sum += took.as_micros();
            self.squares += took.as_micros() * took.as_micros();
            self.slowest = self.slowest.max(took);
        }
        if self.late && self.generating {
            self.late = false;
            self.put(ctl);
        }
        if !self.generating && self.under_way.is_empty() {
            let range = KeyRange::prefix(self.prefix.as_str());
            ctl.call_patiently(CLEAN, Request::DeleteRange(DeleteRange { range, prev_kv: false }));
        }
    }

    fn report(&self, ctl: &mut Ctl<'_, '_, '_>) {
        let mut text = String::new();
        let mut passed = true;
        let mut say = |good: bool, line: String| {
            passed &= good;
            text.push_str(&format!("{}: {line}\n", if good { "PASS" } else { "FAIL" }));
        };
        if !self.errors.is_empty() {
            say(false, "too many errors".to_owned());
            for (why, count) in &self.errors {
                say(false, format!("ERROR({why}) -> {count}"));
            }
        }
        let micros = self.last.since(self.began).as_micros().max(1);
        let rate = u128::from(self.done) * 1_000_000 / micros;
        if u128::from(self.done) * 1_000_000 * 10 <= u128::from(self.load.rate) * 9 * micros {
            say(false, format!("Throughput too low: {} writes/s", rate + 1));
        } else {
            say(true, format!("Throughput is {} writes/s", rate + 1));
        }
        let slowest = seconds(self.slowest.as_micros());
        if self.slowest > SLOWEST_MOST {
            say(false, format!("Slowest request took too long: {slowest}s"));
        } else {
            say(true, format!("Slowest request took {slowest}s"));
        }
        let deviation = self.deviation();
        if deviation > DEVIATION_MOST.as_micros() {
            say(false, format!("Stddev too high: {}s", seconds(deviation)));
        } else {
            say(true, format!("Stddev is {}s", seconds(deviation)));
        }
        text.push_str(if passed { "PASS\n" } else { "FAIL\n" });
        ctl.out(text);
        if passed { ctl.finish() } else { ctl.exit(Exit::Error) }
    }

    /// The standard deviation of the latencies, in microseconds.
    fn deviation(&self) -> u128 {
        let count = u128::from(self.done.max(1));
        let mean = self.sum / count;
        (self.squares / count).saturating_sub(mean * mean).isqrt()
    }
}

/// Microseconds as seconds with six decimals.
fn seconds(micros: u128) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

impl Verb for Perf {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        let range = Range { limit: 1, ..Range::new(KeyRange::prefix(self.prefix.as_str())) };
        ctl.call(LOOK, Request::Range(range));
    }

    fn timer(&mut self, _tag: u32, ctl: &mut Ctl<'_, '_, '_>) {
        if ctl.now().since(self.began) >= DURATION {
            self.generating = false;
            if self.under_way.is_empty() {
                let range = KeyRange::prefix(self.prefix.as_str());
                ctl.call_patiently(CLEAN, Request::DeleteRange(DeleteRange { range, prev_kv: false }));
            }
            return;
        }
        if (self.under_way.len() as u64) < u64::from(self.load.clients) {
            self.put(ctl);
        } else {
            self.late = true;
        }
        ctl.timer(TICK, Duration::from_secs(1) / self.load.rate);
    }

    fn answer(&mut self, tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        match (tag, outcome.as_deref()) {
            (LOOK | CLEAN, Err(why)) => ctl.fail(Exit::Error, why.to_string()),
            (LOOK, Ok(Response::Op { response: OpResponse::Range { kvs, .. }, .. })) => {
                if !kvs.is_empty() {
                    let message = format!(
                        "prefix {:?} has keys. Delete with 'etcdctl del --prefix {}' first",
                        self.prefix, self.prefix
                    );
                    return ctl.fail(Exit::InvalidInput, message);
                }
                self.began = ctl.now();
                self.last = ctl.now();
                ctl.timer(TICK, Duration::from_secs(1) / self.load.rate);
            }
            (CLEAN, Ok(_)) => self.report(ctl),
            (LOOK, Ok(_)) => {}
            _ => self.put_done(tag - PUT, &outcome, ctl),
        }
    }
}
