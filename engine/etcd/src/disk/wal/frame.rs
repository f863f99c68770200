//! How a record lies in a file: a length field of 8 bytes, the record as protobuf's `walpb.Record` (type,
//! checksum, data), zeros up to the next multiple of 8. The upper byte of the length field says how many zeros.
//!
//! The checksum is CRC-32C over the data of all records so far. etcd writes it as a number of 1 to 5 bytes, mostly
//! 5; here it always takes 5 (protobuf allows it, etcd reads it), so that a frame's length is known before anybody
//! has asked for its bytes.

use raft::wire::{Field, Fields, Out};

/// A disk writes so many bytes wholly or not at all.
pub const SECTOR_BYTES: u64 = 512;

/// Bytes of the length field.
pub(super) const LENGTH_BYTES: u64 = 8;

/// Bytes of the type and the checksum with their tags.
const HEAD_BYTES: u64 = 2 + 6;

static CASTAGNOLI: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);

/// The checksum of what `before` is the checksum of, and `bytes` behind it.
pub fn crc32c(before: u32, bytes: &[u8]) -> u32 {
    let mut digest = CASTAGNOLI.digest_with_initial((before ^ u32::MAX).reverse_bits());
    digest.update(bytes);
    digest.finalize()
}

const fn record_length(data: Option<u64>) -> u64 {
    match data {
        None => HEAD_BYTES,
        Some(data) => HEAD_BYTES + 1 + raft::wire::varint_len(data) + data,
    }
}

/// The frame's length, for a record with so many bytes of data.
pub(super) const fn length(data: Option<u64>) -> u64 {
    LENGTH_BYTES + record_length(data).next_multiple_of(8)
}

/// How many of it are padding.
pub(super) const fn padding(data: Option<u64>) -> u64 {
    let record = record_length(data);
    record.next_multiple_of(8) - record
}

/// Appends a frame.
pub(super) fn write(number: u64, crc: u32, data: Option<&[u8]>, out: &mut Vec<u8>) {
    let size = data.map(|data| data.len() as u64);
    let padding = padding(size);
    let flag = if padding == 0 { 0 } else { (0x80 | padding) << 56 };
    out.raw(&(record_length(size) | flag).to_le_bytes());
    out.varint(1, number);
    out.raw_varint(2 << 3);
    for shift in [0, 7, 14, 21] {
        out.push((crc >> shift) as u8 | 0x80);
    }
    out.push((crc >> 28) as u8);
    if let Some(data) = data {
        out.bytes(3, data);
    }
    out.extend(std::iter::repeat_n(0, padding as usize));
}

/// The record's and the padding's bytes, as a length field says.
pub(super) const fn sizes(field: u64) -> (u64, u64) {
    let padding = if field >> 63 == 1 { field >> 56 & 7 } else { 0 };
    (field & !(0xff << 56), padding)
}

/// A `walpb.Record`.
pub(super) struct Raw<'a> {
    pub number: u64,
    pub crc: u32,
    pub data: &'a [u8],
}

/// Reads a `walpb.Record`; `None` when the bytes are none.
pub(super) fn parse(bytes: &[u8]) -> Option<Raw<'_>> {
    let mut raw = Raw { number: 0, crc: 0, data: &[] };
    for field in Fields(bytes) {
        match field? {
            (1, Field::Varint(n)) => raw.number = n,
            (2, Field::Varint(n)) => raw.crc = n as u32,
            (3, Field::Bytes(data)) => raw.data = data,
            // A known field of another kind is an error, unknown fields are skipped.
            (1..=3, _) => return None,
            _ => {}
        }
    }
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_crc32c_and_chain() {
        // The check value of CRC-32/ISCSI.
        assert_eq!(crc32c(0, b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(crc32c(0, b"1234"), b"56789"), 0xe306_9283);
        assert_eq!(crc32c(77, b""), 77);
    }

    #[test]
    fn frames_read_as_written() {
        for size in 0..300u64 {
            let data = vec![7; size as usize];
            let mut frame = Vec::new();
            write(2, 5, Some(&data), &mut frame);
            assert_eq!((frame.len() as u64, frame.len() % 8), (length(Some(size)), 0));
            let field = u64::from_le_bytes(*frame.first_chunk().expect("a length field"));
            let (record, pad) = sizes(field);
            assert_eq!((pad, 8 + record + pad), (padding(Some(size)), frame.len() as u64));
            let raw = parse(&frame[8..8 + record as usize]).expect("a record");
            assert_eq!((raw.number, raw.crc, raw.data), (2, 5, &data[..]));
        }
        let mut frame = Vec::new();
        write(4, u32::MAX, None, &mut frame);
        assert_eq!(frame, [8, 0, 0, 0, 0, 0, 0, 0, 8, 4, 16, 255, 255, 255, 255, 15]);
        assert_eq!(frame.len() as u64, length(None));
    }
}
