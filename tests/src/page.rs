//! The built page in a real Chromium, over WebDriver: clicks and keys as a person makes them.

mod files;

use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

pub use files::serve;

/// How long the page may take for anything before a test gives up; `CLUSTERLAB_PATIENCE`, in seconds, says otherwise.
/// Not a measure of speed: a hung page must end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser with the page in it.
pub struct Page {
    /// The WebDriver session.
    pub client: Client,
    /// Where the page is served.
    pub url: String,
    port: u16,
    profile: PathBuf,
    _driver: Child,
}

/// Anything that goes wrong in the browser, in words.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Screens narrower than this are emulated: Chromium's own windows don't get so narrow.
const PHONE_BELOW: u32 = 500;

/// Opens the page, does something in it, and ends the browser however that went. A failure leaves a picture.
pub fn visit(name: &str, size: (u32, u32), does: impl AsyncFnOnce(&Page) -> Result<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let page =
        runtime.block_on(Page::open(size.0, size.1, "")).unwrap_or_else(|error| panic!("{name}: {error}"));
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(does(&page))));
    let complaints = match &outcome {
        Ok(Ok(())) => runtime.block_on(page.complaints()),
        _ => {
            // The failure itself is what counts; without a browser there is no picture.
            let _ = runtime.block_on(page.screenshot(&format!("failed-{name}")));
            Ok(Vec::new())
        }
    };
    let closed = runtime.block_on(page.close());
    match outcome {
        Err(panic) => resume_unwind(panic),
        Ok(Err(error)) => panic!("{name}: {error}"),
        Ok(Ok(())) => {}
    }
    let complaints = complaints.unwrap_or_else(|error| panic!("{name}: the browser's log: {error}"));
    assert!(complaints.is_empty(), "{name}: the browser's console says {complaints:#?}");
    closed.unwrap_or_else(|error| panic!("{name}: {error}"));
}

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
            "--accept-lang=en-US".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", profile.display()),
        ];
        let mut capabilities = serde_json::Map::new();
        let mut options = json!({ "args": arguments, "binary": which(&variable("CLUSTERLAB_CHROMIUM")?) });
        let phone = width < PHONE_BELOW;
        if phone {
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 2.0, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        capabilities.insert("goog:chromeOptions".into(), options);
        capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        let webdriver = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        let client = loop {
            match ClientBuilder::new(hyper_util_connector())
                .capabilities(capabilities.clone())
                .connect(&webdriver)
                .await
            {
                Ok(client) => break client,
                Err(_) if tries < 100 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error.into()),
            }
        };
        // The window's frame takes a part of --window-size: ask for the viewport that the tests want.
        let inner = client
            .execute("return [window.outerWidth - innerWidth, window.outerHeight - innerHeight]", vec![])
            .await?;
        let extra = |i: usize| inner[i].as_u64().unwrap_or(0) as u32;
        if !phone {
            client.set_window_size(width + extra(0), height + extra(1)).await?;
        }
        client.update_timeouts(fantoccini::wd::TimeoutConfiguration::new(Some(PATIENCE), None, None)).await?;
        let page = Page { client, url, port, profile, _driver: driver };
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

    /// Loads the page again, as a person does, and waits until the lab runs.
    pub async fn reload(&self) -> Result<()> {
        self.js("window.oldPage = true").await?;
        self.client.refresh().await?;
        self.until("return !window.oldPage").await?;
        self.ready().await
    }

    /// Waits until `window.clusterlab` is there and its first lab has come up.
    pub async fn ready(&self) -> Result<()> {
        self.until("return !!(window.clusterlab && window.clusterlab.ready)").await?;
        self.promise("window.clusterlab.ready").await?;
        self.until("return window.clusterlab.eventCount() > 0").await
    }

    /// Where the lab stands: the event and the state hash.
    pub async fn place(&self) -> Result<(u64, String)> {
        let place = self.js("return [clusterlab.eventCount(), clusterlab.stateHash()]").await?;
        let event = place[0].as_f64().ok_or("eventCount() gave no number")?;
        Ok((event as u64, place[1].as_str().ok_or("stateHash() gave no text")?.to_owned()))
    }

    /// The lab's clock, in seconds.
    pub async fn now(&self) -> Result<f64> {
        Ok(self.js("return clusterlab.now()").await?.as_f64().ok_or("now() gave no number")?)
    }

    /// Lets so many seconds of virtual time go by, as fast as they go; time stands still afterwards.
    pub async fn run(&self, seconds: u32) -> Result<()> {
        self.promise(&format!("clusterlab.runUntil(clusterlab.now() + {seconds})")).await?;
        Ok(())
    }

    /// The same, in milliseconds.
    pub async fn run_millis(&self, millis: u32) -> Result<()> {
        self.promise(&format!("clusterlab.runUntil(clusterlab.now() + {millis} / 1000)")).await?;
        Ok(())
    }

    /// Types a line beside the page's own terminal; its standard output.
    pub async fn kubectl(&self, line: &str) -> Result<String> {
        let answer = self.promise(&format!("clusterlab.kubectl({})", json!(line))).await?;
        Ok(format!(
            "{}{}",
            answer["stdout"].as_str().unwrap_or_default(),
            answer["stderr"].as_str().unwrap_or_default()
        ))
    }

    /// What the browser's console has complained of since the last call.
    async fn complaints(&self) -> Result<Vec<String>> {
        let session = self.client.session_id().await?.ok_or("no session")?;
        let body = "{\"type\":\"browser\"}";
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "POST /session/{session}/se/log HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        // ChromeDriver keeps the connection: the head ends at a blank line, then comes one JSON value.
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Err("half an answer".into());
            }
        }
        let mut values = serde_json::Deserializer::from_reader(reader).into_iter::<Value>();
        let answer = values.next().ok_or("no answer")??;
        let entries = answer["value"].as_array().ok_or("no entries")?;
        let bad = entries.iter().filter(|e| e["level"] == "SEVERE" || e["level"] == "WARNING");
        Ok(bad.map(ToString::to_string).collect())
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
        let answer = self.client.execute_async(&script, vec![]).await?;
        match answer.get("error") {
            Some(error) => Err(format!("{error} by {expression}").into()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// Waits until a script returns something true.
    pub async fn until(&self, script: &str) -> Result<()> {
        let patience = std::env::var("CLUSTERLAB_PATIENCE")
            .ok()
            .and_then(|s| s.parse().ok())
            .map_or(PATIENCE, Duration::from_secs);
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            if let Ok(value) = self.js(script).await
                && !matches!(value, Value::Null | Value::Bool(false))
            {
                return Ok(());
            }
            if tokio::time::Instant::now() > deadline {
                let _ = self.screenshot("timeout").await;
                return Err(format!("`{script}` stayed false for {patience:?}").into());
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

    /// Clicks on the first button that says exactly this.
    pub async fn button(&self, says: &str) -> Result<()> {
        let xpath = format!("//button[normalize-space(.)=\"{says}\"]");
        let there = format!(
            "return !!document.evaluate({}, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue",
            json!(xpath)
        );
        self.until(&there).await?;
        Ok(self.client.find(Locator::XPath(&xpath)).await?.click().await?)
    }

    /// Presses the pointer on a part of the drawing: on the middle of its first shape, where a person would aim.
    /// Takes the first one that lies on top there, and waits until one does.
    pub async fn press(&self, css: &str) -> Result<()> {
        let find = format!(
            "for (const e of document.querySelectorAll({})) {{ \
               const r = (e.querySelector('circle, rect, .cut-sign') ?? e).getBoundingClientRect(); \
               const [x, y] = [r.x + r.width / 2, r.y + r.height / 2]; \
               const top = document.elementFromPoint(x, y); \
               if (top && e.contains(top)) return [x, y]; \
             }} \
             return null",
            json!(css)
        );
        self.until(&find).await?;
        let at = self.js(&find).await?;
        let (Some(x), Some(y)) = (at[0].as_f64(), at[1].as_f64()) else {
            return Err(format!("{css} moved away").into());
        };
        self.drag((x, y), (x, y)).await
    }

    /// Presses the pointer in one place of the window, moves it to another one, and lets go.
    pub async fn drag(&self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        let mut mouse = MouseActions::new("mouse".into())
            .then(PointerAction::MoveTo { duration: None, x: from.0.round(), y: from.1.round() })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        if from != to {
            for part in 1..=4 {
                let at = |a: f64, b: f64| (a + (b - a) * f64::from(part) / 4.0).round();
                let (x, y) = (at(from.0, to.0), at(from.1, to.1));
                mouse = mouse.then(PointerAction::MoveTo { duration: Some(Duration::from_millis(30)), x, y });
            }
        }
        mouse = mouse.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(mouse).await?)
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

    /// Presses a key while another one is held.
    pub async fn chord(&self, held: char, key: char) -> Result<()> {
        let keys = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        Ok(self.client.perform_actions(keys).await?)
    }

    /// Waits until the text of the element of a CSS selector contains something; returns the text.
    pub async fn until_says(&self, css: &str, what: &str) -> Result<String> {
        let script = format!(
            "return (document.querySelector({})?.textContent ?? '').includes({})",
            json!(css),
            json!(what)
        );
        if let Err(error) = self.until(&script).await {
            let text =
                self.js(&format!("return document.querySelector({})?.textContent", json!(css))).await?;
            return Err(format!("{css} does not say {what:?} but {text}: {error}").into());
        }
        Ok(self
            .js(&format!("return document.querySelector({}).textContent", json!(css)))
            .await?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// How many elements a CSS selector finds.
    pub async fn count(&self, css: &str) -> Result<u64> {
        let found = self.js(&format!("return document.querySelectorAll({}).length", json!(css))).await?;
        Ok(found.as_u64().ok_or("no number")?)
    }

    /// Waits until a CSS selector finds so many elements.
    pub async fn until_count(&self, css: &str, wanted: u64) -> Result<()> {
        if let Err(error) =
            self.until(&format!("return document.querySelectorAll({}).length === {wanted}", json!(css))).await
        {
            return Err(format!(
                "{wanted} times {css} were wanted, {} are there: {error}",
                self.count(css).await?
            )
            .into());
        }
        Ok(())
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

impl Drop for Page {
    fn drop(&mut self) {
        // The browser has ended or is about to: what it left may be half gone already.
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// ChromeDriver wants a path, not a name.
fn which(program: &str) -> String {
    if program.contains('/') {
        return program.to_owned();
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let found = path
        .split(':')
        .map(|folder| format!("{folder}/{program}"))
        .find(|p| std::path::Path::new(p).exists());
    found.unwrap_or_else(|| program.to_owned())
}

fn hyper_util_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}
