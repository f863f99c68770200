//! A container's process: what it is, what it waits for, and what it says.

use std::net::Ipv4Addr;

use api::http::{Request, Response};
use sim::{SimTime, Str};

use crate::files::View;
use crate::images::{self, Behaviour, Kind};
use crate::shell::{Machine, commands, parse};

/// What a process can see and touch while it runs.
pub struct World<'a> {
    /// The virtual time.
    pub now: SimTime,
    /// Files.
    pub view: View<'a>,
    /// The host name: the pod's name.
    pub hostname: &'a str,
    /// The pod's address.
    pub ip: Option<Ipv4Addr>,
    /// The image's behaviour.
    pub behaviour: &'static Behaviour,
    /// The image as the user wrote it.
    pub image: &'a str,
    /// The ports that the container declares.
    pub ports: &'a [u16],
    /// What was written: true for standard error.
    pub out: Vec<(bool, String)>,
    /// True where nothing can wait: sleeps end at once.
    pub immediate: bool,
}

impl World<'_> {
    /// Writes to standard output.
    pub fn print(&mut self, text: &str) {
        self.out.push((false, text.to_owned()));
    }

    /// Writes to standard error.
    pub fn error(&mut self, text: &str) {
        self.out.push((true, text.to_owned()));
    }
}

/// A server in the foreground of a container.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Server {
    /// Which program.
    pub kind: Kind,
    /// Where it listens.
    pub ports: Vec<u16>,
    /// Its arguments, as far as they matter when it answers.
    pub arguments: Vec<Str>,
}

/// Why nothing answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// There is a host, but no server on the port.
    ConnectionRefused,
    /// There is no such host.
    NoRoute,
    /// The server does not speak HTTP.
    NotHttp,
}

impl std::fmt::Display for Refusal {
    /// The words of Go's `net` package.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refusal::ConnectionRefused => "connect: connection refused",
            Refusal::NoRoute => "connect: no route to host",
            Refusal::NotHttp => "EOF",
        })
    }
}

/// A process 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Process {
    /// A server of the catalogue.
    Server(Server),
    /// A shell or a single command.
    Shell(Box<Machine>),
}

/// A process that could not be started: exit code 128 and containerd's message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StartError(pub Str);

/// What came of starting a process.
pub enum Started {
    /// It runs (or has run, when it was short).
    Process(Process),
    /// It ended during its start with this code.
    Ended(i32),
}

/// Starts a process from its command line and runs it until it waits.
///
/// # Errors
/// When there is no such program in the image.
pub fn start(
    argv: &[Str],
    environment: &[(Str, Str)],
    directory: &str,
    world: &mut World<'_>,
) -> Result<Started, StartError> {
    let Some(program) = argv.first() else {
        return Err(StartError("no command specified".into()));
    };
    if let Some(served) = serve(argv, world) {
        return Ok(match served {
            Ok(server) => Started::Process(Process::Server(server)),
            Err(code) => Started::Ended(code),
        });
    }
    let outside = world.behaviour.repositories == ["*"];
    let short = program.rsplit('/').next().unwrap_or(program);
    let runnable = commands::known(program) && (world.behaviour.shell || outside);
    if !runnable {
        if outside {
            // Nobody knows what the program does: a server on the declared ports.
            return Ok(Started::Process(Process::Server(images::unknown::server(world))));
        }
        return Err(StartError(not_found(program)));
    }
    let code = if matches!(short, "sh" | "bash" | "ash" | "dash") {
        let (script, arguments) = match commands::shell_arguments(directory, &argv[1..], world) {
            Ok(found) => found,
            Err(message) => {
                world.error(&message);
                return Ok(Started::Ended(2));
            }
        };
        match parse(&script) {
            Ok(code) => (code, arguments),
            Err(message) => {
                world.error(&format!("{short}: {message}\n"));
                return Ok(Started::Ended(2));
            }
        }
    } else {
        (crate::shell::command(argv), vec![program.clone()])
    };
    let mut machine = Machine::new(code.0, code.1, environment, directory);
    machine.run(world);
    Ok(Started::Process(Process::Shell(Box::new(machine))))
}

fn not_found(program: &str) -> Str {
    let reason = if program.contains('/') {
        "no such file or directory"
    } else {
        "executable file not found in $PATH"
    };
    let verb = if program.contains('/') { "stat " } else { "" };
    Str::from(format!(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create \
         failed: unable to start container process: error during container init: exec: \"{program}\": \
         {verb}{}{reason}",
        if verb.is_empty() { String::new() } else { format!("{program}: ") }
    ))
}

/// Starts a server of the image when the command line names one: the server, or the exit code of its failure.
/// `None` when the command is no server.
pub(crate) fn serve(argv: &[Str], world: &mut World<'_>) -> Option<Result<Server, i32>> {
    let short = argv.first()?.rsplit('/').next()?;
    let (_, kind) = world.behaviour.programs.iter().find(|(name, _)| *name == short)?;
    Some(images::start(*kind, argv, world))
}

impl Process {
    /// The exit code, once the process has ended by itself.
    pub fn ended(&self) -> Option<i32> {
        match self {
            Process::Server(_) => None,
            Process::Shell(machine) => machine.ended(),
        }
    }

    /// When the process goes on by itself.
    pub fn wake(&self) -> Option<SimTime> {
        match self {
            Process::Server(_) => None,
            Process::Shell(machine) => machine.wake(),
        }
    }

    /// Goes on.
    pub fn run(&mut self, world: &mut World<'_>) {
        if let Process::Shell(machine) = self {
            machine.run(world);
        }
    }

    /// The server that this process is or has in its foreground.
    pub fn server(&self) -> Option<&Server> {
        match self {
            Process::Server(server) => Some(server),
            Process::Shell(machine) => machine.server(),
        }
    }

    /// SIGTERM (or what the image says instead). Gives the exit code of a process that ends at once.
    ///
    /// Process 1 of a container has no default actions: what has no handler ignores the signal and lives until
    /// SIGKILL.
    pub fn terminate(&mut self, world: &mut World<'_>) -> Option<i32> {
        match self {
            Process::Server(server) => Some(images::terminate(server, world)),
            Process::Shell(machine) => {
                machine.terminate(world);
                machine.ended()
            }
        }
    }
}

/// What a server answers to a request.
pub fn answer(
    server: &Server,
    port: u16,
    request: &Request,
    world: &mut World<'_>,
) -> Result<Response, Refusal> {
    images::answer(server, port, request, world)
}
