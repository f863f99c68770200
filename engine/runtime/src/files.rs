//! Simulated files: a node's disk, a container's own layer, and what a container sees of both.

use sim::Str;

use crate::cri::Mount;

/// What a path leads to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A file and what is in it.
    File(Str),
    /// A file of the image that was deleted in the container's layer.
    Gone,
}

/// A tree of files by absolute path. Directories above a file need no entry.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Files(imbl::OrdMap<Str, Entry>);

impl Files {
    /// What is at a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.0.get(path)
    }

    /// True when there is a directory: an entry, or anything below.
    pub fn is_directory(&self, path: &str) -> bool {
        matches!(self.get(path), Some(Entry::Directory)) || self.below(path).next().is_some()
    }

    /// Puts an entry at a path.
    pub fn put(&mut self, path: &str, entry: Entry) {
        self.0.insert(Str::from(path), entry);
    }

    /// Removes a path and all below it.
    pub fn remove(&mut self, path: &str) {
        let doomed: Vec<Str> = self.below(path).map(|(p, _)| p.clone()).collect();
        self.0.remove(path);
        for path in doomed {
            self.0.remove(&path);
        }
    }

    /// All entries below a directory, by path.
    pub fn below(&self, directory: &str) -> impl Iterator<Item = (&Str, &Entry)> {
        let prefix = if directory == "/" { "/".to_owned() } else { format!("{directory}/") };
        let start = Str::from(prefix.as_str());
        self.0.range(start..).take_while(move |(path, _)| path.starts_with(&prefix))
    }
}

/// Makes an absolute path without `.`, `..` and doubled slashes; relative ones start at `directory`.
pub fn normalize(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { directory };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The part of `path` below `directory`, if it lies there: `Some("")` for the directory itself.
fn strip<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Why a file could not be used, in the words of the C library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FileError {
    NotFound,
    IsDirectory,
    ReadOnly,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            FileError::NotFound => "No such file or directory",
            FileError::IsDirectory => "Is a directory",
            FileError::ReadOnly => "Read-only file system",
        })
    }
}

/// What one container sees: its mounts, over its own layer, over its image's files.
pub struct View<'a> {
    /// The node's disk.
    pub host: &'a mut Files,
    /// The container's own layer.
    pub own: &'a mut Files,
    /// The volumes.
    pub mounts: &'a [Mount],
    /// The image's files.
    pub image: &'static [(&'static str, &'static str)],
}

