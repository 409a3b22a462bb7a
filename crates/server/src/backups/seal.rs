//! The seal at the end of a backup: a hash of everything before it, so that no bit of it can change
//! unnoticed. SQLite, which knows from its first page how long the file is, does not look there.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};

/// What comes before the hash.
const MARK: &str = "\nbookonce backup 1 blake3 ";
/// Bytes of a seal: the mark, the hash as 64 hexadecimal digits, the end of the line.
const SEAL_BYTES: u64 = MARK.len() as u64 + 64 + 1;
/// Every file of SQLite has a multiple of so many bytes.
const SECTOR_BYTES: u64 = 512;
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 1024 * 1024;

/// What a file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// It has none: another program has made it.
    Absent,
    /// It is as it was made.
    Whole,
    /// It is not.
    Broken,
}

/// Seals what is in the file; its length with the seal.
pub(super) fn put(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    let length = each_chunk(file, |bytes| {
        hasher.update(bytes);
        Ok(())
    })?;
    file.write_all(text(&hasher).as_bytes())?;
    Ok(length.saturating_add(SEAL_BYTES))
}

/// Copies what is in `from`, without its seal; `progress` hears of the bytes that are copied.
pub(super) fn copy(
    from: &mut File,
    to: &mut File,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Seal> {
    let sealed = read(from)?;
    let content = match &sealed {
        Some(_) => from.metadata()?.len().saturating_sub(SEAL_BYTES),
        None => u64::MAX,
    };
    let (mut hasher, mut copied) = (blake3::Hasher::new(), 0_u64);
    from.seek(SeekFrom::Start(0))?;
    each_chunk(&mut from.take(content), |bytes| {
        hasher.update(bytes);
        copied = copied.saturating_add(u64::try_from(bytes.len()).unwrap_or_default());
        progress(copied);
        to.write_all(bytes)
    })?;
    Ok(match sealed {
        None if copied.is_multiple_of(SECTOR_BYTES) => Seal::Absent,
        Some(sealed) if sealed == text(&hasher) => Seal::Whole,
        // Something was cut off.
        None | Some(_) => Seal::Broken,
    })
}

/// The seal of a file, right or not.
fn read(file: &mut File) -> io::Result<Option<String>> {
    let Some(start) = file.metadata()?.len().checked_sub(SEAL_BYTES) else { return Ok(None) };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(SEAL_BYTES).read_to_end(&mut bytes)?;
    // Flipped bits in the mark itself must not make it a file without a seal.
    let alike = bytes.iter().zip(MARK.as_bytes()).filter(|(one, other)| one == other).count();
    let is_seal = alike.saturating_mul(2) > MARK.len();
    Ok(is_seal.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn text(hasher: &blake3::Hasher) -> String {
    format!("{MARK}{}\n", hasher.finalize().to_hex())
}

/// How many bytes there were.
fn each_chunk(
    from: &mut impl Read,
    mut visit: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let (mut chunk, mut length) = (vec![0; CHUNK_BYTES], 0_u64);
    loop {
        let count = match from.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let bytes = chunk.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(length);
        }
        length = length.saturating_add(u64::try_from(count).unwrap_or_default());
        visit(bytes)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(bytes: &[u8]) -> (Seal, Vec<u8>) {
        let (mut from, mut to) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        from.write_all(bytes).unwrap();
        let seal = copy(&mut from, &mut to, &mut |_| {}).unwrap();
        let mut found = Vec::new();
        to.seek(SeekFrom::Start(0)).unwrap();
        to.read_to_end(&mut found).unwrap();
        (seal, found)
    }

    #[test]
    fn a_seal_covers_every_bit() {
        for content in [b"".as_slice(), &[7; 512]] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(content).unwrap();
            let length = put(&mut file).unwrap();
            let mut sealed = Vec::new();
            file.seek(SeekFrom::Start(0)).unwrap();
            file.read_to_end(&mut sealed).unwrap();
            assert_eq!(u64::try_from(sealed.len()).unwrap(), length);
            assert_eq!(copied(&sealed), (Seal::Whole, content.to_vec()));
            for bit in 0..sealed.len() * 8 {
                let mut broken = sealed.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(copied(&broken).0, Seal::Broken, "bit {bit}");
            }
            for length in (0..sealed.len()).filter(|length| length % 512 != 0) {
                assert_eq!(copied(&sealed[..length]).0, Seal::Broken, "{length} bytes");
            }
            assert_eq!(copied(content), (Seal::Absent, content.to_vec()));
        }
    }
}
