//! `[[inputs.climate]]`: a driver with commands, waits, checksums and a state of its own: the `scd4x` crate.
use scd4x::{Error, Scd4x};
use streamer_plugin::{I2cDevice, I2cError, Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};

/// What the agent's list takes.
pub const PLUGIN: Plugin = Plugin::new("climate", "an SCD40 or SCD41 through its driver", &[Kind::of::<Climate>("")]);

streamer_plugin::options! {
    /// Reads carbon dioxide, temperature and humidity.
    pub struct Climate {
        /// How high above the sea it stands, in metres.
        #[serde(default)]
        altitude: u16,
    }
}

impl Options for Climate {
    fn build(&self, site: &Site) -> Result<Input, InputError> {
        let device = site.i2c(1)?.device(site.clock());
        // The driver wants a bus and a clock to wait by: both are the same handle.
        let mut driver = Scd4x::new(device.clone(), device.clone());
        driver.stop_periodic_measurement().map_err(words)?;
        driver.set_altitude(self.altitude).map_err(words)?;
        driver.start_periodic_measurement().map_err(words)?;
        Ok(Input::sampler(Chip { driver, device }))
    }
}

fn words(error: Error<I2cError>) -> InputError {
    if let Error::I2c(error) = error { error.into() } else { InputError::again(error) }
}

struct Chip {
    driver: Scd4x<I2cDevice, I2cDevice>,
    device: I2cDevice,
}

impl Sampler for Chip {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.device.until(out.deadline());
        if !self.driver.data_ready_status().map_err(words)? {
            return Err(InputError::skip("it measures every five seconds, and has not done so since"));
        }
        let air = self.driver.measurement().map_err(words)?;
        out.put("co2", i64::from(air.co2));
        out.put("temperature", f64::from(air.temperature));
        out.put("humidity", f64::from(air.humidity));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use streamer_plugin::testkit::{Bench, Chips, Example, conformance};

    /// What the chip answers to each command, checksums included.
    const CHIP: &str = "chip 0x62
        cmd 3f 86
        cmd 24 27 *
        cmd 21 b1
        cmd e4 b8 : 80 06 04
        cmd ec 05 : 02 10 1b 66 67 a2 5e b9 3c";

    #[test]
    fn the_driver_reads_the_scripted_chip() {
        let bench = || Bench::new("/").with_i2c(1, Chips::parse(CHIP).unwrap());
        let lines = bench().build(&super::PLUGIN, "").unwrap().sample().unwrap().lines();
        assert_eq!(lines[0], "co2 528");
        conformance(&super::PLUGIN, &[Example::new("altitude = 300", bench)]);
    }
}
