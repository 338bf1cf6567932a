"""How a file is written: its cells and its times."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from flowpilot.imports.mapping.plain import plainly
from flowpilot.imports.mapping.sections import Column, Section
from flowpilot.imports.reading.layout import Kind, Layout

_EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
# Days since then, as spreadsheets count them.
_EXCEL, _FIRST_DAY = "excel", datetime(1899, 12, 30, tzinfo=UTC)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS = {"Y": "year", "m": "month", "d": "day", "H": "hour", "M": "minute", "S": "second"}
_UTC = re.compile(r"(?<=\d) (?:UTC|GMT)$")
_OFFSET = re.compile(r"(?<=\d) (?=[+-]\d\d:?\d\d$)")
ClockChange = Literal["left_out", "twice"]
ReadTime = Callable[[str], tuple[datetime, ClockChange | None]]
OneCharacter = Annotated[str, Field(pattern=r"^[^\r\n]$")]


class FileFormat(Section):
    """How the file is written. What is not given is found out by looking at the file.

    `unknown` are cells that mean "not known". With `leave_out_unusable`, tickets with a row that cannot be used
    are left out, and otherwise the file is refused. The others are those of `Layout`.
    """

    kind: Kind | None = None
    delimiter: Annotated[str | None, Field(pattern=r'^[^"\r\n]$')] = None
    encoding: str | None = None
    quote: OneCharacter = '"'
    header_line: int = Field(default=1, ge=1, le=1_000)
    sheet: str | None = None
    records: str | None = None
    unknown: tuple[str, ...] = ("",)
    leave_out_unusable: bool = False

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str | None) -> str | None:
        try:
            "".encode(encoding or "utf-8")
        except LookupError as error:
            raise ValueError(f"{encoding} is not an encoding that Python knows") from error
        return encoding

    @property
    def layout(self) -> Layout:
        """How to read the file."""
        return Layout(**self.model_dump(exclude={"unknown", "leave_out_unusable"}))


class TimeFormat(Section):
    """How times are written: a `strptime` format, or a name; and the zone of bare ones.

    The names are "iso", "epoch_s", "epoch_ms", "epoch_us", and "excel" for the numbers that spreadsheets show as
    dates.
    """

    format: str
    zone: ZoneInfo | None = None

    @field_validator("format")
    @classmethod
    def _readable(cls, pattern: str) -> str:
        moment = datetime(2000, 1, 31, tzinfo=UTC)
        if pattern in {"iso", _EXCEL, *_EPOCHS}:
            return pattern
        if parse_time(moment.strftime(pattern), pattern, UTC).date() != moment.date():
            raise ValueError("it must state year, month and day")
        return pattern


class Times(TimeFormat):
    """How times are written, in all columns and in some of them."""

    zone: ZoneInfo
    columns: dict[Column, TimeFormat] = Field(default_factory=dict)

    def parse(self, column: str, text: str) -> datetime:
        """The time in a cell of the column.

        Raises:
            ValueError: the text does not follow the format.
        """
        return self.read(column, text)[0]

    def parser(self, column: str) -> Callable[[str], datetime]:
        """What `parse` does in one column: quicker, for many cells."""
        read = self.reader(column)
        return lambda text: read(text)[0]

    def reader(self, column: str) -> ReadTime:
        """What `read` does in one column."""
        pattern, zone = self.columns.get(column, self).format, self.zone_of(column)
        return lambda text: read_time(text, pattern, zone)

    def read(self, column: str, text: str) -> tuple[datetime, ClockChange | None]:
        """The time in a cell of the column, and what is odd about it in its zone.

        Raises:
            ValueError: the text does not follow the format.
        """
        return read_time(text, self.columns.get(column, self).format, self.zone_of(column))

    def zone_of(self, column: str) -> ZoneInfo:
        """The zone of times in the column that state none."""
        return self.columns.get(column, self).zone or self.zone

    def written(self, column: str, moment: datetime) -> str:
        """A moment as it can be read in the column."""
        units = _EPOCHS.get(self.columns.get(column, self).format)
        return moment.isoformat() if units is None else str(moment.timestamp() * units)

    def example(self, column: str) -> str:
        """A time as it is written in the column."""
        pattern = self.columns.get(column, self).format
        moment = datetime(2026, 1, 31, 14, 30, tzinfo=UTC)
        if pattern in _EPOCHS:
            return str(int(moment.timestamp()) * _EPOCHS[pattern])
        if pattern == _EXCEL:
            return f"{(moment - _FIRST_DAY) / timedelta(days=1):.5f}"
        return moment.strftime("%Y-%m-%d %H:%M" if pattern == "iso" else pattern)


def parse_time(text: str, pattern: str, zone: tzinfo) -> datetime:
    """The moment that a text names, as `read_time` reads it.

    Raises:
        ValueError: the text does not follow the pattern.
    """
    return read_time(text, pattern, zone)[0]


@lru_cache(maxsize=65_536)
def read_time(text: str, pattern: str, zone: tzinfo) -> tuple[datetime, ClockChange | None]:
    """The moment that a text names, in UTC, and whether the clocks of the zone leave it out or have it twice.

    One that they leave out is read as if they had not been changed yet, and of two the first is taken.

    None keeps the zone of the file: Python compares and subtracts two times of one zone by the clock on the wall,
    which is an hour off over a change of the clocks. Moments of a spreadsheet are written as in ISO 8601, and read
    whatever the pattern is. Cached because a log repeats its times, and `strptime` would be the slowest part of an
    import.

    Raises:
        ValueError: the text does not follow the pattern.
    """
    if pattern in _EPOCHS:
        return _since_the_epoch(text, _EPOCHS[pattern]), None
    is_iso = pattern == "iso" or text[10:11] == "T"
    if pattern == _EXCEL and not is_iso:
        moment = _since_the_first_day(text)
    else:
        moment = datetime.fromisoformat(_close(text)) if is_iso else _by_pattern(text, pattern)
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC), None
        local = moment.replace(tzinfo=zone)
        return local.astimezone(UTC), _clock_change(local)
    except OverflowError as error:
        raise ValueError(f"{text} is out of range") from error


def _by_pattern(text: str, pattern: str) -> datetime:
    """The time as it is written or, if that does not follow the pattern, as it is plainly written."""
    try:
        return _exactly(text, pattern)
    except ValueError:
        plain = plainly(text)
        if plain == text:
            raise
        return _exactly(plain, pattern)


def _exactly(text: str, pattern: str) -> datetime:
    """What `strptime` reads, which takes several times as long for numbers."""
    numbers, names = _numbers_in(pattern)
    found = None if numbers is None else numbers.fullmatch(text)
    if found is not None:
        said = dict(zip(names, map(int, found.groups()), strict=True))
        clock = (said.get("hour", 0), said.get("minute", 0), said.get("second", 0))
        with suppress(ValueError):  # It says itself what is wrong.
            return datetime(said["year"], said["month"], said["day"], *clock)  # noqa: DTZ001
    return datetime.strptime(text, pattern)  # noqa: DTZ007


@lru_cache
def _numbers_in(pattern: str) -> tuple[re.Pattern[str] | None, Sequence[str]]:
    """What finds the numbers of a format that has nothing but numbers, each apart from the others, and which."""
    parts = re.split(r"%(.)", pattern)
    between, codes = parts[::2], parts[1::2]
    is_plain = all(between[1:-1]) and not any(re.search(r"[\d\s]", one.strip(" ")) for one in between)
    if not is_plain or len(set(codes)) < len(codes) or not {*"Ymd"} <= {*codes} <= _NUMBERS.keys():
        return None, ()
    digits = [rf"(\d{{{4 if code == 'Y' else '1,2'}}})" for code in codes]
    pieces = [piece for pair in zip(map(re.escape, between), [*digits, ""], strict=True) for piece in pair]
    return re.compile("".join(pieces), re.ASCII), [_NUMBERS[code] for code in codes]


def _clock_change(local: datetime) -> ClockChange | None:
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    if before == after or before is None or after is None:
        return None
    return "left_out" if before < after else "twice"


def _close(text: str) -> str:
    """A time as ISO 8601 has it whose zone stands apart, as in "09:00:00 UTC" and "09:00:00 +0200"."""
    return _OFFSET.sub("", _UTC.sub("+00:00", text))


def _since_the_first_day(text: str) -> datetime:
    try:
        days = timedelta(days=float(text.replace(",", ".")))
        # A second is 0.0000116 of a day, which is never written exactly.
        return _FIRST_DAY.replace(tzinfo=None) + timedelta(seconds=round(days.total_seconds()))
    except OverflowError as error:
        raise ValueError(f"{text} is out of range") from error


def _since_the_epoch(text: str, units: int) -> datetime:
    try:
        return _BEGINNING + timedelta(seconds=float(text) / units)
    except OverflowError as error:
        raise ValueError(f"{text} is out of range") from error
