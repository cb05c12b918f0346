//! Copies of a tree of files, emptied or filled with nonsense.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::testkit::trouble::Dice;

/// A tree with the folders of another and nothing else in it.
pub fn emptied() -> io::Result<TempDir> {
    let copy = TempDir::new()?;
    for folder in ["proc", "sys", "dev"] {
        fs::create_dir(copy.path().join(folder))?;
    }
    Ok(copy)
}

/// The same tree, where what stands in the files is chance.
pub fn scrambled(root: &Path, seed: u64) -> io::Result<TempDir> {
    let copy = TempDir::new()?;
    lay(root, copy.path(), &mut Dice::new(seed))?;
    Ok(copy)
}

fn lay(from: &Path, to: &Path, dice: &mut Dice) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, kind) = (to.join(entry.file_name()), entry.file_type()?);
        if kind.is_dir() {
            fs::create_dir(&path)?;
            lay(&entry.path(), &path, dice)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, path)?;
        } else if kind.is_file() {
            let text = fs::read(entry.path())?;
            fs::write(path, nonsense(&text, dice))?;
        }
    }
    Ok(())
}

/// A text that was damaged: left as it is, cut, with wrong signs in it, a number for it, or bytes of any kind.
fn nonsense(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.to_vec();
    match dice.next() >> 32 & 7 {
        0 => {}
        1 => bytes.truncate(usize::try_from(dice.next() >> 40).unwrap_or(0) % (text.len() + 1)),
        2 => bytes = format!("{}\n", dice.next().cast_signed()).into_bytes(),
        3 => bytes = (0..dice.byte()).map(|_| dice.byte()).collect(),
        _ => {
            for _ in 0..1 + text.len() / 16 {
                let at = usize::try_from(dice.next() >> 40).unwrap_or(0) % text.len().max(1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = if dice.next() >> 63 == 0 { b'0' + dice.byte() % 10 } else { dice.byte() };
                }
            }
        }
    }
    bytes
}
