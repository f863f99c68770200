//! As much of the WebAssembly format as it takes to leave sections out.

/// Magic number and version.
const HEADER: usize = 8;
/// Custom sections: names, producers, features. No engine needs them.
const CUSTOM: u8 = 0;

/// The module without its custom sections; `None` when the bytes are no module.
pub fn without_custom_sections(module: &[u8]) -> Option<Vec<u8>> {
    if !module.starts_with(b"\0asm") {
        return None;
    }
    let mut kept = module.get(..HEADER)?.to_vec();
    let mut at = HEADER;
    while at < module.len() {
        let (length, content) = leb128(module, at + 1)?;
        let end = content.checked_add(length)?;
        let section = module.get(at..end)?;
        if section[0] != CUSTOM {
            kept.extend_from_slice(section);
        }
        at = end;
    }
    Some(kept)
}

/// An unsigned number of at most 32 bits, and where it ends.
fn leb128(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut number = 0usize;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_custom_sections;

    #[test]
    fn leaves_names_out_and_the_rest_as_it_is() {
        let head = b"\0asm\x01\0\0\0";
        let module = [&head[..], &[1, 2, 7, 7], &[0, 3, 1, b'n', 9], &[10, 1, 0]].concat();
        let expected = [&head[..], &[1, 2, 7, 7], &[10, 1, 0]].concat();
        assert_eq!(without_custom_sections(&module), Some(expected));
        assert_eq!(without_custom_sections(b"hello"), None);
        assert_eq!(without_custom_sections(&module[..14]), None, "cut short");
    }
}
