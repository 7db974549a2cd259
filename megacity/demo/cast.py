"""Names for the demo people: organizations and classes by zone, and Korean and foreign names with their spelling."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class School:
    """An organization of a zone; the demo accounts belong to a zone's first."""

    code: str
    name: str
    classes: tuple[str, ...]


SCHOOLS: dict[str, tuple[School, School]] = {
    "univ": (
        School("hanbit", "한빛고등학교", ("3학년 1반", "3학년 2반", "2학년 심화반")),
        School("saeum", "새움입시학원", ("수능 종합반", "주말 수학반")),
    ),
    "college": (
        School("garam", "가람편입학원", ("인문계 편입반", "자연계 편입반", "야간 종합반")),
        School("daon", "다온직업고등학교", ("전문대 준비반", "면접 대비반")),
    ),
    "skill": (
        School("narae", "나래직업전문학교", ("정보처리기사 1반", "정보처리기사 2반", "네트워크 실무반")),
        School("ieum", "이음아이티아카데미", ("자격증 속성반", "보안 기초반")),
    ),
    "medi": (
        School("onnuri", "온누리의과대학", ("본과 3학년 A반", "본과 3학년 B반", "국시 대비반")),
        School("dasom", "다솜간호대학", ("간호 4학년 1반", "간호 4학년 2반")),
    ),
    "major": (
        School("mirae", "미래대학교", ("이공계열 1반", "이공계열 2반", "사회과학 스터디")),
        School("baeum", "배움대학교", ("전공 심화반", "대학원 준비반")),
    ),
    "kzone": (
        School("sori", "소리한국어학당", ("초급 오전반", "중급 오전반", "고급 저녁반")),
        School("byeolbit", "별빛예술학교", ("연습생 1팀", "연습생 2팀")),
    ),
    "mpc": (
        School("haneul", "하늘과학고등학교", ("1학년 1반", "1학년 2반", "올림피아드 준비반")),
        School("maru", "마루과학학원", ("물리 기초반", "화학 기초반")),
    ),
    "dreamseed": (
        School("saessak", "새싹교육재단", ("새싹 1반", "새싹 2반", "새싹 3반")),
        School("kkumteo", "꿈터평생학습관", ("오전 학습반", "저녁 학습반")),
    ),
}

SURNAMES = (
    ("김", "kim", 21), ("이", "lee", 15), ("박", "park", 9), ("최", "choi", 5), ("정", "jung", 5), ("강", "kang", 3),
    ("조", "cho", 3), ("윤", "yoon", 3), ("장", "jang", 2), ("임", "lim", 2), ("한", "han", 2), ("오", "oh", 2),
    ("서", "seo", 2), ("신", "shin", 2), ("권", "kwon", 2), ("황", "hwang", 1), ("안", "ahn", 1), ("송", "song", 1),
    ("류", "ryu", 1), ("홍", "hong", 1),
)  # fmt: skip
GIVEN = (
    ("민준", "minjun"), ("서연", "seoyeon"), ("도윤", "doyun"), ("지우", "jiwoo"), ("예준", "yejun"),
    ("서윤", "seoyun"), ("시우", "siwoo"), ("하은", "haeun"), ("주원", "juwon"), ("지유", "jiyu"),
    ("지호", "jiho"), ("수아", "sua"), ("준우", "junwoo"), ("채원", "chaewon"), ("건우", "gunwoo"),
    ("윤서", "yunseo"), ("현우", "hyunwoo"), ("다은", "daeun"), ("유진", "yujin"), ("은우", "eunwoo"),
    ("소율", "soyul"), ("태윤", "taeyun"), ("가은", "gaeun"), ("재원", "jaewon"), ("나윤", "nayun"),
    ("승현", "seunghyun"), ("예린", "yerin"), ("동현", "donghyun"), ("아린", "arin"), ("성민", "seongmin"),
    ("하린", "harin"), ("우진", "woojin"), ("보람", "boram"), ("한결", "hangyeol"), ("슬기", "seulgi"),
    ("찬영", "chanyoung"), ("미소", "miso"), ("규리", "gyuri"), ("태희", "taehee"), ("로운", "roun"),
)  # fmt: skip
FOREIGN = (
    ("Emma Wilson", "emma.wilson"), ("Liam Carter", "liam.carter"), ("Sofia Garcia", "sofia.garcia"),
    ("Noah Brown", "noah.brown"), ("Mia Nguyen", "mia.nguyen"), ("Lucas Martin", "lucas.martin"),
    ("Aisha Khan", "aisha.khan"), ("Yuki Tanaka", "yuki.tanaka"),
)  # fmt: skip
FOREIGN_SHARE = 0.1


@dataclass(frozen=True)
class Name:
    """A name, its part before the @ of an e-mail, and the language of whoever bears it."""

    display: str
    local: str
    language: str


def names(rng: Random) -> Iterator[Name]:
    """Names without end, none of them twice."""
    seen: set[str] = set()
    foreign = list(FOREIGN)
    rng.shuffle(foreign)
    while True:
        if foreign and rng.random() < FOREIGN_SHARE:
            display, local = foreign.pop()
            yield Name(display, local, "en")
            continue
        ((surname, latin, _weight),) = rng.choices(SURNAMES, [weight for *_names, weight in SURNAMES])
        given, spelled = rng.choice(GIVEN)
        if surname + given not in seen:
            seen.add(surname + given)
            yield Name(surname + given, f"{spelled}.{latin}", "ko")
