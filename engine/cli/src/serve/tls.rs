//! HTTPS for real clients: a certificate authority that lives as long as the server, and what it has signed.
//!
//! Names are kubeadm's: the authority is `kubernetes`, the server `kube-apiserver`, the administrator
//! `kubernetes-admin` in the group `kubeadm:cluster-admins`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use api::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// Who the administrator's certificate speaks for, and for which group.
const ADMIN: (&str, &str) = ("kubernetes-admin", "kubeadm:cluster-admins");
/// The names under which a pod knows the API server, and its service's address.
const NAMES: [&str; 7] = [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "kube-apiserver",
    "10.96.0.1",
];

/// A key and what the authority says about it.
struct Signed {
    certificate: Certificate,
    key: KeyPair,
}

/// The lab's certificate authority with the certificates that it has signed.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    server: Signed,
    admin: Signed,
}

impl Authority {
    /// A new authority, and a server certificate that is good for `address`.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new(address: IpAddr) -> Result<Authority, String> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "kubernetes");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let issuer = CertifiedIssuer::self_signed(authority, key()?).map_err(text)?;

        let mut names: Vec<String> = NAMES.map(str::to_owned).to_vec();
        names.extend(["127.0.0.1".to_owned(), "::1".to_owned(), address.to_string()]);
        let mut server = CertificateParams::new(names).map_err(text)?;
        server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];

        let mut admin = CertificateParams::default();
        admin.distinguished_name.push(DnType::OrganizationName, ADMIN.1);
        admin.distinguished_name.push(DnType::CommonName, ADMIN.0);
        admin.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];

        let (server, admin) = (sign(server, &issuer)?, sign(admin, &issuer)?);
        Ok(Authority { issuer, server, admin })
    }

    /// Takes connections; clients may show a certificate of this authority, and none of another.
    ///
    /// # Errors
    /// When the cryptography refuses its own keys.
    pub fn acceptor(&self) -> Result<TlsAcceptor, String> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).map_err(text)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .allow_unauthenticated()
            .build()
            .map_err(text)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.server.key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(text)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.server.certificate.der().clone()], key)
            .map_err(text)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// The administrator's kubeconfig, as `kubeadm init` writes it.
    pub fn kubeconfig(&self, address: SocketAddr) -> String {
        let data = |pem: String| Value::from(STANDARD.encode(pem));
        let named = |name: &str, what: &str, fields: Vec<(&str, Value)>| {
            let mut entry = Value::map();
            entry.set(&["name"], name);
            for (field, value) in fields {
                entry.set(&[what, field], value);
            }
            [entry].into_iter().collect::<Vec<Value>>()
        };
        let context = format!("{}@clusterlab", ADMIN.0);
        let mut config = Value::map();
        config.set(&["apiVersion"], "v1");
        config.set(&["kind"], "Config");
        config.set(&["preferences"], Value::map());
        config.set(&["current-context"], context.as_str());
        let cluster = vec![
            ("certificate-authority-data", data(self.issuer.pem())),
            ("server", Value::from(format!("https://{address}"))),
        ];
        config.set(&["clusters"], named("clusterlab", "cluster", cluster));
        let refers = vec![("cluster", Value::from("clusterlab")), ("user", Value::from(ADMIN.0))];
        config.set(&["contexts"], named(&context, "context", refers));
        let user = vec![
            ("client-certificate-data", data(self.admin.certificate.pem())),
            ("client-key-data", data(self.admin.key.serialize_pem())),
        ];
        config.set(&["users"], named(ADMIN.0, "user", user));
        api::yaml::write(&config)
    }
}

/// What the API server is told of a client that came by HTTPS, in the headers of an authenticating proxy
/// (`X-Remote-User`, `X-Remote-Group`): common name and organisations of its certificate, or nobody.
pub fn remote_headers(certificate: Option<&CertificateDer<'_>>) -> Vec<(String, String)> {
    let anonymous = || ("system:anonymous".to_owned(), vec!["system:unauthenticated".to_owned()]);
    let (user, groups) = certificate.and_then(identity).unwrap_or_else(anonymous);
    let groups = groups.into_iter().map(|group| ("x-remote-group".to_owned(), group));
    [("x-remote-user".to_owned(), user)].into_iter().chain(groups).collect()
}

fn identity(certificate: &CertificateDer<'_>) -> Option<(String, Vec<String>)> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?.to_owned();
    let groups = subject.iter_organization().filter_map(|o| o.as_str().ok().map(str::to_owned)).collect();
    Some((name, groups))
}

fn key() -> Result<KeyPair, String> {
    KeyPair::generate().map_err(text)
}

fn sign(params: CertificateParams, issuer: &CertifiedIssuer<'static, KeyPair>) -> Result<Signed, String> {
    let key = key()?;
    let certificate = params.signed_by(&key, issuer).map_err(text)?;
    Ok(Signed { certificate, key })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_who_it_is_for() -> Result<(), String> {
        let authority = Authority::new(IpAddr::from([127, 0, 0, 1]))?;
        let says = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            remote_headers(Some(authority.admin.certificate.der())),
            [says("x-remote-user", ADMIN.0), says("x-remote-group", ADMIN.1)]
        );
        assert_eq!(remote_headers(None)[0], says("x-remote-user", "system:anonymous"));
        assert!(authority.acceptor().is_ok());
        let config = authority.kubeconfig(SocketAddr::from(([127, 0, 0, 1], 6443)));
        assert!(config.contains("server: https://127.0.0.1:6443\n"), "{config}");
        Ok(())
    }
}
