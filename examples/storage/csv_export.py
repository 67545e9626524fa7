# After experiment completes, export to CSV
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
