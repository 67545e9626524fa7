# After experiment completes, export to CSV
#
# The names of a stream's columns are at the root of a file with one time series, as ComediStreamWriter makes it. In a file
# of several streams they are in the stream's group: f["entry/power0/timestamps"], f["entry/power0/power"].
import h5py
import pandas as pd

with h5py.File("data.h5", "r") as f:
    times = f["timestamps"][:]
    values = f["power_meter"][:]

df = pd.DataFrame({
    "timestamp": times,
    "power_mW": values * 1000  # Convert to mW
})
df.to_csv("data.csv", index=False)
