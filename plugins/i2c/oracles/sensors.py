"""One function for each sensor: how its chip is described, which cases it gets, which driver is asked."""

from math import copysign, degrees

import __main__ as m
from __main__ import checked, crc8, near, oracle, raw, rng, words


def shared(variants):
    """Lets the variants of one conversion share the number of cases."""

    def among(make):
        def made():
            m.CASES, before = m.CASES // variants, m.CASES
            make()
            m.CASES = before

        made.__name__ = make.__name__
        return made

    return among


CIRCUIT = "adafruit-circuitpython-"
BME = bytes.fromhex("8e7049673200ef8a8fd6d00b7f1cd8fff9ffac260ad8bd10004b")
BME_H = bytes.fromhex("6601001429031e")
TEMPERATURE, HUMIDITY = (-40, 85, 0.002), (0, 100, 0.002)


def bosch_cases(humid):
    def cases():
        for i in range(m.CASES):
            calibration = near(BME[:24], signs=True) + BME[24:]
            data = bytes([rng.randint(0x20, 0x90), *rng.randbytes(2)]) + bytes([rng.randint(0x40, 0xA0), *rng.randbytes(2)])
            data = bytes([data[0], data[1], data[2] & 0xF0, data[3], data[4], data[5] & 0xF0])
            if not humid:
                yield [calibration[:24], data]
                continue
            hum = bytearray(near(BME_H[:2], spread=0.1) + rng.randbytes(5))
            hum[2] = 0 if i % 3 else hum[2]
            hum[3], hum[5] = rng.choice([(0x14, 0x03), (0xFE, 0xFF), (0xF0, 0x80), (0x7F, 0x7F), (hum[3], hum[5])])
            yield [calibration, bytes(hum), data + rng.randbytes(2)]

    return cases


def bme280():
    from adafruit_bme280.basic import Adafruit_BME280_I2C as Driver

    def ask(bus):
        d = Driver(bus, 0x76)
        return d.temperature, d.pressure, d.humidity

    chip = ["chip 0x76", "reg 0xd0 60", "reg 0x88 $0", "reg 0xe1 $1", "reg 0xf7 $2"]
    keys = {"temperature": TEMPERATURE, "pressure": (300, 1100, 0.002), "humidity": HUMIDITY}
    oracle("bme280", "bme280", "", CIRCUIT + "bme280", chip, keys, bosch_cases(True), ask)


def bmp280():
    from adafruit_bmp280 import Adafruit_BMP280_I2C as Driver

    def ask(bus):
        d = Driver(bus, 0x76)
        return d.temperature, d.pressure

    chip = ["chip 0x76", "reg 0xd0 58", "reg 0x88 $0", "reg 0xf7 $1"]
    keys = {"temperature": TEMPERATURE, "pressure": (300, 1100, 0.002)}
    oracle("bmp280", "bmp280", "", CIRCUIT + "bmp280", chip, keys, bosch_cases(False), ask)


def bmp388():
    from adafruit_bmp3xx import BMP3XX_I2C as Driver

    def cases():
        for _ in range(m.CASES):
            t1, t2 = rng.randint(0x6500, 0x7000), rng.randint(0x4600, 0x4F00)
            c = bytearray(rng.randbytes(21))
            c[0:2], c[2:4], c[4] = t1.to_bytes(2, "little"), t2.to_bytes(2, "little"), 0xF6
            for at, (low, high) in {5: (-3000, 3000), 7: (-3000, 3000), 17: (-3000, 8000)}.items():
                c[at : at + 2] = (rng.randint(low, high) & 0xFFFF).to_bytes(2, "little")
            c[11:13] = rng.randint(0x5000, 0x7000).to_bytes(2, "little")
            c[13:15] = rng.randint(0x6000, 0x9000).to_bytes(2, "little")
            pressure, temperature = rng.randint(0x500000, 0x7FFFFF), rng.randint(0x650000, 0x9F0000)
            yield [bytes(c), pressure.to_bytes(3, "little") + temperature.to_bytes(3, "little")]

    def ask(bus):
        d = Driver(bus, 0x77)
        return d.temperature, d.pressure

    for name, identity in (("bmp388", "50"), ("bmp390", "60")):
        chip = ["chip 0x77", f"reg 0x00 {identity}", "or 0x03 60", "reg 0x31 $0", "reg 0x04 $1"]
        keys = {"temperature": (-40, 85, 0.0002), "pressure": (300, 1250, 0.0002)}
        oracle(name, name, "", CIRCUIT + "bmp3xx", chip, keys, cases, ask)


