//! Inside an async program: `log` never waits, `flush_async` and `close_async` are awaited.

use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let streamer =
        streamer::Streamer::builder().access_key("YourAccessKey").bucket_name("Async").bucket_key("async").build()?;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for count in 0..5 {
        ticks.tick().await;
        streamer.log("count", count)?;
    }
    streamer.flush_async().await?;
    streamer.log("done", true)?;
    streamer.close_async().await?;
    Ok(())
}
