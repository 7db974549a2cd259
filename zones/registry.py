"""The one declarative list of MegaCity's zones and domains.

Everything that needs to know which zones exist (database rows, gateway, CORS, dashboards, demo data) reads it here.
Figures for users, requests and storage are the capacity plan's; they are per zone, summed over its domains.
"""

from dataclasses import dataclass


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
    # What the gateway passes on, and how long it waits for an answer.
    largest_body_mb: int = 101
    api_seconds: int = 300


ZONES: tuple[ZoneSpec, ...] = (
    ZoneSpec(
        "univ",
        Brand(
            "UnivPrepAI",
            "#2c4bcb",
            "#ffffff",
            "#e9edfc",
            "#7f9bff",
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
            "#85600a",
            "#ffffff",
            "#f7f0dd",
            "#e0b23c",
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
            "#b8430f",
            "#ffffff",
            "#fcece3",
            "#ff9a5c",
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
            "#0b766c",
            "#ffffff",
            "#e0f3f0",
            "#45c8b8",
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
            "#6a3ac6",
            "#ffffff",
            "#f0eafc",
            "#b394ff",
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
            "#c01c74",
            "#ffffff",
            "#fce8f2",
            "#ff79b8",
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
        largest_body_mb=500,
        api_seconds=900,
    ),
    ZoneSpec(
        "mpc",
        Brand(
            "mpcstudy",
            "#3f546e",
            "#ffffff",
            "#e9eef4",
            "#8fb0d3",
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
            "#2c752c",
            "#ffffff",
            "#e6f3e3",
            "#7ccf6c",
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