def dps310():
    from adafruit_dps310.basic import DPS310 as Driver

    def cases():
        for _ in range(m.CASES):
            parts = [
                (rng.randint(150, 300), 12), (rng.randint(-400, 0), 12), (rng.randint(60000, 110000), 20),
                (rng.randint(-90000, 0), 20), (rng.randint(-5000, 5000), 16), (rng.randint(-3000, 3000), 16),
                (rng.randint(-20000, 0), 16), (rng.randint(-500, 500), 16), (rng.randint(-3000, 3000), 16),
            ]
            packed = 0
            for value, bits in parts:
                packed = packed << bits | value & (1 << bits) - 1
            # The driver takes a negative raw temperature for a positive one in one of its two places: left out.
            temperature, pressure = rng.randrange(0, 0x0FE000 // 4), rng.randrange(-0x0FE000, 0x0FE000)
            yield [packed.to_bytes(18, "big"), (pressure & 0xFFFFFF).to_bytes(3, "big") + temperature.to_bytes(3, "big")]

    def ask(bus):
        d = Driver(bus, 0x77)
        # The sensor under test averages sixteen times, the driver sixty-four: the raw results mean the same only at one
        # scale.
        d._temp_scale = d._pressure_scale = 253952
        return d.temperature, d.pressure

    chip = ["chip 0x77", "reg 0x0d 10", "or 0x08 f0", "reg 0x28 80", "reg 0x10 $0", "reg 0x00 $1"]
    keys = {"temperature": (-40, 85, 0.0002), "pressure": (300, 1200, 0.0002)}
    oracle("dps310", "dps310", "", CIRCUIT + "dps310", chip, keys, cases, ask)


def sht3x():
    from adafruit_sht31d import SHT31D as Driver

    def ask(bus):
        d = Driver(bus, 0x44)
        return d.temperature, d.relative_humidity

    chip = ["chip 0x44", "cmd 24 * : $0", "cmd 30 *", "cmd f3 2d : 80 10 e1"]
    keys = {"temperature": (-40, 125, 0.0006), "humidity": (0, 100, 0.0001)}
    oracle("sht3x", "sht3x", "", CIRCUIT + "sht31d", chip, keys, checked(2), ask)


def sht4x():
    from adafruit_sht4x import SHT4x as Driver

    chip = ["chip 0x44", "cmd fd : $0", "cmd 94"]
    keys = {"temperature": (-40, 125, 0.0006), "humidity": (0, 100, 0.0006)}
    oracle("sht4x", "sht4x", "", CIRCUIT + "sht4x", chip, keys, checked(2), lambda bus: Driver(bus).measurements)


def aht20():
    from adafruit_ahtx0 import AHTx0 as Driver

    def cases():
        for (data,) in raw(5)():
            yield [b"\x1c" + data + bytes([crc8(b"\x1c" + data)])]

    def ask(bus):
        d = Driver(bus)
        return d.temperature, d.relative_humidity

    # The driver asks for the status by reading alone, so every command is answered with the same bytes.
    chip = ["chip 0x38", "cmd ba : 1c", "cmd e1 * : 1c", "cmd be * : 1c", "cmd ac * : $0"]
    keys = {"temperature": (-40, 85, 0.0006), "humidity": (0, 100, 0.0006)}
    oracle("aht20", "aht20", "", CIRCUIT + "ahtx0", chip, keys, cases, ask)


def hdc1080():
    from hdc1080 import HDC1080 as Driver

    def cases():
        for a, b in words((0, 0xFFFF), (0, 0xFFFF))():
            yield [bytes([a[0], a[1] & 0xFC]), bytes([b[0], b[1] & 0xFC])]

    def ask(bus):
        d = Driver(bus)
        return d.temperature, d.humidity

    chip = ["chip 0x40", "width 16", "reg 0xfe 54 49", "reg 0xff 10 50", "reg 0x00 $0", "reg 0x01 $1"]
    keys = {"temperature": (-40, 125, 0.0006), "humidity": (0, 100, 0.0006)}
    oracle("hdc1080", "hdc1080", "", "circuitpython-hdc1080", chip, keys, cases, ask)


def si7021():
    from adafruit_si7021 import SI7021 as Driver

    def cases():
        # The driver waits for ever for a first byte of FFh.
        t = (v for v in checked(1, 0, 0xFFFC)() if v[0][0] != 255)
        h = (v for v in checked(1, 0, 0xFFFC)() if v[0][0] != 255)
        for (a,), (b,) in zip(t, h):
            yield [a, b]

    def ask(bus):
        d = Driver(bus)
        return d.temperature, max(0.0, d.relative_humidity)

    chip = ["chip 0x40", "cmd fe", "cmd e7 : 3a", "cmd 11 : 00", "cmd 51 *", "cmd f3 : $0", "cmd f5 : $1"]
    keys = {"temperature": (-40, 125, 0.0006), "humidity": (0, 100, 0.0006)}
    oracle("si7021", "si7021", "", CIRCUIT + "si7021", chip, keys, cases, ask)


def tmp117():
    from adafruit_tmp117 import TMP117 as Driver

    chip = ["chip 0x48", "width 16", "reg 0x0f 01 17", "or 0x01 20 00", "clear 0x01 00 00", "reg 0x00 $0"]
    keys = {"temperature": (-55, 150, 0.00001)}
    oracle("tmp117", "tmp117", "", CIRCUIT + "tmp117", chip, keys, words((0, 0xFFFF)), lambda bus: [Driver(bus).temperature])


def mcp9808():
    from adafruit_mcp9808 import MCP9808 as Driver

    chip = ["chip 0x18", "width 16", "reg 0x06 00 54", "reg 0x07 04 00", "reg 0x05 $0"]
    keys = {"temperature": (-40, 125, 0.0001)}
    oracle("mcp9808", "mcp9808", "", CIRCUIT + "mcp9808", chip, keys, words((0, 0xFFFF)), lambda bus: [Driver(bus).temperature])


@shared(12)
def ads1115():
    from adafruit_ads1x15.ads1015 import ADS1015
    from adafruit_ads1x15.ads1115 import ADS1115
    from adafruit_ads1x15.analog_in import AnalogIn

    chip = ["chip 0x48", "width 16"] + [
        f"when 0x01 mask 0x7000 is 0x{mux}000 set 0x00 ${i}" for i, mux in enumerate("45670123")
    ]
    channels = ["a0", "a1", "a2", "a3", "a0_a1", "a0_a3", "a1_a3", "a2_a3"]
    pairs = [(0, None), (1, None), (2, None), (3, None), (0, 1), (0, 3), (1, 3), (2, 3)]
    gains = [("2/3", 2 / 3, 6.144), ("1", 1, 4.096), ("2", 2, 2.048), ("4", 4, 1.024), ("8", 8, 0.512), ("16", 16, 0.256)]
    listed = ", ".join(f'"{c[1:].replace("_a", "-")}"' for c in channels)
    for sensor, Driver, low_bits in (("ads1115", ADS1115, 0xFFFF), ("ads1015", ADS1015, 0xFFF0)):
        for text, gain, volts in gains:

            def cases():
                for data in words(*[(0, 0xFFFF)] * 8)():
                    yield [(int.from_bytes(d, "big") & low_bits).to_bytes(2, "big") for d in data]

            def ask(bus):
                d = Driver(bus, gain=gain)
                return [AnalogIn(d, *pair).voltage for pair in pairs]

            # At the ends of the range the converter is at its own: no value.
            step = volts / (32768 if low_bits == 0xFFFF else 2048)
            keys = {c: (-volts + step / 2, volts - 1.5 * step, 2e-7) for c in channels}
            options = f"channels = [{listed}]\ngain = '{text}'"
            oracle(f"{sensor}-{text.replace('/', '_')}", sensor, options, CIRCUIT + "ads1x15", chip, keys, cases, ask)


def pcf8591():
    from adafruit_pcf8591.analog_in import AnalogIn
    from adafruit_pcf8591.pcf8591 import PCF8591 as Driver

    def cases():
        for value in range(256):
            yield [bytes([value, 255 - value, value ^ 0x55, (value * 7) & 255])]
        yield from raw(4)()

    def ask(bus):
        d = Driver(bus, reference_voltage=3.3)
        return [AnalogIn(d, i).voltage for i in range(4)]

    keys = {f"a{i}": (0, 3.3, 0.0002) for i in range(4)}
    oracle("pcf8591", "pcf8591", "", CIRCUIT + "pcf8591", ["chip 0x48", "model pcf8591 $0"], keys, cases, ask)


def ina219():
    from adafruit_ina219 import INA219 as Driver

    def cases():
        for shunt, bus in words((0, 0xFFFF), (0, 0xFFFF))():
            yield [shunt, bus]

    def ask(bus):
        d = Driver(bus)
        return d.bus_voltage, d.shunt_voltage

    # The converter ends at 320 mV. Current and power are the tests' business: the driver takes them out of the chip.
    chip = ["chip 0x40", "width 16", "reg 0x01 $0", "reg 0x02 $1"]
    keys = {"voltage": (0, 26, 0.00001), "shunt_voltage": (-0.319995, 0.319995, 1e-7)}
    oracle("ina219", "ina219", "", CIRCUIT + "ina219", chip, keys, cases, ask)


def ina260():
    from adafruit_ina260 import INA260 as Driver

    def ask(bus):
        d = Driver(bus)
        volts, amperes = d.voltage, d.current / 1000
        # Power is told only with a good current and voltage, and with the current's sign.
        good = 0 <= volts <= 36 and -15 <= amperes <= 15
        return volts, amperes, copysign(d.power / 1000, amperes) if good else None

    chip = ["chip 0x40", "width 16", "reg 0xfe 54 49", "reg 0xff 22 70", "reg 0x01 $0", "reg 0x02 $1", "reg 0x03 $2"]
    keys = {"voltage": (0, 36, 1e-5), "current": (-15, 15, 2e-6), "power": (-1e6, 1e6, 2e-6)}
    oracle("ina260", "ina260", "", CIRCUIT + "ina260", chip, keys, words((0, 0xFFFF), (0, 0xFFFF), (0, 0xFFFF)), ask)


def max17048():
    from adafruit_max1704x import MAX17048 as Driver

    # The driver's reset expects a chip that answers a command with silence; nothing is computed there.
    Driver.reset = lambda self: None

    def ask(bus):
        d = Driver(bus)
        return d.cell_voltage, d.cell_percent, d.charge_rate

    chip = ["chip 0x36", "reg 0x08 00 12", "reg 0x02 $0", "reg 0x04 $1", "reg 0x16 $2"]
    keys = {"voltage": (0, 5, 0.0001), "charge": (0, 110, 0.006), "charge_rate": (-6816, 6816, 0.0006)}
    oracle("max17048", "max17048", "", CIRCUIT + "max1704x", chip, keys, words((0, 0xFFFF), (0, 0xFFFF), (0, 0xFFFF)), ask)


@shared(2)
def tsl2561():
    from adafruit_tsl2561 import TSL2561 as Driver

    def cases():
        for both, infrared in words((1, 0xFFFF), (0, 0xFFFF))():
            if rng.random() < 0.8:
                infrared = int(int.from_bytes(both, "big") * rng.random() * 1.4) & 0xFFFF
                infrared = infrared.to_bytes(2, "big")
            yield [both[::-1], infrared[::-1]]

    for gain in (1, 16):

        def ask(bus):
            d = Driver(bus)
            d.gain = 0 if gain == 1 else 1
            d.integration_time = 2
            lux = d.lux
            return [None if lux is None or lux < 0 else lux]

        chip = ["chip 0x39", "ptrmask 0x0f", "reg 0x0a 50", "reg 0x01 02", "reg 0x0c $0", "reg 0x0e $1"]
        keys = {"illuminance": (0, 40000, 0.0002)}
        oracle(f"tsl2561-{gain}", "tsl2561", f"gain = '{gain}'", CIRCUIT + "tsl2561", chip, keys, cases, ask)


@shared(4)
def tsl2591():
    from adafruit_tsl2591 import TSL2591 as Driver

    def cases():
        for both, infrared in words((0, 0xFFFF), (0, 0xFFFF))():
            if rng.random() < 0.8:
                infrared = int(int.from_bytes(both, "big") * rng.random()).to_bytes(2, "big")
            yield [both[::-1], infrared[::-1]]

    for name, code in (("low", 0), ("medium", 16), ("high", 32), ("max", 48)):

        def ask(bus):
            d = Driver(bus)
            d.gain = code
            return [d.lux]

        chip = ["chip 0x29", "ptrmask 0x1f", "reg 0x12 50", "or 0x13 01", "reg 0x14 $0", "reg 0x16 $1"]
        keys = {"illuminance": (0, 160000, 0.0002)}
        oracle(f"tsl2591-{name}", "tsl2591", f"gain = '{name}'", CIRCUIT + "tsl2591", chip, keys, cases, ask)


@shared(3)
def bh1750():
    from adafruit_bh1750 import BH1750 as Driver, Resolution

    for name, code, command in (("0.5lx", Resolution.HIGH, "21"), ("1lx", Resolution.MID, "20"), ("4lx", Resolution.LOW, "23")):

        def ask(bus):
            d = Driver(bus)
            d.resolution = code
            return [d.lux]

        # The driver measures continuously, the sensor under test once.
        chip = ["chip 0x23", "cmd 01", "cmd 42", "cmd 65", f"cmd {command} : $0", f"cmd 1{command[1]} : $0"]
        keys = {"illuminance": (0, 65534 / (2.4 if name == "0.5lx" else 1.2), 0.0001)}
        oracle(f"bh1750-{name}", "bh1750", f"resolution = '{name}'", CIRCUIT + "bh1750", chip, keys, words((0, 0xFFFF)), ask)


@shared(4)
def veml7700():
    from adafruit_veml7700 import VEML7700 as Driver

    for text, code in (("1", Driver.ALS_GAIN_1), ("2", Driver.ALS_GAIN_2), ("1/8", Driver.ALS_GAIN_1_8), ("1/4", Driver.ALS_GAIN_1_4)):

        def ask(bus):
            d = Driver(bus)
            d.light_gain = code
            return [d.lux]

        chip = ["chip 0x10", "width 16", "reg 0x04 $0"]
        keys = {"illuminance": (0, 65534 * 0.0672 * {"1": 1, "2": 0.5, "1/8": 8, "1/4": 4}[text], 0.0002)}
        name = f"veml7700-{text.replace('/', '_')}"
        oracle(name, "veml7700", f"gain = '{text}'", CIRCUIT + "veml7700", chip, keys, words((0, 0xFFFF)), ask)


def scd4x():
    from adafruit_scd4x import SCD4X as Driver

    def ask(bus):
        d = Driver(bus)
        return d.CO2, d.temperature, d.relative_humidity

    chip = ["chip 0x62", "cmd 3f 86", "cmd 21 b1", "cmd e4 b8 : 80 06 04", "cmd ec 05 : $0"]
    keys = {"co2": (1, 40000, 0), "temperature": (-10, 60, 0.0006), "humidity": (0, 100, 0.0006)}
    oracle("scd4x", "scd4x", "", CIRCUIT + "scd4x", chip, keys, checked(3), ask)


def sgp30():
    from adafruit_sgp30 import Adafruit_SGP30 as Driver

    def ask(bus):
        d = Driver(bus)
        return d.eCO2, d.TVOC

    chip = ["chip 0x58", "cmd 36 82 : 00 00 81 00 00 81 00 00 81", f"cmd 20 2f : 00 22 {crc8(bytes([0, 0x22])):02x}", "cmd 20 03", "cmd 20 08 : $0"]
    keys = {"eco2": (400, 60000, 0), "tvoc": (0, 60000, 0)}
    oracle("sgp30", "sgp30", "", CIRCUIT + "sgp30", chip, keys, checked(2), ask)


def sgp40():
    from adafruit_sgp40 import SGP40 as Driver

    features, passed = bytes([0x32, 0x20]), bytes([0xD4, 0x00])
    chip = [
        "chip 0x59", "cmd 36 82 : 00 00 81 00 00 81 00 00 81", f"cmd 20 2f : 32 20 {crc8(features):02x}",
        f"cmd 28 0e : d4 00 {crc8(passed):02x}", "cmd 00 06", "cmd 26 0f * : $0",
    ]
    keys = {"voc_raw": (1, 65534, 0)}
    oracle("sgp40", "sgp40", "", CIRCUIT + "sgp40", chip, keys, checked(1), lambda bus: [Driver(bus).raw])


def ccs811():
    from adafruit_ccs811 import CCS811 as Driver

    def ask(bus):
        d = Driver(bus)
        return d.eco2, d.tvoc

    chip = ["chip 0x5a", "reg 0x20 81", "reg 0x00 98", "reg 0x02 $0 $1"]
    keys = {"eco2": (400, 32768, 0), "tvoc": (0, 32768, 0)}
    # Zero is what the chip says before its first measurement.
    cases = words((1, 0xFFFF), (0, 0xFFFF))
    oracle("ccs811", "ccs811", "", CIRCUIT + "ccs811", chip, keys, cases, ask)


@shared(4)
def lis3dh():
    from adafruit_lis3dh import LIS3DH_I2C as Driver

    # The driver counts 16380 to a g; the datasheet has thousandths for a step of twelve bits, and so has the same house's
    # driver in C++ since adafruit/Adafruit_LIS3DH#34.
    for code, name, counts, step in ((0, "2g", 16380, 1), (1, "4g", 8190, 2), (2, "8g", 4096, 4), (3, "16g", 1365, 12)):

        def ask(bus):
            d = Driver(bus)
            d.range = code
            # The driver's own gravity is 9.806.
            return [a / 9.806 * counts * step / 16000 * 9.80665 for a in d.acceleration]

        # Its address of several registers in a row has the highest bit set.
        chip = ["chip 0x18", "ptrmask 0x7f", "reg 0x0f 33", "reg 0x28 $0"]
        keys = {f"acceleration_{axis}": (-160, 160, 0.0002) for axis in "xyz"}
        oracle(f"lis3dh-{name}", "lis3dh", f"range = '{name}'", CIRCUIT + "lis3dh", chip, keys, raw(6), ask)


def lsm303dlhc():
    from adafruit_lsm303_accel import LSM303_Accel
    from adafruit_lsm303dlh_mag import LSM303DLH_Mag

    def cases():
        for acceleration, field in raw(6, 6)():
            # The compass has twelve bits and the sign, and -4096 for too much.
            words_ = [max(-2048, min(2047, int.from_bytes(field[i : i + 2], "big", signed=True) >> 4)) for i in (0, 2, 4)]
            yield [acceleration, b"".join((w & 0xFFFF).to_bytes(2, "big") for w in words_)]

    def ask(bus):
        return [*LSM303_Accel(bus).acceleration, *LSM303DLH_Mag(bus).magnetic]

    chip = [
        "chip 0x19", "ptrmask 0x7f", "reg 0x28 $0",
        "chip 0x1e", "reg 0x0a 48 34 33", "reg 0x03 $1",
    ]
    keys = {f"acceleration_{axis}": (-160, 160, 0.0002) for axis in "xyz"}
    keys |= {"field_x": (-190, 190, 0.0002), "field_y": (-190, 190, 0.0002), "field_z": (-210, 210, 0.0002)}
    oracle("lsm303dlhc", "lsm303dlhc", "", CIRCUIT + "lsm303-accel", chip, keys, cases, ask)


def mpu6050():
    from adafruit_mpu6050 import MPU6050 as Driver

    def cases():
        for data in raw(14)():
            if any(data[0]):
                yield data

    def ask(bus):
        d = Driver(bus)
        return [*d.acceleration, *(degrees(r) for r in d.gyro), d.temperature]

    # The bit that resets the chip is seen as cleared again.
    chip = ["chip 0x68", "reg 0x75 68", "clear 0x6b 80", "reg 0x3b $0"]
    keys = {f"acceleration_{axis}": (-160, 160, 0.0002) for axis in "xyz"}
    keys |= {f"rotation_{axis}": (-2000, 2000, 0.0002) for axis in "xyz"}
    keys["temperature"] = (-40, 85, 0.006)
    oracle("mpu6050", "mpu6050", "", CIRCUIT + "mpu6050", chip, keys, cases, ask)


def clock_cases():
    bcd = lambda number: number // 10 << 4 | number % 10
    for _ in range(m.CASES):
        month = rng.randint(1, 12)
        day = rng.choice([1, 28, rng.randint(1, 28)]) if month == 2 else rng.randint(1, 30)
        fields = (rng.randint(0, 59), rng.randint(0, 59), rng.randint(0, 23), rng.randint(1, 7), day, month, rng.randint(0, 99))
        yield [bytes(map(bcd, fields)), rng.randbytes(2)]
    for year in range(0, 100, 4):
        yield [bytes(map(bcd, (59, 59, 23, 1, 29, 2, year))), rng.randbytes(2)]


def unix(moment):
    from calendar import timegm

    return timegm(moment)


def ds3231():
    from adafruit_ds3231 import DS3231 as Driver

    def ask(bus):
        d = Driver(bus)
        return unix(d.datetime), d.temperature

    chip = ["chip 0x68", "reg 0x00 $0", "reg 0x11 $1"]
    keys = {"time": (946684800, 7258118399, 0), "temperature": (-45, 85, 0.0001)}
    oracle("ds3231", "ds3231", "", CIRCUIT + "ds3231", chip, keys, clock_cases, ask)


def ds1307():
    from adafruit_ds1307 import DS1307 as Driver

    chip = ["chip 0x68", "reg 0x00 $0", "reg 0x08 $1"]
    keys = {"time": (946684800, 7258118399, 0)}
    oracle("ds1307", "ds1307", "", CIRCUIT + "ds1307", chip, keys, clock_cases, lambda bus: [unix(Driver(bus).datetime)])


def mcp23017():
    from adafruit_mcp230xx.mcp23017 import MCP23017 as Driver

    def ask(bus):
        d = Driver(bus)
        return [d.gpio >> i & 1 for i in range(16)]

    keys = {f"{port}{i}": (0, 1, 0) for port in "ab" for i in range(8)}
    oracle("mcp23017", "mcp23017", "", CIRCUIT + "mcp230xx", ["chip 0x20", "reg 0x12 $0"], keys, raw(2), ask)


def pcf8574():
    from adafruit_pcf8574 import PCF8574 as Driver

    def cases():
        for value in range(256):
            yield [bytes([value])]

    def ask(bus):
        d = Driver(bus)
        d.write_gpio(0xFF)
        return [d.read_pin(i) for i in range(8)]

    keys = {f"p{i}": (0, 1, 0) for i in range(8)}
    oracle("pcf8574", "pcf8574", "", CIRCUIT + "pcf8574", ["chip 0x20", "cmd ff : $0"], keys, cases, ask)


ALL = [
    bme280, bmp280, bmp388, dps310, sht3x, sht4x, aht20, hdc1080, si7021, tmp117, mcp9808, ads1115, pcf8591, ina219,
    ina260, max17048, tsl2561, tsl2591, bh1750, veml7700, scd4x, sgp30, sgp40, ccs811, lis3dh, lsm303dlhc, mpu6050, ds3231,
    ds1307, mcp23017, pcf8574,
]
