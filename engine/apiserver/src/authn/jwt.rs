//! JSON Web Tokens, signed with HMAC-SHA-256 by the lab's own key.
//!
//! A real cluster signs with a private key (RS256 or ES256), so that others can check a token without being able to make
//! one. Here only the API server checks, and the same lab has to make the same bytes everywhere.

use api::{Value, json, literal, object};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac_sha256::HMAC;

/// No token that this server makes is longer.
const BYTES_MAX: usize = 16 * 1024;

/// A signed token with these claims.
pub(crate) fn sign(claims: &Value, key: &str) -> String {
    let header = object! { "alg": (literal!("HS256")), "kid": (literal!("lab")) };
    let mut token = BASE64.encode(json::write(&header));
    token.push('.');
    token.push_str(&BASE64.encode(json::write(claims)));
    let signature = HMAC::mac(token.as_bytes(), key.as_bytes());
    token.push('.');
    token.push_str(&BASE64.encode(signature));
    token
}

/// The claims of a token that this key signed; `None` for anything else.
pub(crate) fn verify(token: &str, key: &str) -> Option<Value> {
    if token.len() > BYTES_MAX {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = BASE64.decode(signature).ok()?;
    let wanted = HMAC::mac(signed.as_bytes(), key.as_bytes());
    if !same(&wanted, &signature) {
        return None;
    }
    let (header, claims) = signed.split_once('.')?;
    let header = json::parse(&BASE64.decode(header).ok()?).ok()?;
    if header.str_at(&["alg"]).is_none_or(|alg| alg != "HS256") {
        return None;
    }
    json::parse(&BASE64.decode(claims).ok()?).ok()
}

/// Takes as long for a near miss as for a far one.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_that_signed_a_token_opens_it() {
        let claims = object! { "sub": "system:serviceaccount:a:b", "exp": 7 };
        let token = sign(&claims, "key");
        assert!(token.starts_with("eyJhbGciOiJIUzI1NiIsImtpZCI6ImxhYiJ9."));
        assert_eq!(verify(&token, "key"), Some(claims));
        assert_eq!(verify(&token, "other"), None);
        // Every character counts, but for the bits of the last one that no byte needs.
        for at in 0..token.len() - 1 {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(verify(&String::from_utf8(bytes).unwrap(), "key"), None, "{at}");
        }
        for bad in ["", ".", "..", "...", "a.b.c", "é.é.é", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(verify(bad, "key"), None, "{bad}");
        }
    }
}
