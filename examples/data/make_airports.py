"""Makes the airport files beside this script from the airportsdata package (pip install airportsdata numpy).

lat.npy, lon.npy: float64, degrees north and east. airports.txt: one line an airport in the same order: code, name, city and
country, separated by tabs. Airports that have an IATA code, sorted by it.
"""

from pathlib import Path

import airportsdata
import numpy as np

FOLDER = Path(__file__).resolve().parent


def main():
    airports = sorted(airportsdata.load("IATA").values(), key=lambda airport: airport["iata"])
    for field in ("lat", "lon"):
        np.save(FOLDER / f"{field}.npy", np.array([airport[field] for airport in airports], np.float64))
    lines = ["\t".join(airport[field] for field in ("iata", "name", "city", "country")) for airport in airports]
    (FOLDER / "airports.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(airports)} airports, airportsdata {airportsdata.__version__}")


if __name__ == "__main__":
    main()
