//! Many readings in each loop: a large buffer, and a flush at the loop's end.
//!
//! 200 readings are 20 calls of 10, for a call carries no more; `flush` returns when the last of them is confirmed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let streamer = streamer::Streamer::builder()
        .access_key("YourAccessKey")
        .bucket_name("Vibration")
        .bucket_key("vibration")
        .buffer_size(200)
        .build()?;
    for _ in 0..2 {
        for sample in 0..200 {
            streamer.log("x", f64::from(sample).sin())?;
        }
        streamer.flush()?;
    }
    streamer.close()?;
    Ok(())
}
