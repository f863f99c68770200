//! The little of protobuf's wire format that configuration changes need, so that their bytes (and sizes)
//! are etcd's own.

/// Bytes of `n` as a varint.
pub(crate) const fn varint_len(n: u64) -> u64 {
    let bits = 64 - (n | 1).leading_zeros() as u64;
    bits.div_ceil(7)
}

/// Appends field `number` with the varint `n`.
pub(crate) fn put_varint(out: &mut Vec<u8>, number: u8, n: u64) {
    out.push(number << 3);
    push_varint(out, n);
}

/// Appends field `number` with `bytes`.
pub(crate) fn put_bytes(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn push_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// One field of an encoded message.
pub(crate) enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
}

/// Reads an encoded message field by field; `None` inside when the bytes are no such message.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u8, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u8, Field<'a>)> {
        let key = self.varint()?;
        let number = u8::try_from(key >> 3).ok()?;
        match key & 7 {
            0 => Some((number, Field::Varint(self.varint()?))),
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(len)?;
                self.0 = rest;
                Some((number, Field::Bytes(bytes)))
            }
            _ => None,
        }
    }

    fn varint(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_round_trip() {
        for n in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, 3, n);
            assert_eq!(out.len() as u64, 1 + varint_len(n));
            match Fields(&out).next() {
                Some(Some((3, Field::Varint(read)))) => assert_eq!(read, n),
                _ => panic!("{n} is lost"),
            }
        }
        assert!(matches!(Fields(&[0x0a, 9, 1]).next(), Some(None)), "cut short");
    }
}
