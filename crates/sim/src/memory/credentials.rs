//! Accounts and keys in memory.

use domain::Timestamp;
use domain::id::KeyId;
use engine::StoreError;
use engine::credentials::{Account, Credentials, Key};

use super::MemoryStore;

impl Credentials for MemoryStore {
    fn account(&self, fresh: Account) -> Result<Account, StoreError> {
        let mut data = self.data();
        let named = |account: &&Account| (&account.name, account.mode) == (&fresh.name, fresh.mode);
        if let Some(account) = data.accounts.values().find(named) {
            return Ok(account.clone());
        }
        data.accounts.insert(fresh.id, fresh.clone());
        Ok(fresh)
    }

    fn add_key(&self, key: &Key) -> Result<(), StoreError> {
        let mut data = self.data();
        let same = |other: &Key| other.id == key.id || other.hash == key.hash;
        if !data.accounts.contains_key(&key.account) || data.keys.values().any(same) {
            return Err(StoreError::Broken(format!("{} cannot be stored", key.id)));
        }
        data.keys.insert(key.id, key.clone());
        Ok(())
    }

    fn keys(&self) -> Result<Vec<(Key, Account)>, StoreError> {
        let data = self.data();
        let with_account =
            |key: &Key| Some((key.clone(), data.accounts.get(&key.account)?.clone()));
        Ok(data.keys.values().rev().filter_map(with_account).collect())
    }

    fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool, StoreError> {
        let mut data = self.data();
        let Some(key) = data.keys.get_mut(&id) else { return Ok(false) };
        key.revoked_at = key.revoked_at.or(Some(now));
        Ok(true)
    }

    fn bind(&self, name: &str, value: Option<&str>) -> Result<Option<String>, StoreError> {
        let mut data = self.data();
        if let Some(value) = value {
            data.bound.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        Ok(data.bound.get(name).cloned())
    }

    fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Key>, StoreError> {
        Ok(self.data().keys.values().find(|key| key.hash == *hash).cloned())
    }

    fn key_by_id(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        Ok(self.data().keys.get(&id).cloned())
    }
}
