"""Writes a file in the official layout of the mobile numbering registry, made
up but for the operators' names and ИНН, and just large enough to be accepted."""

from pathlib import Path

HEADER = "АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН"
FIRST_CODE, LAST_CODE = 900, 999
RANGES_PER_CODE = 100
NUMBERS_PER_RANGE = 100_000

RANGES = (LAST_CODE - FIRST_CODE + 1) * RANGES_PER_CODE

T2 = ('ООО "Т2 МОБАЙЛ"', "7743895280")
MTS = ('ПАО "Мобильные ТелеСистемы"', "7740000076")
MEGAFON = ('ПАО "МЕГАФОН"', "7812014560")
HOLDERS = {901: T2, 916: MTS, 926: MEGAFON}


def write(path: Path) -> None:
    lines = [HEADER]
    for code in range(FIRST_CODE, LAST_CODE + 1):
        name, inn = HOLDERS.get(code, T2)
        for place in range(RANGES_PER_CODE):
            first = place * NUMBERS_PER_RANGE
            last = first + NUMBERS_PER_RANGE - 1
            lines.append(
                f"{code};{first:07};{last:07};{NUMBERS_PER_RANGE};{name};Москва;Москва;{inn}"
            )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
