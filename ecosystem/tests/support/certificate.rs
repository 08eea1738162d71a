#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::folder::Folder;

/// A certificate that vouches for itself, in files.
pub struct Certificate {
    pub chain: PathBuf,
    pub key: PathBuf,
    _folder: Folder,
}

impl Certificate {
    /// For `localhost`, valid in our days.
    pub fn new() -> Certificate {
        Certificate::write(CertificateParams::new(["localhost".to_owned()]).unwrap())
    }

    pub fn expired() -> Certificate {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        Certificate::write(params)
    }

    fn write(params: CertificateParams) -> Certificate {
        let folder = Folder::new();
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let (chain, key_file) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        fs::write(&chain, certificate.pem()).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        Certificate { chain, key: key_file, _folder: folder }
    }
}
