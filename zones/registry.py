"""The one declarative list of MegaCity's zones and domains.

Everything that needs to know which zones exist (database rows, gateway, CORS, dashboards, demo data) reads it here.
Figures for users, requests and storage are the capacity plan's; they are per zone, summed over its domains.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DomainSpec:
    """A public domain of a zone; `development` is its name below `.localhost`."""

    name: str
    development: str
    purpose: str = ""


@dataclass(frozen=True)
class Brand:
    """How a zone looks and speaks. Colours are CSS hex values; `ink` is readable on `colour`."""

    name: str
    colour: str
    ink: str
    soft: str
    second: str
    tagline: dict[str, str]
    audience: dict[str, str]


@dataclass(frozen=True)
class ZoneSpec:
    """One zone: a PostgreSQL schema, its brand and its domains."""

    zone_id: str
    brand: Brand
    domains: tuple[DomainSpec, ...]
    users_per_day: int
    peak_requests_per_second: int
    storage_gb: int
    api_requests_per_minute: int = 100
    api_burst: int = 20
    organizations: tuple[str, ...] = field(default=())

    @property
    def schema_name(self) -> str:
        return self.zone_id


ZONES: tuple[ZoneSpec, ...] = (
    ZoneSpec(
        "univ",
        Brand(
            "UnivPrepAI",
            "#3730a3",
            "#ffffff",
            "#eef2ff",
            "#0ea5e9",
            {"ko": "대학 입시, 나에게 맞춰 정확하게", "en": "University entrance, measured to you"},
            {"ko": "대학 입시", "en": "University entrance"},
        ),
        (DomainSpec("univprepai.com", "univprepai"),),
        50_000,
        500,
        500,
    ),
    ZoneSpec(
        "college",
        Brand(
            "CollegePrepAI",
            "#0f766e",
            "#ffffff",
            "#ecfdf5",
            "#84cc16",
            {"ko": "대학·편입 준비의 가장 짧은 길", "en": "The shortest way to college and transfer"},
            {"ko": "대학·편입", "en": "College and transfer entrance"},
        ),
        (DomainSpec("collegeprepai.com", "collegeprepai"),),
        20_000,
        200,
        200,
    ),
    ZoneSpec(
        "skill",
        Brand(
            "SkillPrepAI",
            "#b45309",
            "#ffffff",
            "#fffbeb",
            "#f97316",
            {"ko": "자격증, 실력으로 증명하다", "en": "Technical certificates, proved by skill"},
            {"ko": "기술 자격증", "en": "Technical certificates"},
        ),
        (DomainSpec("skillprepai.com", "skillprepai"),),
        30_000,
        300,
        300,
    ),
    ZoneSpec(
        "medi",
        Brand(
            "MediPrepAI",
            "#be123c",
            "#ffffff",
            "#fff1f2",
            "#06b6d4",
            {"ko": "의료인 국가시험을 위한 정밀한 준비", "en": "Precise preparation for medical licences"},
            {"ko": "의료 면허", "en": "Medical licences"},
        ),
        (DomainSpec("mediprepai.com", "mediprepai"),),
        10_000,
        100,
        100,
    ),
    ZoneSpec(
        "major",
        Brand(
            "MajorPrepAI",
            "#1d4ed8",
            "#ffffff",
            "#eff6ff",
            "#a855f7",
            {"ko": "전공을 깊이 있게", "en": "University majors in depth"},
            {"ko": "대학 전공", "en": "University majors"},
        ),
        (DomainSpec("majorprepai.com", "majorprepai"),),
        15_000,
        150,
        150,
    ),
    ZoneSpec(
        "kzone",
        Brand(
            "My-Ktube",
            "#a21caf",
            "#ffffff",
            "#fdf4ff",
            "#f43f5e",
            {"ko": "목소리와 춤, 드라마로 배우는 K-컬처", "en": "K-culture learned by voice, dance and drama"},
            {"ko": "K-컬처", "en": "K-culture"},
        ),
        (
            DomainSpec("my-ktube.com", "my-ktube", "content hub"),
            DomainSpec("my-ktube.ai", "my-ktube-ai", "AI services"),
        ),
        150_000,
        1_500,
        7_000,
        api_requests_per_minute=50,
        api_burst=10,
    ),
    ZoneSpec(
        "mpc",
        Brand(
            "mpcstudy",
            "#4d7c0f",
            "#ffffff",
            "#f7fee7",
            "#eab308",
            {
                "ko": "수학·물리·화학, 함께 쌓는 기초",
                "en": "Mathematics, physics, chemistry: foundations built together",
            },
            {"ko": "수학·물리·화학 학습", "en": "MPC study"},
        ),
        (DomainSpec("mpcstudy.com", "mpcstudy"),),
        5_000,
        50,
        50,
    ),
    ZoneSpec(
        "dreamseed",
        Brand(
            "DreamSeedAI",
            "#5b21b6",
            "#ffffff",
            "#f5f3ff",
            "#f59e0b",
            {"ko": "모든 배움이 모이는 관문", "en": "The portal over every zone"},
            {"ko": "모든 구역의 관문", "en": "Portal over all zones"},
        ),
        (DomainSpec("dreamseedai.com", "dreamseedai"),),
        0,
        0,
        0,
    ),
)

BY_ID: dict[str, ZoneSpec] = {spec.zone_id: spec for spec in ZONES}

SURFACES: tuple[str, ...] = ("www", "app", "api", "static", "admin")