impl View<'_> {
    /// The mount that a path lies in (the innermost one) with the path on the node.
    fn mounted(&self, path: &str) -> Option<(&Mount, String)> {
        self.mounts
            .iter()
            .filter_map(|m| strip(path, &m.container_path).map(|rest| (m, rest)))
            .max_by_key(|(m, _)| m.container_path.len())
            .map(|(m, rest)| (m, format!("{}{rest}", m.host_path.trim_end_matches('/'))))
    }

    /// A file's content.
    pub fn read(&self, path: &str) -> Result<Str, FileError> {
        let found = match self.mounted(path) {
            Some((_, host)) => match self.host.get(&host) {
                None if self.host.is_directory(&host) => Err(FileError::IsDirectory),
                other => Ok(other),
            },
            None => Ok(self.own.get(path)),
        };
        match found? {
            Some(Entry::File(content)) => return Ok(content.clone()),
            Some(Entry::Directory) => return Err(FileError::IsDirectory),
            Some(Entry::Gone) => return Err(FileError::NotFound),
            None => {}
        }
        if self.mounted(path).is_none()
            && let Some((_, content)) = self.image.iter().find(|(p, _)| *p == path)
        {
            return Ok(Str::from(*content));
        }
        Err(if self.is_directory(path) { FileError::IsDirectory } else { FileError::NotFound })
    }

    /// True when a path leads to a directory.
    pub fn is_directory(&self, path: &str) -> bool {
        if let Some((_, host)) = self.mounted(path) {
            return self.host.is_directory(&host)
                || (self.mounts.iter().any(|m| m.container_path == path) && self.host.get(&host).is_none());
        }
        const ALWAYS: [&str; 8] = ["/", "/bin", "/dev", "/etc", "/home", "/root", "/tmp", "/var"];
        ALWAYS.contains(&path)
            || self.own.is_directory(path)
            || self.image.iter().any(|(p, _)| strip(p, path).is_some_and(|rest| !rest.is_empty()))
            || self.mounts.iter().any(|m| strip(&m.container_path, path).is_some_and(|rest| !rest.is_empty()))
    }

    /// Writes (or appends to) a file.
    pub fn write(&mut self, path: &str, content: &str, append: bool) -> Result<(), FileError> {
        if path == "/dev/null" {
            return Ok(());
        }
        if self.is_directory(path) {
            return Err(FileError::IsDirectory);
        }
        let parent =
            path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent });
        if !self.is_directory(parent) {
            return Err(FileError::NotFound);
        }
        let content = match self.read(path) {
            Ok(old) if append => Str::from(format!("{old}{content}")),
            _ => Str::from(content),
        };
        self.put(path, Entry::File(content))
    }

    /// Makes a directory.
    pub fn make_directory(&mut self, path: &str) -> Result<(), FileError> {
        self.put(path, Entry::Directory)
    }

    fn put(&mut self, path: &str, entry: Entry) -> Result<(), FileError> {
        match self.mounted(path).map(|(m, host)| (m.read_only, host)) {
            Some((true, _)) => return Err(FileError::ReadOnly),
            Some((false, host)) => self.host.put(&host, entry),
            None => self.own.put(path, entry),
        }
        Ok(())
    }

    /// Removes a path and what is below it.
    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        if self.read(path) == Err(FileError::NotFound) && !self.is_directory(path) {
            return Err(FileError::NotFound);
        }
        match self.mounted(path).map(|(m, host)| (m.read_only, host)) {
            Some((true, _)) => return Err(FileError::ReadOnly),
            Some((false, host)) => self.host.remove(&host),
            None => {
                self.own.remove(path);
                if self.image.iter().any(|(p, _)| *p == path) {
                    self.own.put(path, Entry::Gone);
                }
            }
        }
        Ok(())
    }

    /// The names directly below a directory, sorted.
    pub fn list(&self, directory: &str) -> Vec<String> {
        let mut names = std::collections::BTreeSet::new();
        let mut add = |rest: &str| {
            if let Some(name) = rest.trim_start_matches('/').split('/').next().filter(|n| !n.is_empty()) {
                names.insert(name.to_owned());
            }
        };
        if let Some((_, host)) = self.mounted(directory) {
            self.host.below(&host).for_each(|(p, _)| add(&p[host.len()..]));
        } else {
            for (p, entry) in self.own.below(directory) {
                if *entry != Entry::Gone {
                    strip(p, directory).into_iter().for_each(&mut add);
                }
            }
            for (p, _) in self.image {
                if self.own.get(p) != Some(&Entry::Gone) {
                    strip(p, directory).into_iter().for_each(&mut add);
                }
            }
        }
        for mount in self.mounts {
            strip(&mount.container_path, directory).into_iter().for_each(&mut add);
        }
        names.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_shared_and_read_only_when_they_say_so() {
        let mut host = Files::default();
        let (mut own_a, mut own_b) = (Files::default(), Files::default());
        host.put("/vol/config/key", Entry::File("value".into()));
        let mounts = [
            Mount { container_path: "/data".into(), host_path: "/vol/data".into(), read_only: false },
            Mount { container_path: "/etc/config".into(), host_path: "/vol/config".into(), read_only: true },
        ];
        let mut a = View { host: &mut host, own: &mut own_a, mounts: &mounts, image: &[] };
        a.write("/data/index.html", "hi\n", false).unwrap();
        a.write("/data/index.html", "there\n", true).unwrap();
        a.write("/tmp/own", "x", false).unwrap();
        assert_eq!(a.write("/etc/config/key", "x", false), Err(FileError::ReadOnly));
        assert_eq!(a.read("/etc/config/key").unwrap(), "value");
        assert_eq!(a.list("/data"), ["index.html"]);
        assert_eq!(a.write("/nowhere/x", "", false), Err(FileError::NotFound));
        let b = View { host: &mut host, own: &mut own_b, mounts: &mounts, image: &[("/srv/a", "A")] };
        assert_eq!(b.read("/data/index.html").unwrap(), "hi\nthere\n");
        assert_eq!(b.read("/tmp/own"), Err(FileError::NotFound));
        assert_eq!(b.read("/srv/a").unwrap(), "A");
        assert_eq!(b.read("/data"), Err(FileError::IsDirectory));
        assert!(b.is_directory("/srv"));
    }

    #[test]
    fn paths() {
        assert_eq!(normalize("/a/b", "../c/./d//e"), "/a/c/d/e");
        assert_eq!(normalize("/a", "/x/../.."), "/");
    }
}
