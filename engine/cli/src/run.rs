//! `clusterlab run`, `link`, `unlink`, `scenes`, `raft-script`.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use lab::{Lab, LabFile};

use crate::arguments::RunOptions;
use crate::{say, until};

/// A lab file at the most; manifests of a megabyte are rare.
const FILE_MAX: u64 = 16 << 20;

pub fn run(options: RunOptions) -> Result<ExitCode, String> {
    let mut file = read_lab(&options.lab)?;
    if let Some(seed) = options.seed {
        file.seed = seed;
    }
    let mut lab = Lab::new(file);
    options.until.reach(&mut lab)?;
    if !options.commands.is_empty() {
        until::ready(&mut lab)?;
    }
    report_setup(&lab);
    let mut code = ExitCode::SUCCESS;
    for line in &options.commands {
        let ended = until::command(&mut lab, line)?;
        say(&ended.stdout);
        eprint!("{}", ended.stderr);
        if ended.code != 0 {
            code = ExitCode::from(ended.code);
        }
    }
    if options.hash {
        say(&format!("events {}\nhash {}\n", lab.cursor(), lab.state_hash()));
    }
    Ok(code)
}

/// What went wrong with the file's own manifests.
pub fn report_setup(lab: &Lab) {
    if let Some(session) = lab.cluster().terminal().session(lab::cluster::SETUP) {
        eprint!("{}", session.output().text(kubectl::Channel::Stderr));
    }
}

pub fn link(path: &Path) -> Result<ExitCode, String> {
    say(&format!("{}\n", Lab::new(read_lab(path)?).link()));
    Ok(ExitCode::SUCCESS)
}

pub fn unlink(url: &str) -> Result<ExitCode, String> {
    let shared = lab::link::decode(url).map_err(|e| e.to_string())?;
    say(&shared.file.to_yaml());
    eprintln!("# at event {}, {}, state hash {}", shared.cursor, shared.now, shared.digest());
    Ok(ExitCode::SUCCESS)
}

/// Lists the scenes, or prints the link to one.
pub fn scenes(id: Option<&str>) -> Result<ExitCode, String> {
    let Some(id) = id else {
        let width = lab::scenes::all().iter().map(|scene| scene.id.len()).max().unwrap_or(0);
        for scene in lab::scenes::all() {
            say(&format!("{:width$}  {}\n", scene.id, scene.title));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let scene = lab::scenes::find(id)
        .ok_or_else(|| format!("there is no scene {id:?}; clusterlab scenes lists those there are"))?;
    say(&format!("{}\n", scene.link()));
    eprintln!("# {}\n# {}", scene.title, scene.says);
    Ok(ExitCode::SUCCESS)
}

pub fn raft_script(family: &str) -> Result<ExitCode, String> {
    let mut script = String::new();
    std::io::stdin()
        .take(FILE_MAX)
        .read_to_string(&mut script)
        .map_err(|e| format!("standard input: {e}"))?;
    let printed = match family {
        "interaction" => raft::script::interaction(&script),
        "confchange" => raft::script::confchange(&script),
        "quorum" => raft::script::quorum(&script),
        other => {
            return Err(format!("unknown family {other:?}; there are interaction, confchange and quorum"));
        }
    };
    say(&printed);
    Ok(ExitCode::SUCCESS)
}

/// Reads a lab file; `-` is standard input.
pub fn read_lab(path: &Path) -> Result<LabFile, String> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(FILE_MAX + 1).read_to_string(&mut text)
    } else {
        let open = std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        open.take(FILE_MAX + 1).read_to_string(&mut text)
    };
    read.map_err(|e| format!("{}: {e}", path.display()))?;
    if text.len() as u64 > FILE_MAX {
        return Err(format!("{}: a lab file has at most {} MiB", path.display(), FILE_MAX >> 20));
    }
    LabFile::parse_yaml(&text).map_err(|e| format!("{}: {e}", path.display()))
}
