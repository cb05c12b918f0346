//! The first ten lines: a few readings into a bucket.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let streamer = streamer::Streamer::builder()
        .access_key("YourAccessKey")
        .bucket_name("Some Bucket Name")
        .bucket_key("Some_Bucket_Key")
        .build()?;
    streamer.log("temperature", 21.5)?;
    streamer.log("door", "open")?;
    streamer.close()?;
    Ok(())
}
