use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// How much is gathered before it is written: small chunks then cost a copy, not a system call.
const BUFFER_SIZE: usize = 64 * 1024;

/// A file that gets its name when it is complete. Dropped before, it is removed.
///
/// Its writes go to the page cache, which takes some microseconds: less than it costs to hand the bytes to another thread
/// and to wait for it. So they are made right on the event loop.
pub struct PartFile {
    writer: BufWriter<File>,
    part: PathBuf,
    path: PathBuf,
    complete: bool,
}

impl PartFile {
    /// Begins to write what is to be `path`. The part file stands beside it, so that renaming is atomic.
    pub fn create(path: &Path) -> Result<PartFile, Failure> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = path.with_file_name(format!(".{name}.part"));
        let file = File::create(&part).map_err(|error| Failure::File(part.clone(), error))?;
        let writer = BufWriter::with_capacity(BUFFER_SIZE, file);
        Ok(PartFile { writer, part, path: path.to_owned(), complete: false })
    }

    /// Gives the file its name.
    pub fn complete(mut self) -> Result<(), Failure> {
        let renamed = self.writer.flush().and_then(|()| fs::rename(&self.part, &self.path));
        renamed.map_err(|error| Failure::File(self.path.clone(), error))?;
        self.complete = true;
        Ok(())
    }
}

/// Where a body goes: to a file, or nowhere.
pub struct Target(pub Option<PartFile>);

impl Write for Target {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.0 else { return Ok(data.len()) };
        file.writer.write(data).map_err(|error| io::Error::other(Failure::File(file.path.clone(), error)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.complete {
            // There is nobody to tell, and the download has failed anyway.
            let _ignored = fs::remove_file(&self.part);
        }
    }
}
