//! What is made is made whole, under its own name and nobody else's.

use std::io::Write as _;
use std::os::unix::fs::{chown, symlink};

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name =
        |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn it_is_there_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, path) = (folder.path(), folder.path().join("x.db"));
    for old in ["x.db.partial", "x.db.0123456789abcdef.partial"] {
        std::fs::write(folder.join(old), "left by somebody who was killed").unwrap();
        std::fs::write(folder.join(format!("{old}-wal")), "with its log").unwrap();
    }
    let mut partial = PartialFile::begin(&path).unwrap();
    assert!(matches!(PartialFile::begin(&path), Err(BackupError::Busy(_))));
    partial.file().write_all(b"whole").unwrap();
    let there = names(folder);
    assert!(there.len() == 1 && is_partial(there[0].as_bytes(), &path), "{there:?}");
    assert_eq!(partial.path().metadata().unwrap().permissions().mode() & 0o777, MODE);
    drop(partial);
    assert_eq!(names(folder), Vec::<String>::new());
    let mut partial = PartialFile::begin(&path).unwrap();
    partial.file().write_all(b"whole").unwrap();
    partial.finish().unwrap();
    assert_eq!(names(folder), ["x.db"]);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, MODE);
    assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    assert!(matches!(PartialFile::begin(&path), Err(BackupError::Exists(_))));
    assert_eq!(names(folder), ["x.db"]);
}

#[test]
fn nothing_is_overwritten_that_came_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let partial = PartialFile::begin(&path).unwrap();
    std::fs::write(&path, "faster").unwrap();
    assert!(matches!(partial.finish(), Err(BackupError::Exists(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"faster");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(folder.path().join("x.db-wal"), "another file's").unwrap();
    assert!(matches!(PartialFile::begin(&path), Err(BackupError::Log { .. })));
}

#[test]
fn what_others_have_prepared_is_neither_taken_nor_written_nor_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, path) = (folder.path(), folder.path().join("x.db"));
    let (secret, twice) = (folder.join("secret"), folder.join("twice"));
    for file in [&secret, &twice] {
        std::fs::write(file, "of the operator").unwrap();
    }
    let planted = ["x.db.partial", "x.db.0123456789abcdef.partial"].map(|it| folder.join(it));
    let plant: [(&str, &dyn Fn(&Path)); 3] = [
        ("a link", &|at| symlink(&secret, at).unwrap()),
        ("a file with another name", &|at| std::fs::hard_link(&twice, at).unwrap()),
        ("a folder", &|at| std::fs::create_dir(at).unwrap()),
    ];
    for (what, plant) in plant {
        for at in &planted {
            plant(at);
        }
        let mut partial = PartialFile::begin(&path).unwrap();
        partial.file().write_all(b"whole").unwrap();
        partial.finish().unwrap();
        assert!(path.symlink_metadata().unwrap().is_file(), "{what}");
        assert_eq!(std::fs::read(&path).unwrap(), b"whole", "{what}");
        std::fs::remove_file(&path).unwrap();
        for at in &planted {
            let there = at.symlink_metadata().expect(what);
            if there.is_dir() { std::fs::remove_dir(at) } else { std::fs::remove_file(at) }
                .unwrap();
        }
    }
    for file in [&secret, &twice] {
        assert_eq!(std::fs::read(file).unwrap(), b"of the operator");
    }
    // Only root can give a file away.
    std::fs::write(&planted[0], "theirs").unwrap();
    if chown(&planted[0], Some(65_534), None).is_ok() {
        drop(PartialFile::begin(&path).unwrap());
        assert_eq!(std::fs::read(&planted[0]).unwrap(), b"theirs");
    }
}

#[test]
fn what_was_put_in_its_place_does_not_get_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let replaced = |done: Result<(), BackupError>| {
        assert!(matches!(done, Err(BackupError::Replaced(_))), "{done:?}");
        assert!(!path.exists());
    };
    let partial = PartialFile::begin(&path).unwrap();
    std::fs::remove_file(partial.path()).unwrap();
    std::fs::write(partial.path(), "theirs").unwrap();
    replaced(partial.check());
    replaced(partial.finish());
    let partial = PartialFile::begin(&path).unwrap();
    std::fs::hard_link(partial.path(), folder.path().join("kept")).unwrap();
    replaced(partial.finish());
}
