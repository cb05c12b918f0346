//! What makes the store exactly-once: the last count stored of each opening of a bucket's log.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Result, params};

/// Openings remembered of one bucket beside those of the last batch. Each start of the agent is one; what is sent again
/// comes from the last few, and a batch that was committed and not noted comes again as a whole.
const OPENINGS: usize = 64;

/// The marks of one bucket, as they change within a transaction.
#[derive(Debug)]
pub(crate) struct Marks {
    bucket: i64,
    counts: HashMap<u64, Option<u64>>,
    moved: Vec<u64>,
}

impl Marks {
    pub(crate) fn of(bucket: i64) -> Self {
        Self { bucket, counts: HashMap::new(), moved: Vec::new() }
    }

    /// Whether this sequence is new; from now on it is not.
    pub(crate) fn pass(&mut self, file: &Connection, opening: u64, count: u64) -> Result<bool> {
        let mark = match self.counts.get(&opening) {
            Some(mark) => *mark,
            None => of_opening(file, self.bucket, opening)?,
        };
        let new = mark.is_none_or(|mark| count > mark);
        self.counts.insert(opening, if new { Some(count) } else { mark });
        if new && self.moved.last() != Some(&opening) {
            self.moved.retain(|moved| *moved != opening);
            self.moved.push(opening);
        }
        Ok(new)
    }

    /// Writes what moved, the last one last, and forgets the openings that were moved longest ago.
    pub(crate) fn write(&self, file: &Connection) -> Result<()> {
        for opening in &self.moved {
            let Some(Some(count)) = self.counts.get(opening) else { continue };
            file.prepare_cached(
                "INSERT INTO marks (bucket, opening, count, turn)
                 VALUES (?1, ?2, ?3, (SELECT coalesce(max(turn), 0) + 1 FROM marks WHERE bucket = ?1))
                 ON CONFLICT (bucket, opening) DO UPDATE SET count = excluded.count, turn = excluded.turn",
            )?
            .execute(params![self.bucket, opening.cast_signed(), count.cast_signed()])?;
        }
        if self.moved.is_empty() {
            return Ok(());
        }
        file.prepare_cached(
            "DELETE FROM marks WHERE bucket = ?1 AND turn <= (
                 SELECT turn FROM marks WHERE bucket = ?1 ORDER BY turn DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![self.bucket, i64::try_from(OPENINGS + self.moved.len()).unwrap_or(i64::MAX)])?;
        Ok(())
    }
}

/// The last count stored of `opening`.
pub(crate) fn of_opening(file: &Connection, bucket: i64, opening: u64) -> Result<Option<u64>> {
    file.prepare_cached("SELECT count FROM marks WHERE bucket = ?1 AND opening = ?2")?
        .query_row(params![bucket, opening.cast_signed()], |row| row.get::<_, i64>(0).map(i64::cast_unsigned))
        .optional()
}

/// The opening and count of the last sequence that was stored.
pub(crate) fn newest(file: &Connection, bucket: &str) -> Result<Option<(u64, u64)>> {
    file.prepare_cached(
        "SELECT opening, count FROM marks WHERE bucket = (SELECT id FROM buckets WHERE key = ?1)
         ORDER BY turn DESC LIMIT 1",
    )?
    .query_row([bucket], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned())))
    .optional()
}
