"""Units of measure by any of their names: `MB`, `megabytes`, `megabyte` are one."""

from __future__ import annotations

_LISTED = """byte bytes|bit bits|kb kib kilobyte kilobytes kbyte kbytes|mb mib megabyte megabytes mbyte mbytes
gb gib gigabyte gigabytes gbyte gbytes|tb tib terabyte terabytes|pb petabyte petabytes|kbit kbps|mbit mbps|gbit gbps
character characters char chars|digit digits
ns nanosecond nanoseconds|µs us microsecond microseconds|ms millisecond milliseconds|s sec secs second seconds
min mins minute minutes|h hr hrs hour hours|day days|week weeks|month months|year years yr yrs
decade decades|century centuries|am a.m|pm p.m|hz|khz|mhz|ghz
percent % percentage pct percents|mm millimeter millimeters millimetre millimetres
cm centimeter centimeters centimetre centimetres
km kilometer kilometers kilometre kilometres|meter meters metre metres|mile miles mi|foot feet ft|inch inches|yard yards
mg milligram milligrams|kg kilogram kilograms|gram grams|ton tons tonne tonnes|pound pounds lb lbs|ounce ounces oz
liter liters litre litres|ml milliliter milliliters millilitre millilitres|gallon gallons|acre acres|hectare hectares
watt watts|kw kilowatt kilowatts|mw megawatt megawatts|kwh|volt volts|amp amps ampere amperes|joule joules
calorie calories kcal
usd $ dollar dollars|eur € euro euros|gbp £|jpy ¥ yen|gas|gwei|wei|ether eth|degree degrees °
pixel pixels px|dpi|fps|rpm"""
UNITS: dict[str, str] = {
    name: names.split()[0] for row in _LISTED.split("\n") for names in row.split("|") for name in names.split()
}
"""Each name, lower case, with the first one of its unit."""
LETTERS = frozenset({"s", "h", "us", "min", "mi", "am", "pm"})
"""Names that count only straight behind a figure: elsewhere they are words."""


def unit_of(word: str, glued: bool = False) -> str | None:
    """The unit that a word is a name of, None where it is none. `glued`: it stands straight behind a figure."""
    lower = word.lower().rstrip(".")
    if lower in LETTERS and not glued and lower not in ("am", "pm", "min"):
        return None
    return UNITS.get(lower)
