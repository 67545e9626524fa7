/** A `[[devices]]` table for each driver that works when it is pasted into a configuration: for a recording, or for a plan. */
export const driverExamples: { readonly [driver: string]: string } = {
  "sim.camera": `[[devices]]
id = "camera0"
driver = "sim.camera"
width = 640
height = 480
rate_hz = 30
bit_depth = 12`,
  "sim.power_meter": `[[devices]]
id = "power0"
driver = "sim.power_meter"
rate_hz = 100
power_mw = 2.5`,
  "sim.laser": `[[devices]]
id = "maitai"
driver = "sim.laser"`,
  "sim.stage": `[[devices]]
id = "stage0"
driver = "sim.stage"
speed = 10`,
  "sim.shutter": `[[devices]]
id = "shutter0"
driver = "sim.shutter"`,
  "sim.adc": `[[devices]]
id = "adc0"
driver = "sim.adc"
channels = ["photodiode", "reference"]
sample_rate_hz = 10000
min_volts = -5
max_volts = 5`,
  command: `[[devices]]
id = "load0"
driver = "command"
command = "while cut -d' ' -f1-3 /proc/loadavg; do sleep 1; done"
encoding = "lines"
columns = ["minute", "five_minutes", "quarter_hour"]`,
  tcp: `[[devices]]
id = "digitizer0"
driver = "tcp"
host = "192.168.0.20"
port = 5025
encoding = "raw"
dtype = "int16"
columns = ["signal", "trigger"]
units = ["V", ""]
rate_hz = 50000`,
  scpi: `[[devices]]
id = "power0"
driver = "scpi"
description = "newport.1830-c"
serial = "/dev/ttyUSB0"
rate_hz = 2`,
  comedi: `[[devices]]
id = "adc0"
driver = "comedi"
device = "/dev/comedi0"
channels = [0, 1]
min_volts = -5
max_volts = 5
sample_rate_hz = 10000`,
};
