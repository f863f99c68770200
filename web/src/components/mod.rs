//! The parts of the page, one a file.

mod banner;
mod detail;
mod handle;
mod header;
mod help;
mod icon;
mod manifests;
mod problems;
mod rail;
mod right_panel;
mod samples;
mod scenes;
mod score;
mod sheets;
mod speed;
mod terminal;
mod time_bar;
mod until;
mod work_line;

pub use banner::BannerLine;
pub use handle::{Handle, HandleOf};
pub use header::Header;
pub use help::HelpOverlay;
pub use manifests::Manifests;
pub use rail::Rail;
pub use right_panel::RightPanel;
pub use scenes::{SceneNote, ScenesSheet};
pub use sheets::Sheets;
pub use terminal::Terminal;
pub use time_bar::TimeBar;
pub use work_line::WorkLine;
