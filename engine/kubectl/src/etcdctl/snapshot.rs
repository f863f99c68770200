//! `snapshot save`, `status` and `restore`; the last two are etcdutl's.

use std::sync::Arc;

use api::Str;
use etcd::member::address;
use etcd::rpc::{Request, Response};
use etcd::snapshot::{RestoreConfig, SnapshotBlob, restore as restored};

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, bad_args, error};
use super::options::{Opt, number, on, parse_uint, text};
use super::{Line, Read, Running, Verb, print};
use crate::failure::Failure;

/// Options of `restore`.
pub const RESTORE: &[Opt] = &[
    text("name", "default", "the member's name"),
    text(
        "initial-cluster",
        "default=http://localhost:2380",
        "all members: name=peer URL, separated by commas",
    ),
    text("initial-cluster-token", "etcd-cluster", "tells clusters with the same URLs apart"),
    text("initial-advertise-peer-urls", "http://localhost:2380", "where other members will reach it"),
    text("data-dir", "", "where to put it; NAME.etcd by default"),
    text("wal-dir", "", "accepted, not used"),
    on("skip-hash-check", "accepted, not used: the lab's snapshots are whole"),
    number("bump-revision", "raise the revision by so much"),
    on("mark-compacted", "count what was before the raised revision as compacted"),
];

/// The data directory of every member.
const DATA_DIR: &str = "/var/lib/etcd";

fn file(line: &Line<'_>, needs: &str) -> Result<Str, Failure> {
    match line.words.as_slice() {
        [name] => Ok(name.as_str().into()),
        _ => Err(bad_args(needs)),
    }
}

fn open(name: &Str, line: &Line<'_>) -> Result<SnapshotBlob, Failure> {
    let missing = || error(Exit::Error, format!("stat {name}: no such file or directory"));
    line.setup.snapshots.get(name).cloned().ok_or_else(missing)
}

/// `snapshot save`.
pub fn save(line: Line<'_>) -> Result<Read, Failure> {
    let path = file(&line, "snapshot save expects one argument")?;
    Ok(Read::Run(Running::Save(Box::new(Save { path }))))
}

/// `snapshot save` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Save {
    path: Str,
}

impl Verb for Save {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        let endpoints = ctl.client.endpoints();
        if endpoints.len() != 1 {
            let texts: Vec<&str> = endpoints.iter().map(|e| e.text.as_str()).collect();
            let message = format!(
                "snapshot must be requested to one selected node, not multiple [{}]",
                texts.join(" ")
            );
            return ctl.fail(Exit::Interrupted, message);
        }
        let timeout = ctl.globals.timeout_given.then_some(ctl.globals.timeout);
        ctl.call_at(0, 0, Request::Snapshot, timeout);
    }

    fn answer(&mut self, _tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        match outcome.as_deref() {
            Err(why) => ctl.fail(Exit::Interrupted, why.to_string()),
            Ok(Response::Snapshot { blob, version, .. }) => {
                ctl.io.snapshots.insert(self.path.clone(), blob.clone());
                ctl.out(format!("Snapshot saved at {}\nServer version {version}\n", self.path));
                ctl.finish();
            }
            Ok(_) => {}
        }
    }
}

/// `etcdutl snapshot status`.
pub fn status(line: Line<'_>) -> Result<Read, Failure> {
    let path = file(&line, "snapshot status requires exactly one argument")?;
    Ok(Read::Say(print::snapshot_status(line.globals.style, &open(&path, &line)?.status())))
}

/// `etcdctl snapshot status`: the old place of it.
pub fn old_status(line: Line<'_>) -> Result<Read, Failure> {
    let path = file(&line, "snapshot status requires exactly one argument")?;
    let text = print::snapshot_status(line.globals.style, &open(&path, &line)?.status());
    let warning = "Deprecated: Use `etcdutl snapshot status` instead.\n\n";
    Ok(Read::Run(Running::Told(Box::new(Told { warning, text }))))
}

/// Says something on both channels.
#[derive(Clone, Debug, Hash)]
pub struct Told {
    warning: &'static str,
    text: String,
}

impl Verb for Told {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.err(self.warning);
        ctl.out(std::mem::take(&mut self.text));
        ctl.finish();
    }

    fn answer(&mut self, _tag: u32, _outcome: Outcome, _ctl: &mut Ctl<'_, '_, '_>) {}
}

/// `snapshot restore`.
pub fn restore(line: Line<'_>) -> Result<Read, Failure> {
    let path = file(&line, "snapshot restore requires exactly one argument")?;
    let blob = open(&path, &line)?;
    let args = line.args;
    // Without any option a lone member `etcd-0`: the lab has no member `default` on `localhost`.
    let given = |name: &str, otherwise: Str| args.get(name).map_or(otherwise, Str::from);
    let name = given("name", address::name(0));
    let index = address::index_of_name(&name).unwrap_or(0);
    let urls = given("initial-advertise-peer-urls", address::peer_url(index));
    let cluster = given("initial-cluster", Str::from(format!("{name}={urls}")));
    let mut initial_cluster = Vec::new();
    for member in cluster.split(',') {
        let Some((name, url)) = member.trim().split_once('=') else {
            return Err(error(Exit::BadArgs, format!("--initial-cluster: {member:?} is no name=URL")));
        };
        initial_cluster.push((Str::from(name), Str::from(url)));
    }
    let config = RestoreConfig {
        name: name.clone(),
        initial_cluster,
        initial_cluster_token: given("initial-cluster-token", "etcd-cluster".into()),
        initial_advertise_peer_urls: urls.split(',').map(Str::from).collect(),
        bump_revision: match args.get("bump-revision") {
            None => 0,
            Some(text) => parse_uint(text, 10).map_err(bad_args)?,
        },
        mark_compacted: args.on("mark-compacted"),
    };
    let Some(member) = urls.split(',').find_map(address::index_of_peer_url) else {
        return Err(error(
            Exit::Error,
            format!(
                "no member of the lab is at {urls:?}: --initial-advertise-peer-urls of etcd-0 is {:?}",
                address::peer_url(0).as_str()
            ),
        ));
    };
    let disk = restored(&blob, &config).map_err(|why| error(Exit::Error, why.to_string()))?;
    let data_dir = match args.text("data-dir") {
        "" => format!("{name}.etcd"),
        dir => dir.trim_end_matches('/').to_owned(),
    };
    let restore = Restore { member, name, disk: Arc::new(disk), data_dir: data_dir.into() };
    Ok(Read::Run(Running::Restore(Box::new(restore))))
}

/// `snapshot restore` while it waits for the lab's word.
#[derive(Clone, Debug, Hash)]
pub struct Restore {
    member: u32,
    name: Str,
    disk: Arc<etcd::Disk>,
    data_dir: Str,
}

impl Restore {
    /// The lab has put the directory in place, or not.
    pub fn placed(&self, result: Result<(), Str>, ctl: &mut Ctl<'_, '_, '_>) {
        match result {
            Ok(()) => {
                ctl.err(format!("clusterlab: {} is restored; {} starts from it\n", self.data_dir, self.name));
                ctl.finish();
            }
            Err(why) => ctl.fail(Exit::Error, why),
        }
    }
}

impl Verb for Restore {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        // A directory of its own takes the old one's place; the members' usual one must be empty.
        let replace = self.data_dir != DATA_DIR;
        ctl.io.restore(self.member, self.disk.clone(), replace);
    }

    fn answer(&mut self, _tag: u32, _outcome: Outcome, _ctl: &mut Ctl<'_, '_, '_>) {}
}
