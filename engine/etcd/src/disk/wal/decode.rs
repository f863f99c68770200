//! Reading files of the log, byte by byte, as etcd's decoder does.

use super::frame::{self, LENGTH_BYTES, SECTOR_BYTES};
use crate::disk::DiskError;

/// A file, from some place on. Behind the bytes it has zeros.
pub(super) struct File {
    pub name: String,
    /// Where `bytes` begin in the file.
    pub from: u64,
    pub bytes: Vec<u8>,
    /// Its size with all zeros: files are made in their full size.
    pub size: u64,
}

impl File {
    fn get(&self, at: u64, length: u64) -> Vec<u8> {
        let start = usize::try_from(at - self.from).unwrap_or(usize::MAX).min(self.bytes.len());
        let rest = &self.bytes[start..];
        let mut out = rest[..rest.len().min(length as usize)].to_vec();
        out.resize(length as usize, 0);
        out
    }
}

/// A record as it was read.
pub(super) struct Read {
    pub number: u64,
    pub crc: u32,
    pub data: Vec<u8>,
}

/// Why there is no further record.
pub(super) enum Stop {
    /// The log ends here.
    End,
    /// It does not go on as it should.
    Error(DiskError),
}

/// Reads record after record.
pub(super) struct Decoder<'a> {
    files: &'a [File],
    /// Where the next record begins in the first of `files`.
    pub at: u64,
    /// The checksum so far.
    pub crc: u32,
}

impl<'a> Decoder<'a> {
    /// Begins where the first file's bytes begin.
    pub(super) fn new(files: &'a [File], crc: u32) -> Decoder<'a> {
        Decoder { files, at: files.first().map_or(0, |file| file.from), crc }
    }

    /// How many files are still to be read, the present one included.
    pub(super) fn files_left(&self) -> usize {
        self.files.len()
    }

    pub(super) fn next(&mut self) -> Result<Read, Stop> {
        let (file, field) = loop {
            let Some(file) = self.files.first() else { return Err(Stop::End) };
            let field = if self.at + LENGTH_BYTES > file.size {
                0
            } else {
                let bytes = file.get(self.at, LENGTH_BYTES);
                bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
            };
            // The end of the file, or of what is written of it.
            if field != 0 {
                break (file, field);
            }
            self.files = &self.files[1..];
            self.at = self.files.first().map_or(self.at, |file| file.from);
        };
        let (record, padding) = frame::sizes(field);
        let place = || (file.name.clone(), self.at);
        let limit = file.size.saturating_sub(self.at + padding);
        if record > limit {
            let (file_name, position) = place();
            let error =
                DiskError::TooLong { record, padding, limit, file: file_name, size: file.size, position };
            return Err(Stop::Error(error));
        }
        if self.at + LENGTH_BYTES + record + padding > file.size {
            let (file, position) = place();
            return Err(Stop::Error(DiskError::UnexpectedEof { file, position }));
        }
        let bytes = file.get(self.at + LENGTH_BYTES, record + padding);
        let torn = || self.files.len() == 1 && has_zero_sector(&bytes, self.at + LENGTH_BYTES);
        let Some(raw) = frame::parse(&bytes[..record as usize]) else {
            let (file, position) = place();
            return Err(Stop::Error(if torn() {
                DiskError::UnexpectedEof { file, position }
            } else {
                DiskError::NoRecord { file, position }
            }));
        };
        if raw.number != super::record::number::CRC {
            let computed = frame::crc32c(self.crc, raw.data);
            if computed != raw.crc {
                let (file, position) = place();
                return Err(Stop::Error(if torn() {
                    DiskError::UnexpectedEof { file, position }
                } else {
                    DiskError::Crc { expected: raw.crc, computed, file, position }
                }));
            }
            self.crc = computed;
        }
        let read = Read { number: raw.number, crc: raw.crc, data: raw.data.to_vec() };
        self.at += LENGTH_BYTES + record + padding;
        Ok(read)
    }
}

/// A write that was torn leaves a sector, or a record's part of one, that is nothing but zeros.
fn has_zero_sector(mut bytes: &[u8], mut at: u64) -> bool {
    while !bytes.is_empty() {
        let length = (SECTOR_BYTES - at % SECTOR_BYTES).min(bytes.len() as u64);
        let (sector, rest) = bytes.split_at(length as usize);
        if sector.iter().all(|byte| *byte == 0) {
            return true;
        }
        (bytes, at) = (rest, at + length);
    }
    false
}
