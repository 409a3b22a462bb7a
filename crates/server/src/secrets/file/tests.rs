//! Secrets files: made, read, refused, rotated.

use super::*;
use crate::secrets::SECRETS_MAX;
use domain::id::AccountId;

#[test]
fn a_file_is_made_once_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.secrets");
    let made = Secrets::create(&path, [7; 32]).unwrap();
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, MODE);
    assert!(matches!(Secrets::create(&path, [8; 32]), Err(SecretsError::Exists(_))));
    let again = Secrets::open(&path).unwrap();
    assert!(made.checks().eq(again.checks()));
    assert!(made.checks().ne(Secrets::from_master(&[8; 32]).checks()));
}

#[test]
fn a_file_that_others_may_read_or_that_is_damaged_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.secrets");
    Secrets::create(&path, [7; 32]).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Secrets::open(&path), Err(SecretsError::Mode(_))));
    std::fs::set_permissions(&path, Permissions::from_mode(MODE)).unwrap();
    for damage in
        ["", "version = 1", "version = 1\nmaster_key = 'AAAA'", "version = 3\nmaster_key = ''"]
    {
        std::fs::write(&path, damage).unwrap();
        assert!(matches!(Secrets::open(&path), Err(SecretsError::Form(..))), "{damage}");
    }
}

#[test]
fn a_file_of_another_user_is_refused() {
    let (other, asks) = (65_534, 1_000);
    assert!(is_trusted(asks, asks, None) && is_trusted(ROOT, asks, None));
    assert!(!is_trusted(other, asks, None) && !is_trusted(other, ROOT, Some(asks)));
    assert!(is_trusted(other, ROOT, Some(other)), "root backs up what is another's");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.secrets");
    Secrets::create(&path, [7; 32]).unwrap();
    // Only root can give a file away.
    if std::os::unix::fs::chown(&path, Some(other), None).is_ok() {
        let refused = Secrets::open(&path).unwrap_err();
        assert!(matches!(refused, SecretsError::Owner { owner, .. } if owner == other));
        Secrets::open_beside(&path, Some(other)).unwrap();
    }
}

fn rotated(path: &Path, fresh: u8, stage: bool) -> Result<Rotated, SecretsError> {
    Secrets::rotate(path, [fresh; 32], stage)
}

fn numbers(path: &Path) -> (u8, Vec<u8>) {
    let secrets = Secrets::open(path).unwrap();
    (secrets.current(), secrets.checks().map(|(number, _)| number).collect())
}

#[test]
fn a_rotated_file_keeps_what_it_had_and_uses_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.secrets");
    let first = Secrets::create(&path, [7; 32]).unwrap();
    assert_eq!(rotated(&path, 8, false).unwrap(), Rotated { current: 2, staged: None });
    assert_eq!(numbers(&path), (2, vec![2, 1]));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, MODE);
    let second = Secrets::open(&path).unwrap();
    assert_eq!(first.checks().next(), second.checks().nth(1));
    assert_ne!(first.token_key().key, second.token_key().key);
    assert_eq!(second.token_key_of(None), Some(first.token_key().key));
    assert_eq!(second.token_key_of(Some(3)), None);
    let account = AccountId::from_raw(1);
    let (before, after) = (first.handles(account, "ann"), second.handles(account, "ann"));
    assert_eq!(before.of_new, after.of_new, "nobody is made twice");
    assert_eq!(after.all().map(|handle| handle.secret()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_staged_secret_is_read_before_it_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.secrets");
    Secrets::create(&path, [7; 32]).unwrap();
    assert_eq!(rotated(&path, 8, true).unwrap(), Rotated { current: 1, staged: Some(2) });
    assert_eq!(numbers(&path), (1, vec![1, 2]));
    let staged = Secrets::open(&path).unwrap();
    let twice = rotated(&path, 9, true).unwrap_err();
    assert!(matches!(twice, SecretsError::Staged { secret: 2, .. }), "{twice}");
    assert_eq!(rotated(&path, 9, false).unwrap(), Rotated { current: 2, staged: None });
    let used = Secrets::open(&path).unwrap();
    assert_eq!(numbers(&path), (2, vec![2, 1]));
    assert_eq!(staged.token_key_of(Some(2)), Some(used.token_key().key), "the staged one");
}

#[test]
fn a_file_has_so_many_secrets_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.secrets");
    Secrets::create(&path, [0; 32]).unwrap();
    for fresh in 2..=SECRETS_MAX {
        rotated(&path, fresh, false).unwrap();
    }
    assert_eq!(Secrets::open(&path).unwrap().current(), SECRETS_MAX);
    assert!(matches!(rotated(&path, 1, false), Err(SecretsError::Full(_))));
    assert_eq!(Secrets::open(&path).unwrap().current(), SECRETS_MAX);
}

#[test]
fn a_file_is_rotated_by_one_at_a_time_and_behind_a_link_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (path, link) = (dir.path().join("x.secrets"), dir.path().join("link"));
    Secrets::create(&path, [7; 32]).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let other = File::open(&path).unwrap();
    other.lock().unwrap();
    assert!(matches!(rotated(&path, 8, false), Err(SecretsError::Busy(_))));
    drop(other);
    rotated(&link, 8, false).unwrap();
    assert_eq!(numbers(&path).0, 2);
    assert!(link.symlink_metadata().unwrap().is_symlink());
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.secrets");
    Secrets::create(&path, [7; 32]).unwrap();
    let key = STANDARD.encode([7; 32]);
    for text in [
        "current = 1".to_owned(),
        format!("current = 2\n[[keys]]\nnumber = 1\nkey = '{key}'"),
        format!("current = 0\n[[keys]]\nnumber = 0\nkey = '{key}'"),
        "current = 1\n[[keys]]\nnumber = 1\nkey = 'AAAA'".to_owned(),
        format!("current = 1\n{}", format!("[[keys]]\nnumber = 1\nkey = '{key}'\n").repeat(2)),
    ] {
        std::fs::write(&path, format!("version = 2\n{text}")).unwrap();
        assert!(matches!(Secrets::open(&path), Err(SecretsError::Form(..))), "{text}");
    }
}
