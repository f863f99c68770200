//! The built page in a real Chromium, over WebDriver: clicks and keys as a person makes them.

mod files;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

pub use files::serve;

/// How long the page may take for anything before a test gives up. Not a measure of speed: a hung page must end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser with the page in it.
pub struct Page {
    /// The WebDriver session.
    pub client: Client,
    /// Where the page is served.
    pub url: String,
    _driver: Child,
    _profile: PathBuf,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| format!("{name} is not set: run this through `cargo xtask`").into())
}

impl Page {
    /// Starts Chromium at a window size and opens the page (with a fragment, if one is given).
    pub async fn open(width: u32, height: u32, fragment: &str) -> Result<Page> {
        let url = serve(PathBuf::from(variable("CLUSTERLAB_DIST")?)).await?;
        let port = files::free_port()?;
        let driver = Command::new(variable("CLUSTERLAB_CHROMEDRIVER")?)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let profile = std::env::temp_dir().join(format!("clusterlab-profile-{port}"));
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--lang=en-US".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", profile.display()),
        ];
        let mut capabilities = serde_json::Map::new();
        let binary = which(&variable("CLUSTERLAB_CHROMIUM")?);
        capabilities.insert("goog:chromeOptions".into(), json!({ "args": arguments, "binary": binary }));
        capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        let webdriver = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        let client = loop {
            match ClientBuilder::new(hyper_util_connector()).capabilities(capabilities.clone()).connect(&webdriver).await {
                Ok(client) => break client,
                Err(_) if tries < 100 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error.into()),
            }
        };
        // The window's frame takes a part of --window-size: ask for the viewport that the tests want.
        let inner = client.execute("return [window.outerWidth - innerWidth, window.outerHeight - innerHeight]", vec![]).await?;
        let extra = |i: usize| inner[i].as_u64().unwrap_or(0) as u32;
        client.set_window_size(width + extra(0), height + extra(1)).await?;
        let page = Page { client, url, _driver: driver, _profile: profile };
        page.go(fragment).await?;
        Ok(page)
    }

    /// Opens the page anew and waits until the lab runs.
    pub async fn go(&self, fragment: &str) -> Result<()> {
        // A changed fragment alone would not load the page again.
        self.client.goto("about:blank").await?;
        self.client.goto(&format!("{}{fragment}", self.url)).await?;
        self.ready().await
    }

    /// Waits until `window.clusterlab` is there and its lab runs.
    pub async fn ready(&self) -> Result<()> {
        self.until("return !!(window.clusterlab && window.clusterlab.eventCount && window.clusterlab.eventCount() > 0)").await
    }

    /// Runs JavaScript.
    pub async fn js(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, vec![]).await?)
    }

    /// Runs JavaScript that ends with a promise, and waits for it.
    pub async fn promise(&self, expression: &str) -> Result<Value> {
        let script = format!(
            "const done = arguments[0]; Promise.resolve().then(async () => {expression}).then(\
             v => done({{ok: v === undefined ? null : v}}), e => done({{error: String(e)}}))"
        );
        self.client.update_timeouts(fantoccini::wd::TimeoutConfiguration::new(Some(PATIENCE), None, None)).await?;
        let answer = self.client.execute_async(&script, vec![]).await?;
        match answer.get("error") {
            Some(error) => Err(format!("{expression}: {error}").into()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// Waits until a script returns something true.
    pub async fn until(&self, script: &str) -> Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Ok(value) = self.js(script).await
                && !matches!(value, Value::Null | Value::Bool(false))
            {
                return Ok(());
            }
            if tokio::time::Instant::now() > deadline {
                let _ = self.screenshot("timeout").await;
                return Err(format!("`{script}` stayed false for {PATIENCE:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The element of a CSS selector; waits for it.
    pub async fn find(&self, css: &str) -> Result<Element> {
        self.until(&format!("return !!document.querySelector({})", json!(css))).await?;
        Ok(self.client.find(Locator::Css(css)).await?)
    }

    /// Clicks on the element of a CSS selector.
    pub async fn click(&self, css: &str) -> Result<()> {
        Ok(self.find(css).await?.click().await?)
    }

    /// Types into the element of a CSS selector.
    pub async fn type_into(&self, css: &str, text: &str) -> Result<()> {
        let element = self.find(css).await?;
        element.click().await?;
        Ok(element.send_keys(text).await?)
    }

    /// Presses a key with nothing focused in particular.
    pub async fn key(&self, key: char) -> Result<()> {
        let keys = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        Ok(self.client.perform_actions(keys).await?)
    }

    /// The text of the element of a CSS selector.
    pub async fn text(&self, css: &str) -> Result<String> {
        Ok(self.find(css).await?.text().await?)
    }

    /// The whole visible text of the page.
    pub async fn all_text(&self) -> Result<String> {
        Ok(self.js("return document.body.innerText").await?.as_str().unwrap_or_default().to_owned())
    }

    /// Leaves a picture in `target/screenshots/`.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await?)?;
        Ok(())
    }

    /// Ends the browser.
    pub async fn close(self) -> Result<()> {
        self.client.clone().close().await?;
        Ok(())
    }
}

/// ChromeDriver wants a path, not a name.
fn which(program: &str) -> String {
    if program.contains('/') {
        return program.to_owned();
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let found = path.split(':').map(|folder| format!("{folder}/{program}")).find(|p| std::path::Path::new(p).exists());
    found.unwrap_or_else(|| program.to_owned())
}

fn hyper_util_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}
