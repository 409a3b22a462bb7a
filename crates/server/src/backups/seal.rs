//! The seal at the end of a backup: a hash of everything before it, so that no bit of it can change
//! unnoticed, and a keyed hash of that, which only who has the store's secrets can make. SQLite, which
//! knows from its first page how long the file is, does not look there.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};

use blake3::Hash;

/// What comes before the hash in a seal without a key, as earlier releases put it, and a store that has no
/// secrets yet still does.
const MARK: &str = "\nbookonce backup 1 blake3 ";
/// What comes before the two hashes in one with a key.
const KEYED_MARK: &str = "\nbookonce backup 2 blake3 ";
/// Bytes of a hash: 64 hexadecimal digits.
const HASH_BYTES: usize = 64;
/// Bytes of a seal without a key: the mark, the hash, the end of the line.
const SEAL_BYTES: usize = MARK.len() + HASH_BYTES + 1;
/// Bytes of one with a key: the mark, the hash, a blank, the keyed hash, the end of the line.
const KEYED_BYTES: usize = KEYED_MARK.len() + HASH_BYTES + 1 + HASH_BYTES + 1;
/// Every file of SQLite has a multiple of so many bytes.
const SECTOR_BYTES: u64 = 512;
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 1024 * 1024;

/// What a file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// It has none: another program has made it.
    Absent,
    /// No bit has flipped since it was made, whoever made it.
    Unkeyed,
    /// The same, and a key tells who made it.
    Keyed(Vouched),
    /// It is not as it was made.
    Broken,
}

/// What a key vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vouched {
    content: Hash,
    keyed: Hash,
}

impl Vouched {
    fn by(key: &[u8; 32], content: Hash) -> Self {
        Self { content, keyed: blake3::keyed_hash(key, content.as_bytes()) }
    }

    /// Whether it was sealed with this key.
    pub(super) fn is_by(&self, key: &[u8; 32]) -> bool {
        // These are compared in constant time.
        Self::by(key, self.content).keyed == self.keyed
    }

    fn text(&self) -> String {
        format!("{KEYED_MARK}{} {}\n", self.content.to_hex(), self.keyed.to_hex())
    }
}

fn unkeyed_text(content: Hash) -> String {
    format!("{MARK}{}\n", content.to_hex())
}

/// Seals what is in the file, with the key if there is one; its length with the seal.
pub(super) fn put(file: &mut File, key: Option<&[u8; 32]>) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    let length = each_chunk(file, |bytes| {
        hasher.update(bytes);
        Ok(())
    })?;
    let content = hasher.finalize();
    let text = key.map_or_else(|| unkeyed_text(content), |key| Vouched::by(key, content).text());
    file.write_all(text.as_bytes())?;
    Ok(length.saturating_add(text.len() as u64))
}

