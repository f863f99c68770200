//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

use crate::until::Until;

pub const HELP: &str = "\
clusterlab: a Kubernetes cluster in a file

  clusterlab run LAB.yaml [--seed N] [--until 60s | --until idle | --until 'kubectl wait ...']
                 [-c 'kubectl get pods -o wide']... [-c 'etcdctl get /registry --prefix --keys-only']... [--hash]
      Runs a lab as fast as it goes and prints what the commands print. With --hash, the
      number of events and the state hash at the end. LAB.yaml may be - for standard input.

  clusterlab serve [--listen 127.0.0.1:8001] [--lab LAB.yaml] [--nodes N] [--speed 1|10|max]
      Puts the API server of a live lab on a loopback port, in plain HTTP:
      kubectl --server http://127.0.0.1:8001 get nodes
      With --tls [--tls-listen 127.0.0.1:6443] [--kubeconfig FILE], by HTTPS, too: certificates of
      the lab's own authority; the administrator's kubeconfig goes to FILE:
      kubectl --kubeconfig FILE get nodes

  clusterlab link LAB.yaml        the lab as a share link's fragment
  clusterlab unlink URL           the lab file in a share link
  clusterlab scenes [ID]          the ready-made scenes; with an ID, the link to one
  clusterlab raft-script interaction|confchange|quorum < script.txt
      Runs one of etcd's data-driven Raft scripts and prints it with the actual output.
";

/// What to do.
pub enum Command {
    Help,
    Version,
    Run(RunOptions),
    Serve(ServeOptions),
    Link { lab: PathBuf },
    Unlink { url: String },
    Scenes { id: Option<String> },
    RaftScript { family: String },
}

/// `clusterlab run`.
pub struct RunOptions {
    pub lab: PathBuf,
    pub seed: Option<u64>,
    pub until: Until,
    pub commands: Vec<String>,
    pub hash: bool,
}

/// `clusterlab serve`.
pub struct ServeOptions {
    pub listen: String,
    pub lab: Option<PathBuf>,
    pub nodes: Option<u32>,
    pub speed: Speed,
    /// Where HTTPS is spoken, too.
    pub tls: Option<String>,
    /// Where the administrator's kubeconfig goes.
    pub kubeconfig: Option<PathBuf>,
    /// Other addresses than loopback are allowed.
    pub remote_clients_are_admins: bool,
}

/// Virtual time against real time.
#[derive(Clone, Copy)]
pub enum Speed {
    /// So many virtual seconds a second.
    Times(u32),
    /// As fast as it goes.
    Max,
}

pub fn parse() -> Result<Command, String> {
    let mut parser = lexopt::Parser::from_env();
    let command = match parser.next().map_err(text)? {
        None | Some(Long("help") | Short('h')) => return Ok(Command::Help),
        Some(Long("version") | Short('V')) => return Ok(Command::Version),
        Some(Value(word)) => word.to_string_lossy().into_owned(),
        Some(other) => return Err(text(other.unexpected())),
    };
    match command.as_str() {
        "help" => Ok(Command::Help),
        "version" => Ok(Command::Version),
        "run" => run(parser),
        "serve" => serve(parser),
        "link" => Ok(Command::Link { lab: only(parser, "a lab file")?.into() }),
        "unlink" => Ok(Command::Unlink { url: only(parser, "a link")? }),
        "scenes" => Ok(Command::Scenes { id: at_most_one(parser)? }),
        "raft-script" => {
            Ok(Command::RaftScript { family: only(parser, "interaction, confchange or quorum")? })
        }
        other => Err(format!("unknown command {other:?}")),
    }
}

fn run(mut parser: lexopt::Parser) -> Result<Command, String> {
    let mut lab = None;
    let (mut seed, mut until, mut commands, mut hash) = (None, Until::Idle, Vec::new(), false);
    while let Some(arg) = parser.next().map_err(text)? {
        match arg {
            Long("seed") => seed = Some(number(&mut parser, "--seed")?),
            Long("until") => until = Until::parse(&word(&mut parser)?)?,
            Short('c') | Long("command") => commands.push(word(&mut parser)?),
            Long("hash") => hash = true,
            Value(path) if lab.is_none() => lab = Some(PathBuf::from(path)),
            other => return Err(text(other.unexpected())),
        }
    }
    let lab = lab.ok_or("run needs a lab file")?;
    Ok(Command::Run(RunOptions { lab, seed, until, commands, hash }))
}

fn serve(mut parser: lexopt::Parser) -> Result<Command, String> {
    let mut options = ServeOptions {
        listen: "127.0.0.1:8001".into(),
        lab: None,
        nodes: None,
        speed: Speed::Times(1),
        tls: None,
        kubeconfig: None,
        remote_clients_are_admins: false,
    };
    while let Some(arg) = parser.next().map_err(text)? {
        match arg {
            Long("listen") => options.listen = word(&mut parser)?,
            Long("tls") => {
                options.tls.get_or_insert_with(|| "127.0.0.1:6443".into());
            }
            Long("tls-listen") => options.tls = Some(word(&mut parser)?),
            Long("kubeconfig") => {
                options.kubeconfig = Some(word(&mut parser)?.into());
                options.tls.get_or_insert_with(|| "127.0.0.1:6443".into());
            }
            Long("remote-clients-are-admins") => options.remote_clients_are_admins = true,
            Long("lab") => options.lab = Some(word(&mut parser)?.into()),
            Long("nodes") => options.nodes = Some(number(&mut parser, "--nodes")? as u32),
            Long("speed") => {
                options.speed = match word(&mut parser)?.as_str() {
                    "max" => Speed::Max,
                    times => match times.parse() {
                        Ok(n) if (1..=100_000).contains(&n) => Speed::Times(n),
                        _ => return Err(format!("--speed takes a whole number or max, not {times:?}")),
                    },
                };
            }
            other => return Err(text(other.unexpected())),
        }
    }
    Ok(Command::Serve(options))
}

fn only(parser: lexopt::Parser, what: &str) -> Result<String, String> {
    at_most_one(parser)?.ok_or_else(|| format!("needs {what}"))
}

fn at_most_one(mut parser: lexopt::Parser) -> Result<Option<String>, String> {
    let mut found = None;
    while let Some(arg) = parser.next().map_err(text)? {
        match arg {
            Value(value) if found.is_none() => found = Some(value.to_string_lossy().into_owned()),
            other => return Err(text(other.unexpected())),
        }
    }
    Ok(found)
}

fn word(parser: &mut lexopt::Parser) -> Result<String, String> {
    parser.value().map_err(text)?.into_string().map_err(|raw| format!("{raw:?} is no UTF-8"))
}

fn number(parser: &mut lexopt::Parser, option: &str) -> Result<u64, String> {
    let word = word(parser)?;
    word.parse().map_err(|_| format!("{option} takes a whole number, not {word:?}"))
}

fn text(error: lexopt::Error) -> String {
    error.to_string()
}
