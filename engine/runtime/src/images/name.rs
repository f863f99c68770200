//! Image names as people write them, and as they are meant.

use std::fmt;

use sim::{Digest, Str};

/// A parsed image name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImageName {
    /// The registry: `docker.io` when none is written.
    pub registry: Str,
    /// The repository in it: `library/nginx`.
    pub repository: Str,
    /// The tag: `latest` when neither tag nor digest is written.
    pub tag: Str,
    /// The digest, `sha256:...`, when one is written.
    pub digest: Option<Str>,
}

impl ImageName {
    /// Reads a name.
    ///
    /// # Errors
    /// What containerd's reference parser says, without the name.
    pub fn parse(text: &str) -> Result<ImageName, &'static str> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(Str::from(digest))),
            None => (text, None),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (rest, None),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, rest.to_owned())
            }
            Some(_) => ("docker.io", path.to_owned()),
            None => ("docker.io", format!("library/{path}")),
        };
        if repository.chars().any(|c| c.is_ascii_uppercase()) {
            return Err("invalid reference format: repository name must be lowercase");
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let parts_fine = repository.split('/').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.ends_with(|c: char| c.is_ascii_alphanumeric())
        });
        let tag_fine =
            tag.is_none_or(|t| !t.is_empty() && t.len() <= 128 && t.chars().all(|c| allowed(c) && c != '/'));
        let digest_fine = digest.as_ref().is_none_or(|d| d.starts_with("sha256:") && d.len() == 71);
        if !parts_fine || !repository.chars().all(allowed) || !tag_fine || !digest_fine {
            return Err("invalid reference format");
        }
        let tag = Str::from(tag.unwrap_or("latest"));
        Ok(ImageName { registry: registry.into(), repository: repository.into(), tag, digest })
    }

    /// The full name: `docker.io/library/nginx:latest`.
    pub fn full(&self) -> Str {
        Str::from(self.to_string())
    }

    /// The name with digest: `docker.io/library/nginx@sha256:...`. The digest stands for the content: the same
    /// name gives the same one, different tags differ.
    pub fn reference(&self) -> Str {
        let digest = self.digest.clone().unwrap_or_else(|| {
            let full = self.full();
            let part = |n: u8| Digest::of(&(full.as_str(), n));
            format!("sha256:{}{}{}{}", part(0), part(1), part(2), part(3)).into()
        });
        Str::from(format!("{}/{}@{digest}", self.registry, self.repository))
    }

    /// Why the registry would not give this image; `None` for all that exist in the lab's world. Names that are
    /// made not to exist: a tag with `does-not-exist` or `nonexistent`, a repository with these words, a
    /// registry under `invalid` (the top-level domain that RFC 2606 reserves).
    pub fn missing(&self) -> Option<Missing> {
        let absent =
            |text: &str| ["does-not-exist", "doesnotexist", "nonexistent"].iter().any(|w| text.contains(w));
        if self.registry.split(':').next().is_some_and(|host| host == "invalid" || host.ends_with(".invalid"))
        {
            Some(Missing::Registry)
        } else if absent(&self.repository) {
            Some(Missing::Repository)
        } else if absent(&self.tag) {
            Some(Missing::Tag)
        } else {
            None
        }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => write!(f, ":{}", self.tag),
        }
    }
}

/// What about an image does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Missing {
    Registry,
    Repository,
    Tag,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("team/app:v1", "docker.io/team/app:v1"),
            ("registry.k8s.io/e2e-test-images/agnhost:2.53", "registry.k8s.io/e2e-test-images/agnhost:2.53"),
            ("localhost:5000/x", "localhost:5000/x:latest"),
        ] {
            assert_eq!(ImageName::parse(text).unwrap().to_string(), full, "{text}");
        }
        for bad in ["NGINX", "a b", "nginx:", "/x", "x/", ""] {
            assert!(ImageName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(ImageName::parse("nginx:does-not-exist").unwrap().missing(), Some(Missing::Tag));
        assert_eq!(ImageName::parse("nonexistent/app").unwrap().missing(), Some(Missing::Repository));
        assert_eq!(ImageName::parse("registry.invalid/app").unwrap().missing(), Some(Missing::Registry));
        assert_eq!(ImageName::parse("nginx").unwrap().missing(), None);
    }
}
