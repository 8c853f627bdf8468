//! Argon2 in memory that is used again. Never decides how many hash at the same time.
//!
//! Each hash takes 19 MiB. Given back and taken again each time, they stayed with the allocator once for every thread that
//! had ever hashed: 360 MB after thirty people had signed in (glibc 2.36).

use std::cell::RefCell;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{CustomizedPasswordHasher, Error, PasswordHasher, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Hashes one password after the other.
#[derive(Default)]
pub(super) struct Hasher {
    memory: RefCell<Vec<Block>>,
}

impl PasswordHasher<PasswordHash> for Hasher {
    fn hash_password_with_salt(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash> {
        self.hash_password_customized(password, salt, None, None, Params::default())
    }
}

impl CustomizedPasswordHasher<PasswordHash> for Hasher {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let salt = Salt::new(salt)?;
        let mut memory = self.memory.borrow_mut();
        memory.resize(params.block_count(), Block::new());
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
        let argon2 = Argon2::new(algorithm, version, params.clone());
        argon2.hash_password_into_with_memory(password, &salt, output, memory.as_mut_slice())?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt),
            hash: Some(Output::new(output)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier as _;

    use super::*;

    #[test]
    fn it_says_what_the_library_says_whatever_was_hashed_before() {
        let (hasher, library) = (Hasher::default(), Argon2::default());
        let large = Argon2::from(Params::new(2 * Params::DEFAULT_M_COST, 1, 1, Some(24)).unwrap());

        for password in ["correct horse battery", "another one", "ação"] {
            let ours = hasher.hash_password(password.as_bytes()).unwrap().to_string();
            let theirs = library.hash_password(password.as_bytes()).unwrap().to_string();
            let other = large.hash_password(password.as_bytes()).unwrap().to_string();

            assert_eq!(library.verify_password(password.as_bytes(), ours.as_str()), Ok(()));
            for hash in [theirs, other, ours] {
                let hash = PasswordHash::new(&hash).unwrap();
                assert_eq!(hasher.verify_password(password.as_bytes(), &hash), Ok(()));
                assert_eq!(hasher.verify_password(b"wrong", &hash), Err(Error::PasswordInvalid));
            }
        }
    }
}