/// Copies what is in `from`, without its seal; `progress` hears of the bytes that are copied.
pub(super) fn copy(
    from: &mut File,
    to: &mut File,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Seal> {
    let sealed = read(from)?;
    let of_seal = sealed.as_ref().map_or(0, |seal| seal.len() as u64);
    let content_bytes = from.metadata()?.len().saturating_sub(of_seal);
    let (mut hasher, mut copied) = (blake3::Hasher::new(), 0_u64);
    from.seek(SeekFrom::Start(0))?;
    each_chunk(&mut from.take(content_bytes), |bytes| {
        hasher.update(bytes);
        copied = copied.saturating_add(u64::try_from(bytes.len()).unwrap_or_default());
        progress(copied);
        to.write_all(bytes)
    })?;
    Ok(match sealed {
        Some(sealed) => judge(&sealed, hasher.finalize()),
        None if copied.is_multiple_of(SECTOR_BYTES) => Seal::Absent,
        // Something was cut off.
        None => Seal::Broken,
    })
}

/// What a seal says of this content.
fn judge(sealed: &[u8], content: Hash) -> Seal {
    if sealed == unkeyed_text(content).as_bytes() {
        return Seal::Unkeyed;
    }
    let keyed = sealed.strip_suffix(b"\n").and_then(|sealed| sealed.last_chunk::<HASH_BYTES>());
    let Some(Ok(keyed)) = keyed.map(Hash::from_hex) else { return Seal::Broken };
    let vouched = Vouched { content, keyed };
    if sealed == vouched.text().as_bytes() { Seal::Keyed(vouched) } else { Seal::Broken }
}

/// The seal of a file, right or not.
fn read(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    for (mark, length) in [(KEYED_MARK, KEYED_BYTES), (MARK, SEAL_BYTES)] {
        let Some(start) = file.metadata()?.len().checked_sub(length as u64) else { continue };
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(length as u64).read_to_end(&mut bytes)?;
        // Flipped bits in the mark itself must not make it a file without a seal.
        let alike = bytes.iter().zip(mark.as_bytes()).filter(|(one, other)| one == other).count();
        if alike.saturating_mul(2) > mark.len() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
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

    const KEY: [u8; 32] = [7; 32];

    fn copied(bytes: &[u8]) -> (Seal, Vec<u8>) {
        let (mut from, mut to) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        from.write_all(bytes).unwrap();
        let seal = copy(&mut from, &mut to, &mut |_| {}).unwrap();
        let mut found = Vec::new();
        to.seek(SeekFrom::Start(0)).unwrap();
        to.read_to_end(&mut found).unwrap();
        (seal, found)
    }

    fn sealed(content: &[u8], key: Option<&[u8; 32]>) -> Vec<u8> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let length = put(&mut file, key).unwrap();
        let mut sealed = Vec::new();
        file.seek(SeekFrom::Start(0)).unwrap();
        file.read_to_end(&mut sealed).unwrap();
        assert_eq!(u64::try_from(sealed.len()).unwrap(), length);
        sealed
    }

    /// Whether it is taken for what was made with the key, or without one.
    fn is_taken((seal, _): &(Seal, Vec<u8>), key: Option<&[u8; 32]>) -> bool {
        match (seal, key) {
            (Seal::Keyed(vouched), Some(key)) => vouched.is_by(key),
            (Seal::Unkeyed, None) => true,
            _ => false,
        }
    }

    #[test]
    fn a_seal_covers_every_bit() {
        for (content, key) in
            [(b"".as_slice(), Some(&KEY)), (&[7; 512], Some(&KEY)), (&[7; 512], None)]
        {
            let whole = sealed(content, key);
            let found = copied(&whole);
            assert!(is_taken(&found, key) && found.1 == content);
            for bit in 0..whole.len() * 8 {
                let mut broken = whole.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_taken(&copied(&broken), key), "bit {bit}");
            }
            for length in (0..whole.len()).filter(|length| length % 512 != 0) {
                assert_eq!(copied(&whole[..length]).0, Seal::Broken, "{length} bytes");
            }
            assert_eq!(copied(content), (Seal::Absent, content.to_vec()));
        }
    }

    #[test]
    fn a_seal_covers_content_of_more_than_three_chunks() {
        let mut content: Vec<u8> = (0..=250).cycle().take(3 * CHUNK_BYTES + 512).collect();
        let whole = sealed(&content, Some(&KEY));
        let found = copied(&whole);
        assert!(is_taken(&found, Some(&KEY)) && found.1 == content);
        let last_of_each = (1..4).map(|chunk| chunk * CHUNK_BYTES - 1).chain([content.len() - 1]);
        for at in last_of_each {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert!(!is_taken(&copied(&broken), Some(&KEY)), "byte {at}");
        }
        content.truncate(3 * CHUNK_BYTES);
        assert_eq!(copied(&content), (Seal::Absent, content), "copied whole");
    }

    #[test]
    fn only_who_has_the_key_can_make_it() {
        let (Seal::Keyed(ours), _) = copied(&sealed(&[7; 512], Some(&KEY))) else {
            panic!("it is sealed with a key")
        };
        assert!(ours.is_by(&KEY) && !ours.is_by(&[8; 32]));
        let (Seal::Keyed(theirs), _) = copied(&sealed(&[7; 512], Some(&[8; 32]))) else {
            panic!("it is sealed with another")
        };
        assert!(!theirs.is_by(&KEY));
        assert_eq!(
            copied(&sealed(&[7; 512], None)).0,
            Seal::Unkeyed,
            "a key cannot be left out unnoticed"
        );
    }

    #[test]
    fn a_seal_of_an_earlier_release_is_known() {
        let content = [0; 512];
        let mut file = content.to_vec();
        let hash = "a7f1cdb0ac1dd5f4c0dba1bd8a7f6aa22bb6b4d3ce5a0a2ab1aa2ae2c1c2f0b1";
        file.extend(format!("\nbookonce backup 1 blake3 {hash}\n").bytes());
        assert_eq!(copied(&file).0, Seal::Broken, "of another content");
        file.truncate(512);
        let hash = blake3::hash(&content).to_hex();
        file.extend(format!("\nbookonce backup 1 blake3 {hash}\n").bytes());
        assert_eq!(copied(&file), (Seal::Unkeyed, content.to_vec()));
    }
}
