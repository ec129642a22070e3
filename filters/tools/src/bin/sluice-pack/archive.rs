//! Archives that say nothing of when, where and by whom they were made.

use flate2::{Compression, GzBuilder};
use std::io::{self, Write as _};
use tar::{Builder, EntryType, Header};

/// A tar (POSIX ustar) of these files, in this order: time 0, owner 0, mode 0644. A name that ends in `/` is a folder.
pub(crate) fn tar<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = Header::new_ustar();
        let folder = name.ends_with('/');
        header.set_entry_type(if folder { EntryType::Directory } else { EntryType::Regular });
        header.set_mode(if folder { 0o755 } else { 0o644 });
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(bytes.len() as u64);
        header.set_path(name)?;
        header.set_cksum();
        archive.append(&header, bytes)?;
    }
    archive.into_inner()
}

/// The same as gzip, without name and time.
pub(crate) fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed =
        GzBuilder::new().mtime(0).operating_system(UNKNOWN).write(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    packed.finish()
}

/// RFC 1952, section 2.3.1.
const UNKNOWN: u8 = 255;

#[cfg(test)]
mod tests {
    use super::{gzip, tar};
    use std::io::Read as _;

    #[test]
    fn a_tar_says_nothing_of_its_maker() {
        let bytes = tar([("blobs/", [].as_slice()), ("blobs/a", b"abc")]).expect("a tar");
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut seen = Vec::new();
        for entry in archive.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let mut content = String::new();
            entry.read_to_string(&mut content).expect("text");
            let header = entry.header();
            let owner =
                (header.uid().expect("uid"), header.gid().expect("gid"), header.mtime().expect("mtime"));
            assert_eq!(owner, (0, 0, 0));
            assert_eq!((header.username(), header.groupname()), (Ok(Some("")), Ok(Some(""))));
            let path = entry.path().expect("a path").display().to_string();
            seen.push((path, entry.header().mode().expect("a mode"), content));
        }
        let want = [("blobs/", 0o755, ""), ("blobs/a", 0o644, "abc")];
        assert_eq!(seen, want.map(|(path, mode, content)| (path.to_owned(), mode, content.to_owned())));
    }

    #[test]
    fn a_gzip_says_neither_name_nor_time() {
        let bytes = gzip(b"abc").expect("gzip");
        // Flags (no name, no comment), four bytes of time, the highest compression, no operating system.
        assert_eq!(bytes.get(..10), Some([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255].as_slice()));
        let mut back = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut back).expect("gzip");
        assert_eq!(back, "abc");
    }
}
