//! Protobuf's wire format, as far as etcd's messages need it: their bytes, and their sizes, are etcd's own.
//!
//! A message says its fields once ([`Encode`]); the same description counts ([`length`]) and writes
//! ([`encode`]), so that the two can't disagree.

use sim::Blob;

/// A message that can be written.
pub trait Encode {
    /// Hands each field to `out`, in the order of their numbers.
    fn fields<O: Out>(&self, out: &mut O);
}

/// Where fields go: into bytes (`Vec<u8>`), or only into a count ([`Length`]).
///
/// A field with its default value is written by those who call; proto3 leaves such fields out, proto2 as etcd
/// uses it does not.
pub trait Out: Sized {
    /// Bytes as they are.
    fn raw(&mut self, bytes: &[u8]);
    /// A blob's bytes.
    fn raw_blob(&mut self, blob: &Blob);
    /// A number without a field.
    fn raw_varint(&mut self, n: u64);

    /// Field `number` with the varint `n`.
    fn varint(&mut self, number: u32, n: u64) {
        self.raw_varint(u64::from(number) << 3);
        self.raw_varint(n);
    }

    /// The same, left out when it is zero.
    fn nonzero(&mut self, number: u32, n: u64) {
        if n != 0 {
            self.varint(number, n);
        }
    }

    /// Field `number` with `bytes`.
    fn bytes(&mut self, number: u32, bytes: &[u8]) {
        self.raw_varint(u64::from(number) << 3 | 2);
        self.raw_varint(bytes.len() as u64);
        self.raw(bytes);
    }

    /// The same, left out when there are none.
    fn nonempty(&mut self, number: u32, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.bytes(number, bytes);
        }
    }

    /// Field `number` with a blob's bytes.
    fn blob(&mut self, number: u32, blob: &Blob) {
        self.raw_varint(u64::from(number) << 3 | 2);
        self.raw_varint(blob.size());
        self.raw_blob(blob);
    }

    /// The same, left out when there are none.
    fn nonempty_blob(&mut self, number: u32, blob: &Blob) {
        if !blob.is_empty() {
            self.blob(number, blob);
        }
    }

    /// Field `number` with a message.
    fn message<M: Encode>(&mut self, number: u32, message: &M) {
        self.raw_varint(u64::from(number) << 3 | 2);
        self.raw_varint(length(message));
        message.fields(self);
    }
}

impl Out for Vec<u8> {
    fn raw(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn raw_blob(&mut self, blob: &Blob) {
        self.extend_from_slice(&blob.bytes());
    }

    fn raw_varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.push(n as u8);
    }
}

/// Counts bytes instead of writing them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Length(pub u64);

impl Out for Length {
    fn raw(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }

    fn raw_blob(&mut self, blob: &Blob) {
        self.0 += blob.size();
    }

    fn raw_varint(&mut self, n: u64) {
        self.0 += varint_len(n);
    }
}

/// How many bytes a message has.
pub fn length<M: Encode>(message: &M) -> u64 {
    let mut length = Length(0);
    message.fields(&mut length);
    length.0
}

/// A message's bytes.
pub fn encode<M: Encode>(message: &M) -> Vec<u8> {
    let mut out = Vec::new();
    message.fields(&mut out);
    out
}

/// Bytes of `n` as a varint.
pub const fn varint_len(n: u64) -> u64 {
    let bits = 64 - (n | 1).leading_zeros() as u64;
    bits.div_ceil(7)
}

/// One field of an encoded message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field<'a> {
    /// A number.
    Varint(u64),
    /// Bytes, text or a message.
    Bytes(&'a [u8]),
}

/// Reads an encoded message field by field; `None` inside when the bytes are no such message.
#[derive(Clone, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u32, Field<'a>)>;

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
    fn field(&mut self) -> Option<(u32, Field<'a>)> {
        let key = self.varint()?;
        // Field 0 is no field.
        let number = u32::try_from(key >> 3).ok().filter(|number| *number != 0)?;
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
            out.varint(3, n);
            assert_eq!(out.len() as u64, 1 + varint_len(n));
            assert_eq!(Fields(&out).next(), Some(Some((3, Field::Varint(n)))));
        }
        assert_eq!(Fields(&[0x0a, 9, 1]).next(), Some(None), "cut short");
        assert_eq!(Fields(&[0, 0]).next(), Some(None), "no field 0");
    }

    struct Outer(u64);

    impl Encode for Outer {
        fn fields<O: Out>(&self, out: &mut O) {
            out.nonzero(1, self.0);
            out.nonempty(2, b"");
            out.blob(100, &Blob::from("abc"));
            if self.0 > 0 {
                out.message(1301, &Outer(self.0 - 1));
            }
        }
    }

    #[test]
    fn what_is_counted_is_what_is_written() {
        for depth in 0..5 {
            assert_eq!(length(&Outer(depth)), encode(&Outer(depth)).len() as u64);
        }
        // 100 << 3 | 2 = 802 takes two bytes.
        assert_eq!(encode(&Outer(0)), [0xa2, 0x06, 3, b'a', b'b', b'c']);
        let one = encode(&Outer(1));
        let fields: Vec<_> = Fields(&one).flatten().map(|(number, _)| number).collect();
        assert_eq!(fields, [1, 100, 1301]);
    }
}
