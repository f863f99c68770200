//! Raw deflate with a built-in dictionary.
//!
//! The library has no call for a preset dictionary, and needs none: the dictionary goes through the
//! compressor first, up to a byte boundary (sync flush), and what came out is cut off. For reading, a stored block
//! with the dictionary is put in front instead: it leaves the window in the same state.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use super::LinkError;

/// What labs have in common. Part of the codec's version: a change of one byte makes old links unreadable.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");

/// Window bits -15: no zlib header.
const RAW: i32 = -15;
const BEST: i32 = 9;

pub(super) fn compress(plain: &[u8]) -> Vec<u8> {
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(BEST, RAW, 0));
    feed(&mut compressor, DICTIONARY, TDEFLFlush::Sync);
    feed(&mut compressor, plain, TDEFLFlush::Finish)
}

fn feed(compressor: &mut CompressorOxide, input: &[u8], flush: TDEFLFlush) -> Vec<u8> {
    let mut out = Vec::new();
    let (status, taken) = compress_to_output(compressor, input, flush, |piece: &[u8]| {
        out.extend_from_slice(piece);
        true
    });
    debug_assert!(matches!(status, TDEFLStatus::Okay | TDEFLStatus::Done) && taken == input.len());
    out
}

pub(super) fn inflate(packed: &[u8], plain_max: usize) -> Result<Vec<u8>, LinkError> {
    let length = u16::try_from(DICTIONARY.len()).expect("the dictionary fits in one stored block");
    let mut stream = Vec::with_capacity(5 + DICTIONARY.len() + packed.len());
    // Not final, type 0 (stored); the length and its complement.
    stream.push(0);
    stream.extend_from_slice(&length.to_le_bytes());
    stream.extend_from_slice(&(!length).to_le_bytes());
    stream.extend_from_slice(DICTIONARY);
    stream.extend_from_slice(packed);
    match decompress_to_vec_with_limit(&stream, DICTIONARY.len() + plain_max) {
        Ok(mut all) => Ok(all.split_off(DICTIONARY.len())),
        Err(error) if error.status == TINFLStatus::HasMoreOutput => Err(LinkError::TooLarge),
        Err(error) => Err(LinkError::Damaged(format!("{:?}", error.status))),
    }
}
